"""Keys that sign: Ed25519, or SM2 where that is asked for.

A key is made once, for one use (``ferry``, ``audit``), and is a secret of this machine: ``<use>/key.pem``. One of SM2
is made beside it, ``<use>/key.sm2``, and counts from then on. Of which kind a public key is, its length tells.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from data.home import Home
from data.secrets import keep_secret, secret
from data.signing import sm2
from data.signing.sm2 import PUBLIC_BYTES, SECRET_BYTES, Sm2Key
from twin.errors import BadInputError

ED25519_BYTES = 32
SIGNATURE_BYTES = 64
REMEDY = "bring the key back from a copy, or remove it"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key of this machine."""

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


def key_id(public: bytes) -> bytes:
    """Return the name of a key: the first eight bytes of its SHA-256."""
    return hashlib.sha256(public).digest()[:8]


def is_sm2(public: bytes) -> bool:
    """Tell whether a public key is one of SM2."""
    return len(public) == PUBLIC_BYTES


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is that of a key."""
    if is_sm2(public):
        return sm2.signed(public, signature, message)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_key(text: str) -> bytes:
    """Read a public key in base64.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        public = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if len(public) not in (ED25519_BYTES, PUBLIC_BYTES) or (is_sm2(public) and not sm2.is_point(public)):
        raise ValueError("this is no key")
    return public


def public_text(key: OwnKey) -> str:
    """Return the public half as :func:`public_key` reads it."""
    return base64.b64encode(key.public).decode()


def own_key(home: Home, use: str) -> OwnKey:
    """Return our key for a use, made if there is none; one of SM2 counts if there is one.

    Raises
    ------
    twin.errors.BadInputError
        If what is kept is no key.
    """
    if (kept := secret(home, f"{use}/key.sm2")) is not None:
        return OwnKey(_sm2(f"{use}/key.sm2", kept))
    name = f"{use}/key.pem"
    kept = secret(home, name)
    if kept is None:
        made = Ed25519PrivateKey.generate()
        kept = keep_secret(home, name, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return OwnKey(_ed25519(name, kept))


def own_publics(home: Home, use: str) -> dict[bytes, bytes]:
    """Return the public halves of all keys that this machine has for a use, by their ids."""
    found = [OwnKey(_sm2(use, kept)) for kept in [secret(home, f"{use}/key.sm2")] if kept is not None]
    found += [OwnKey(_ed25519(use, kept)) for kept in [secret(home, f"{use}/key.pem")] if kept is not None]
    return {key.id: key.public for key in found}


def use_sm2(home: Home, use: str) -> None:
    """Have this machine sign by SM2 from now on; it keeps a key of that kind that it has."""
    keep_secret(home, f"{use}/key.sm2", Sm2Key.fresh().secret.hex().encode("ascii") + b"\n")


def _ed25519(name: str, kept: bytes) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(kept, None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise BadInputError(name, "it holds no Ed25519 key", REMEDY)
    return found


def _sm2(name: str, kept: bytes) -> Sm2Key:
    try:
        found = bytes.fromhex(kept.decode("ascii"))
    except ValueError:
        found = b""
    if len(found) != SECRET_BYTES:
        raise BadInputError(name, "it holds no SM2 key", REMEDY)
    return Sm2Key(found)
