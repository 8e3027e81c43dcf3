"""What stands in the way of a look: buildings as prisms, and the ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City, Terrain
from twin.geo import FloatArray
from twin.pieces import Forest, in_pieces

EARTH_RADIUS_M = 6_371_000.0
REFRACTION = 0.13
"""Share of the earth's curvature that light follows (Gauß's mean for surveys near the ground)."""
BULGE_PER_M = (1.0 - REFRACTION) / (2.0 * EARTH_RADIUS_M)


PIECE = 2000
"""Shapes in one tree: making it holds Python's lock for a millisecond or two."""


class Index:
    """Finds shapes by their place, as one :class:`shapely.STRtree` would that were made in pieces."""

    def __init__(self, shapes: NDArray[np.object_]) -> None:
        self._trees = [shapely.STRtree(shapes[start : start + PIECE]) for start in range(0, max(len(shapes), 1), PIECE)]

    def query(self, shape: Any, **how: Any) -> NDArray[np.int64]:
        """Return rows of shapes as :meth:`shapely.STRtree.query` does: (K,) of one shape, (2, K) of an array."""
        found = [tree.query(shape, **how) for tree in self._trees]
        for number, rows in enumerate(found):
            rows[..., :] += np.array([[0], [number * PIECE]]) if rows.ndim == 2 else number * PIECE
        return np.concatenate(found, axis=-1)


@dataclass(frozen=True)
class Obstacles:
    """Buildings as prisms up to their highest point, and the ground they stand on.

    Parameters
    ----------
    footprint : (B,) object array of polygons
        In the city's projected system.
    top_m : (B,) float array
        Height of the top above the same zero as the terrain.
    terrain : Terrain or None
    """

    footprint: NDArray[np.object_]
    top_m: FloatArray
    terrain: Terrain | None = None

    @classmethod
    def of(cls, city: City) -> Obstacles:
        """Return what stands in a city; row numbers are those of its table of buildings."""
        table = city.table("buildings")
        footprint = np.asarray(table.geometry.array, dtype=object)
        return cls(footprint, _tops(city, footprint, table["base_m"], table["height_m"]), city.terrain)

    @cached_property
    def tree(self) -> Forest:
        """Return the index of the footprints, made when it is first asked for."""
        return Forest(self.footprint)

    def ground_m(self, east_m: Any, north_m: Any) -> FloatArray:
        """Return the height of the ground; 0 where there is no terrain."""
        if self.terrain is None:
            return np.zeros(np.shape(east_m))
        return self.terrain.sample(east_m, north_m)

    def surface_m(self, east_m: Any, north_m: Any) -> FloatArray:
        """Return the height of what one would stand on, ground or roof, at (N,) places."""
        east, north = np.atleast_1d(np.asarray(east_m, np.float64)), np.atleast_1d(np.asarray(north_m, np.float64))
        height = self.ground_m(east, north)
        place, building = self.tree.query(shapely.points(east, north), predicate="intersects")
        np.maximum.at(height, place, self.top_m[building])
        return height


def _tops(city: City, footprint: NDArray[np.object_], base_m: Any, height_m: Any) -> FloatArray:
    """Return the tops of buildings; one without a base stands on the ground, one without a height is flat."""
    base = np.asarray(base_m, dtype=np.float64)
    lost = ~np.isfinite(base)
    if lost.any():
        middle = in_pieces(lambda some: shapely.get_coordinates(shapely.centroid(some)), footprint[lost])
        base = base.copy()
        base[lost] = city.ground_m(*middle.T)
    return base + np.nan_to_num(np.asarray(height_m, dtype=np.float64))
