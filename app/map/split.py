"""Two instants on one map: what lives in one is drawn left of a line, what lives in the other right of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.camera import Lens
from app.map.extras import Extra
from layers.layer import Labels, Lines, Symbols
from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.world import World


@dataclass(frozen=True, slots=True)
class Split:
    """The world left of the line, and where the line is, as a share of the map's width."""

    left: World
    share: float = 0.5

    def line_px(self, lens: Lens) -> float:
        """Return how far from the left edge the line is."""
        return self.share * lens.width_px

    def half(self, drawn: Extra, lens: Lens, city: City, *, left: bool) -> Extra:
        """Return what of a drawing is seen on one side; what covers the ground is whole on the right."""
        if isinstance(drawn, Symbols):
            return _symbols(drawn, self._side(drawn.position_m, lens, left=left))
        if isinstance(drawn, Labels):
            return _labels(drawn, self._side(drawn.position_m, lens, left=left))
        if isinstance(drawn, Lines) and drawn.rows.geometry is not None:
            keep = self._side(_middles(drawn, city), lens, left=left)
            return Lines(drawn.rows.take(keep), drawn.width_m[keep], drawn.style[keep])
        return drawn

    def _side(self, position_m: NDArray[np.floating], lens: Lens, *, left: bool) -> BoolArray:
        x, _, depth = lens.project(position_m)
        return np.asarray((depth > 0) & ((x < self.line_px(lens)) == left))


def _symbols(drawn: Symbols, keep: BoolArray) -> Symbols:
    return replace(
        drawn, rows=drawn.rows.take(keep), position_m=drawn.position_m[keep], symbol=drawn.symbol[keep],
        heading_deg=drawn.heading_deg[keep], faded=drawn.faded[keep],
    )  # fmt: skip


def _labels(drawn: Labels, keep: BoolArray) -> Labels:
    return Labels(drawn.rows.take(keep), drawn.position_m[keep], drawn.zh[keep], drawn.en[keep], drawn.rank[keep])


def _middles(lines: Lines, city: City) -> FloatArray:
    """Return the middle of each line in the scene, (N, 3)."""
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines.rows.geometry, 0.5, normalized=True))
    ground: FloatArray = city.ground_m(middle[:, 0], middle[:, 1])
    return np.column_stack([middle - np.asarray(city.frame.origin_m), ground])
