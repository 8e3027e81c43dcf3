"""Statements out of several indexes: what was merged, and what came since."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.ledger.index import Index
from twin.fraud.tracing.balances import before_fen
from twin.fraud.tracing.legs import ENTRY_DTYPE, EntryArray

LONG_AGO_S = 0


class Joined:
    """One ledger out of a base and the deltas beside it, as :class:`~twin.fraud.tracing.legs.Statements`.

    Parameters
    ----------
    indexes : sequence of Index
        The base first. Balances of the base hold until the first line of a delta; from there they are worked out anew.
    """

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._indexes = indexes

    def count(self, account: int, begin_s: int, end_s: int) -> int:
        """Return how many lines an account has between two times."""
        return sum(end - begin for begin, end in (one.span(account, begin_s, end_s) for one in self._indexes))

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Return the lines of an account between two times, in their order, with balances."""
        if not self._indexes:
            return np.empty(0, ENTRY_DTYPE)
        base, *deltas = self._indexes
        spans = [(delta, *delta.span(account, LONG_AGO_S, end_s)) for delta in deltas]
        spans = [(delta, begin, end) for delta, begin, end in spans if end > begin]
        if not spans:
            return base.entries(account, *base.span(account, begin_s, end_s))
        added = [delta.entries(account, begin, end) for delta, begin, end in spans]
        start_s = min(begin_s, *(int(lines["time_s"][0]) for lines in added))
        begin, end = base.span(account, start_s, end_s)
        lines = np.concatenate([base.entries(account, begin, end), *added])
        lines = lines[np.lexsort((lines["number"], lines["time_s"]))]
        lines["before_fen"] = before_fen(lines["amount_fen"], base.balance_before(account, begin))
        return lines[int(np.searchsorted(lines["time_s"], begin_s)) :]
