"""Legs of money as a trace sees them, and what it asks a ledger for.

Accounts are whole numbers, money is whole fen, time is whole seconds since 1970 (UTC). The rules that all of this
serves are told in ``docs/decisions/tracing-rules.md``.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

UNSEEN = -1
"""The account from which money comes that a ledger did not see come in."""

ENTRY_DTYPE = np.dtype(
    [("number", "i8"), ("time_s", "i8"), ("other", "i8"), ("amount_fen", "i8"), ("before_fen", "i8")]
)
"""One line of an account's statement: the leg's number, the other account, what came in (above 0) or went out (below
0), and the account's balance just before it, without what came in unseen for it."""

LEG_DTYPE = np.dtype([("order", "i8"), ("number", "i8"), ("target", "i8"), ("time_s", "i8"), ("amount_fen", "i8"),
                      ("before_fen", "i8")])  # fmt: skip
"""A leg as it leaves an account: of two at the same time the one of the lower ``order`` is first; ``before_fen`` is the
balance of the account it leaves, just before it."""

EntryArray = np.ndarray[tuple[int], np.dtype[np.void]]
LegArray = np.ndarray[tuple[int], np.dtype[np.void]]
IntArray = NDArray[np.int64]
NO_LEGS = np.empty(0, LEG_DTYPE)


class Leg(NamedTuple):
    """One transfer between two accounts."""

    number: int
    time_s: int
    source: int
    target: int
    amount_fen: int


class Moment(NamedTuple):
    """A place in the one order in which all legs stand."""

    time_s: int
    order: int


class Statements(Protocol):
    """A ledger: what it has to answer to be traced, in memory, on disk or on a far engine."""

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Return the lines of an account in the order of (time, number), both times within."""
        ...

    def count(self, account: int, begin_s: int, end_s: int) -> int:
        """Return how many lines :meth:`statement` would have, without reading them."""
        ...


class OutLegs(Protocol):
    """All that a trace needs: the legs that leave an account between two times, and what was in it then.

    Looking forward they are payments; looking backward the ledger is turned round and they are receipts.
    """

    def out_legs(self, account: int, after: Moment, until_s: int) -> LegArray:
        """Return the legs that leave an account after a moment and not later than a time, in their order."""
        ...

    def before_fen(self, account: int, arrival: Moment) -> int:
        """Return the balance of an account just before a leg that comes to it."""
        ...

    def at_fen(self, account: int, time_s: int) -> int:
        """Return the balance of an account when all legs of a second are done."""
        ...

    def moment(self, leg: Leg) -> Moment:
        """Return where a leg stands in the order."""
        ...
