"""The process that speaks to a card reader's library (PKCS#11), and nobody else.

The library is a maker's, native code that may fall over: it takes this process with it and not the program's. Run as
``python -m data.accounts.card_reader``; told in lines of JSON on standard input, answers the same way, ends with it.

===================================  =======================================================================
``{"module": PATH, "pin": PIN}``     ``{"certificates": [DER, …]}``, in base64; then, as often as wished:
``{"sign": INDEX, "content": DATA}`` ``{"signature": DATA}``
``{"module": PATH, "watch": true}``  ``{"present": true}`` or ``false``: now, and whenever a card goes in or out
===================================  =======================================================================

What goes wrong is ``{"problem": WORD, "error": NAME}`` instead, and the end.
"""

from __future__ import annotations

import json
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pkcs11
from pkcs11.exceptions import NoSuchKey, PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error
from pkcs11.types import SignMixin

if TYPE_CHECKING:
    from pkcs11._pkcs11 import lib as Library  # noqa: N812 - a class, whatever its name

ROUND_S = 2.0


class _ProblemError(Exception):
    """What is told instead of an answer: a word of ours, and the name of the library's error."""

    def __init__(self, word: str, error: str = "") -> None:
        self.word, self.error = word, error


def main() -> int:
    """Answer one request."""
    asked = json.loads(sys.stdin.readline() or "{}")
    try:
        library = _library(asked["module"])
        if asked.get("watch"):
            _watch(library)
        else:
            _serve(library, asked["pin"])
    except _ProblemError as problem:
        _tell(problem=problem.word, error=problem.error)
    return 0


def _serve(library: Library, pin: str) -> None:
    try:
        token = next(iter(_cards(library)), None)
        if token is None:
            raise _ProblemError("none")
        with token.open(user_pin=pin) as session:
            holdings = list(_holdings(session))
            _tell(certificates=[b64encode(certificate).decode() for certificate, _ in holdings])
            for line in sys.stdin:
                asked = json.loads(line)
                signature = holdings[asked["sign"]][1](b64decode(asked["content"]))
                _tell(signature=b64encode(signature).decode())
    except (PinIncorrect, PinInvalid, PinLenRange):
        raise _ProblemError("pin") from None
    except PinLocked:
        raise _ProblemError("locked") from None
    except PKCS11Error as error:
        raise _ProblemError("silent", type(error).__name__) from None


def _watch(library: Library) -> None:
    """Tell whether a card is in the reader whenever that changes, until nobody listens."""
    ended, before = threading.Event(), None

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    while True:
        try:
            serials = sorted(token.serial for token in _cards(library))
        except PKCS11Error as error:
            raise _ProblemError("silent", type(error).__name__) from None
        if before is not None and before and serials != before:
            _tell(present=False)  # also if another is in its place by now
        if serials != before and (serials or before is None):
            _tell(present=bool(serials))
        before = serials
        if ended.wait(ROUND_S):
            return
        library.reinitialize()


def _library(module: str) -> Library:
    try:
        library = pkcs11.lib(module)
        library.reinitialize()  # sees a card that was put in since
    except (PKCS11Error, OSError, RuntimeError) as error:
        raise _ProblemError("library", type(error).__name__) from None
    return library


def _cards(library: Library) -> list[pkcs11.Token]:
    tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
    return [token for token in tokens if pkcs11.TokenFlag.TOKEN_INITIALIZED in token.flags]


def _holdings(session: pkcs11.Session) -> Iterator[tuple[bytes, Callable[[bytes], bytes]]]:
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}
    for found in list(session.get_objects(wanted)):  # one search at a time is all that PKCS#11 allows
        try:
            key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, id=found[pkcs11.Attribute.ID])
        except NoSuchKey:
            continue  # an authority's certificate may lie on a card, without a key
        yield bytes(found[pkcs11.Attribute.VALUE]), _signer(key)


def _signer(key: pkcs11.Key) -> Callable[[bytes], bytes]:
    assert isinstance(key, SignMixin)  # noqa: S101 - a private key can do no less

    def sign(content: bytes) -> bytes:
        if key.key_type == pkcs11.KeyType.EC:
            return bytes(key.sign(sha256(content).digest(), mechanism=pkcs11.Mechanism.ECDSA))
        return bytes(key.sign(content, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))

    return sign


def _tell(**answer: Any) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    sys.exit(main())
