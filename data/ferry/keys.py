"""Keys of the ferry: our own (:mod:`data.signing.keys`), and those of the other networks whose bundles we take.

What the others need of ours, its public half and our network, is one line of text that is read out or carried over by
hand; they trust it under a name, and so do we theirs (``ferry/trusted.toml``).
"""

from __future__ import annotations

import base64
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from data.home import Home
from data.signing.keys import ED25519_BYTES, OwnKey, is_sm2, key_id, own_key, public_key, public_text, signed
from data.signing.sm2 import PUBLIC_BYTES
from twin.errors import BadInputError
from twin.words import say

USE = "ferry"
WORD = "zhian-ferry-ed25519"
SM2_WORD = "zhian-ferry-sm2"
WORDS = {WORD: ED25519_BYTES, SM2_WORD: PUBLIC_BYTES}
"""The first word of a key's line, and how many bytes the key has."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A machine of another network whose signature counts here: its network is that under which it was trusted."""

    name: str
    zone: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The eight bytes by which its files name it."""
        return key_id(self.public)

    @property
    def is_sm2(self) -> bool:
        """Whether it signs by SM2 and not by Ed25519."""
        return is_sm2(self.public)

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether a signature is its own."""
        return signed(self.public, signature, message)


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    zone: str
    public: str


class _Trusted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: tuple[_Key, ...] = ()


def own_line(home: Home, zone: str) -> str:
    """Return what the other networks are told of our key."""
    return line(own_key(home, USE), zone)


def line(key: OwnKey, zone: str) -> str:
    """Return what others are told of a key."""
    return f"{SM2_WORD if key.is_sm2 else WORD} {public_text(key)} {zone}"


def peers(home: Home) -> dict[bytes, Peer]:
    """Return the keys that we trust, by their ids.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read.
    """
    path = home.data / "ferry" / "trusted.toml"
    if not path.exists():
        return {}
    try:
        told = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Trusted)
        found = [Peer(key.name, key.zone, public_key(key.public)) for key in told.key]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, ValueError) as error:
        raise BadInputError(str(path), say("{error}", error=error), "mend it") from None
    return {peer.id: peer for peer in found}


def trust(home: Home, name: str, line: str) -> Peer:
    """Trust a key by its line; one of the same name is replaced.

    Raises
    ------
    twin.errors.BadInputError
        If it is no such line.
    """
    words = line.split()
    try:
        if len(words) != 3 or len(public_key(words[1])) != WORDS.get(words[0]):
            raise ValueError("three words")
        peer = Peer(name, words[2], public_key(words[1]))
    except ValueError:
        raise BadInputError(
            name, "this is no key", say("give the line that `zhian ferry keys` prints there: {word} … …", word=WORD)
        ) from None
    _write(home, {**{p.name: p for p in peers(home).values()}, name: peer})
    return peer


def forget(home: Home, name: str) -> None:
    """Trust a key no longer.

    Raises
    ------
    twin.errors.BadInputError
        If none of this name is trusted.
    """
    known = {peer.name: peer for peer in peers(home).values()}
    if known.pop(name, None) is None:
        raise BadInputError(name, "no key of this name is trusted", "`zhian ferry keys` lists them")
    _write(home, known)


def _write(home: Home, known: Mapping[str, Peer]) -> None:
    path = home.data / "ferry" / "trusted.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    tables = [
        "\n".join(
            [
                "[[key]]",
                *(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in (
                    ("name", peer.name), ("zone", peer.zone), ("public", base64.b64encode(peer.public).decode()),
                )),
            ]
        )
        for peer in known.values()
    ]  # fmt: skip
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write("\n\n".join(tables) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
