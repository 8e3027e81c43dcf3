"""Keys of the ferry: our own, and those of the other networks whose bundles we take.

Our own is made once and never leaves ``ferry/key.pem`` in the data folder: Ed25519. Where SM2 is wanted, one of that
kind is made beside it, ``ferry/key.sm2``, and counts from then on; of which kind a public key is, its length tells.
What the others need of it, its public half and our network, is one line of text that is read out or carried over by
hand; they trust it under a name, and so do we theirs (``ferry/trusted.toml``).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from data.ferry import sm2
from data.ferry.sm2 import PUBLIC_BYTES, SECRET_BYTES, Sm2Key
from data.home import Home
from twin.errors import BadInputError
from twin.words import say

WORD = "zhian-ferry-ed25519"
SM2_WORD = "zhian-ferry-sm2"
WORDS = {WORD: 32, SM2_WORD: PUBLIC_BYTES}
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
        return len(self.public) == PUBLIC_BYTES

    def signed(self, signature: bytes, message: bytes) -> bool:
        """Tell whether a signature is its own."""
        if self.is_sm2:
            return sm2.signed(self.public, signature, message)
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key of this machine."""

    secret: Ed25519PrivateKey | Sm2Key

    @property
    def is_sm2(self) -> bool:
        """Whether it signs by SM2 and not by Ed25519."""
        return isinstance(self.secret, Sm2Key)

    @property
    def public(self) -> bytes:
        """Its public half: 32 bytes, or 64 of SM2."""
        if isinstance(self.secret, Sm2Key):
            return self.secret.public
        return self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return a signature, 64 bytes."""
        return self.secret.sign(message)

    @property
    def id(self) -> bytes:
        """The eight bytes by which our files name it."""
        return key_id(self.public)

    def line(self, zone: str) -> str:
        """Return what the other networks are told of it."""
        return f"{SM2_WORD if self.is_sm2 else WORD} {base64.b64encode(self.public).decode()} {zone}"


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    zone: str
    public: str


class _Trusted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    key: tuple[_Key, ...] = ()


def key_id(public: bytes) -> bytes:
    """Return the name of a key: the first eight bytes of its SHA-256."""
    return hashlib.sha256(public).digest()[:8]


def own_key(home: Home) -> OwnKey:
    """Return our key, made if there is none; one of SM2 counts if there is one.

    Raises
    ------
    twin.errors.BadInputError
        If the file holds no key.
    """
    if (path := _sm2_path(home)).exists():
        return OwnKey(_read_sm2(path))
    path = home.data / "ferry" / "key.pem"
    if not path.exists():
        _make(path, Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        secret = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError):
        secret = None
    if not isinstance(secret, Ed25519PrivateKey):
        raise BadInputError(str(path), "it holds no Ed25519 key", "bring the key back from a copy, or remove it")
    return OwnKey(secret)


def use_sm2(home: Home) -> None:
    """Have this machine sign by SM2 from now on; it keeps a key of that kind that it has."""
    if not _sm2_path(home).exists():
        _make(_sm2_path(home), Sm2Key.fresh().secret.hex().encode("ascii") + b"\n")


def _sm2_path(home: Home) -> Path:
    return home.data / "ferry" / "key.sm2"


def _read_sm2(path: Path) -> Sm2Key:
    try:
        secret = bytes.fromhex(path.read_text("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != SECRET_BYTES:
        raise BadInputError(str(path), "it holds no SM2 key", "bring the key back from a copy, or remove it")
    return Sm2Key(secret)


def _make(path: Path, text: bytes) -> None:
    """Write a new key beside its place and link it there: two who make one at once end up with the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"key.{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        return
    finally:
        fresh.unlink()


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
        found = [Peer(key.name, key.zone, _public(key.public)) for key in told.key]
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
        if len(words) != 3 or len(_public(words[1])) != WORDS.get(words[0]):
            raise ValueError("three words")
        peer = Peer(name, words[2], _public(words[1]))
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


def _public(text: str) -> bytes:
    try:
        public = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(public) not in WORDS.values() or (len(public) == PUBLIC_BYTES and not sm2.is_point(public)):
        raise ValueError("this is no key")
    return public


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
