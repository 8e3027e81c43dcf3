"""SM2 signatures with SM3 (GB/T 32918.2 on the curve of GB/T 32918.5), for short heads only.

``gmalg`` is pure Python: some 10 ms a signature and 20 ms a check, and not in constant time. Whoever can measure this
machine while it signs must not be near it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gmalg import SM2
from gmalg.errors import GMError

SECRET_BYTES, PUBLIC_BYTES = 32, 64
HALF = 32
USER = b"1234567812345678"
"""The id that signs where none was agreed (GB/T 35276)."""
_PLAIN = b"\x04"
"""Before both coordinates of a point that is not compressed."""


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A secret key.

    Parameters
    ----------
    secret : bytes
        32 bytes.
    dice : callable, optional
        Random numbers of that many bits, in place of the system's; for known answers.
    """

    secret: bytes
    dice: Callable[[int], int] | None = None

    @classmethod
    def fresh(cls) -> Sm2Key:
        """Make a key."""
        secret, _ = SM2().generate_keypair()
        return cls(bytes(secret).rjust(SECRET_BYTES, b"\0"))

    @property
    def public(self) -> bytes:
        """Its public half: both coordinates, 64 bytes."""
        return bytes(SM2().generate_pk(self.secret))[1:]

    def sign(self, message: bytes) -> bytes:
        """Return a signature, r and s, 64 bytes."""
        r, s = SM2(self.secret, USER, rnd_fn=self.dice).sign(message)
        return bytes(r).rjust(HALF, b"\0") + bytes(s).rjust(HALF, b"\0")


def is_point(public: bytes) -> bool:
    """Tell whether a public key lies on the curve."""
    try:
        return bool(SM2().verify_pk(_PLAIN + public))
    except GMError:
        return False


def signed(public: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether a signature is that of a key, which lies on the curve."""
    return bool(SM2(uid=USER, pk=_PLAIN + public).verify(message, signature[:HALF], signature[HALF:]))
