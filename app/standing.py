"""Exports of scripts: only under a standing order, whose purpose is theirs."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime

from app.commands import Call
from app.exporting import Wish
from app.session import Session
from data.accounts.opening import open_orders
from data.export.formats import choose_format
from layers.catalogue import layer_by_name
from twin.access import AuditEntry, Decision, Resource
from twin.errors import NotAllowedError
from twin.orders import Export, covering


def under_order(session: Session, call: Call, wish: Wish, twin: str, past: bool) -> Call:
    """Return the call of a script as its standing order has it; that of a person as it is.

    The order was confirmed by a second person, so that no other is asked for, however many rows it writes.

    Raises
    ------
    twin.errors.NotAllowedError
        If no order covers it: why the newest does not.
    """
    if not call.actor.service:
        return call
    form = choose_format(wish.target, wish.format, layer_by_name(wish.layer).formats)
    export = Export(twin, wish.layer, form.name, str(wish.target.resolve()), wish.where, past)
    with contextlib.closing(open_orders(session.home, session.commands.rules)) as store:
        order, why_not = covering(store.orders(call.actor.id), export, datetime.now().astimezone())
    decision = Decision(order is not None, why_not or "a standing order covers it", unmask=order is not None)
    resource = Resource("order", order.id if order is not None else "", sensitive=True)
    purpose = order.purpose if order is not None else None
    session.commands.audit.write(AuditEntry(call.actor.id, "layer.export", resource, purpose, decision))
    if order is None:
        raise NotAllowedError(why_not)
    return replace(
        call,
        purpose=purpose,
        unmask=True,
        order=order.id,
        rules=replace(call.rules, bulk_rows=0),
        most_rows=order.terms.most_rows,
    )
