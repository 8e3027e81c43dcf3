"""Passwords: hashed with argon2id, checked without telling by its time whether an account is there."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
"""Parameters of RFC 9106's second choice (64 MiB, 3 passes), as the library sets them."""
NOBODY = _HASHER.hash(secrets.token_hex())
"""What is checked where there is no account."""
_SIGNS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def hashed(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def fits(password: str, kept: str) -> bool:
    """Tell whether a password is the one that was hashed."""
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def first_password() -> str:
    """Return a password to be told once and changed at the first sign-in: 4 groups of 4 signs, about 92 bits."""
    groups = ["".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(4)]
    return "-".join(groups)
