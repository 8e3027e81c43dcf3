"""SQLite's write-ahead log, read by ourselves: where it is broken, SQLite takes it to end there and says nothing.

Layout from sqlite.org/fileformat2.html, "WAL file format". A frame's check sum begins with that of the frame before
it, as that one states it; so a broken frame costs itself, and those after it can still be told to be whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.sync.cover import PAGE, Numbered

HEAD, FRAME_HEAD = 32, 24
ORDERS = {0x377F0682: "<u4", 0x377F0683: ">u4"}
"""The first word of a log, and in which order its check sums take the bytes."""
Words = NDArray[np.uint32]
Bools = NDArray[np.bool_]


class Log:
    """The frames of a log, as far as they belong to its newest round; its pages are of 4,096 bytes.

    Parameters
    ----------
    whole : (N,) bool array
        Which frames are what was written.
    commits : (N,) bool array
        Which of them end a transaction.
    """

    def __init__(self, path: Path) -> None:
        data = path.read_bytes() if path.exists() else b""
        head = _words(np.frombuffer(data[:HEAD].ljust(HEAD, b"\0"), np.uint8)[None, :], ">u4")[0]
        step = FRAME_HEAD + PAGE
        count = max(len(data) - HEAD, 0) // step
        self._frames = np.frombuffer(data, np.uint8, count * step, HEAD if count else 0).reshape(count, step)
        self._heads = _words(self._frames[:, :FRAME_HEAD], ">u4")
        order = ORDERS.get(int(head[0]), "<u4")
        summed = _sum(head[None, :6].astype(">u4").view(np.uint8), np.zeros((1, 2), np.uint32), order)
        self._headless = count > 1 and (int(head[0]) not in ORDERS or bool((summed[0] != head[6:8]).any()))
        if self._headless:
            head[4:6] = self._heads[1, 2:4]  # what belongs to this round, by a frame: the first may be hurt as well
        seeds = np.vstack([head[6:8], self._heads[:, 4:6]])[:count]
        sums = _sum(np.hstack([self._frames[:, :8], self._frames[:, FRAME_HEAD:]]), seeds, order)
        ours = (self._heads[:, 2:4] == head[4:6]).all(axis=1)
        self.whole: Bools = ours & (sums == self._heads[:, 4:6]).all(axis=1)
        self.commits: Bools = self.whole & (self._heads[:, 1] > 0)

    @property
    def broken(self) -> bool:
        """Whether transactions that were on disk stand after a break.

        A break in the last transaction alone is what a kill leaves of one that was never answered.
        """
        if self._headless:
            return bool(self.commits.any())
        breaks = np.flatnonzero(~self.whole)
        return bool(len(breaks)) and int(np.count_nonzero(self.commits[breaks[0] :])) > 1

    @property
    def broken_pages(self) -> list[Numbered]:
        """Return what stands in the frames that are not what was written, up to the last transaction that ended."""
        ends = np.flatnonzero(self.commits)
        return list(self._pages(np.flatnonzero(~self.whole[: int(ends[-1]) if len(ends) else 0])))

    def pages(self) -> Iterator[Numbered]:
        """Yield what stands in all frames."""
        return self._pages(np.arange(len(self._frames)))

    def _pages(self, frames: NDArray[np.intp]) -> Iterator[Numbered]:
        for index in frames.tolist():
            yield int(self._heads[index, 0]) - 1, self._frames[index, FRAME_HEAD:].tobytes()

    def apply(self, file: Path) -> None:
        """Write the newest whole page of each into a database file, up to the last transaction that ended."""
        ends = np.flatnonzero(self.commits)
        if not len(ends):
            return
        with file.open("r+b") as database:
            for index in np.flatnonzero(self.whole[: ends[-1] + 1]).tolist():
                database.seek((int(self._heads[index, 0]) - 1) * PAGE)
                database.write(self._frames[index, FRAME_HEAD:].tobytes())


def _words(rows: NDArray[np.uint8], order: str) -> Words:
    return np.ascontiguousarray(rows).view(order).astype(np.uint32)


def _sum(rows: NDArray[np.uint8], seeds: Words, order: str) -> Words:
    """Sum rows of bytes, all rows at once, each from its own seed."""
    words = _words(rows, order)
    first, second = seeds[:, 0].copy(), seeds[:, 1].copy()
    for at in range(0, words.shape[1], 2):
        first += words[:, at] + second
        second += words[:, at + 1] + first
    return np.column_stack([first, second])


def log_of(path: Path) -> Path:
    """Return where the log of a database lies."""
    return path.with_name(path.name + "-wal")


def with_log_applied(path: Path, copy: Path) -> list[Numbered]:
    """Make a copy of a database with what is whole of its log, also past a break; return the pages that are not."""
    shutil.copyfile(path, copy)
    log = Log(log_of(path))
    log.apply(copy)
    return log.broken_pages
