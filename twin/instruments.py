"""What each instrument finds: from points that were clicked to a shape, a figure, and how it came about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from twin.city.city import City
from twin.geo import FloatArray
from twin.measure import extent, geodesic_m, way
from twin.sight.cameras import Cameras, cameras_of
from twin.sight.coverage import coverage
from twin.sight.grid import Grid
from twin.sight.lines import GROUND, NOTHING, look
from twin.sight.obstacles import Obstacles
from twin.sight.viewshed import View, surface_of, viewshed

EYE_M, TARGET_M = 1.7, 1.5
"""How high above what was clicked an eye is, and above ground or roofs what it looks for."""
CELLS_ACROSS, FINEST_M, COVERAGE_STEP_M = 400, 1.0, 1.0
ON_WALL_M = 0.3
FARTHEST_M = 20_000.0


@dataclass(frozen=True, slots=True)
class Ground:
    """What instruments work on."""

    city: City
    obstacles: Obstacles

    @classmethod
    def of(cls, city: City) -> Ground:
        """Return the ground of a city with its index made: some tenths of a second for a county."""
        obstacles = Obstacles.of(city)
        assert obstacles.tree is not None  # noqa: S101 - made here, not when the first line is drawn
        return cls(city, obstacles)

    def projected(self, points_m: FloatArray) -> FloatArray:
        """Return points (N, 3) of the local frame in the city's projected system."""
        return np.asarray(points_m + np.array([*self.city.frame.origin_m, 0.0]))


@dataclass(frozen=True, slots=True)
class Found:
    """What an instrument found; ``details`` are further figures and settings by their names, with their unit there."""

    shape: BaseGeometry
    figure: float
    unit: str
    details: Mapping[str, float | str] = field(default_factory=dict)


def distance(ground: Ground, points_m: FloatArray) -> Found:
    """Return the length of a line over the terrain; ``points_m`` (N, 3)."""
    measured = way(ground.city, points_m[:, :2])
    told = {"flat_m": measured.length_m, "climb_m": measured.climb_m, "fall_m": measured.fall_m}
    return Found(shapely.LineString(points_m[:, :2]), measured.on_ground_m, "m", told)


def area(ground: Ground, points_m: FloatArray) -> Found:
    """Return the area within a line that is closed."""
    shape = shapely.make_valid(shapely.Polygon(points_m[:, :2]))
    measured = extent(ground.city.frame, shape)
    return Found(shape, measured.area_m2, "m2", {"rim_m": measured.rim_m})


def height(ground: Ground, points_m: FloatArray) -> Found:
    """Return how much higher the second point is than the first."""
    flat = geodesic_m(ground.city.frame, points_m[:2, :2])[0]
    rise = float(points_m[1, 2] - points_m[0, 2])
    told = {"flat_m": float(flat), "direct_m": float(np.hypot(flat, rise)), "from_m": float(points_m[0, 2])}
    return Found(shapely.LineString(points_m[:2, :2]), rise, "m", told | {"to_m": float(points_m[1, 2])})


def sight(ground: Ground, points_m: FloatArray) -> Found:
    """Return how far one sees from above the first point towards the second: the free part, then the hidden one."""
    eye, target = points_m[0] + [0.0, 0.0, EYE_M], points_m[1]
    seen = look(ground.obstacles, eye, target, _on_wall(ground.obstacles, target))
    share, by = float(seen.free[0]), int(seen.by[0])
    length = float(geodesic_m(ground.city.frame, points_m[:2, :2])[0])
    turn = points_m[0, :2] + share * (points_m[1, :2] - points_m[0, :2])
    ends = [points_m[0, :2], turn, points_m[1, :2]]
    parts = [ends[:2]] if by == NOTHING else [ends[:2], ends[1:]]
    told: dict[str, float | str] = {"length_m": length, "eye_m": EYE_M, "seen": "yes" if by == NOTHING else "no"}
    if by == GROUND:
        told["by"] = "ground"
    elif by >= 0:
        told["by"] = str(ground.city.table("buildings")["id"].iloc[by])
    return Found(shapely.MultiLineString(parts), share * length, "m", told)


def around(ground: Ground, points_m: FloatArray) -> Found:
    """Return what is seen from above the first point, as far as the second."""
    east, north, up = (float(value) for value in points_m[0])
    reach = _radius_m(points_m)
    step = max(FINEST_M, 2.0 * reach / CELLS_ACROSS)
    grid = Grid.around(east, north, reach, step)
    view = View((east, north, up + EYE_M), reach, target_m=TARGET_M)
    seen = viewshed(surface_of(ground.obstacles, grid), grid, view)
    told = {"range_m": reach, "share": seen.share, "eye_m": EYE_M, "target_m": TARGET_M, "cell_m": step}
    return Found(seen.shape(), seen.seen_m2, "m2", told)


def covered(ground: Ground, points_m: FloatArray) -> Found:
    """Return what the cameras within a line that is closed see together."""
    cameras = cameras_of(ground.city)
    shape = shapely.Polygon(points_m[:, :2])
    return covered_by(
        ground, cameras.take(np.asarray(shapely.contains_xy(shape, *cameras.position_m[:, :2].T), np.bool_))
    )


def covered_by(ground: Ground, cameras: Cameras) -> Found:
    """Return what some cameras see together."""
    seen = coverage(ground.obstacles, cameras, COVERAGE_STEP_M, TARGET_M)
    told = {"cameras": float(len(cameras)), "share": seen.share, "target_m": TARGET_M, "cell_m": seen.grid.step_m}
    return Found(seen.shape(), seen.seen_m2, "m2", told)


def near(ground: Ground, points_m: FloatArray) -> Found:
    """Return what lies no farther from a point or line than the last point does."""
    line = points_m[:-1, :2]
    bare = shapely.Point(line[0]) if len(line) == 1 else shapely.LineString(line)
    reach = bare.distance(shapely.Point(points_m[-1, :2]))
    shape = bare.buffer(reach, quad_segs=32)
    inside = len(ground.obstacles.tree.query(shape, predicate="intersects"))
    measured = extent(ground.city.frame, shape)
    return Found(shape, measured.area_m2, "m2", {"range_m": reach, "buildings": float(inside), "rim_m": measured.rim_m})


def cut(ground: Ground, points_m: FloatArray) -> Found:
    """Return the buildings about the first point, as far as the second, cut at the height of the first."""
    at, reach = float(points_m[0, 2]), _radius_m(points_m)
    circle = shapely.Point(points_m[0, :2]).buffer(reach, quad_segs=32)
    rows = ground.obstacles.tree.query(circle, predicate="intersects")
    rows = rows[ground.obstacles.top_m[rows] >= at - 1e-6]
    parts = shapely.get_parts(shapely.make_valid(ground.obstacles.footprint[rows]))
    shape = shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])
    told = {"height_m": at, "buildings": float(len(rows)), "range_m": reach}
    return Found(shape, extent(ground.city.frame, shape).area_m2, "m2", told)


WORK: Mapping[str, Callable[[Ground, FloatArray], Found]] = MappingProxyType(
    {
        "distance": distance, "area": area, "height": height, "sight": sight, "viewshed": around,
        "coverage": covered, "buffer": near, "slice": cut,
    }
)  # fmt: skip
"""Each instrument by its name."""


def _radius_m(points_m: FloatArray) -> float:
    return float(np.clip(np.hypot(*(points_m[1] - points_m[0])[:2]), 1.0, FARTHEST_M))


def _on_wall(obstacles: Obstacles, target_m: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the building whose wall or roof a point is on, which does not hide it; -1 for none."""
    near_by = obstacles.tree.query(shapely.points(target_m[:2]), predicate="dwithin", distance=ON_WALL_M)
    near_by = near_by[obstacles.top_m[near_by] >= target_m[2] - ON_WALL_M]
    return np.array([near_by[0] if len(near_by) else NOTHING], np.int64)
