"""The hash of what was shown, so that it can be told later whether it was this."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np

ACTION = "shown"


def digest(shown: object) -> str:
    """Return the SHA-256 of a result, in hex; the same values give the same hash, whenever and wherever.

    Parameters
    ----------
    shown : object
        Of plain values, dataclasses, named tuples, lists, mappings and numpy arrays.

    Raises
    ------
    TypeError
        If something else is in it.
    """
    return hashlib.sha256(msgspec.msgpack.encode(shown, enc_hook=_plain, order="deterministic")).hexdigest()


def _plain(value: Any) -> object:
    if isinstance(value, np.ndarray):
        return [str(value.dtype), list(value.shape), np.ascontiguousarray(value).tobytes()]
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no hash")
