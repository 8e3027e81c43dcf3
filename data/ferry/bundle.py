"""What the ferry carries: bundles of what crosses, manifests of what was sent, receipts of what came.

A *line* is all that one machine sends from one journal to one network; its bundles are numbered from 1 without a gap.
"""

from __future__ import annotations

import msgspec

from data.ferry.seal import SealError
from data.rules.carried import CarriedList
from twin.words import say


class SentRecord(msgspec.Struct, frozen=True, array_like=True):
    """A message as it came, with the clocks of its sender and of its arrival; ``origin`` is a place in the bundle."""

    origin: int
    key: bytes
    device: str
    message: str
    source_s: float
    arrival_s: float
    raw: bytes


class SentRows(msgspec.Struct, frozen=True, array_like=True):
    """Decoded rows of one origin, as :func:`data.sync.chunks.packed` packs them."""

    origin: int
    commit_s: float
    count: int
    layout: int
    body: bytes


class SentStone(msgspec.Struct, frozen=True):
    """A tombstone: what was deleted there, and is to be deleted from every copy; see :mod:`data.history.retention`."""

    twin: str
    day: str
    layer: str
    classification: str
    rows: int
    reason: str
    at_s: float


class SentOrigin(msgspec.Struct, frozen=True, array_like=True):
    """Where something comes from: the source's name, its network, its classification."""

    name: str
    zone: str
    classification: str


class Letter(msgspec.Struct, frozen=True):
    """What all that is sent begins with: the line, and from which network to which."""

    line: str
    zone: str
    target: str


class Bundle(Letter, frozen=True, tag="bundle", kw_only=True):
    """One numbered piece of a line."""

    number: int
    origins: list[SentOrigin]
    records: list[SentRecord]
    rows: list[SentRows]
    tombstones: list[SentStone] = []
    lists: list[CarriedList] = []


class Manifest(Letter, frozen=True, tag="manifest", kw_only=True):
    """Up to which number a line has been sent."""

    last: int


class Receipt(Letter, frozen=True, tag="receipt", kw_only=True):
    """What came of a line: all up to ``received``; up to ``known`` all but ``missing``, which is asked for again."""

    received: int
    known: int
    missing: list[int]


Content = Bundle | Manifest | Receipt
_decoder: msgspec.msgpack.Decoder[Content] = msgspec.msgpack.Decoder(Content)


def encode(content: Content) -> bytes:
    """Return content as a payload."""
    return msgspec.msgpack.encode(content)


def decode(payload: bytes) -> Content:
    """Read a payload.

    Raises
    ------
    data.ferry.seal.SealError
        If it is none.
    """
    try:
        return _decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SealError(say("what it holds cannot be read: {error}", error=error)) from None
