"""Balances of accounts of which a ledger does not see everything."""

from __future__ import annotations

import numpy as np

from twin.fraud.tracing.legs import IntArray


def before_fen(amount_fen: IntArray, opening_fen: int = 0) -> IntArray:
    """Return the balance of one account before each line of its statement.

    What an account pays beyond what it holds came in unseen, so the balance is the reflected sum
    ``S_n - min(0, min S_k)`` (the law of a queue: D. V. Lindley, 1952).

    Parameters
    ----------
    amount_fen : (N,) int array
        What came in (above 0) and went out (below 0), in order.
    opening_fen : int
        The balance before the first.
    """
    starts = np.zeros(1, np.int64)
    return before_each(np.asarray(amount_fen, np.int64), starts, np.array([opening_fen], np.int64))


def before_each(amount_fen: IntArray, starts: IntArray, opening_fen: IntArray) -> IntArray:
    """Return :func:`before_fen` for many accounts at once.

    Parameters
    ----------
    amount_fen : (N,) int array
        The statements one after the other.
    starts : (A,) int array
        Where each statement begins; none is empty unless all are.
    opening_fen : (A,) int array

    Notes
    -----
    The lowest sum so far is found for all statements in one pass: each is lowered below all those before it, so that a
    running minimum never looks back over a border.
    """
    if not len(amount_fen):
        return np.empty(0, np.int64)
    lengths = np.diff(starts, append=len(amount_fen))
    running = np.cumsum(amount_fen)
    sums = running + np.repeat(opening_fen - (running[starts] - amount_fen[starts]), lengths)
    span = int(sums.max()) - min(int(sums.min()), 0) + 1
    if span * (len(starts) + 1) < 2**62:
        drop = np.repeat(np.arange(len(starts)) * span, lengths)
        lowest = np.minimum.accumulate(np.minimum(sums, 0) - drop) + drop
    else:
        pieces = np.split(np.minimum(sums, 0), starts[1:])
        lowest = np.concatenate([np.minimum.accumulate(piece) for piece in pieces])
    after = sums - lowest
    before: IntArray = np.empty_like(after)
    before[1:] = after[:-1]
    before[starts] = opening_fen
    return before
