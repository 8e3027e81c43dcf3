"""The index in pieces finds what one tree finds."""

from __future__ import annotations

import numpy as np
import shapely

from twin.sight.obstacles import PIECE, Index


def test_the_index_in_pieces_answers_as_one_tree() -> None:
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 3000, (2 * PIECE + 37, 2))
    boxes = np.asarray(shapely.box(*corner.T, *(corner + 12.0).T), dtype=object)
    index, tree = Index(boxes), shapely.STRtree(boxes)
    lines = shapely.linestrings(rng.uniform(0, 3000, (20, 2, 2)))
    ours, theirs = (set(map(tuple, found.query(lines, predicate="intersects").T.tolist())) for found in (index, tree))
    assert ours == theirs
    point = shapely.Point(1500, 1500)
    near = index.query(point, predicate="dwithin", distance=200.0)
    assert sorted(near) == sorted(tree.query(point, predicate="dwithin", distance=200.0))
    assert len(Index(np.empty(0, dtype=object)).query(point)) == 0
