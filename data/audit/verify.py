"""Following a trail from its first entry to its last: every change, gap and exchange shows, the first is named.

What was cut off at the end leaves a trail that fits; it shows against what was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from data.audit.trail import BEFORE_ALL, pages
from twin.audit.merkle import Tree

MISSING = "it is missing"
CHANGED = "it was changed, or another stands in its place"
NOT_THAT = "up to it, the trail is not the one of the checkpoint"
CUT = "entries up to the checkpoint are missing"


@dataclass(frozen=True, slots=True)
class Mark:
    """What was noted of a trail: the hash of an entry, and the root of the tree up to it where that was noted too."""

    hash: bytes
    root: bytes = b""


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Parameters
    ----------
    count : int
        Entries that were read and fit; the one that begins the trail is not counted.
    hash : str
        Hash of the last of them; with ``count`` it is a mark to note elsewhere.
    bad_seq : int
        Number of the first entry that does not fit; 0 also if all do.
    problem : str
        What is wrong with it; empty if nothing is.
    marked : int
        Number of the newest entry up to which a mark was found to hold.
    """

    count: int
    hash: str
    bad_seq: int = 0
    problem: str = ""
    marked: int = 0


def verify(connection: sa.Connection, marks: Mapping[int, Mark] | None = None) -> Verification:
    """Follow the trail in a database.

    Parameters
    ----------
    marks : mapping of int to Mark
        By the number of the entry.
    """
    walk = _Walk(marks or {})
    for page in pages(connection):
        if walk.problem:
            break
        walk.take(page)
    return walk.ended()


class _Walk:
    def __init__(self, marks: Mapping[int, Mark]) -> None:
        self._marks, self._due = marks, sorted(marks, reverse=True)
        self._seq, self._hash, self._tree = -1, BEFORE_ALL, Tree()
        self._marked = 0
        self._bad, self.problem = 0, ""

    def take(self, page: Sequence[tuple[int, str, bytes]]) -> None:
        """Go on over some entries, up to the first that does not fit."""
        leaves, first = self._chain(page), self._tree.size
        while self._due and self._due[-1] - first < len(leaves):
            at = self._due.pop()
            self._tree.extend(leaves[self._tree.size - first : at + 1 - first])
            self._check(at, leaves[at - first])
        if self._due:
            self._tree.extend(leaves[self._tree.size - first :])

    def _chain(self, page: Sequence[tuple[int, str, bytes]]) -> list[bytes]:
        sha256, seq, before = hashlib.sha256, self._seq, self._hash
        leaves: list[bytes] = []
        for number, body, kept in page:
            found = sha256(b"\0" + before + body.encode()).digest()
            if found != kept or number != seq + 1:
                self._bad, self.problem = seq + 1, CHANGED if number == seq + 1 else MISSING
                break
            seq, before = number, found
            leaves.append(found)
        self._seq, self._hash = seq, before
        return leaves

    def _check(self, at: int, found: bytes) -> None:
        mark = self._marks[at]
        if found == mark.hash and (not mark.root or mark.root == self._tree.root):
            self._marked = at
        else:
            self._bad, self.problem = at, NOT_THAT
            self._due.clear()

    def ended(self) -> Verification:
        """Return what was found, once all was read."""
        if not self.problem and self._seq < 0:
            self._bad, self.problem = 0, MISSING
        elif not self.problem and self._due:
            self._bad, self.problem = self._seq + 1, CUT
        return Verification(max(self._seq, 0), self._hash.hex(), self._bad, self.problem, self._marked)
