"""Whole tables a piece at a time.

One call of shapely or pandas on a whole table holds Python's lock from its first row to its last, and the window's
thread waits for that lock. Between two pieces others get it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

PIECE = 500
"""Rows that take shapely a millisecond or less."""


def in_pieces(function: Callable[[Any], Any], values: Any, size: int = PIECE) -> NDArray[Any]:
    """Return ``function`` of all ``values``, worked out ``size`` of them at a time.

    Parameters
    ----------
    function : callable
        Of a slice of ``values``; answers with an array of as many rows, or of any number that may be joined.
    values : sequence
        Anything that can be sliced and has a length.
    """
    starts = range(0, max(len(values), 1), size)
    return np.concatenate([np.asarray(function(values[start : start + size])) for start in starts])
