"""``zhian order``: what scripts may export with nobody present."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from app.times import show_time
from data.accounts.opening import open_orders
from data.accounts.orders import OrderStore
from data.export.formats import FORMATS
from layers.catalogue import layer_by_name
from twin.errors import UsageError
from twin.orders import Order, Terms
from twin.words import said

DAY_S = 86_400.0


def add_parser(verbs: Any) -> None:
    """Add ``zhian order make|list|end``."""
    parser = verbs.add_parser("order", help="standing orders: what scripts may export")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    making = actions.add_parser("make", help="order what a script may export; a second person confirms it")
    making.add_argument("name", metavar="ACCOUNT", help="the script's account")
    add = making.add_argument
    add("--layer", action="append", required=True, metavar="LAYER", help="may be repeated")
    add("--format", action="append", required=True, choices=tuple(FORMATS), help="may be repeated")
    add("--to", required=True, type=Path, metavar="FOLDER", help="everything is written below it")
    add("--where", default="", metavar="EXPR", help="the filter that must be given, to the letter")
    add("--hours", default="", metavar="HH:MM-HH:MM", help="when it holds, in local time")
    add("--rows", type=int, default=0, metavar="N", help="an export of more rows is refused (default: any number)")
    add("--past", action="store_true", help="also what was, by --at or --from")
    add("--twin", default="", help="default: the current one")
    add("--days", type=float, required=True, metavar="N", help="it expires after so many days")
    making.set_defaults(run=_make)
    actions.add_parser("list", help="list the orders").set_defaults(run=_list)
    ending = actions.add_parser("end", help="end an order at once")
    ending.add_argument("name", metavar="ORDER")
    ending.set_defaults(run=_end)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def on_orders(act: Callable[[OrderStore, Call], Any]) -> Callable[[Call], Any]:
        def run(call: Call) -> Any:
            with contextlib.closing(open_orders(session.home, session.commands.rules)) as store:
                return act(store, call)

        return run

    def make(store: OrderStore, call: Call) -> Order:
        told = call.arguments
        return store.make(told["account"], told["terms"], told["days"] * DAY_S, call.actor.id, call.second)

    return (
        Command("order.make", on_orders(make), "order.make", in_palette=False, told=told_of),
        Command("order.list", on_orders(lambda store, _call: store.orders()), "order.read", in_palette=False),
        Command(
            "order.end", on_orders(lambda store, call: store.end(call.arguments["name"], call.actor.id)), "order.end",
            in_palette=False,
        ),
    )  # fmt: skip


def told_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Tell an order to the second person, each term by its name."""
    terms: Terms = arguments["terms"]
    listed = {"layers": ", ".join(sorted(terms.layers)), "formats": ", ".join(sorted(terms.formats))}
    plain = {
        name: str(getattr(terms, name) or "") for name in ("twin", "folder", "where", "hours", "past", "most_rows")
    }
    return {"account": arguments["account"], "days": f"{arguments['days']:g}", **listed, **plain}


def _make(arguments: argparse.Namespace, session: Session) -> int:
    purpose = session.commands.purpose
    if purpose is None:
        raise UsageError("an order states its purpose")
    for name in arguments.layer:
        layer_by_name(name)
    terms = Terms(
        arguments.twin or session.home.current(), frozenset(arguments.layer), frozenset(arguments.format),
        str(arguments.to.expanduser().resolve()), purpose.text, purpose.reference, arguments.where, arguments.hours,
        arguments.past, arguments.rows,
    )  # fmt: skip
    if problem := terms.problem():
        raise UsageError(said(problem))
    order = session.commands.run(
        "order.make", about=arguments.name, account=arguments.name, terms=terms, days=arguments.days
    )
    return _told(order, session)


def _list(_arguments: argparse.Namespace, session: Session) -> int:
    for order in session.commands.run("order.list"):
        _told(order, session)
    return 0


def _end(arguments: argparse.Namespace, session: Session) -> int:
    return _told(session.commands.run("order.end", about=arguments.name, name=arguments.name), session)


def _told(order: Order, session: Session) -> int:
    terms, over = order.terms, order.over(time.time())
    if session.as_json:
        told = asdict(order)
        told["terms"] |= {"layers": sorted(terms.layers), "formats": sorted(terms.formats)}
        print(json.dumps(told | {"over": over}, ensure_ascii=False))
        return 0
    persons = session.texts("order.persons", made=order.made_by, approved=order.approved_by)
    state = session.texts.said(over) if over else session.texts("order.until", until=show_time(order.expires_at_s))
    layers, formats = ", ".join(sorted(terms.layers)), ", ".join(sorted(terms.formats))
    parts = (
        order.id,
        order.account,
        terms.twin,
        layers,
        formats,
        terms.folder,
        terms.where,
        terms.hours,
        persons,
        state,
    )
    print("  ".join(part for part in parts if part))
    return 0
