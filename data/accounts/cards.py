"""Cards: the certificate that an officer carries, and a challenge that only its key can sign (PKCS#11)."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from data.accounts.trust import FOLDER, Trust
from data.home import Home
from twin.errors import MissingPieceError, NotAllowedError
from twin.words import say

CONTEXT = b"zhian sign-in\0"
"""Stands before each challenge, so that a card asked to sign in signs nothing else."""
MODULES = (
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "C:/Windows/System32/opensc-pkcs11.dll",
)
PROBLEMS = {
    "none": "there is no card in the reader",
    "pin": "the card's PIN is wrong",
    "locked": "the card is locked after too many wrong PINs",
    "ended": "the card reader's driver broke down: take the card out, put it in and try again",
}
ANSWER_S = 60.0
"""So long a card may take for all that signing in asks of it."""


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
    """Open the card in the reader, by a process of its own (:mod:`data.accounts.card_reader`).

    Raises
    ------
    twin.errors.NotAllowedError
        If there is none, the PIN is wrong, or the card does not answer.
    twin.errors.MissingPieceError
        If the library cannot be used.
    """
    with subprocess.Popen(reader_program(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        stop = threading.Timer(ANSWER_S, process.kill)
        stop.start()
        try:
            told = _ask(process, module, module=str(module), pin=pin)
            found = [x509.load_der_x509_certificate(b64decode(one)) for one in told["certificates"]]
            signers = [partial(_sign, process, module, index) for index in range(len(found))]
            yield Card(tuple(zip(found, signers, strict=True)))
        finally:
            stop.cancel()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close() if process.stdin else None
            process.kill()


def reader_program() -> list[str]:
    """Return how the process is started that speaks to the reader."""
    return [sys.executable, "-m", "data.accounts.card_reader"]


def _sign(process: subprocess.Popen[str], module: Path, index: int, content: bytes) -> bytes:
    return b64decode(_ask(process, module, sign=index, content=b64encode(content).decode())["signature"])


def _ask(process: subprocess.Popen[str], library: Path, **asked: object) -> dict[str, Any]:
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except BrokenPipeError:
        line = ""
    told: dict[str, Any] = json.loads(line or '{"problem": "ended"}')
    if told.get("problem") == "library":
        raise MissingPieceError(
            say("the card reader's library {module} does not work: {error}", module=library, error=told["error"])
        )
    if "problem" in told:
        raise NotAllowedError(
            PROBLEMS.get(told["problem"]) or say("the card does not answer ({error})", error=told["error"])
        )
    return told


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
