"""Checkpoints: signed digests of a trail up to an entry, each in a file that is never changed.

A file has two lines: what was found, in JSON, and its signature, ``key id`` and ``signature`` in base64. Each names the
digest of the one before it and proves that the tree has only grown since, so that none can be taken out or exchanged
for another of its kind. They are kept twice: on this machine, and in a witness folder off it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import sqlalchemy as sa

from data.audit.trail import BEFORE_ALL, pages
from data.audit.verify import Walk
from data.signing.keys import OwnKey, signed
from data.whole_file import write_file
from twin.audit.merkle import Tree, has_grown, proof_of_growth, root_of
from twin.errors import IntegrityError
from twin.words import say

ENDING = ".checkpoint"
CONTEXT = b"zhian audit checkpoint 1\n"
"""Stands before what is signed, so that no other signature of the key can be passed off as one of these."""
MOST_BYTES = 65_536

UNREADABLE = "it cannot be read"
UNKNOWN_KEY = "it was signed by a key that is not ours"
FORGED = "its signature does not hold"
UNLINKED = "it does not follow the checkpoint before it"
UNPROVEN = "it does not prove that the trail has only grown"


class Checkpoint(msgspec.Struct, frozen=True):
    """What a trail was.

    Parameters
    ----------
    trail : str
        Its name.
    size : int
        Entries, with that which begins the trail.
    hash, root : str
        Of the newest entry, and over all of them, in hex.
    peaks : list of str
        Roots of the complete parts, from which the tree goes on.
    at_s : float
        Seconds since 1970-01-01 UTC.
    before : str
        SHA-256 of the file of the checkpoint before it; empty for the first.
    growth : list of str
        Proof that the tree of the one before it began this one.
    """

    trail: str
    size: int
    hash: str
    root: str
    peaks: list[str]
    at_s: float
    before: str
    growth: list[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A checkpoint as it was found in a folder; ``problem`` is empty if it holds."""

    size: int
    text: bytes
    checkpoint: Checkpoint | None
    problem: str = ""


def take(connection: sa.Connection, trail: str, before: Found | None, key: OwnKey, at_s: float) -> tuple[int, bytes]:
    """Return the size and the file of a checkpoint of a trail as it is now.

    Raises
    ------
    twin.errors.IntegrityError
        If what came after ``before`` does not follow it: nothing is signed then.
    """
    last = before.checkpoint if before else None
    old, tree, head = _resumed(last)
    walk = Walk(old - 1, head)
    leaves: list[bytes] = []
    for page in pages(connection, old - 1):
        leaves += walk.chain(page)
    if walk.problem or (last and not _stands(connection, last)):
        raise IntegrityError(
            say("the audit trail {trail} does not follow its last checkpoint: run `zhian audit verify`", trail=trail)
        )
    peaks = dict(_peaks(old, tree.peaks))

    def node(low: int, high: int) -> bytes:
        return peaks[low, high] if high <= old else root_of(leaves[low - old : high - old])

    size = old + len(leaves)
    growth = proof_of_growth(old, size, node)
    tree.extend(leaves)
    told = Checkpoint(
        trail, size, walk.hash.hex(), tree.root.hex(), [peak.hex() for peak in tree.peaks], at_s,
        hashlib.sha256(before.text).hexdigest() if before else "", [proof.hex() for proof in growth],
    )  # fmt: skip
    line = msgspec.json.encode(told)
    signature = base64.b64encode(key.sign(CONTEXT + line))
    return size, b"%s\n%s %s\n" % (line, key.id.hex().encode(), signature)


def _resumed(last: Checkpoint | None) -> tuple[int, Tree, bytes]:
    if last is None:
        return 0, Tree(), BEFORE_ALL
    return last.size, Tree(last.size, [bytes.fromhex(peak) for peak in last.peaks]), bytes.fromhex(last.hash)


def _stands(connection: sa.Connection, last: Checkpoint) -> bool:
    page = next(pages(connection, last.size - 2), [])
    return bool(page) and (page[0][0], page[0][2].hex()) == (last.size - 1, last.hash)


def _peaks(size: int, peaks: Sequence[bytes]) -> list[tuple[tuple[int, int], bytes]]:
    """Return the complete parts of a tree by the entries they are over."""
    found, low = [], 0
    for peak, level in zip(peaks, (b for b in range(size.bit_length(), -1, -1) if size >> b & 1), strict=True):
        found.append(((low, low + (1 << level)), peak))
        low += 1 << level
    return found


def write(folder: Path, size: int, text: bytes) -> None:
    """Keep a checkpoint in a folder; one of that size that is there stays.

    Raises
    ------
    OSError
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{size:012}{ENDING}"
    if not path.exists():
        write_file(path, text)


def newest_in(folder: Path, keys: Mapping[bytes, bytes]) -> Found | None:
    """Return the newest checkpoint of a folder, unlinked to those before it."""
    path = max(folder.glob(f"*{ENDING}"), default=None)
    return None if path is None else _read(path, keys)


def checkpoints(folder: Path, keys: Mapping[bytes, bytes]) -> list[Found]:
    """Return the checkpoints of a folder, from the oldest, each checked by itself and against the one before it.

    Parameters
    ----------
    keys : mapping of bytes to bytes
        The public keys that count, by their ids.
    """
    found: list[Found] = []
    for path in sorted(folder.glob(f"*{ENDING}")):
        one = _read(path, keys)
        told = one.checkpoint
        found.append(one if told is None else replace(one, problem=_unlinked(told, found)))
    return found


def _unlinked(told: Checkpoint, before: Sequence[Found]) -> str:
    last = before[-1] if before else None
    if told.before != (hashlib.sha256(last.text).hexdigest() if last else ""):
        return UNLINKED
    if last is None or last.checkpoint is None:
        return ""
    proof = [bytes.fromhex(proof) for proof in told.growth]
    grown = has_grown(last.size, bytes.fromhex(last.checkpoint.root), told.size, bytes.fromhex(told.root), proof)
    return "" if grown else UNPROVEN


def checkpoint_in(text: bytes, keys: Mapping[bytes, bytes]) -> Found:
    """Return the checkpoint that the text of a file holds, checked by itself."""
    try:
        line, signature_line, rest = text.split(b"\n")
        key, signature = signature_line.split()
        told = msgspec.json.decode(line, type=Checkpoint)
        sound = not rest and Tree(told.size, [bytes.fromhex(p) for p in told.peaks]).root.hex() == told.root
        signature, key = base64.b64decode(signature, validate=True), bytes.fromhex(key.decode())
    except (ValueError, msgspec.MsgspecError, binascii.Error):
        sound = False
    if not sound:
        return Found(0, text, None, UNREADABLE)
    if key not in keys:
        return Found(told.size, text, None, UNKNOWN_KEY)
    if not signed(keys[key], signature, CONTEXT + line):
        return Found(told.size, text, None, FORGED)
    return Found(told.size, text, told)


def _read(path: Path, keys: Mapping[bytes, bytes]) -> Found:
    size = int(path.name.removesuffix(ENDING)) if path.name.removesuffix(ENDING).isdecimal() else 0
    found = checkpoint_in(path.read_bytes() if path.stat().st_size <= MOST_BYTES else b"", keys)
    return replace(found, size=size) if found.size == size else Found(size, found.text, None, UNREADABLE)
