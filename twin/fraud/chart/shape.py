"""What of a board is drawn: its accounts as rows, the flows between two of them as one link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.fraud.chart.board import Board
from twin.geo import BoolArray, FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Shape:
    """N accounts and L links, as arrays.

    Parameters
    ----------
    keys : tuple of str
        (N,) the accounts that stand by themselves.
    hop : (N,) int array
        Smallest hop of what stands in it.
    first_s : (N,) float array
        When money first came to it or left it; NaN where none did.
    passed_fen : (N,) int array
        The larger of what came in and went out of the victim's money.
    source, target : (L,) int array
        Rows of ``keys``.
    traced_fen, amount_fen, count : (L,) int array
    """

    keys: tuple[str, ...]
    hop: IntArray
    first_s: FloatArray
    passed_fen: IntArray
    source: IntArray
    target: IntArray
    traced_fen: IntArray
    amount_fen: IntArray
    count: IntArray

    def near(self, row: int) -> BoolArray:
        """Mark the links that touch an account."""
        touching: BoolArray = (self.source == row) | (self.target == row)
        return touching


def shape_of(board: Board) -> Shape:
    """Return what is drawn; each flow counts once, however often its accounts were merged."""
    into = {key: board.stands_in(key) for key in board.accounts}
    keys = tuple(dict.fromkeys(into.values()))
    row = {key: at for at, key in enumerate(keys)}
    place = {key: row[stand] for key, stand in into.items()}
    hop = np.full(len(keys), np.iinfo(np.int64).max)
    np.minimum.at(hop, [place[key] for key in board.accounts], [one.hop for one in board.accounts.values()])
    flows = [one for one in board.flows.values() if one.source in place and one.target in place]
    source = np.array([place[one.source] for one in flows], np.int64)
    target = np.array([place[one.target] for one in flows], np.int64)
    traced = np.array([one.traced_fen for one in flows], np.int64)
    amount = np.array([one.amount_fen for one in flows], np.int64)
    at_s = np.array([one.at_s for one in flows], np.float64)
    first = np.full(len(keys), np.inf)
    came, went = np.zeros(len(keys), np.int64), np.zeros(len(keys), np.int64)
    for end, total in ((target, came), (source, went)):
        np.minimum.at(first, end, at_s)
        np.add.at(total, end, traced)
    pair, link = np.unique(source * max(len(keys), 1) + target, return_inverse=True)
    sums = [np.zeros(len(pair), np.int64) for _ in range(3)]
    for total, values in zip(sums, (traced, amount, np.ones(len(flows), np.int64)), strict=True):
        np.add.at(total, link, values)
    first[np.isinf(first)] = np.nan
    ends = np.divmod(pair, max(len(keys), 1))
    return Shape(keys, hop, first, np.maximum(came, went), ends[0], ends[1], *sums)
