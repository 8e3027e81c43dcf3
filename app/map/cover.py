"""The ground painted from above: land, water and the mass of far buildings, as one texture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from app.map.daylight import blend
from app.map.scene import PreparedScene, TiledMesh
from app.map.style import Rgb
from twin.city.tables import BUILDING_USES, LAND_KINDS
from twin.geo import BoolArray, FloatArray

COVER_WATER = 200
SHADES = 8
"""Each kind of land has so many slightly different tones."""
ROWS_AT_ONCE = 256
DENSEST = 0.85


def land_code(kind: NDArray[np.int64], seed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the code in the cover of land of a kind (index into ``LAND_KINDS``), (N,)."""
    return 1 + kind * SHADES + seed % SHADES


def land_of(cover: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Return the kind of land of each cell of a cover, index into ``LAND_KINDS``; -1 where there is none."""
    land = (cover > 0) & (cover < 1 + len(LAND_KINDS) * SHADES)
    return np.where(land, (cover.astype(np.int16) - 1) // SHADES, -1).astype(np.int16)


def paint(scene: PreparedScene, day: float, shown: Mapping[str, bool], hidden: BoolArray | None) -> NDArray[np.uint8]:
    """Paint the cover of a scene.

    Parameters
    ----------
    day : float
        Share of daylight, 0 to 1.
    shown : mapping of str to bool
        Whether ``land``, ``water``, ``trees`` and ``buildings`` are to be seen.
    hidden : (N,) bool array, optional
        Rows of the buildings that are not.

    Returns
    -------
    (H, W, 4) uint8 array
        Row 0 in the north. Where the ground has relief the last number says whether something covers it, else how
        much light falls out of windows.
    """
    assert scene.cover is not None  # noqa: S101 - every prepared scene has one
    table = _colours(scene, day, shown)
    picture = np.empty((*scene.cover.shape, 4), np.uint8)
    for top in range(0, len(picture), ROWS_AT_ONCE):  # other threads want Python's lock meanwhile
        picture[top : top + ROWS_AT_ONCE] = table[scene.cover[top : top + ROWS_AT_ONCE]]
    if shown["trees"] and not scene.relief:
        _plant(picture, scene, day)
    if shown["buildings"] and not scene.relief:
        _build_up(picture, scene, day, hidden)
    return picture


def _colours(scene: PreparedScene, day: float, shown: Mapping[str, bool]) -> NDArray[np.uint8]:
    # Nothing has a colour too: the picture is smoothed, and black would show along every edge.
    bare = blend("land", "forest", day) if scene.relief else blend("ground", "base", day)
    table = np.zeros((256, 4), np.uint8)
    table[:, :3] = _bytes(bare)
    solid = 255 if scene.relief else 0
    tones = (np.arange(SHADES) * 32 + 16 - 128.0) * (0.0016 + (0.0004 - 0.0016) * day) + 1.0
    for index, kind in enumerate(LAND_KINDS if shown["land"] else ()):
        start = int(land_code(np.array([index]), np.array([0]))[0])
        table[start : start + SHADES, :3] = _bytes(np.array(blend("land", kind, day)) * tones[:, None])
        table[start : start + SHADES, 3] = solid
    if shown["water"]:
        table[COVER_WATER] = (*_bytes(blend("ground", "water", day)), solid)
    return table


def _bytes(colour: Rgb | FloatArray) -> NDArray[np.uint8]:
    return np.clip(np.round(np.asarray(colour) * 255), 0, 255).astype(np.uint8)


def _plant(picture: NDArray[np.uint8], scene: PreparedScene, day: float) -> None:
    """Mix in the trees by the share of each cell that they cover."""
    mesh = scene.meshes["trees"]
    # Three vertices stand for each tree.
    (covered,) = _spread(mesh, scene, picture, lambda v: [(mesh.code[v, 2] * np.float64(0.1)) ** 2 * (np.pi / 3)])
    at = np.flatnonzero(covered > 0.01)
    flat = picture.reshape(-1, 4)
    cover = np.minimum(covered[at], DENSEST)[:, None]
    colour = np.array(blend("trees", "far", day)) * 255
    flat[at, :3] = (flat[at, :3] * (1 - cover) + colour * cover).astype(np.uint8)


def _spread(
    mesh: TiledMesh,
    scene: PreparedScene,
    picture: NDArray[np.uint8],
    amounts_m2: Callable[[slice], Sequence[FloatArray]],
) -> list[NDArray[np.float32]]:
    """Spread areas, given in m² for a slice of a mesh's vertices, over the cells around each vertex.

    Tile by tile, for whatever takes all of them at once holds Python's lock for tens of milliseconds.

    Returns
    -------
    list of (H * W,) arrays
        Of each amount its share of each cell.
    """
    height, width = picture.shape[:2]
    west, south, east, north = scene.cover_bounds_m
    across, down = width / (east - west), height / (north - south)
    sums = [np.zeros((height, width), np.float32) for _ in amounts_m2(slice(0, 0))]
    for tile in mesh.tiles:
        v = slice(*tile["vertices"])
        x = np.clip((mesh.vertices[v, 0] + tile["corner"][0] - west) * across - 0.5, 0, width - 1)
        y = np.clip((north - mesh.vertices[v, 1] - tile["corner"][1]) * down - 0.5, 0, height - 1)
        if not len(x):
            continue
        left, top = int(x.min()), int(y.min())
        cols, rows = min(int(x.max()) + 2, width) - left, min(int(y.max()) + 2, height) - top
        place, share = _corners(x - left, y - top, cols, rows)
        for total, amount in zip(sums, amounts_m2(v), strict=True):
            spread = np.bincount(place, (share * (amount * across * down)).ravel(), rows * cols)
            total[top : top + rows, left : left + cols] += spread.reshape(rows, cols)
    return [total.ravel() for total in sums]


def _build_up(picture: NDArray[np.uint8], scene: PreparedScene, day: float, hidden: BoolArray | None) -> None:
    """Mix in the buildings by the share of each cell that they cover, and the light of their windows."""
    mesh, height, width = scene.meshes["dots"], *picture.shape[:2]
    west, south, east, north = scene.cover_bounds_m
    cell_m2 = (east - west) * (north - south) / (width * height)

    def amounts_m2(v: slice) -> tuple[FloatArray, FloatArray]:
        code = mesh.code[v].astype(np.float64)
        area_m2 = code[:, 2] ** 2
        shown = 1.0 if hidden is None else ~hidden[mesh.owner[v]]
        windows = (code[:, 1] > 150) * np.minimum(0.5 + 0.06 * code[:, 3], 1.5)
        return area_m2 * shown, windows * np.minimum(area_m2, 1.5 * cell_m2) * shown

    built, light = _spread(mesh, scene, picture, amounts_m2)
    at = np.flatnonzero(built > 0.01)
    flat = picture.reshape(-1, 4)
    cover = np.minimum(built[at], DENSEST)[:, None]
    colour = np.mean([blend("buildings", use, day) for use in BUILDING_USES[:3]], axis=0) * (1.2 - 0.32 * day) * 255
    flat[at, :3] = (flat[at, :3] * (1 - cover) + colour * cover).astype(np.uint8)
    flat[at, 3] = np.minimum(light[at] * 0.30, 1.0) * 255


def _corners(x: FloatArray, y: FloatArray, width: int, height: int) -> tuple[NDArray[np.int64], FloatArray]:
    """Return the four cells around each point as flat indices, (4 N,), and the share of each, (4, N)."""
    left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    fx, fy = x - left, y - top
    cols = np.clip(np.stack([left, left + 1, left, left + 1]), 0, width - 1)
    rows = np.clip(np.stack([top, top, top + 1, top + 1]), 0, height - 1)
    share = np.stack([(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy])
    return (rows * width + cols).ravel(), share
