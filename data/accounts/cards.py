"""Cards: the certificate that an officer carries, and a challenge that only its key can sign (PKCS#11)."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pkcs11
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11.exceptions import (
    NoSuchKey,
    PinIncorrect,
    PinInvalid,
    PinLenRange,
    PinLocked,
    PKCS11Error,
)
from pkcs11.types import SignMixin

from data.accounts.trust import FOLDER, Trust
from data.home import Home
from twin.errors import MissingPieceError, NotAllowedError
from twin.words import say

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library  # noqa: N812 - a class, whatever its name

CONTEXT = b"zhian sign-in\0"
"""Stands before each challenge, so that a card asked to sign in signs nothing else."""
MODULES = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "C:/Windows/System32/opensc-pkcs11.dll",
)


@dataclass(frozen=True, slots=True)
class Card:
    """What a card has: certificates, and for each a way to sign with its key.

    Parameters
    ----------
    certificates : tuple of (x509.Certificate, callable)
        The callable takes what is to be signed and returns the signature.
    """

    certificates: tuple[tuple[x509.Certificate, Callable[[bytes], bytes]], ...]


def module_of(home: Home) -> Path:
    """Return the library of the card reader: what ``cards/module`` names, else OpenSC's.

    Raises
    ------
    twin.errors.MissingPieceError
        If there is none.
    """
    named = home.data / FOLDER / "module"
    choices = [named.read_text("utf-8").strip()] if named.exists() else MODULES
    for choice in choices:
        if Path(choice).exists():
            return Path(choice)
    raise MissingPieceError(say("there is no card reader's library; write its path into {file}", file=named))


@contextlib.contextmanager
def opened(module: Path, pin: str) -> Iterator[Card]:
    """Open the card in the reader.

    Raises
    ------
    twin.errors.NotAllowedError
        If there is none, or the PIN is wrong.
    twin.errors.MissingPieceError
        If the library cannot be used.
    """
    library = _library(module)
    try:
        tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
        token = next((token for token in tokens if pkcs11.TokenFlag.TOKEN_INITIALIZED in token.flags), None)
        if token is None:
            raise NotAllowedError("there is no card in the reader")
        with token.open(user_pin=pin) as session:
            yield Card(tuple(_holdings(session)))
    except (PinIncorrect, PinInvalid, PinLenRange):
        raise NotAllowedError("the card's PIN is wrong") from None
    except PinLocked:
        raise NotAllowedError("the card is locked after too many wrong PINs") from None
    except PKCS11Error as error:
        raise NotAllowedError(say("the card does not answer ({error})", error=type(error).__name__)) from None
    finally:
        library.finalize()  # left to the end of the program it would be called when half of that is gone


def _library(module: Path) -> Library:
    try:
        library = pkcs11.lib(str(module))
        library.reinitialize()  # sees a card that was put in since
    except (PKCS11Error, OSError, RuntimeError) as error:
        raise MissingPieceError(say("the card reader's library {module} does not work: {error}", module=module,
                                    error=type(error).__name__)) from None  # fmt: skip
    return library


def subject_of(card: Card, trust: Trust, now: datetime | None = None) -> str:
    """Return whose card it is: the subject of the certificate that is believed and whose key signed our challenge.

    Raises
    ------
    twin.errors.NotAllowedError
        With the reason, if there is none.
    """
    why_not = "there is no certificate on the card"
    for certificate, sign in card.certificates:
        why_not = trust.refusal(certificate, now or datetime.now(UTC))
        if why_not:
            continue
        challenge = CONTEXT + secrets.token_bytes(32)
        if is_signed(certificate, challenge, sign(challenge)):
            return certificate.subject.rfc4514_string()
        why_not = "the card did not sign with the key of its certificate"
    raise NotAllowedError(why_not)


def is_signed(certificate: x509.Certificate, content: bytes, signature: bytes) -> bool:
    """Tell whether a signature as PKCS#11 gives it (ECDSA: r and s side by side; RSA: PKCS#1 v1.5) is of that key."""
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = len(signature) // 2
            pair = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
            key.verify(pair, content, ec.ECDSA(SHA256()))
        elif isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature, content, padding.PKCS1v15(), SHA256())
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _holdings(session: pkcs11.Session) -> Iterator[tuple[x509.Certificate, Callable[[bytes], bytes]]]:
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
    for found in list(session.get_objects(wanted)):  # one search at a time is all that PKCS#11 allows
        try:
            certificate = x509.load_der_x509_certificate(found[pkcs11.Attribute.VALUE])
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=found[pkcs11.Attribute.ID])
        except (ValueError, NoSuchKey):
            continue  # an authority's certificate may lie on a card, without a key
        yield certificate, _signer(key)


def _signer(key: pkcs11.Key) -> Callable[[bytes], bytes]:
    assert isinstance(key, SignMixin)  # noqa: S101 - a private key can do no less

    def sign(content: bytes) -> bytes:
        if key.key_type == pkcs11.KeyType.EC:
            return bytes(key.sign(sha256(content).digest(), mechanism=pkcs11.Mechanism.ECDSA))
        return bytes(key.sign(content, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))

    return sign
