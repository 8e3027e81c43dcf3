"""Proofs of single entries: that one stands in a trail, checked with nothing but the public key that signs.

A proof is one file of JSON. It holds the entry, the hash of the one before it, a checkpoint as it was signed, and the
hashes that lead from the entry to the checkpoint's root (RFC 6962, 2.1.1). No other entry is told by it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path

import msgspec

from data.audit.checkpoints import ENDING, Checkpoint, checkpoint_in
from data.audit.notary import USE, own_folder
from data.audit.trail import BEFORE_ALL, Kept, decode, pages
from data.audit.trails import trails
from data.home import Home
from data.signing.keys import own_publics
from data.whole_file import write_file
from twin.audit.merkle import has_entry, leaf, proof_of_entry, root_of
from twin.errors import BadInputError, IntegrityError, UsageError
from twin.words import say

MOST_BYTES = 1_000_000


class Proof(msgspec.Struct, frozen=True):
    """What a file holds; bytes in base64, hashes in hex."""

    seq: int
    body: str
    before: str
    proof: list[str]
    checkpoint: str


def prove(home: Home, trail: str, seq: int) -> Proof:
    """Return the proof of an entry of a trail, under the first checkpoint that covers it.

    Raises
    ------
    twin.errors.UsageError
        If there is no such trail or entry, or no checkpoint covers it yet.
    twin.errors.IntegrityError
        If the trail does not follow that checkpoint.
    """
    text, told = _covering(home, trail, seq)
    found = next((one for one in trails(home) if one.name == trail), None)
    if found is None:
        raise UsageError(say("there is no trail {trail}", trail=trail))
    with found.reading() as connection:
        rows = [row for page in pages(connection) for row in page if row[0] < told.size]
    leaves = [kept for _, _, kept in rows]
    if len(leaves) != told.size:
        raise _unproven(trail, seq)
    path = proof_of_entry(seq, told.size, lambda low, high: root_of(leaves[low:high]))
    before = leaves[seq - 1] if seq else BEFORE_ALL
    proof = Proof(seq, rows[seq][1], before.hex(), [one.hex() for one in path], base64.b64encode(text).decode())
    if not _leads(proof, told):
        raise _unproven(trail, seq)
    return proof


def write_proof(path: Path, proof: Proof) -> None:
    """Write a proof into a file.

    Raises
    ------
    OSError
    """
    write_file(path, msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n")


def check(path: Path, keys: Mapping[bytes, bytes]) -> tuple[Kept, Checkpoint]:
    """Return the entry that a file proves and the checkpoint it stands under; asks nothing of this machine.

    Parameters
    ----------
    keys : mapping of bytes to bytes
        The public keys that count, by their ids.

    Raises
    ------
    twin.errors.BadInputError
        If it is no proof.
    twin.errors.IntegrityError
        If the checkpoint was not signed by one of the keys, or the entry does not lead to it.
    """
    try:
        proof = msgspec.json.decode(path.read_bytes()[:MOST_BYTES], type=Proof)
        text = base64.b64decode(proof.checkpoint, validate=True)
        written = decode(proof.body)
    except FileNotFoundError:
        raise BadInputError(str(path), "there is no such file or folder", "give one that was proved") from None
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise BadInputError(str(path), "it is no proof of an entry", "give one that was proved") from None
    found = checkpoint_in(text, keys)
    if found.checkpoint is None:
        raise IntegrityError(say("{path} proves nothing: {problem}", path=path, problem=found.problem))
    if not _leads(proof, found.checkpoint):
        raise IntegrityError(
            say("{path} proves nothing: {problem}", path=path, problem="the entry is not in the trail")
        )
    return Kept(proof.seq, written, _leaf(proof)), found.checkpoint


def _covering(home: Home, trail: str, seq: int) -> tuple[bytes, Checkpoint]:
    keys = own_publics(home, USE)
    for path in sorted((own_folder(home) / trail).glob(f"*{ENDING}")):
        text = path.read_bytes()
        found = checkpoint_in(text, keys)
        if found.checkpoint is not None and 0 <= seq < found.checkpoint.size:
            return text, found.checkpoint
    raise UsageError("no checkpoint covers that entry: run `zhian audit checkpoint` first")


def _leaf(proof: Proof) -> bytes:
    return leaf(bytes.fromhex(proof.before) + proof.body.encode())


def _leads(proof: Proof, told: Checkpoint) -> bool:
    try:
        path = [bytes.fromhex(one) for one in proof.proof]
        return has_entry(bytes.fromhex(told.root), told.size, proof.seq, _leaf(proof), path)
    except ValueError:
        return False


def _unproven(trail: str, seq: int) -> IntegrityError:
    return IntegrityError(
        say("entry {entry} of the trail {trail} is not that of its checkpoint: run `zhian audit verify`",
            entry=seq, trail=trail)
    )  # fmt: skip
