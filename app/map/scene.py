"""The drawing cache of a city: arrays on disk, cut into tiles and mapped into memory."""

from __future__ import annotations

import json
import mmap
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.geometry import Mesh
from twin.city.city import City
from twin.geo import FloatArray

TILE_DTYPE = np.dtype(
    [
        ("cell", "i8", 2),  # its place in the grid of tiles
        ("corner", "f8", 2),  # what was subtracted from the vertices, local metres
        ("vertices", "i8", 2),  # from, to
        ("triangles", "i8", 2),
        ("low", "f4", 3),  # box around all of it, local metres
        ("high", "f4", 3),
    ]
)
PARTS = ("vertices", "code", "owner", "triangles", "across")
TOWER_M, TOWERS = 45.0, 40

SMALL_BYTES = 1 << 20
"""A file up to this size is read whole: one that is mapped keeps a descriptor open for as long as it is looked at."""


@dataclass(frozen=True, slots=True)
class TiledMesh:
    """A mesh whose tiles can be drawn one by one.

    Parameters
    ----------
    tiles : (K,) structured array of :data:`TILE_DTYPE`
    vertices : (V, 3) float32 array
        Metres from the corner of the tile, so that 32 bits keep millimetres.
    code : (V, 4) uint8 array
    owner : (V,) int32 array
        Row of the city's table.
    triangles : (T, 3) int32 array
        Counted from the tile's first vertex.
    across : (V, 3) float32 array
        Empty unless the mesh is of ribbons.
    """

    tiles: NDArray[np.void]
    vertices: NDArray[np.float32]
    code: NDArray[np.uint8]
    owner: NDArray[np.int32]
    triangles: NDArray[np.int32]
    across: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.tiles)

    def let_go(self) -> None:
        """Give back the memory of what was read of the files, which are mapped; they can be read again."""
        for part in (getattr(self, name) for name in PARTS):
            mapped = getattr(part, "_mmap", None)
            if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):  # Windows takes it back by itself
                mapped.madvise(mmap.MADV_DONTNEED)


@dataclass(frozen=True, slots=True)
class PreparedScene:
    """A city ready to be drawn.

    Parameters
    ----------
    meshes : mapping of str to TiledMesh
        As :data:`app.map.prepare.MESHES` names them.
    bounds_m : tuple
        West, south, low, east, north, high; local metres.
    relief : bool
        True where the ground rises and falls enough to hide things.
    cover : (H, W) uint8 array or None
        What grows or lies where, for grounds with relief; row 0 is the northernmost.
    slopes : (H, W, 2) uint8 array or None
        How the ground slopes, as :func:`app.map.ground.slopes` tells it.
    cover_bounds_m : tuple
        West, south, east, north of ``cover`` and ``slopes``; local metres.
    """

    city: City
    meshes: Mapping[str, TiledMesh]
    bounds_m: tuple[float, float, float, float, float, float]
    relief: bool
    cover: NDArray[np.uint8] | None = None
    slopes: NDArray[np.uint8] | None = None
    cover_bounds_m: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def skyline_m(self) -> tuple[float, float] | None:
        """Return where the towers stand, east and north in local metres; None where there are none."""
        buildings = self.city.table("buildings")
        height_m = buildings["height_m"].to_numpy()
        towers = np.flatnonzero(height_m >= TOWER_M)
        if not len(towers):
            return None
        tallest = towers[np.argsort(height_m[towers])[-TOWERS:]]
        footprints = np.asarray(buildings.geometry.array, dtype=object)[tallest]
        west, south, east, north = np.median(shapely.bounds(footprints), axis=0)
        origin_east, origin_north = self.city.frame.origin_m
        return float((west + east) / 2 - origin_east), float((south + north) / 2 - origin_north)


def cut(mesh: Mesh, place_m: FloatArray, tile_m: float, *, shifted: bool = True) -> TiledMesh:
    """Cut a mesh into square tiles; each row of the table goes whole into the tile of its ``place_m`` (N, 2).

    Without ``shifted`` the vertices stay where they are, so that neighbours meet without a crack.
    """
    if not len(mesh.xyz):
        return _empty()
    cell = np.floor(place_m / tile_m).astype(np.int64)
    cells, tile_of_row = np.unique(cell, axis=0, return_inverse=True)
    tile_of_row = tile_of_row.reshape(-1)
    tile = tile_of_row[mesh.owner]
    order = np.argsort(tile, kind="stable")
    used, start, size = np.unique(tile[order], return_index=True, return_counts=True)
    new_index = np.empty(len(order), np.int64)
    new_index[order] = np.arange(len(order))
    triangles = new_index[mesh.triangles]
    triangle_tile = tile[mesh.triangles[:, 0]] if len(triangles) else np.zeros(0, np.int64)
    triangle_order = np.argsort(triangle_tile, kind="stable")
    edges = np.searchsorted(triangle_tile[triangle_order], np.append(used, used[-1] + 1))
    triangles = triangles[triangle_order]
    xyz = mesh.xyz[order]
    tiles = np.zeros(len(used), TILE_DTYPE)
    tiles["cell"] = cells[used]
    tiles["vertices"] = np.stack([start, start + size], axis=1)
    tiles["triangles"] = np.stack([edges[:-1], edges[1:]], axis=1)
    tiles["low"], tiles["high"] = np.minimum.reduceat(xyz, start), np.maximum.reduceat(xyz, start)
    tiles["corner"] = np.floor(tiles["low"][:, :2]) if shifted else 0.0
    tile_of_vertex = np.repeat(np.arange(len(used)), size)
    xyz[:, :2] -= tiles["corner"][tile_of_vertex]
    if len(triangles):
        triangles -= start[np.searchsorted(used, triangle_tile[triangle_order])][:, None]
    across = np.zeros((0, 3)) if mesh.across is None else mesh.across[order]
    return TiledMesh(
        tiles,
        xyz.astype(np.float32),
        mesh.code[order],
        mesh.owner[order].astype(np.int32),
        triangles.astype(np.int32),
        across.astype(np.float32),
    )


def with_boxes_of(mesh: TiledMesh, other: TiledMesh) -> TiledMesh:
    """Return ``mesh`` with the boxes of the tiles of ``other``, so that two levels change places at one distance."""
    box = {tuple(tile["cell"]): (tile["low"], tile["high"]) for tile in other.tiles}
    for tile in mesh.tiles:
        if tuple(tile["cell"]) in box:
            tile["low"], tile["high"] = box[tuple(tile["cell"])]
    return mesh


def _empty() -> TiledMesh:
    return TiledMesh(
        np.zeros(0, TILE_DTYPE),
        np.zeros((0, 3), np.float32),
        np.zeros((0, 4), np.uint8),
        np.zeros(0, np.int32),
        np.zeros((0, 3), np.int32),
        np.zeros((0, 3), np.float32),
    )


class CacheWriter:
    """Writes a cache beside its place and moves it there whole."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._fresh = folder, folder.with_name(folder.name + ".new")
        shutil.rmtree(self._fresh, ignore_errors=True)
        self._fresh.mkdir(parents=True)

    def mesh(self, name: str, mesh: TiledMesh) -> None:
        """Write one mesh."""
        np.save(self._fresh / f"{name}.tiles.npy", mesh.tiles)
        for part in PARTS:
            np.save(self._fresh / f"{name}.{part}.npy", getattr(mesh, part))

    def array(self, name: str, values: NDArray[np.uint8]) -> None:
        """Write one plain array."""
        np.save(self._fresh / f"{name}.npy", values)

    def finish(self, about: Mapping[str, object]) -> None:
        """Write what the cache is of, and put it in its place."""
        (self._fresh / "scene.json").write_text(json.dumps(about), "utf-8")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._fresh.rename(self._folder)


def read_about(folder: Path) -> Mapping[str, object]:
    """Return what a cache says of itself; nothing if there is none or it is torn."""
    try:
        about = json.loads((folder / "scene.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def map_mesh(folder: Path, name: str) -> TiledMesh:
    """Map one mesh of a cache into memory."""
    tiles = np.load(folder / f"{name}.tiles.npy")
    vertices, code, owner, triangles, across = (_mapped(folder / f"{name}.{part}.npy") for part in PARTS)
    return TiledMesh(tiles, vertices, code, owner, triangles, across)


def _mapped(file: Path) -> NDArray[Any]:
    small = file.stat().st_size <= SMALL_BYTES
    return np.asanyarray(np.load(file, mmap_mode=None if small else "r"))
