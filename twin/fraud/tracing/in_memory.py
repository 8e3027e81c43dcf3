"""A ledger that fits into memory: for one case's transfers, for simulations and tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from twin.fraud.tracing.balances import before_fen
from twin.fraud.tracing.legs import ENTRY_DTYPE, EntryArray, Leg


class Transfers:
    """Statements of some legs; those from an account to itself move nothing and are left out.

    Parameters
    ----------
    legs : iterable of Leg
        In any order.
    opening_fen : mapping
        What accounts held before their first leg; 0 where none is told.
    """

    def __init__(self, legs: Iterable[Leg], opening_fen: Mapping[int, int] | None = None) -> None:
        of: dict[int, list[tuple[int, int, int, int, int]]] = {}
        opening = opening_fen or {}
        for leg in sorted(legs, key=lambda leg: (leg.time_s, leg.number)):
            if leg.source != leg.target:
                of.setdefault(leg.source, []).append((leg.number, leg.time_s, leg.target, -leg.amount_fen, 0))
                of.setdefault(leg.target, []).append((leg.number, leg.time_s, leg.source, leg.amount_fen, 0))
        self._lines = {account: _with_balances(lines, opening.get(account, 0)) for account, lines in of.items()}

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Return the lines of an account between two times."""
        lines = self._lines.get(account, np.empty(0, ENTRY_DTYPE))
        begin, end = np.searchsorted(lines["time_s"], [begin_s, end_s + 1])
        return lines[begin:end]

    def count(self, account: int, begin_s: int, end_s: int) -> int:
        """Return how many lines there are."""
        return len(self.statement(account, begin_s, end_s))


def _with_balances(lines: list[tuple[int, int, int, int, int]], opening_fen: int) -> EntryArray:
    entries = np.array(lines, ENTRY_DTYPE)
    entries["before_fen"] = before_fen(entries["amount_fen"], opening_fen)
    return entries
