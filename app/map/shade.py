"""How high the shadows reach over each point near the eye, worked out beside the window's thread.

Seen along the sun's way over the ground, a point is in shadow when something nearer to the sun rises above the ray to
it. With rows that run away from the sun that is one running maximum: of the heights, each lowered by what the ray sinks
on its way (as horizons are swept in Timonen and Westerholm, 'Scalable height field self-shadowing', 2010). The
picture then asks one thing of each of its points: is it below? So shadows fall on the ground, on mountains and on other
buildings alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkTexture

from app.map.camera import Lens
from app.map.gl import Material, make_field
from app.map.scene import PreparedScene, TiledMesh
from twin.geo import BoolArray, FloatArray

NOTHING_M = -900.0
OWN_CELLS = 2
"""A wall does not throw its shadow on itself: what stands in the two cells towards the sun is left out."""
LONGEST_M = 900.0
CROWN_SHARE = 0.85
"""Light falls through the edge of a crown: its shadow is of so much of it."""
CELLS_AT_ONCE = 2_000_000
MOVED, GROWN, TURNED = 0.12, 1.35, 0.006
Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Square:
    """A square on the ground: its middle, side in metres, and the way of its rows: away from the sun."""

    middle_m: tuple[float, float]
    side_m: float
    away: tuple[float, float]
    drop: float
    """Metres a ray of the sun sinks for a metre of way."""
    cells: int

    def frame(self) -> tuple[float, float, float, float]:
        """Return what the shaders need: the middle, and the first axis divided by the side."""
        return (*self.middle_m, self.away[1] / self.side_m, -self.away[0] / self.side_m)

    def serves(self, other: Square) -> bool:
        """Tell whether this one may stand in for another a little longer."""
        off = math.dist(self.middle_m, other.middle_m)
        grown = max(self.side_m, other.side_m) / min(self.side_m, other.side_m)
        turned = math.dist((*self.away, self.drop), (*other.away, other.drop))
        return off < MOVED * self.side_m and grown < GROWN and turned < TURNED and self.cells == other.cells


def squares(lens: Lens, towards: Vector, relief: bool, cells: int) -> tuple[Square, Square]:
    """Return the near and the far square for a camera and a sun."""
    level = math.hypot(towards[0], towards[1])
    away = (-towards[0] / level, -towards[1] / level) if level > 1e-6 else (0.0, 1.0)
    drop = max(towards[2], 0.02) / max(level, 1e-6)
    eye, forward, reach = lens.eye_m, lens.forward, lens.state.distance_m
    sides = (min(max(1.1 * reach, 320.0), 900.0), min(max(5.0 * reach, 2500.0), 40_000.0 if relief else 9000.0))

    def square(side: float) -> Square:
        ahead = min(0.40 * side, reach * math.hypot(forward[0], forward[1]) + 0.12 * side)
        level_way = forward[:2] / max(float(np.hypot(*forward[:2])), 1e-6)
        x, y = (eye[:2] + level_way * ahead).tolist()
        return Square((x, y), side, away, min(drop, 50.0), cells)

    return square(sides[0]), square(sides[1])


def reach(
    scene: PreparedScene,
    mesh: TiledMesh,
    square: Square,
    hidden: BoolArray | None,
    trees: TiledMesh | None = None,
) -> NDArray[np.float32]:
    """Return how high shadows reach, (cells, cells), row 0 nearest to the sun."""
    cell_m = square.side_m / square.cells
    longest_m = square.side_m if scene.relief else min(LONGEST_M, 200.0 / max(square.drop, 0.05))
    before = math.ceil(longest_m / cell_m)
    top = np.full((square.cells + before, square.cells), NOTHING_M, np.float32)
    if scene.relief:
        top[:] = _ground(scene, square, before) - 0.3 * cell_m
    raise_roofs(top, _roofs(mesh, square, before, hidden))
    if trees is not None:
        raise_crowns(top, *_crowns(trees, square, before))
    return swept(top, square.drop * cell_m)[before:]


def swept(top: NDArray[np.float32], sink: float) -> NDArray[np.float32]:
    """Return how high the shadow of the rows before reaches in each row, which a ray sinks by ``sink`` a row."""
    ramp = (np.arange(len(top), dtype=np.float32) * np.float32(sink))[:, None]
    high = np.maximum.accumulate(top + ramp, axis=0)
    result = np.full_like(top, NOTHING_M)
    result[OWN_CELLS:] = high[:-OWN_CELLS] - ramp[OWN_CELLS:]
    return result


def _ground(scene: PreparedScene, square: Square, before: int) -> NDArray[np.float32]:
    cell_m = square.side_m / square.cells
    across = (np.arange(square.cells) + 0.5) * cell_m - square.side_m / 2
    along = (np.arange(square.cells + before) + 0.5 - before) * cell_m - square.side_m / 2
    u, v = np.meshgrid(across, along)
    (x0, y0), (ax, ay) = square.middle_m, square.away
    origin = scene.city.frame.origin_m
    heights = scene.city.ground_m(x0 + u * ay + v * ax + origin[0], y0 - u * ax + v * ay + origin[1])
    return np.nan_to_num(heights, nan=NOTHING_M).astype(np.float32)


def _tiles_near(mesh: TiledMesh, square: Square, before: int) -> list[int]:
    """Return the tiles of a mesh that may reach into a square or throw a shadow into it."""
    far = square.side_m * 0.75 + before * square.side_m / square.cells
    low, high = mesh.tiles["low"][:, :2], mesh.tiles["high"][:, :2]
    gap = np.maximum(np.maximum(low - square.middle_m, square.middle_m - high), 0.0)
    found: list[int] = np.flatnonzero(np.hypot(*gap.T) < far).tolist()
    return found


def _cells_of(points: FloatArray, square: Square, before: int) -> tuple[FloatArray, FloatArray]:
    """Return column and row of points, (…, 3), in a square with so many rows before it."""
    cell_m, (x0, y0), (ax, ay) = square.side_m / square.cells, square.middle_m, square.away
    x, y = points[..., 0] - x0, points[..., 1] - y0
    column: FloatArray = (x * ay - y * ax + square.side_m / 2) / cell_m - 0.5
    row: FloatArray = (x * ax + y * ay + square.side_m / 2) / cell_m + before - 0.5
    return column, row


def _crowns(trees: TiledMesh, square: Square, before: int) -> tuple[FloatArray, FloatArray]:
    """Return the trees about a square: column, row and height of the top, (N, 3), and radius in cells, (N,)."""
    found: list[FloatArray] = [np.zeros((0, 3))]
    sizes: list[FloatArray] = [np.zeros((0, 2))]
    for index in _tiles_near(trees, square, before):
        tile = trees.tiles[index]
        stood = slice(tile["vertices"][0], tile["vertices"][1], 3)  # three vertices stand for each tree
        found.append(np.asarray(trees.vertices[stood] + np.append(tile["corner"], 0.0), np.float64))
        sizes.append(trees.code[stood, 2:].astype(np.float64) * 0.1)
    points, (crown_m, tall_m) = np.concatenate(found), np.concatenate(sizes).T
    column, row = _cells_of(points, square, before)
    radius = crown_m * (CROWN_SHARE * square.cells / square.side_m)
    inside = (column > -9) & (column < square.cells + 9) & (row > -9) & (row < square.cells + before + 9)
    return np.column_stack([column, row, points[:, 2] + CROWN_SHARE * tall_m])[inside], radius[inside]


def raise_crowns(top: NDArray[np.float32], crowns: FloatArray, radius: FloatArray) -> None:
    """Raise the cells under crowns, (N, 3) of column, row and height, within so many cells of their stems; in place."""
    tall, wide = top.shape
    reach = int(np.ceil(radius.max(initial=0.0)))
    off_row, off_column = (off.ravel() for off in np.mgrid[-reach : reach + 1, -reach : reach + 1])
    away = np.hypot(off_row, off_column)
    at_once = max(CELLS_AT_ONCE // len(away), 1)
    for start in range(0, len(crowns), at_once):
        some, size = crowns[start : start + at_once], radius[start : start + at_once]
        row = np.round(some[:, 1]).astype(np.int64)[:, None] + off_row
        column = np.round(some[:, 0]).astype(np.int64)[:, None] + off_column
        below = (away <= size[:, None]) & (row >= 0) & (row < tall) & (column >= 0) & (column < wide)
        height = np.broadcast_to(some[:, 2:], row.shape)[below].astype(np.float32)
        np.maximum.at(top, (row[below], column[below]), height)


def _roofs(mesh: TiledMesh, square: Square, before: int, hidden: BoolArray | None) -> FloatArray:
    """Return the corners of all faces that look up: column, row, height; (T, 3, 3)."""
    found = [_faces(mesh, index, hidden) for index in _tiles_near(mesh, square, before)]
    corners = np.concatenate(found) if found else np.zeros((0, 3, 3))
    column, row = _cells_of(corners, square, before)
    inside = (
        (column.max(axis=1) > 0)
        & (column.min(axis=1) < square.cells)
        & (row.max(axis=1) > 0)
        & (row.min(axis=1) < square.cells + before)
    )
    placed: FloatArray = np.stack([column, row, corners[..., 2]], axis=-1)[inside]
    return placed


def _faces(mesh: TiledMesh, index: int, hidden: BoolArray | None) -> FloatArray:
    tile = mesh.tiles[index]
    span, faces = slice(*tile["vertices"]), mesh.triangles[slice(*tile["triangles"])]
    points: FloatArray = mesh.vertices[span].astype(np.float64)
    points[:, :2] += tile["corner"]
    corners: FloatArray = points[faces]
    ab, ac = corners[:, 1, :2] - corners[:, 0, :2], corners[:, 2, :2] - corners[:, 0, :2]
    keep = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0] > 0.01
    if hidden is not None:
        keep &= ~hidden[mesh.owner[span][faces[:, 0]]]
    kept: FloatArray = corners.compress(keep, axis=0)
    return kept


def raise_roofs(top: NDArray[np.float32], corners: FloatArray) -> None:
    """Raise the cells below triangles, (T, 3, 3) of column, row and height, to their height; all at once, in place."""
    tall, wide = top.shape
    low = np.clip(np.floor(corners[..., :2].min(axis=1)), 0, [wide - 1, tall - 1]).astype(np.int64)
    high = np.clip(np.ceil(corners[..., :2].max(axis=1)), 0, [wide - 1, tall - 1]).astype(np.int64)
    span = high - low + 1
    ends = np.cumsum(span.prod(axis=1))
    start = 0
    while start < len(corners):
        done = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, done + CELLS_AT_ONCE, side="right")), start + 1)
        _raise(top, corners[start:stop], low[start:stop], span[start:stop])
        start = stop


def _raise(top: NDArray[np.float32], corners: FloatArray, low: NDArray[np.int64], span: NDArray[np.int64]) -> None:
    count = span.prod(axis=1)
    which = np.repeat(np.arange(len(corners)), count)
    inner = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    column = low[which, 0] + inner % span[which, 0]
    row = low[which, 1] + inner // span[which, 0]
    a, b, c = (corners[:, k] for k in range(3))
    twice = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    twice = np.where(np.abs(twice) < 1e-9, np.inf, twice)
    x, y = column - a[which, 0], row - a[which, 1]
    s = (x * (c - a)[which, 1] - y * (c - a)[which, 0]) / twice[which]
    t = (y * (b - a)[which, 0] - x * (b - a)[which, 1]) / twice[which]
    inside = (s >= -0.01) & (t >= -0.01) & (s + t <= 1.01)
    which, s, t = which[inside], s[inside], t[inside]
    height = a[which, 2] + s * (b - a)[which, 2] + t * (c - a)[which, 2]
    np.maximum.at(top, (row[inside], column[inside]), height.astype(np.float32))


class Shade:
    """Keeps the two squares up to date with camera and sun.

    Parameters
    ----------
    on_made : callable
        Called from a worker thread when a square is ready for the next frame.
    """

    def __init__(self, on_made: Callable[[], None]) -> None:
        self._on_made = on_made
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-shade")
        self._scene: PreparedScene | None = None
        self._hidden: BoolArray | None = None
        self._trees = True
        nothing = make_field(np.full((2, 2), NOTHING_M, np.float32))
        self.textures: dict[str, vtkTexture] = {"nearReach": nothing, "farReach": nothing}
        self._made: dict[str, Square] = {}
        self._coming: dict[str, tuple[Square, Future[NDArray[np.float32]]]] = {}

    def show(self, scene: PreparedScene | None, hidden: BoolArray | None, *, trees: bool = True) -> None:
        """Begin again with a city, or with others of its buildings, or its trees, hidden."""
        self._scene, self._hidden, self._trees = scene, hidden, trees
        self._made.clear()
        self._coming.clear()

    def arrange(self, lens: Lens, towards: Vector, cells: int) -> bool:
        """Take in what was made and have made what is needed; True if a texture is another one."""
        fresh = [name for name, (_square, future) in self._coming.items() if future.done()]
        for name in fresh:
            self._made[name], future = self._coming.pop(name)
            self.textures[name] = make_field(future.result())
        if self._scene is not None:
            for name, square in zip(self.textures, squares(lens, towards, self._scene.relief, cells), strict=True):
                self._make(name, square)
        return bool(fresh)

    def _make(self, name: str, square: Square) -> None:
        made = self._made.get(name)
        if name in self._coming or (made is not None and made.serves(square)):
            return
        assert self._scene is not None  # noqa: S101 - asked by the caller
        mesh = self._scene.meshes["buildings" if name == "nearReach" else "boxes"]
        trees = self._scene.meshes["trees"] if name == "nearReach" and self._trees else None
        future = self._pool.submit(reach, self._scene, mesh, square, self._hidden, trees)
        self._coming[name] = (square, future)
        future.add_done_callback(lambda _done: self._on_made())

    def tell(self, material: Material) -> None:
        """Tell a material where the squares lie."""
        for name, uniform in (("nearReach", "nearShade"), ("farReach", "farShade")):
            made = self._made.get(name)
            material.set_vector(uniform, *(made.frame() if made is not None else (0.0, 0.0, 0.0, 0.0)))
        cells = [float(self._made[name].cells) if name in self._made else 2.0 for name in self.textures]
        material.set_vector("shadeCells", *cells)

    def settle(self) -> None:
        """Wait for what is being made."""
        for _square, future in tuple(self._coming.values()):
            future.result()

    @property
    def busy(self) -> bool:
        """Tell whether something is being made."""
        return bool(self._coming)

    def close(self) -> None:
        """Stop."""
        self._coming.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)
