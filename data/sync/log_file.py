"""SQLite's write-ahead log, read by ourselves: where it is broken, SQLite takes it to end there and says nothing.

Layout from sqlite.org/fileformat2.html, "WAL file format". A frame's check sum begins with that of the frame before
it, as that one states it; so a broken frame costs itself, and those after it can still be told to be whole.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HEAD, FRAME_HEAD = 32, 24
MAGIC = {0x377F0682: "<u4", 0x377F0683: ">u4"}
"""The first word of a log, and in which order its check sums take the bytes."""
Words = NDArray[np.uint32]


class Log:
    """The frames of a log, as far as they belong to its newest round.

    Parameters
    ----------
    whole : (N,) bool array
        Which frames are what was written.
    commits : (N,) bool array
        Which of them end a transaction.
    """

    def __init__(self, path: Path) -> None:
        data = path.read_bytes() if path.exists() else b""
        head = np.frombuffer(data[:HEAD].ljust(HEAD, b"\0"), ">u4")
        self.page_bytes = int(head[2])
        self._order = MAGIC.get(int(head[0]), "")
        step = FRAME_HEAD + self.page_bytes
        count = max(len(data) - HEAD, 0) // step if self._order and self.page_bytes % 512 == 0 else 0
        self._frames = np.frombuffer(data, np.uint8, count * step, HEAD if count else 0).reshape(count, step)
        self._heads = np.ascontiguousarray(self._frames[:, :FRAME_HEAD]).view(">u4")
        self.whole = self._check(head)
        self.commits = self.whole & (self._heads[:, 1] > 0)

    def _check(self, head: Words) -> NDArray[np.bool_]:
        """Sum all frames at once, each from what the one before it states."""
        count = len(self._frames)
        seeds = np.vstack([head[6:8], self._heads[:, 4:6]])[:count].astype(np.uint32)
        summed = np.hstack([self._frames[:, :8], self._frames[:, FRAME_HEAD:]])
        words = summed.view(self._order or "<u4").astype(np.uint32)
        first, second = seeds[:, 0].copy(), seeds[:, 1].copy()
        for at in range(0, words.shape[1], 2):
            first += words[:, at] + second
            second += words[:, at + 1] + first
        stated = self._heads[:, 4:6]
        ours = (self._heads[:, 2:4] == head[4:6]).all(axis=1)
        return np.asarray(ours & (first == stated[:, 0]) & (second == stated[:, 1]))

    @property
    def broken(self) -> bool:
        """Whether transactions that were on disk stand after a break.

        A break in the last transaction alone is what a kill leaves of one that was never answered.
        """
        breaks = np.flatnonzero(~self.whole)
        return bool(len(breaks)) and int(np.count_nonzero(self.commits[breaks[0] :])) > 1

    def apply(self, file: Path) -> None:
        """Write the newest whole page of each into a database file, up to the last transaction that ended."""
        ends = np.flatnonzero(self.commits)
        if not len(ends):
            return
        with file.open("r+b") as database:
            for index in np.flatnonzero(self.whole[: ends[-1] + 1]).tolist():
                database.seek((int(self._heads[index, 0]) - 1) * self.page_bytes)
                database.write(self._frames[index, FRAME_HEAD:].tobytes())


def log_of(path: Path) -> Path:
    """Return where the log of a database lies."""
    return path.with_name(path.name + "-wal")


def with_log_applied(path: Path, copy: Path) -> None:
    """Make a copy of a database that holds what is whole of its log, also past a break."""
    shutil.copyfile(path, copy)
    Log(log_of(path)).apply(copy)
