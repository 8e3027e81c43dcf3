"""What travels from the engine to the desks, as bytes.

A channel is what one network zone, one classification and one layer tell. Each has frames of its own, numbered from 1
within one run of the publisher (its *epoch*): a *delta* tells what changed since the number before, a *key* everything
there is, in as many parts as it takes. Entities go by short numbers that only mean something within their epoch. A
message is msgpack within zlib; the numbers of its rows are plain little-endian columns.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec
import numpy as np
from numpy.typing import NDArray

from twin.world import SourceState

ROWS_AT_ONCE = 4000
"""Most rows of a message: about half of the 1 MB that a NATS server takes."""
LONGEST = 8_000_000
"""No message of ours is longer once unpacked."""
MOST = 1 << 22
"""Entities have numbers below this; a publisher that needs more begins a new epoch."""

NAME_DTYPE = np.dtype([("number", "<u4"), ("id", "S32"), ("label", "S48"), ("kind", "u1")])
"""What stays the same of an entity."""
STATE_FIELDS = (
    *("state", "time_s", "lon_deg", "lat_deg"),
    *("height_m", "heading_deg", "speed_mps", "value", "accuracy_m"),
)
STATE_DTYPE = np.dtype(
    [
        ("number", "<u4"),
        ("source", "u1"),  # index into the frame's sources
        ("state", "u1"),
        ("time_s", "<f8"),
        ("lon_deg", "<f8"),
        ("lat_deg", "<f8"),
        ("height_m", "<f4"),
        ("heading_deg", "<f4"),
        ("speed_mps", "<f4"),
        ("value", "<f4"),
        ("accuracy_m", "<f4"),
        ("position_m", "<f4", (3,)),
    ]
)
"""What changes of an entity; named as in :data:`twin.live.observation.OBSERVATION_DTYPE`."""
SOURCES = "sources"
"""In a subject, in place of a layer: how the sources of a zone and classification do."""


class Frame(msgspec.Struct, frozen=True, array_like=True, tag="f"):
    """A delta, or one of the ``parts`` of a key (0 for a delta); ``key`` tells it from a delta.

    ``gone``, ``named`` and ``told`` hold columns: numbers, :data:`NAME_DTYPE` and :data:`STATE_DTYPE`.
    """

    epoch: int
    sequence: int
    part: int = 0
    parts: int = 0
    sources: Sequence[str] = ()
    gone: bytes = b""
    named: bytes = b""
    told: bytes = b""

    @property
    def key(self) -> bool:
        """Whether it tells everything there is."""
        return self.parts > 0


class SourcesFrame(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """How the sources of one zone and classification do, and how far the frames of each of its layers got.

    ``ages_s`` is how long ago each told something last (negative: never), as clocks of machines differ. Reasons are
    packed (:func:`twin.words.pack`).
    """

    epoch: int
    sequences: Mapping[str, int]
    sources: Sequence[SourceState]
    ages_s: Sequence[float]


class Beat(msgspec.Struct, frozen=True, array_like=True, tag="b"):
    """The publisher's sign of life: whether the engine gives one, in which frame positions are, and its clock."""

    epoch: int
    alive: bool
    place: int
    at_s: float


Word = Frame | SourcesFrame | Beat
_words: msgspec.msgpack.Decoder[Word] = msgspec.msgpack.Decoder(Word)
_encode = msgspec.msgpack.Encoder().encode


class BadFrameError(ValueError):
    """Bytes that no publisher of ours sent."""


def pack_word(word: Word) -> bytes:
    """Return a message as bytes."""
    return zlib.compress(_encode(word), 1)


def unpack_word(raw: bytes) -> Word:
    """Read a message.

    Raises
    ------
    BadFrameError
        If it is none of ours.
    """
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(raw, LONGEST)
        if unpacking.unconsumed_tail:
            raise BadFrameError(f"a message of more than {LONGEST} bytes")
        return _words.decode(plain)
    except (zlib.error, msgspec.MsgspecError) as error:
        raise BadFrameError(str(error)) from None


def to_columns(rows: NDArray[np.void]) -> bytes:
    """Return rows column by column, which packs twice as tightly as row by row."""
    return b"".join(rows[name].tobytes() for name in rows.dtype.names or ())


def from_columns(raw: bytes, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Return the rows that :func:`to_columns` gave.

    Raises
    ------
    BadFrameError
        If the bytes are no whole number of rows.
    """
    count, rest = divmod(len(raw), dtype.itemsize)
    if rest:
        raise BadFrameError(f"{len(raw)} bytes are no rows of {dtype.itemsize}")
    rows = np.zeros(count, dtype)
    at = 0
    for name in dtype.names or ():
        field = dtype[name]
        width = field.itemsize * count
        rows[name] = np.frombuffer(raw, field.base, count * (field.itemsize // field.base.itemsize), at).reshape(
            (count, *field.shape)
        )
        at += width
    return rows


def token(word: str) -> str:
    """Return a word as one token of a subject; the empty one has a token that no other has."""
    return quote(word, safe="").replace(".", "%2E").replace("*", "%2A") or "%"


def live_subject(twin: str, zone: str, classification: str, layer: str) -> str:
    """Return where the frames of a channel go; ``*`` stands for any."""
    parts = (part if part == "*" else token(part) for part in (zone, classification, layer))
    return ".".join(("zhian", token(twin), "live", *parts))


def beat_subject(twin: str) -> str:
    """Return where the signs of life go."""
    return f"zhian.{token(twin)}.beat"


def ask_subject(twin: str, desk: str) -> str:
    """Return where a desk asks for a key frame, in a message that names the channel's subject."""
    return f"zhian.{token(twin)}.ask.{desk if desk == '*' else token(desk)}"
