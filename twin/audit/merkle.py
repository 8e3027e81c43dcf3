"""Merkle trees as RFC 6962 (and 9162) has them: one hash over all entries, short proofs about it.

A proof is a list of hashes. That an entry is in a tree, and that one tree is the beginning of another, can then be
checked by somebody who has neither of them, only their roots.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()
Node = Callable[[int, int], bytes]
"""The hash over the entries from one number up to, not including, another."""


def leaf(data: bytes) -> bytes:
    """Return the hash of an entry."""
    return hashlib.sha256(b"\0" + data).digest()


def parent(left: bytes, right: bytes) -> bytes:
    """Return the hash of two trees side by side."""
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """A tree that grows and keeps no leaves, only the roots of its complete parts: one for each bit of its size.

    Parameters
    ----------
    size : int
    peaks : sequence of bytes
        Those roots, from the largest part to the smallest.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(peaks):
            raise ValueError("a tree has one peak for each bit of its size")
        self.size = size
        levels = [level for level in range(size.bit_length()) if size >> level & 1]
        self._peaks = dict(zip(levels, reversed(peaks), strict=True))

    @property
    def peaks(self) -> list[bytes]:
        """The roots of its complete parts, from the largest to the smallest."""
        return [self._peaks[level] for level in sorted(self._peaks, reverse=True)]

    @property
    def root(self) -> bytes:
        """The hash over all its leaves."""
        found = b""
        for level in sorted(self._peaks):
            found = parent(self._peaks[level], found) if found else self._peaks[level]
        return found or EMPTY

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaves, a whole level at a time."""
        nodes, level, sha256 = list(leaves), 0, hashlib.sha256
        self.size += len(nodes)
        while nodes:
            if level in self._peaks:
                nodes.insert(0, self._peaks.pop(level))
            if len(nodes) % 2:
                self._peaks[level] = nodes.pop()
            pairs = iter(nodes)
            nodes = [sha256(b"\1" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
            level += 1


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the hash over some leaves."""
    tree = Tree()
    tree.extend(leaves)
    return tree.root


def _split(count: int) -> int:
    """Return the largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def proof_of_entry(index: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that an entry is in the tree over the first ``size`` (RFC 6962, 2.1.1)."""
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        proof.append(node(middle, high) if index < middle else node(low, middle))
        low, high = (low, middle) if index < middle else (middle, high)
    return proof[::-1]


def proof_of_growth(old: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the tree over the first ``old`` entries began the one over ``size`` (RFC 6962, 2.1.2).

    Asks ``node`` for complete parts of the old tree and for parts of what came after, for nothing else.
    """
    proof: list[bytes] = []
    low, high, whole = 0, size, True
    while 0 < old < high:
        middle = low + _split(high - low)
        proof.append(node(middle, high) if old <= middle else node(low, middle))
        low, high, whole = (low, middle, whole) if old <= middle else (middle, high, False)
    if not whole:
        proof.append(node(low, high))
    return proof[::-1]


def has_entry(root: bytes, size: int, index: int, entry: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that a leaf is the entry of that number (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    place, last, found = index, size - 1, entry
    for sibling in proof:
        if not last:
            return False
        if place & 1 or place == last:
            found = parent(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = parent(found, sibling)
        place, last = place >> 1, last >> 1
    return not last and found == root


def has_grown(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that one tree began another (RFC 9162, 2.1.4.2)."""
    if not 0 < old < size:
        return not proof and (old == 0 or (old == size and old_root == root))
    told = [old_root, *proof] if old.bit_count() == 1 else list(proof)
    if not told:
        return False
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    before = after = told[0]
    for sibling in told[1:]:
        if not last:
            return False
        if place & 1 or place == last:
            before, after = parent(sibling, before), parent(sibling, after)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            after = parent(after, sibling)
        place, last = place >> 1, last >> 1
    return not last and before == old_root and after == root
