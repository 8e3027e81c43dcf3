"""Signed frames (https://mavlink.io/en/guide/message_signing.html): the key, and streams whose time only grows."""

from __future__ import annotations

import hashlib
import hmac

from data.connectors.mavlink.frames import SIGNATURE, Frame

UNSIGNED, WRONG, OLD = "not signed", "signature wrong", "signature used before"


def key_of(text: str) -> bytes:
    """Return the 32 bytes of a key: 64 hexadecimal digits, or the SHA-256 of any other text."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    return key if len(key) == 32 else hashlib.sha256(text.encode()).digest()


class Signatures:
    """Checks frames.

    Parameters
    ----------
    key : bytes
        Empty: signatures are not checked.
    required : bool
        Whether frames without one are refused.
    """

    def __init__(self, key: bytes, required: bool) -> None:
        self._key, self._required = key, required
        self._newest: dict[tuple[int, int, int], int] = {}

    def problem(self, header: Frame, frame: bytes) -> str:
        """Return why a frame is refused; empty if it is not."""
        if not header.signed:
            return UNSIGNED if self._required else ""
        if not self._key:
            return ""
        made = hashlib.sha256(self._key + frame[:-6]).digest()[:6]
        if not hmac.compare_digest(made, frame[-6:]):
            return WRONG
        stream = (header.system, header.component, frame[-SIGNATURE])
        time = int.from_bytes(frame[-12:-6], "little")
        if time <= self._newest.get(stream, -1):
            return OLD
        self._newest[stream] = time
        return ""
