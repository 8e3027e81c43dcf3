"""Following a trail from its first entry to its last: every change, gap and exchange shows, the first is named.

What was cut off at the end leaves a trail that fits; it shows against what was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from data.audit.trail import BEFORE_ALL, Page, pages
from twin.audit.merkle import Tree

MISSING = "it is missing"
CHANGED = "it was changed, or another stands in its place"
NOT_THAT = "from here on the entries are not those of the checkpoint"
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
        Number of the newest entry up to which a mark was found to hold; -1 for none.
    """

    count: int
    hash: str
    bad_seq: int = 0
    problem: str = ""
    marked: int = -1


def verify(connection: sa.Connection, marks: Mapping[int, Mark] | None = None) -> Verification:
    """Follow the trail in a database.

    Parameters
    ----------
    marks : mapping of int to Mark
        By the number of the entry.
    """
    walk = Walk(marks=marks)
    for page in pages(connection):
        if walk.problem:
            break
        walk.take(page)
    return walk.ended()


class Walk:
    """Follows a trail from an entry on, by default from before the first.

    Parameters
    ----------
    seq, head : int, bytes
        Number and hash of the entry after which it begins.
    marks : mapping of int to Mark
        What to hold it against; only with a walk from before the first.
    """

    def __init__(self, seq: int = -1, head: bytes = BEFORE_ALL, marks: Mapping[int, Mark] | None = None) -> None:
        self.seq, self.hash = seq, head
        self._marks, self._due = marks or {}, sorted(marks or {}, reverse=True)
        self._tree, self._marked = Tree(), -1
        self._bad, self.problem = 0, ""

    def take(self, page: Page) -> None:
        """Go on over some entries, up to the first that does not fit."""
        first = self._tree.size
        leaves = self.chain(page)
        while self._due and self._due[-1] - first < len(leaves):
            at = self._due.pop()
            self._tree.extend(leaves[self._tree.size - first : at + 1 - first])
            self._check(at, leaves[at - first])
        if self._due:
            self._tree.extend(leaves[self._tree.size - first :])

    def chain(self, page: Page) -> list[bytes]:
        """Go on, without looking at marks, and return the hashes of the entries that fit."""
        sha256, seq, before = hashlib.sha256, self.seq, self.hash
        leaves: list[bytes] = []
        for number, body, kept in page:
            found = sha256(b"\0" + before + body.encode()).digest()
            if found != kept or number != seq + 1:
                self._bad, self.problem = seq + 1, CHANGED if number == seq + 1 else MISSING
                break
            seq, before = number, found
            leaves.append(found)
        self.seq, self.hash = seq, before
        return leaves

    def _check(self, at: int, found: bytes) -> None:
        mark = self._marks[at]
        if found == mark.hash and (not mark.root or mark.root == self._tree.root):
            self._marked = at
        else:
            self._bad, self.problem = self._marked + 1, NOT_THAT
            self._due.clear()

    def ended(self) -> Verification:
        """Return what was found, once all was read."""
        if not self.problem and self.seq < 0:
            self._bad, self.problem = 0, MISSING
        elif not self.problem and self._due:
            self._bad, self.problem = self.seq + 1, CUT
        return Verification(max(self.seq, 0), self.hash.hex(), self._bad, self.problem, self._marked)
