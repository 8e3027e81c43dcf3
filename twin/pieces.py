"""Whole tables a piece at a time.

One call of shapely or pandas on a whole table holds Python's lock from its first row to its last, and the window's
thread waits for that lock. Between two pieces others get it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

PIECE = 500
"""Rows that take shapely a millisecond or less."""
TREE = 4000
"""Shapes that take shapely a few milliseconds to sort."""


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


class Forest:
    """An index of many shapes as small trees: one tree of all would hold Python's lock while it is made.

    Parameters
    ----------
    shapes : (N,) object array
        Rows of a table; neighbours in it that are neighbours on the ground make questions about one place fast.
    """

    def __init__(self, shapes: NDArray[np.object_], size: int = TREE) -> None:
        starts = range(0, max(len(shapes), 1), size)
        self._trees = [(start, shapely.STRtree(shapes[start : start + size])) for start in starts]
        for _, tree in self._trees:
            tree.query(shapely.Point())  # GEOS sorts a tree at its first question

    def query(self, asked: Any, predicate: Any = None, distance: Any = None) -> NDArray[np.int64]:
        """Return what ``shapely.STRtree.query`` returns: (M,) rows for one shape, else (2, M) shapes and rows."""
        found = [(start, tree.query(asked, predicate=predicate, distance=distance)) for start, tree in self._trees]
        shift = np.array([[0], [1]]) if found[0][1].ndim == 2 else np.array(1)
        return np.concatenate([rows + start * shift for start, rows in found], axis=-1)
