"""The past in pieces of five minutes, as they were last read: rows in the order of time, and each entity's last one.

An instant needs one piece up to it and only the last states of the two before, so that a slider which is dragged along
reads one new piece every five minutes of the way.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.history.files import read_slice
from data.history.lean import HOUR_MS, LEAN_DTYPE, SLICE_MS, LeanArray, by_time, joined, taken
from data.history.manifest import File

KEPT = 36
"""Pieces in memory: three hours, about 35 bytes a row."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of a slice of time, oldest first, and of them the last one of each entity, oldest first."""

    rows: LeanArray
    last: LeanArray

    def last_upto(self, at_ms: int) -> LeanArray:
        """Return each entity's last state up to a time, that time included."""
        upto = int(np.searchsorted(self.rows["t"], at_ms, "right"))
        return self.last if upto == len(self.rows) else last_of(self.rows[:upto], self.rows["entity"][:upto])


class Listing:
    """The files that count, and quickly those that touch a time."""

    def __init__(self, files: Sequence[File] = ()) -> None:
        self._files = files
        self._begins = np.array([file.begin_ms for file in files], np.int64)
        self._ends = np.array([file.end_ms for file in files], np.int64)

    def edges_ms(self) -> tuple[int, int] | None:
        """Return the first and last time of all files; None without any."""
        return (int(self._begins.min()), int(self._ends.max())) if self._files else None

    def hours(self) -> NDArray[np.int64]:
        """Return the hours since 1970-01-01 UTC in which files begin and end, in order."""
        return np.unique(np.concatenate([self._begins, self._ends]) // HOUR_MS)

    def touching(self, begin_ms: int, end_ms: int) -> list[File]:
        """Return the files with rows of a time, both ends included."""
        return [
            self._files[row] for row in np.flatnonzero((self._begins <= end_ms) & (self._ends >= begin_ms)).tolist()
        ]


class Pieces:
    """Reads pieces, and keeps those that were used last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[tuple[int, ...], Piece] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def piece(self, number: int, files: Sequence[File], tail: LeanArray, tail_upto: int) -> Piece:
        """Return the piece of a slice, from memory if nothing has changed in it.

        Parameters
        ----------
        number : int
            Slices since 1970-01-01 UTC.
        files : sequence of File
            Those that touch it.
        tail : lean rows
            What is in no file yet; ``tail_upto`` tells one state of it from another.

        Raises
        ------
        FileNotFoundError
            If one of the files was deleted meanwhile.
        """
        begin_ms, end_ms = number * SLICE_MS, (number + 1) * SLICE_MS - 1
        tail = tail[(tail["t"] >= begin_ms) & (tail["t"] <= end_ms)]
        key = (number, len(tail), tail_upto if len(tail) else 0, *(file.id for file in files))
        if key not in self._kept:
            lean = by_time(joined([*(read_slice(self._folder / file.name, number) for file in files), tail]))
            self._kept[key] = Piece(lean, last_of(lean, lean["entity"]))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def last_of(lean: LeanArray, whose: NDArray[np.signedinteger]) -> LeanArray:
    """Return the last row of each entity, in the order of the rows; ``whose`` are the entities' numbers, (N,)."""
    if not len(lean):
        return np.empty(0, LEAN_DTYPE)
    newest = np.full(int(whose.max()) + 1, -1)
    newest[whose] = np.arange(len(lean))  # of equal places the last one stays
    return taken(lean, np.sort(newest[newest >= 0]))
