"""Turn a city into the arrays that are drawn, once, and find them again.

The work is numpy over whole tables; it may run on a worker thread or in a child process.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split

import geopandas as gpd
import mapbox_earcut
import numpy as np
import rasterio.features
import shapely
from numpy.typing import NDArray
from rasterio.transform import from_bounds

from app.map.blocks import blocks
from app.map.cover import COVER_WATER, land_code, land_of
from app.map.geometry import Mesh, boundaries, extrude, flat_areas, ribbons, seed_of
from app.map.ground import LEVELS, Grid, grid_mesh, ground_grid, is_mountainous, slopes
from app.map.planting import Ground, plant
from app.map.scene import CacheWriter, PreparedScene, TiledMesh, cut, map_mesh, read_about, with_boxes_of
from app.map.trees import CROWN_M, TREE_M, tree_mesh
from twin.city.city import City
from twin.city.tables import BUILDING_USES, LAND_KINDS, ROAD_CLASSES, WATER_KINDS
from twin.geo import BoolArray, FloatArray
from twin.pieces import in_pieces

FORMAT = 12
MESHES = (
    "buildings", "boxes", "dots", "roads", "lanes", "water", "water_far", "shore", "land", "land_far", "ground",
    "ground_far", "ground_farthest", "trees", "trees_far",
)  # fmt: skip
BUILDING_TILE_M, AREA_TILE_M, FAR_TILE_M, ROAD_TILE_M, LANE_TILE_M, SHORE_TILE_M = (
    1000.0,
    2000.0,
    8000.0,
    4000.0,
    2000.0,
    2000.0,
)
DOT_TILE_M, TREE_TILE_M = 4000.0, 500.0
SMALL_HOUSE_M2, LOW_HOUSE_M = 260.0, 10.0
FAR_DETAIL_M, FAR_LEAST_M2 = 9.0, 300.0
MAIN_ROADS = frozenset({"motorway", "trunk", "primary", "secondary", "tertiary"})
LEAST_WIDTH_M: Mapping[str, float] = {
    "motorway": 22, "trunk": 18, "primary": 14, "secondary": 11, "tertiary": 8, "residential": 6, "service": 4,
    "track": 3, "path": 2,
}  # fmt: skip
MOST_COVER, FINEST_COVER_M = 3072, 1.0
Progress = Callable[[float, str], None]
IntArray = NDArray[np.int64]


def prepare(city: City, folder: Path, progress: Progress) -> None:
    """Write the drawing cache of ``city`` into ``folder``, unless it is there already.

    Parameters
    ----------
    progress : callable
        Called with the share done (0 to 1) and what is being done; may raise to stop the work.
    """
    if is_prepared(city, folder):
        progress(1.0, "scene")
        return
    writer = CacheWriter(folder)
    relief = is_mountainous(city.terrain)
    low, high = np.inf, -np.inf
    cover_bounds = _local_bounds(city)
    cover = _cover(city, cover_bounds)
    grid = ground_grid(city, cover_bounds, relief)
    for done, (name, mesh) in enumerate(_meshes(city, grid, relief, cover)):
        progress(done / len(MESHES), name)
        writer.mesh(name, mesh)
        if len(mesh):
            low, high = min(low, float(mesh.tiles["low"][:, 2].min())), max(high, float(mesh.tiles["high"][:, 2].max()))
    west, south, east, north = cover_bounds
    writer.array("cover", cover)
    writer.array("slopes", slopes(grid))
    writer.finish(
        {
            "stamp": _stamp(city),
            "relief": relief,
            "bounds_m": [west, south, min(low, high, 0.0) if low > high else low, east, north, max(high, low)],
            "cover_bounds_m": list(cover_bounds),
        }
    )
    progress(1.0, "scene")


def is_prepared(city: City, folder: Path) -> bool:
    """Tell whether the drawing cache in ``folder`` is there, whole, and of this city."""
    return read_about(folder).get("stamp") == _stamp(city)


def open_scene(city: City, folder: Path, progress: Progress = lambda _share, _what: None) -> PreparedScene:
    """Map the drawing cache of ``city``; a missing or stale one is made first, as :func:`prepare` tells it."""
    prepare(city, folder, progress)
    about = read_about(folder)
    bounds, cover_bounds = about["bounds_m"], about["cover_bounds_m"]
    assert isinstance(bounds, list)  # noqa: S101 - our own file, its stamp was checked
    assert isinstance(cover_bounds, list)  # noqa: S101
    west, south, low, east, north, high = map(float, bounds)
    cover, slope = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("cover", "slopes"))
    return PreparedScene(
        city,
        {name: map_mesh(folder, name) for name in MESHES},
        (west, south, low, east, north, high),
        bool(about["relief"]),
        cover,
        slope,
        (float(cover_bounds[0]), float(cover_bounds[1]), float(cover_bounds[2]), float(cover_bounds[3])),
    )


def _stamp(city: City) -> str:
    sums = [str(FORMAT), city.frame.crs, str(city.frame.origin_m)]
    for name in sorted(city.tables):
        table = city.tables[name]
        points = in_pieces(partial(shapely.get_coordinates, include_z=name == "surfaces"), table.geometry.to_numpy())
        total = zlib.crc32(points.tobytes())
        for column in ("height_m", "base_m", "floors", "width_m"):
            if column in table:
                total = zlib.crc32(table[column].to_numpy(np.float64).tobytes(), total)
        sums.append(f"{name}:{len(table)}:{total}")
    if city.terrain is not None:
        sums.append(f"terrain:{zlib.crc32(np.ascontiguousarray(city.terrain.height_m).tobytes())}")
    return "|".join(sums)


def _local_bounds(city: City) -> tuple[float, float, float, float]:
    west, south, east, north = city.bounds_m()
    x, y = city.frame.origin_m
    return west - x, south - y, east - x, north - y


def _meshes(city: City, grid: Grid, relief: bool, cover: NDArray[np.uint8]) -> Iterator[tuple[str, TiledMesh]]:
    yield from _buildings(city, grid)
    yield from _roads(city, grid, relief)
    yield from _areas(city, grid, relief)
    near = grid_mesh(grid, relief)
    yield "ground", near
    for name, level in zip(("ground_far", "ground_farthest"), LEVELS[1:], strict=True):
        yield name, with_boxes_of(grid_mesh(grid, relief, level if relief else 1), near)
    yield from _trees(city, grid, relief, cover)


def _trees(city: City, grid: Grid, relief: bool, cover: NDArray[np.uint8]) -> Iterator[tuple[str, TiledMesh]]:
    """Give all trees, and those that are drawn from far too, in tiles that change places at one distance."""
    trees = plant(city, Ground(land_of(cover), _local_bounds(city), LAND_KINDS, relief))
    near = _in_tiles(tree_mesh(trees, grid.height_m))
    yield "trees", near
    yield "trees_far", with_boxes_of(_in_tiles(tree_mesh(trees, grid.height_m, far=True)), near)


def _in_tiles(mesh: Mesh) -> TiledMesh:
    """Cut the mesh of trees; their boxes reach as high as they do."""
    tiled = cut(mesh, mesh.xyz[::3, :2], TREE_TILE_M)
    tiled.tiles["low"][:, :2] -= CROWN_M
    tiled.tiles["high"] += (CROWN_M, CROWN_M, TREE_M)
    return tiled


def _local(table: gpd.GeoDataFrame, city: City) -> NDArray[np.object_]:
    geometry = np.asarray(table.geometry.to_numpy(), dtype=object)
    shift = np.asarray(city.frame.origin_m, dtype=np.float64)
    return np.asarray(shapely.transform(geometry, lambda xy: xy - shift), dtype=object)


def _places(geometry: NDArray[np.object_]) -> FloatArray:
    """Return the middle of each geometry's box, (N, 2); zeros where it is empty."""
    west, south, east, north = shapely.bounds(geometry).T
    return np.asarray(np.nan_to_num(np.column_stack([(west + east) / 2, (south + north) / 2])))


def _indices(values: Iterable[str], names: tuple[str, ...], otherwise: str) -> IntArray:
    code = {name: i for i, name in enumerate(names)}
    return np.array([code.get(value, code[otherwise]) for value in values], dtype=np.int64)


def _buildings(city: City, grid: Grid) -> Iterator[tuple[str, TiledMesh]]:
    table = city.table("buildings")
    footprints = _local(table, city)
    place = _places(footprints)
    base = np.nan_to_num(table["base_m"].to_numpy(np.float64))
    height = np.maximum(np.nan_to_num(table["height_m"].to_numpy(np.float64)), 2.0)
    floors = table["floors"].fillna(0).to_numpy(np.int64)
    floors = np.where(floors > 0, floors, np.maximum(np.round(height / 3.2), 1)).astype(np.int64)
    style = _indices(table["use"].to_numpy(), BUILDING_USES, "other")
    roof = table["roof"].to_numpy().astype(str)
    hipped = roof == "hipped"
    gabled = hipped | (roof == "gabled")
    if not gabled.any():
        gabled = _likely_gabled(table["use"].to_numpy().astype(str), height, footprints)
    ground = grid.height_m if city.terrain is not None else None
    solids = extrude(footprints, base, height, floors, style, gabled, ground, hipped)
    near = cut(_with_surfaces(city, solids, base, floors, style), place, BUILDING_TILE_M)
    yield "buildings", near
    far = cut(blocks(footprints, base, height, floors, style, ground), place, BUILDING_TILE_M)
    yield "boxes", with_boxes_of(far, near)
    yield "dots", cut(_dots(place, footprints, base + height, style, floors), place, DOT_TILE_M)


def _likely_gabled(use: NDArray[np.str_], height_m: FloatArray, footprints: NDArray[np.object_]) -> BoolArray:
    """Guess which roofs slope where a source knows of none: those of small low houses."""
    small = np.asarray(shapely.area(footprints)) < SMALL_HOUSE_M2
    return np.asarray(np.isin(use, ("residential", "farm", "other")) & (height_m <= LOW_HOUSE_M) & small)


def _dots(
    place: FloatArray, footprints: NDArray[np.object_], top: FloatArray, style: IntArray, floors: IntArray
) -> Mesh:
    """Return one point a building; ``code`` is style, seed, the side of a square of its area in metres, storeys."""
    rows = np.flatnonzero(~shapely.is_empty(footprints))
    code = np.zeros((len(rows), 4), np.uint8)
    code[:, 0], code[:, 1] = style[rows], rows * 2654435761 >> 13 & 255
    code[:, 2] = np.clip(np.sqrt(shapely.area(footprints[rows])), 1, 255)
    code[:, 3] = np.clip(floors[rows], 1, 250)
    xyz = np.column_stack([place[rows], top[rows]])
    return Mesh(xyz, code, rows.astype(np.int64), np.zeros((0, 3), np.int64))


def _with_surfaces(city: City, solids: Mesh, base: FloatArray, floors: IntArray, style: IntArray) -> Mesh:
    """Put measured surfaces in the place of extrusions, for the buildings that have them."""
    table = city.table("surfaces")
    if not len(table):
        return solids
    row_of = {key: row for row, key in enumerate(city.table("buildings")["id"])}
    owner = np.array([row_of.get(key, -1) for key in table["building_id"]], dtype=np.int64)
    mesh = _surface_mesh(table.geometry.to_numpy()[owner >= 0], owner[owner >= 0], city, base, floors, style)
    rest = ~np.isin(solids.owner[solids.triangles[:, 0]], np.unique(mesh.owner))
    shift = len(solids.xyz)
    return Mesh(
        np.concatenate([solids.xyz, mesh.xyz]),
        np.concatenate([solids.code, mesh.code]),
        np.concatenate([solids.owner, mesh.owner]),
        np.concatenate([solids.triangles[rest], mesh.triangles + shift]),
    )


def _surface_mesh(
    polygons: NDArray[np.object_], owner: IntArray, city: City, base: FloatArray, floors: IntArray, style: IntArray
) -> Mesh:
    xyz, triangles, owners, shift = [], [], [], 0
    for polygon, row in zip(polygons, owner, strict=True):
        corners, faces = _triangulate_3d(polygon)
        xyz.append(corners)
        triangles.append(faces + shift)
        owners.append(np.full(len(corners), row))
        shift += len(corners)
    if not xyz:
        return Mesh(np.zeros((0, 3)), np.zeros((0, 4), np.uint8), np.zeros(0, np.int64), np.zeros((0, 3), np.int64))
    points, rows = np.concatenate(xyz), np.concatenate(owners)
    points[:, :2] -= np.asarray(city.frame.origin_m)
    code = np.zeros((len(points), 4), np.uint8)
    code[:, 0], code[:, 1] = style[rows], rows * 2654435761 >> 13 & 255
    code[:, 2] = np.clip((points[:, 2] - base[rows]) / 3.2, 0, 250)
    code[:, 3] = np.clip(floors[rows], 1, 250)
    return Mesh(points, code, rows, np.concatenate(triangles))


def _triangulate_3d(polygon: shapely.Polygon) -> tuple[FloatArray, IntArray]:
    """Cut a flat polygon in space into triangles that face as its shell does."""
    rings = [np.asarray(ring.coords)[:-1] for ring in (polygon.exterior, *polygon.interiors)]
    corners = np.concatenate(rings)[:, :3].astype(np.float64)
    shell = rings[0]
    normal = np.cross(shell - shell[0], np.roll(shell, -1, axis=0) - shell[0]).sum(axis=0)
    drop = int(np.argmax(np.abs(normal)))
    axes = [axis for axis in range(3) if axis != drop]
    flat = np.ascontiguousarray((corners - corners[0])[:, axes])
    ends = np.cumsum([len(ring) for ring in rings]).astype(np.uint32)
    faces = mapbox_earcut.triangulate_float64(flat, ends).reshape(-1, 3).astype(np.int64)
    a, b, c = (corners[faces[:, k]] for k in range(3))
    wrong = np.cross(b - a, c - a) @ normal < 0
    faces[wrong] = faces[wrong][:, ::-1]
    return corners, faces


def _roads(city: City, grid: Grid, relief: bool) -> Iterator[tuple[str, TiledMesh]]:
    table = city.table("roads")
    lines = _local(table, city)
    if relief and city.terrain is not None and len(lines):
        lines = np.asarray(shapely.segmentize(lines, city.terrain.step_m / 3), dtype=object)
    classes = table["road_class"].to_numpy()
    style = _indices(classes, ROAD_CLASSES, "service")
    width = np.nan_to_num(table["width_m"].to_numpy(np.float64))
    least = np.array([LEAST_WIDTH_M.get(name, 4.0) for name in classes], dtype=np.float64)
    half = np.where(width > 0, width, least) / 2
    place = _places(lines)
    main = np.isin(classes.astype(str), list(MAIN_ROADS))
    for name, chosen, tile_m in (("roads", main, ROAD_TILE_M), ("lanes", ~main, LANE_TILE_M)):
        kept = lines.copy()
        kept[~chosen] = None
        yield name, cut(ribbons(kept, half, style, grid.height_m), place, tile_m)


def _areas(city: City, grid: Grid, relief: bool) -> Iterator[tuple[str, TiledMesh]]:
    # Where the ground has relief, land and water are painted on it instead.
    water = _local(city.table("water").iloc[:0] if relief else city.table("water"), city)
    land = _local(city.table("land").iloc[:0] if relief else city.table("land"), city)
    kinds = _indices(city.table("water")["kind"].to_numpy()[: len(water)], WATER_KINDS, "lake")
    yield from _two_levels("water", water, kinds, grid)
    yield "shore", cut(boundaries(water, 5.0, grid.height_m), _places(water), SHORE_TILE_M)
    uses = _indices(city.table("land")["kind"].to_numpy()[: len(land)], LAND_KINDS, "grass")
    yield from _two_levels("land", land, uses, grid)


def _two_levels(name: str, areas: NDArray[np.object_], style: IntArray, grid: Grid) -> Iterator[tuple[str, TiledMesh]]:
    """Give areas as they are, and with fewer corners for where a corner is less than a pixel."""
    place = _places(areas)
    near = cut(flat_areas(areas, style, grid.height_m), place, AREA_TILE_M)
    yield name, near
    simple = np.asarray(shapely.simplify(areas, FAR_DETAIL_M), dtype=object)
    simple[shapely.area(areas) < FAR_LEAST_M2] = None
    yield f"{name}_far", with_boxes_of(cut(flat_areas(simple, style, grid.height_m), place, AREA_TILE_M), near)


def _cover(city: City, bounds_m: tuple[float, float, float, float]) -> NDArray[np.uint8]:
    """Paint land and water into a raster of the codes of :mod:`app.map.cover`; row 0 in the north."""
    west, south, east, north = bounds_m
    step = max(max(east - west, north - south) / MOST_COVER, FINEST_COVER_M)
    shape = (max(int((north - south) / step), 1), max(int((east - west) / step), 1))
    land, water = city.table("land"), city.table("water")
    uses = land_code(
        _indices(land["kind"].to_numpy(), LAND_KINDS, "grass"), seed_of(np.arange(len(land))).astype(np.int64)
    )
    burnt = [(g, int(v)) for g, v in zip(_local(land, city), uses, strict=True) if g is not None and not g.is_empty]
    burnt += [(g, COVER_WATER) for g in _local(water, city) if g is not None and not g.is_empty]
    if not burnt:
        return np.zeros(shape, np.uint8)
    transform = from_bounds(west, south, east, north, shape[1], shape[0])
    return np.asarray(rasterio.features.rasterize(burnt, out_shape=shape, transform=transform, dtype="uint8"))
