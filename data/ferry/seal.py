"""The envelope of all that the ferry carries: nothing of it is parsed before its signature held.

``ZHFERRY1 | algorithm, 1 byte | key id, 8 | signature, 64 | payload``: the signature is over all that stands before it
and the digest of the payload. The algorithm says which: 1 Ed25519 and SHA-256, 2 Ed25519 and SM3, 3 SM2 and SM3. The
payload is deflated MessagePack (:mod:`data.ferry.bundle`); how much it may become is bounded.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes

from data.ferry.keys import Peer
from data.signing.keys import OwnKey
from twin.errors import IntegrityError
from twin.words import say

MAGIC = b"ZHFERRY1"
HEAD_BYTES = len(MAGIC) + 1 + 8
SIGNATURE_BYTES = 64
MOST_BYTES = 64_000_000
"""Of a file; and :data:`MOST_PLAIN_BYTES` of what it holds."""
MOST_PLAIN_BYTES = 256_000_000
DIGESTS: dict[int, type[hashes.HashAlgorithm]] = {1: hashes.SHA256, 2: hashes.SM3, 3: hashes.SM3}
NUMBERS = {"sha256": 1, "sm3": 2}
SM2 = 3


class SealError(IntegrityError):
    """A file of the ferry is not what its sender sent, or not from a sender whom we trust."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was in an envelope, who sent it, and its digest."""

    peer: Peer
    payload: bytes
    digest: bytes


def seal(payload: bytes, key: OwnKey, digest: str = "sha256") -> bytes:
    """Return a payload in its envelope; a key of SM2 always signs SM3."""
    number = SM2 if key.is_sm2 else NUMBERS[digest]
    packed = zlib.compress(payload, 6)
    head = MAGIC + bytes([number]) + key.id
    return head + key.sign(head + _digest(number, packed)) + packed


def unseal(data: bytes, trusted: Mapping[bytes, Peer]) -> Sealed:
    """Open an envelope.

    Raises
    ------
    SealError
        If it is none, is cut short or changed, or its sender is not trusted.
    """
    if len(data) < HEAD_BYTES + SIGNATURE_BYTES or not data.startswith(MAGIC):
        raise SealError("it is no file of the ferry, or is cut short")
    head, signature = data[:HEAD_BYTES], data[HEAD_BYTES : HEAD_BYTES + SIGNATURE_BYTES]
    packed, number, peer = data[HEAD_BYTES + SIGNATURE_BYTES :], head[len(MAGIC)], trusted.get(head[-8:])
    if peer is None:
        raise SealError(say("its key {key} is not trusted here", key=head[-8:].hex()))
    if number not in DIGESTS or (number == SM2) != peer.is_sm2:
        raise SealError(say("its algorithm {number} is not known", number=number))
    digest = _digest(number, packed)
    if not peer.signed(signature, head + digest):
        raise SealError(say("its signature is not that of {name}: it was changed or cut short", name=peer.name))
    return Sealed(peer, _inflated(packed), digest)


def _digest(number: int, packed: bytes) -> bytes:
    digest = hashes.Hash(DIGESTS[number]())
    digest.update(packed)
    return digest.finalize()


def _inflated(packed: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        payload = inflate.decompress(packed, MOST_PLAIN_BYTES)
    except zlib.error:
        payload = b""
    if not inflate.eof or inflate.unused_data:
        raise SealError("it holds more than a bundle may, or is not packed as one")
    return payload


def read_file(path: Path) -> bytes:
    """Read a file that a stranger may have put there.

    Raises
    ------
    SealError
        If it is a link, no plain file, or larger than a bundle may be.
    OSError
        If the disk does not let it.
    """
    if path.is_symlink() or not path.is_file():
        raise SealError("it is no plain file")
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise SealError("it is larger than a bundle may be")
    return data
