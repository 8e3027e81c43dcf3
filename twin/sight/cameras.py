"""Cameras: where they hang, which way, how wide and how far they look, and what they see of the city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.sight.lines import IntArray, who_sees
from twin.sight.obstacles import Obstacles

USUAL_RANGE_M = 100.0
"""Taken for a camera whose range nobody told."""


@dataclass(frozen=True, slots=True)
class Cameras:
    """(N,) cameras.

    Parameters
    ----------
    id, name : (N,) object arrays of str
    position_m : (N, 3) float array
        East, north in the city's projected system, and height above the terrain's zero.
    heading_deg : (N,) float array
        Clockwise from north, where the middle of the picture lies.
    view_deg : (N,) float array
        Horizontal field of view; 360 for one that looks all round.
    range_m : (N,) float array
    """

    id: NDArray[np.object_]
    name: NDArray[np.object_]
    position_m: FloatArray
    heading_deg: FloatArray
    view_deg: FloatArray
    range_m: FloatArray

    def __len__(self) -> int:
        return len(self.id)

    def take(self, keep: BoolArray) -> Cameras:
        """Return the cameras where ``keep`` (N,) is true."""
        return Cameras(
            self.id[keep],
            self.name[keep],
            self.position_m[keep],
            self.heading_deg[keep],
            self.view_deg[keep],
            self.range_m[keep],
        )

    def covers(self, target_m: FloatArray) -> BoolArray:
        """Tell which cameras have which of (M, 3) targets within field of view and range, whatever hides it: (N, M)."""
        east, north, up = (np.atleast_2d(target_m)[None] - self.position_m[:, None]).transpose(2, 0, 1)
        off = np.abs((np.degrees(np.arctan2(east, north)) - self.heading_deg[:, None] + 180.0) % 360.0 - 180.0)
        near = east**2 + north**2 + up**2 <= self.range_m[:, None] ** 2
        return np.asarray(near & (off <= self.view_deg[:, None] / 2.0))


def cameras_of(city: City) -> Cameras:
    """Return a city's cameras; an unknown heading or field of view is all round, an unknown range the usual one."""
    devices = city.table("devices")
    rows = devices[devices["kind"] == "camera"]
    east, north = shapely.get_coordinates(np.asarray(rows.geometry.array, dtype=object)).reshape(-1, 2).T
    above, heading, view, reach = (
        rows[name].to_numpy(np.float64) for name in ("height_m", "heading_deg", "view_deg", "range_m")
    )
    up = city.ground_m(east, north) + np.nan_to_num(above)
    all_round = ~np.isfinite(heading) | ~np.isfinite(view)
    return Cameras(
        rows["id"].to_numpy(object),
        rows["name"].to_numpy(object),
        np.column_stack([east, north, up]).reshape(-1, 3),
        np.nan_to_num(heading),
        np.where(all_round, 360.0, view),
        np.where(np.isfinite(reach), reach, USUAL_RANGE_M),
    )


def that_see(
    obstacles: Obstacles, cameras: Cameras, target_m: FloatArray, through: IntArray | None = None
) -> BoolArray:
    """Tell which cameras see which of (M, 3) targets: within field of view and range, and nothing between: (N, M).

    Parameters
    ----------
    through : (M,) int array, optional
        Row of the building each target is, which does not hide it; -1 for none.
    """
    return who_sees(obstacles, cameras.position_m, target_m, cameras.covers(target_m), through)
