"""What stands still on the map: tiles of buildings, roads, water and land, loaded as they come into view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer, vtkTexture

from app.map import shaders
from app.map.camera import Lens
from app.map.daylight import Light
from app.map.gl import (
    DEPTH_LESS,
    Arrays,
    Material,
    before_drawing,
    drop,
    fill,
    make_actor,
    make_fence,
    make_texture,
    polydata,
)
from app.map.prepare import COVER_WATER
from app.map.scene import PreparedScene, TiledMesh
from app.map.style import MapStyle, Rgb
from twin.city.tables import LAND_KINDS
from twin.geo import BoolArray

SOLID_M, BOX_M = 3000.0, 8500.0
LANES_M, CASING_M, SHORE_M, DETAIL_M, ALL_DOTS_M, GROUND_M = 14_000.0, 4000.0, 5000.0, 4000.0, 17_000.0, 9000.0
HIDDEN = 255
SHEETS = ("whole", "detail")
SHADOW_REACH_M = 300.0
DOTS = ("dots", "more_dots")
LOADS_A_FRAME, ACTORS_A_STEP = 24, 100


@dataclass(frozen=True, slots=True)
class Band:
    """One pass over the picture: which mesh, in which layer, seen from how far.

    Bands are drawn in the order of :data:`BANDS`: what is solid first, then the ground and what lies on it from the
    lowest up, since the soft edges of roads and shores blend with what is there already.
    """

    mesh: str
    layer: str
    program: Callable[[MapStyle, bool], shaders.Program]
    cull_back: bool = False
    from_m: float = 0.0
    to_m: float = np.inf
    point_px: float = 1.0
    once: bool = False
    """Each pixel is drawn once, however many of its triangles lie there."""


def _land(style: MapStyle, relief: bool) -> shaders.Program:
    return shaders.areas(style, "land", relief)


def _water(style: MapStyle, relief: bool) -> shaders.Program:
    return shaders.areas(style, "water", relief)


def _casing(style: MapStyle, relief: bool) -> shaders.Program:
    return shaders.roads(style, relief, casing=True)


def _lanes(style: MapStyle, relief: bool) -> shaders.Program:
    return shaders.roads(style, relief, casing=False)


def _shadows(_style: MapStyle, _relief: bool) -> shaders.Program:
    return shaders.shadows()


def _dots(style: MapStyle, _relief: bool) -> shaders.Program:
    return shaders.dots(style)


BANDS = (
    Band("buildings", "buildings", lambda style, _relief: shaders.buildings(style), True, 0.0, SOLID_M),
    Band("boxes", "buildings", lambda style, _relief: shaders.buildings(style), True, SOLID_M, BOX_M),
    Band("ground", "terrain", shaders.ground, to_m=GROUND_M),
    Band("ground_far", "terrain", shaders.ground, from_m=GROUND_M),
    Band("land", "land", _land, to_m=DETAIL_M),
    Band("land_far", "land", _land, from_m=DETAIL_M),
    Band("water", "water", _water, to_m=DETAIL_M),
    Band("water_far", "water", _water, from_m=DETAIL_M),
    Band("shore", "water", shaders.shore, to_m=SHORE_M),
    Band("ground", "imagery", shaders.imagery, to_m=GROUND_M),
    Band("ground_far", "imagery", shaders.imagery, from_m=GROUND_M),
    Band("lanes", "roads", _casing, to_m=CASING_M),
    Band("roads", "roads", _casing, to_m=CASING_M),
    Band("lanes", "roads", _lanes, to_m=LANES_M),
    Band("roads", "roads", _lanes),
    Band("buildings", "buildings", _shadows, to_m=shaders.SHADOWS_TO_M, once=True),
    Band("more_dots", "buildings", _dots, from_m=BOX_M, to_m=ALL_DOTS_M),
    Band("dots", "buildings", _dots, from_m=BOX_M),
)


@dataclass(slots=True)
class _Tiles:
    """The actors of one band, one a tile, and which of them have their data."""

    band: Band
    mesh: TiledMesh
    material: Material
    actors: list[vtkActor]
    loaded: BoolArray
    shown: BoolArray
    wanted: set[int] = field(default_factory=set)


class Stage:
    """Keeps the actors of the still city in a renderer, and decides which are drawn.

    Parameters
    ----------
    renderer : vtkRenderer
    on_loaded : callable
        Called from a worker thread when a tile is ready for the next frame.
    """

    def __init__(self, renderer: vtkRenderer, on_loaded: Callable[[], None]) -> None:
        self._renderer = renderer
        self._on_loaded = on_loaded
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-tiles")
        self._tiles: list[_Tiles] = []
        self._coming: dict[tuple[str, int], Future[vtkPolyData]] = {}
        self._data: dict[tuple[str, int], vtkPolyData] = {}
        self._hidden: dict[str, BoolArray] = {}
        self._visible: dict[str, bool] = {}
        self._opacity: dict[str, float] = {}
        self._scene: PreparedScene | None = None
        self._cover_style: MapStyle | None = None
        self._sheets: set[str] = set()
        self._shadow, self._fence = 0.0, vtkActor()

    def show(self, scene: PreparedScene, style: MapStyle) -> Iterator[None]:
        """Take down what stands and put up the tiles of ``scene``, without data yet; a piece of it a step."""
        yield from self._clear()
        self._scene = scene
        for band in BANDS:
            mesh = scene.meshes[band.mesh]
            empty = np.zeros(len(mesh), bool)
            tiles = _Tiles(band, mesh, Material(band.program(style, scene.relief)), [], empty, empty.copy())
            while len(tiles.actors) < len(mesh):
                self._put_up(tiles)
                yield
            self._tiles.append(tiles)
            if band.once and len(mesh):
                self._fence = make_fence(tiles.material, self._renderer)
        self._paint_cover(style)
        for layer in {band.layer for band in BANDS}:
            self._apply_opacity(layer)

    def _put_up(self, tiles: _Tiles) -> None:
        for _ in range(min(ACTORS_A_STEP, len(tiles.mesh) - len(tiles.actors))):
            actor = make_actor(tiles.material, cull_back=tiles.band.cull_back, point_px=tiles.band.point_px)
            self._renderer.AddActor(actor)
            tiles.actors.append(actor)

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        if self._scene is None:
            return
        for tiles in self._tiles:
            tiles.material.set_program(tiles.band.program(style, self._scene.relief))
        self._paint_cover(style)

    def set_layer(self, layer: str, visible: bool, opacity: float, hidden: BoolArray | None) -> None:
        """Show a layer or not, how strongly, and without the rows marked in ``hidden`` (rows of the city's table)."""
        self._visible[layer], self._opacity[layer] = visible, opacity
        old = self._hidden.get(layer)
        changed = (old is None) != (hidden is None) or (
            old is not None and hidden is not None and not np.array_equal(old, hidden)
        )
        if hidden is None:
            self._hidden.pop(layer, None)
        else:
            self._hidden[layer] = hidden
        if changed:
            self._forget(layer)
        self._apply_opacity(layer)
        if layer in ("land", "water") and self._cover_style is not None:
            self._paint_cover(self._cover_style)

    def set_uniforms(self, lens: Lens, depth_b: float, haze_m: tuple[float, float], light: Light) -> None:
        """Tell the shaders of the camera and the light."""
        self._shadow = light.shadow
        for tiles in self._tiles:
            material = tiles.material
            light.shine(material)
            if tiles.band.once:
                material.set_number("shadow", light.shadow)
                material.set_number("floorZ", lens.state.focus_m[2])
            material.set_number("pxm", lens.metres_a_pixel)
            material.set_number("depthB", depth_b)
            material.property.GetFragmentCustomUniforms().SetUniformf("hazeFrom", haze_m[0])
            material.property.GetFragmentCustomUniforms().SetUniformf("hazeFull", haze_m[1])
            if tiles.band.mesh in DOTS:
                material.set_number("nearest", BOX_M)
                material.set_number("pointPx", tiles.band.point_px)

    def arrange(self, lens: Lens) -> tuple[int, int]:
        """Choose the tiles for a camera and take in those that were loaded; return tiles and triangles to draw."""
        self._take_in()
        count = triangles = 0
        for tiles in self._tiles:
            if not len(tiles.mesh):
                continue
            seen = self._wanted(tiles, lens)
            for index in np.flatnonzero(seen & ~tiles.loaded):
                self._fetch(tiles, int(index))
            now = seen & tiles.loaded
            for index in np.flatnonzero(now != tiles.shown):
                tiles.actors[index].SetVisibility(bool(now[index]))
            tiles.shown = now
            count += int(now.sum())
            spans = tiles.mesh.tiles["triangles"][now]
            triangles += int((spans[:, 1] - spans[:, 0]).sum())
        return count, triangles

    def _wanted(self, tiles: _Tiles, lens: Lens) -> BoolArray:
        if not self._visible.get(tiles.band.layer, True) or (
            tiles.band.layer == "imagery" and len(self._sheets) < len(SHEETS)
        ):
            return np.zeros(len(tiles.mesh), bool)
        low, high = tiles.mesh.tiles["low"], tiles.mesh.tiles["high"]
        if tiles.band.once:
            if not self._shadow or self._scene is None or self._scene.relief:
                return np.zeros(len(tiles.mesh), bool)
            low, high = low - SHADOW_REACH_M, high + SHADOW_REACH_M
        far = lens.far_from(low, high)
        within = far < tiles.band.to_m
        if tiles.band.mesh in DOTS:
            eye = lens.eye_m
            corner = np.maximum(np.abs(low - eye), np.abs(high - eye))
            within &= np.sqrt((corner * corner).sum(axis=1)) >= tiles.band.from_m
        else:
            within &= far >= tiles.band.from_m
        return lens.sees(low, high) & within

    def is_visible(self, layer: str) -> bool:
        """Tell whether a layer is shown at all."""
        return self._visible.get(layer, True)

    def loading(self) -> bool:
        """Tell whether tiles are still on their way."""
        return bool(self._coming)

    def settle(self, lens: Lens) -> None:
        """Load all that a camera sees before going on; for pictures that must be whole."""
        self.arrange(lens)
        while self._coming:
            for future in tuple(self._coming.values()):
                future.result()
            self.arrange(lens)

    def visible_tiles(self, mesh: str) -> NDArray[np.int64]:
        """Return the tiles of a mesh that are drawn."""
        for tiles in self._tiles:
            if tiles.band.mesh == mesh:
                return np.flatnonzero(tiles.shown)
        return np.zeros(0, np.int64)

    def hidden_rows(self, layer: str) -> BoolArray | None:
        """Return which rows a filter hides, if there is one."""
        return self._hidden.get(layer)

    def _fetch(self, tiles: _Tiles, index: int) -> None:
        key = (tiles.band.mesh, index)
        if key in self._data:
            self._fill(tiles, index, self._data[key])
        elif key not in self._coming and len(self._coming) < LOADS_A_FRAME:
            hidden = self._hidden.get(tiles.band.layer)
            future = self._pool.submit(_load, tiles.mesh, index, hidden)
            self._coming[key] = future
            future.add_done_callback(lambda _done: self._on_loaded())

    def _take_in(self) -> None:
        for key in [key for key, future in self._coming.items() if future.done()]:
            self._data[key] = self._coming.pop(key).result()

    def _fill(self, tiles: _Tiles, index: int, data: vtkPolyData) -> None:
        corner = tiles.mesh.tiles["corner"][index]
        fill(tiles.actors[index], data, (float(corner[0]), float(corner[1])))
        if tiles.band.once:
            before_drawing(tiles.actors[index], self._renderer, DEPTH_LESS)
        tiles.loaded[index] = True

    def _forget(self, layer: str) -> None:
        meshes = {band.mesh for band in BANDS if band.layer == layer}
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._data = {key: data for key, data in self._data.items() if key[0] not in meshes}
        for tiles in self._tiles:
            if tiles.band.layer == layer:
                tiles.loaded[:] = False

    def set_sheet(self, name: str, box_m: tuple[float, float, float, float], texture: vtkTexture) -> None:
        """Lay a sheet of the orthophoto, ``whole`` or ``detail``, on the ground; shown once both are there."""
        self._sheets.add(name)
        west, south, east, north = box_m
        for tiles in self._tiles:
            if tiles.band.layer == "imagery":
                tiles.material.set_vector(f"{name}Box", west, south, east - west, north - south)
                for actor in tiles.actors:
                    actor.GetProperty().RemoveTexture(name)
                    actor.GetProperty().SetTexture(name, texture)

    def _apply_opacity(self, layer: str) -> None:
        for tiles in self._tiles:
            if tiles.band.layer == layer:
                tiles.material.property.GetFragmentCustomUniforms().SetUniformf(
                    "opacity", self._opacity.get(layer, 1.0)
                )

    def _paint_cover(self, style: MapStyle) -> None:
        """Colour the ground of a mountainous place by what grows or lies there."""
        self._cover_style = style
        scene = self._scene
        if scene is None or scene.cover is None:
            return
        land, water = (self._visible.get(name, True) for name in ("land", "water"))
        colours = np.zeros((256, 4), np.uint8)
        # Nothing has a colour too: the picture is smoothed, and black would show along every edge.
        colours[:] = _rgba(style.rgb("land", "forest"), False)
        for code, kind in enumerate(LAND_KINDS, start=1):
            colours[code] = _rgba(style.rgb("land", kind), land)
        colours[COVER_WATER] = _rgba(style.rgb("ground", "water"), water)
        texture = make_texture(colours[scene.cover])
        west, south, east, north = scene.cover_bounds_m
        for tiles in self._tiles:
            if tiles.band.layer == "terrain":
                tiles.material.set_vector("coverBox", west, south, east - west, north - south)
                _west, _south, low, _east, _north, high = scene.bounds_m
                tiles.material.set_vector("heights", low, high)
                for actor in tiles.actors:
                    actor.GetProperty().RemoveTexture("cover")
                    actor.GetProperty().SetTexture("cover", texture)

    def _clear(self) -> Iterator[None]:
        """Take everything out of the renderer."""
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._data.clear()
        while self._tiles:
            for actor in reversed(self._tiles.pop().actors):
                drop(self._renderer, actor)
            yield
        drop(self._renderer, self._fence)
        self._sheets.clear()
        self._hidden.clear()
        self._scene = None

    def close(self) -> None:
        """Stop loading and let go of everything."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for _ in self._clear():
            pass


def _rgba(colour: Rgb, shown: bool) -> tuple[int, int, int, int]:
    return (round(colour[0] * 255), round(colour[1] * 255), round(colour[2] * 255), 255 if shown else 0)


def _load(mesh: TiledMesh, index: int, hidden: BoolArray | None) -> vtkPolyData:
    tile = mesh.tiles[index]
    v, t = slice(*tile["vertices"]), slice(*tile["triangles"])
    code = np.array(mesh.code[v])
    if hidden is not None:
        code[hidden[mesh.owner[v]], 0] = HIDDEN
    across = np.array(mesh.across[v]) if len(mesh.across) else np.zeros((0, 3), np.float32)
    return polydata(Arrays(np.array(mesh.vertices[v]), code, across, np.array(mesh.triangles[t])))
