"""Standing orders: what a script may export with nobody present, for how long, and why it may not.

Nothing here knows where orders are kept; ``data/accounts/orders.py`` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath

from twin.access import Purpose
from twin.accounts import in_shift, is_shift
from twin.words import say

LONGEST_S = 366 * 86_400.0


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order covers.

    Parameters
    ----------
    twin : str
    layers, formats : frozenset of str
        By name.
    folder : str
        Everything is written below it; an absolute path without links or dots.
    where : str
        The filter that must be given, to the letter; empty for all rows.
    hours : str
        As ``01:00-05:00`` in local time; empty for any hour.
    past : bool
        Also what was, not only what is.
    purpose, reference : str
    most_rows : int
        An export of more is refused whole; 0 for no limit.
    """

    twin: str
    layers: frozenset[str]
    formats: frozenset[str]
    folder: str
    purpose: str
    reference: str = ""
    where: str = ""
    hours: str = ""
    past: bool = False
    most_rows: int = 0

    def problem(self) -> str:
        """Return why there can be no such order, as a sentence; empty if there can."""
        if not self.layers or not self.formats:
            return "an order names its layers and formats"
        if not PurePath(self.folder).is_absolute() or ".." in PurePath(self.folder).parts:
            return "an order names the folder it writes to by its whole path"
        if not self.purpose.strip():
            return "an order states its purpose"
        if self.most_rows < 0:
            return "an order names how many rows at most: 1 or more, or 0 for any number"
        if self.hours and not is_shift(self.hours):
            return say("{shift!r} is no shift: write it as 08:00-20:00", shift=self.hours)
        return ""


@dataclass(frozen=True, slots=True)
class Order:
    """One order: ``terms`` for ``account``, made by one person and approved by another, until it expires or is ended.

    Times are seconds since 1970-01-01 UTC; ``ended_at_s`` is 0 while it was not.
    """

    id: str
    account: str
    terms: Terms
    made_by: str
    approved_by: str
    made_at_s: float
    expires_at_s: float
    ended_by: str = ""
    ended_at_s: float = 0.0

    @property
    def purpose(self) -> Purpose:
        """Return what the exports under it are for."""
        return Purpose(self.terms.purpose, self.terms.reference or self.id)

    def over(self, now_s: float) -> str:
        """Return why it no longer holds; empty while it does."""
        if self.ended_at_s:
            return say("order {name} was ended by {actor}", name=self.id, actor=self.ended_by)
        return say("order {name} has expired", name=self.id) if now_s >= self.expires_at_s else ""


@dataclass(frozen=True, slots=True)
class Export:
    """What a script is about to write; ``target`` without links and dots."""

    twin: str
    layer: str
    format: str
    target: str
    where: str = ""
    past: bool = False


def uncovered(order: Order, export: Export, now: datetime) -> str:
    """Return why an order does not cover an export at a moment in local time, as a sentence; empty if it does."""
    terms = order.terms
    if over := order.over(now.timestamp()):
        return over
    if not in_shift(terms.hours, now):
        return say("order {name} holds from {hours}", name=order.id, hours=terms.hours)
    for value, allowed in ((export.twin, {terms.twin}), (export.layer, terms.layers), (export.format, terms.formats)):
        if value not in allowed:
            return _not_in(order, value, allowed)
    if export.where.strip() != terms.where.strip():
        return say("order {name} is for the filter {filter!r}", name=order.id, filter=terms.where)
    if not PurePath(export.target).is_relative_to(PurePath(terms.folder)):
        return say("order {name} writes to {folder} alone", name=order.id, folder=terms.folder)
    if export.past and not terms.past:
        return say("order {name} is for what is, not for what was", name=order.id)
    return ""


def too_many(order: str, most_rows: int, rows: int) -> str:
    """Return why an order does not cover so many rows, as a sentence; empty if it does."""
    if not most_rows or rows <= most_rows:
        return ""
    return say("order {name} is for {most} rows at most, these are {rows}", name=order, most=most_rows, rows=rows)


def covering(orders: Iterable[Order], export: Export, now: datetime) -> tuple[Order | None, str]:
    """Return the first order that covers an export, or None and why the newest does not.

    Parameters
    ----------
    orders : iterable of Order
        Of one account, newest first.
    """
    why_not = ""
    for order in orders:
        reason = uncovered(order, export, now)
        if not reason:
            return order, ""
        why_not = why_not or reason
    return None, why_not or "the account has no standing order"


def _not_in(order: Order, value: str, allowed: Iterable[str]) -> str:
    return say("order {name} is for {allowed}, not for {value}", name=order.id, allowed=", ".join(sorted(allowed)),
               value=value)  # fmt: skip
