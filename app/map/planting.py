"""Where trees stand: in woods, parks and yards, along streets and banks.

They are drawn so that green places look green; none of them was surveyed. All is worked out from the tables of the
city, and comes out the same each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray

BROAD, SLENDER, CONIFER, FRUIT = range(4)
KINDS = ("broad", "slender", "conifer", "fruit")
"""Shapes of trees; their colours are ``[map.trees]`` of the style files."""
MOST_OF_A_KIND = 300_000
"""Woods of whole mountains are thinned to so many trees."""
SPACING_M: Mapping[str, float] = {
    "forest": 7.5, "park": 13.0, "orchard": 7.0, "urban": 21.0, "grass": 34.0, "square": 30.0, "industrial": 44.0,
}  # fmt: skip
CLUMPED = frozenset({"park", "urban", "grass", "industrial"})
"""There trees stand in groups, with clearings between."""
STREET_M: Mapping[str, float] = {
    "primary": 9.0, "secondary": 9.5, "tertiary": 10.5, "residential": 12.0, "trunk": 11.0,
}  # fmt: skip
LINED: Mapping[str, float] = {"primary": 0.95, "secondary": 0.9, "tertiary": 0.8, "residential": 0.5, "trunk": 0.6}
"""How many of the roads of a class have trees."""
KERB_M, CORNER_M, BANK_M, BANK_STEP_M = 2.6, 13.0, 4.0, 10.0
FREE_OF_WALLS_M = 2.2
AT_ONCE = 2_000_000
Points = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees as columns of equal length.

    Parameters
    ----------
    x_m, y_m : (N,) float arrays
        Local metres.
    kind : (N,) uint8 array
        Index into :data:`KINDS`.
    crown_m, tall_m : (N,) float arrays
        Radius of the crown, height of its top above the ground.
    """

    x_m: FloatArray
    y_m: FloatArray
    kind: NDArray[np.uint8]
    crown_m: FloatArray
    tall_m: FloatArray

    def __len__(self) -> int:
        return len(self.x_m)

    def take(self, keep: BoolArray) -> Trees:
        """Return those that are kept."""
        return Trees(*(getattr(self, field.name)[keep] for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Ground:
    """What grows or lies where.

    Parameters
    ----------
    land : (H, W) int array
        Index into the kinds of land, or -1; row 0 in the north.
    bounds_m : tuple of float
        West, south, east, north; local metres.
    kinds : tuple of str
    steep : bool
        Mountains, whose woods are of conifers.
    """

    land: NDArray[np.int16]
    bounds_m: tuple[float, float, float, float]
    kinds: tuple[str, ...]
    steep: bool

    def kind_at(self, x_m: FloatArray, y_m: FloatArray) -> NDArray[np.int16]:
        """Return what lies at places, (N,); -1 where nothing does."""
        west, south, east, north = self.bounds_m
        height, width = self.land.shape
        col = np.floor((x_m - west) * (width / (east - west))).astype(np.int64)
        row = np.floor((north - y_m) * (height / (north - south))).astype(np.int64)
        inside = (col >= 0) & (col < width) & (row >= 0) & (row < height)
        found = self.land[np.where(inside, row, 0), np.where(inside, col, 0)]
        return np.where(inside, found, -1).astype(np.int16)

    def area_m2(self, kind: int) -> float:
        """Return how large a kind of land is in all."""
        west, south, east, north = self.bounds_m
        cell_m2 = (east - west) * (north - south) / self.land.size
        return float(np.count_nonzero(self.land == kind)) * cell_m2


def plant(city: City, ground: Ground, seed: int = 11) -> Trees:
    """Return the trees of a city, none of them in a house, on a road or in water."""
    chance = np.random.default_rng(seed)
    shift = np.asarray(city.frame.origin_m)

    def local(name: str) -> NDArray[np.object_]:
        shapes = np.asarray(city.table(name).geometry.to_numpy(), dtype=object)
        return np.asarray(shapely.transform(shapes, lambda xy: xy - shift), dtype=object)

    roads, water, houses = local("roads"), local("water"), local("buildings")
    classes = city.table("roads")["road_class"].to_numpy().astype(str)
    half_m = np.maximum(np.nan_to_num(city.table("roads")["width_m"].to_numpy(np.float64)), 4.0) / 2
    parts = [
        *_in_land(ground, chance),
        _along_streets(roads, classes, half_m, ground, chance),
        _along_banks(water, chance),
    ]
    trees = Trees(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Trees)))
    for near in (_on_roads(roads, half_m), _near(houses, FREE_OF_WALLS_M), _near(water, 0.5)):
        trees = trees.take(~near(trees))
    return trees


def _in_land(ground: Ground, chance: np.random.Generator) -> Iterator[Trees]:
    """Yield the trees of each kind of land: in rows in orchards, in groups in parks, close in woods."""
    for index, kind in enumerate(ground.kinds):
        area_m2 = ground.area_m2(index)
        if kind not in SPACING_M or area_m2 == 0.0:
            continue
        step_m = max(SPACING_M[kind], float(np.sqrt(area_m2 / MOST_OF_A_KIND)))
        x, y = _scattered(ground, index, step_m, 0.0 if kind == "orchard" else 0.42, chance)
        if kind in CLUMPED:
            together = chance.random(len(x)) < np.clip(0.55 + 0.9 * _clumps(x, y), 0.06, 1.0)
            x, y = x[together], y[together]
        close = 1.2 if kind == "forest" else 1.0
        yield _grown(x, y, _kinds_in(kind, ground.steep, len(x), chance), chance, close)


def _scattered(
    ground: Ground, kind: int, step_m: float, loose: float, chance: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the knots of a loose grid that lie in one kind of land."""
    west, south, east, north = ground.bounds_m
    across, rows = max(int((east - west) / step_m), 1), max(int((north - south) / step_m), 1)
    found = [(np.zeros(0), np.zeros(0))]
    for start in range(0, rows, max(AT_ONCE // across, 1)):
        row = np.arange(start, min(start + max(AT_ONCE // across, 1), rows))
        shape = (len(row), across)
        # Every other row is half a step on, as one plants.
        x = west + (np.arange(across)[None, :] + 0.25 + 0.5 * (row[:, None] % 2)) * step_m
        y = south + (row[:, None] + 0.5) * step_m + np.zeros(shape)
        x, y = (at.ravel() + chance.uniform(-loose, loose, at.size) * step_m for at in (x, y))
        here = ground.kind_at(x, y) == kind
        found.append((x[here], y[here]))
    x, y = (np.concatenate(column) for column in zip(*found, strict=True))
    return x, y


def _clumps(x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return a smooth field between -1 and 1 with hills some 60 m apart."""
    return np.asarray(
        0.6 * np.sin(x_m / 13.0 + 2.0 * np.sin(y_m / 31.0)) * np.sin(y_m / 11.0 + 1.7 * np.sin(x_m / 27.0))
        + 0.4 * np.sin(x_m / 5.3 + y_m / 6.7)
    )


def _kinds_in(land: str, steep: bool, count: int, chance: np.random.Generator) -> NDArray[np.uint8]:
    share = {"forest": (0.05, 0.2, 0.75, 0.0) if steep else (0.62, 0.34, 0.04, 0.0), "orchard": (0, 0, 0, 1.0)}
    return chance.choice(4, count, p=share.get(land, (0.82, 0.08, 0.06, 0.04))).astype(np.uint8)


def _grown(
    x: FloatArray, y: FloatArray, kind: NDArray[np.uint8], chance: np.random.Generator, large: float = 1.0
) -> Trees:
    """Give trees their size, each a little different."""
    size = large * chance.uniform(0.72, 1.28, len(x))
    crown = np.array([3.1, 1.7, 2.0, 1.5])[kind] * size
    tall = np.array([8.4, 11.5, 11.0, 3.2])[kind] * (0.35 + 0.65 * size)
    return Trees(x, y, kind, crown, tall)


def _along_streets(
    lines: NDArray[np.object_], classes: NDArray[np.str_], half_m: FloatArray, ground: Ground,
    chance: np.random.Generator,
) -> Trees:  # fmt: skip
    """Return the rows of trees at both sides of streets; in the country only main roads have them."""
    step = np.array([STREET_M.get(name, 0.0) for name in classes.tolist()])
    lined = chance.random(len(lines)) < np.array([LINED.get(name, 0.0) for name in classes.tolist()])
    rows = np.flatnonzero(lined & (step > 0) & (shapely.length(lines) > 2 * CORNER_M))
    room = shapely.length(lines[rows]) - 2 * CORNER_M
    count = np.floor(room / step[rows]).astype(np.int64) + 1
    row = np.repeat(rows, count)
    number = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    along = CORNER_M + number * step[row] + np.repeat((room - (count - 1) * step[rows]) / 2, count)
    at, on = (shapely.get_coordinates(shapely.line_interpolate_point(lines[row], along + more)) for more in (0.0, 1.0))
    way = on - at
    way /= np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    aside = np.column_stack([-way[:, 1], way[:, 0]]) * (half_m[row] + KERB_M)[:, None]
    x, y = np.concatenate([at + aside, at - aside]).T
    row = np.concatenate([row, row])
    kind, look = ground.kind_at(x, y), chance.uniform(0.85, 1.15, len(lines))[row]
    town = np.isin(kind, [ground.kinds.index(name) for name in ("urban", "industrial", "park", "square", "grass")])
    main = np.isin(classes[row], ("primary", "secondary"))
    stands = chance.random(len(x)) < np.where(town, 0.92, np.where(main, 0.7, 0.0))
    return _avenue(x[stands], y[stands], look[stands], chance)


def _avenue(x: FloatArray, y: FloatArray, look: FloatArray, chance: np.random.Generator) -> Trees:
    """Return trees that are alike along one street."""
    size = look * chance.uniform(0.93, 1.07, len(x))
    return Trees(x, y, np.full(len(x), BROAD, np.uint8), 2.7 * size, 7.6 * size)


def _along_banks(water: NDArray[np.object_], chance: np.random.Generator) -> Trees:
    """Return the trees along water, in stretches."""
    wider = np.asarray(shapely.buffer(water, BANK_M, quad_segs=2), dtype=object)
    shores = shapely.get_parts(np.asarray(shapely.boundary(wider), dtype=object))
    count = np.floor(shapely.length(shores) / BANK_STEP_M).astype(np.int64)
    row = np.repeat(np.arange(len(shores)), count)
    along = (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)) * BANK_STEP_M
    along += chance.uniform(0.0, 0.7 * BANK_STEP_M, len(row))
    x, y = shapely.get_coordinates(np.asarray(shapely.line_interpolate_point(shores[row], along), dtype=object)).T
    stands = chance.random(len(x)) < np.clip(0.45 + 0.9 * _clumps(x / 4.0, y / 4.0), 0.0, 0.92)
    kind = chance.choice(np.array([BROAD, SLENDER], np.uint8), len(x), p=(0.8, 0.2))
    return _grown(x[stands], y[stands], kind[stands], chance)


def _near(shapes: NDArray[np.object_], distance_m: float) -> Callable[[Trees], BoolArray]:
    """Return what tells the trees that stand in shapes, or nearer to one than so many metres."""
    index = shapely.STRtree(shapes)

    def near(trees: Trees) -> BoolArray:
        found = np.zeros(len(trees), bool)
        found[index.query(shapely.points(trees.x_m, trees.y_m), "dwithin", distance_m)[0]] = True
        return found

    return near


def _on_roads(lines: NDArray[np.object_], half_m: FloatArray) -> Callable[[Trees], BoolArray]:
    """Return what tells the trees that stand on a carriageway."""
    index = shapely.STRtree(lines)

    def on(trees: Trees) -> BoolArray:
        points = np.asarray(shapely.points(trees.x_m, trees.y_m), dtype=object)
        tree, road = index.query(points, "dwithin", float(half_m.max(initial=0.0)) + 1.0)
        close = shapely.distance(points[tree], lines[road]) < half_m[road] + 1.0
        found = np.zeros(len(trees), bool)
        found[tree[close]] = True
        return found

    return on
