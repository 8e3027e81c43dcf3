"""Changes to bytes that are almost right: what a bad line, a bad vendor or a bad will make of a message."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

NASTY = (
    b"\x00", b"\xff", b"\x7e", b"\x7d", b"\xfd", b"\xff\xff\xff\xff", b"\x80" * 10, b"-1", b"0", b"1e999", b"NaN",
    b"null", b"9" * 400, b"{" * 300, b"[" * 300, b"<event>", b"</event>", b'"', b"\\ud800", "测".encode("gbk"),
    b"\xef\xbb\xbf", b"\r\n",
)  # fmt: skip

Change = Callable[[bytes, random.Random, Sequence[bytes]], bytes]


def _flip(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _set(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(1) + data[at + 1 :]


def _drop(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 8) :]


def _cut(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    return data[: chance.randrange(len(data))]


def _double(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at, size = chance.randrange(len(data)), chance.randint(1, 64)
    return data[:at] + data[at : at + size] * chance.randint(2, 5) + data[at + size :]


def _insert(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(NASTY) + data[at:]


def _replace(data: bytes, chance: random.Random, _: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(NASTY) + data[at + chance.randint(1, 8) :]


def _splice(data: bytes, chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    other = chance.choice(seeds)
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


CHANGES: tuple[Change, ...] = (_flip, _set, _drop, _cut, _double, _insert, _replace, _splice)


def mutated(seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Return one of the seeds with one to six changes."""
    data = chance.choice(seeds)
    for _ in range(chance.randint(1, 6)):
        data = chance.choice(CHANGES)(data or b"\0", chance, seeds)
    return data
