"""What stands still on the map: tiles of buildings, roads, water and land, loaded as they come into view."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkActor, vtkProp, vtkProperty, vtkRenderer, vtkTexture

from app.map import cover
from app.map.bands import Band, bands
from app.map.camera import Lens
from app.map.daylight import Light
from app.map.gl import Arrays, Material, drop, fill, make_actor, make_switch, make_texture, polydata
from app.map.quality import LEVELS, Quality
from app.map.scene import PreparedScene, TiledMesh
from app.map.shade import Shade
from app.map.tinted import Tinted
from twin.geo import BoolArray

HIDDEN = 255
SHEETS = ("whole", "detail")
LOADS_A_FRAME = 24
KEPT_BYTES = 60_000_000
"""What tiles out of view may keep in memory, a second time in the GL; the longest unseen go first."""
DAY_STEP = 0.04
"""The cover is painted anew when the share of daylight has changed by so much."""


@dataclass(slots=True)
class _Tiles:
    """The actors of one band, made as their data comes, and which are drawn."""

    band: Band
    mesh: TiledMesh
    material: Material
    look: vtkProperty
    actors: dict[int, vtkActor] = field(default_factory=dict)
    shown: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))


class Stage:
    """Keeps the actors of the still city, and puts those that are seen into the renderer, in their order.

    Parameters
    ----------
    renderer : vtkRenderer
        What is in it already is drawn before the city, what comes later after it.
    on_loaded : callable
        Called from a worker thread when something is ready for the next frame.
    sky : vtkActor
        Drawn behind what is solid and after it: what is hidden of it costs nothing.
    """

    def __init__(self, renderer: vtkRenderer, on_loaded: Callable[[], None], sky: vtkActor) -> None:
        self._renderer, self._on_loaded, self._sky = renderer, on_loaded, sky
        self._below = renderer.GetViewProps().GetNumberOfItems()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-tiles")
        self.shade = Shade(on_loaded)
        self._tinted = Tinted(self._pool, on_loaded)
        self._stacked: list[vtkActor] = []
        self._tiles: list[_Tiles] = []
        self._coming: dict[tuple[str, int], Future[vtkPolyData]] = {}
        self._data: dict[tuple[str, int], vtkPolyData] = {}
        self._seen: dict[tuple[str, int], int] = {}
        self._hidden: dict[str, BoolArray] = {}
        self._visible: dict[str, bool] = {}
        self._opacity: dict[str, float] = {}
        self._scene: PreparedScene | None = None
        self._quality = LEVELS["software"]
        self._day, self._shadow, self._frame = 0.0, 0.0, 0
        self._painting: Future[vtkTexture] | None = None
        self._painted: tuple[object, ...] | None = None
        self._sheets: dict[str, tuple[tuple[float, float, float, float], vtkTexture]] = {}
        self._mixing = False
        self._switches = (make_switch(renderer, self._is_translucent), make_switch(renderer, lambda: True))

    # What is shown

    def show(self, scene: PreparedScene) -> Iterator[None]:
        """Take down what stands and make ready for ``scene``; a piece of the work a step."""
        yield from self._clear()
        self._scene = scene
        self._put_up()
        self._shade_anew()

    def _put_up(self) -> None:
        assert self._scene is not None  # noqa: S101 - asked by the callers
        for band in bands(self._quality):
            look = vtkProperty()
            material = Material(band.program(self._asked(band)))
            self._tiles.append(_Tiles(band, self._scene.meshes[band.mesh], material, look))
        for name, texture in self.shade.textures.items():
            self._set_texture(("buildings", "shadows"), name, texture)
        for name, (box_m, texture) in self._sheets.items():
            self.set_sheet(name, box_m, texture)
        self._painted = None
        for layer in {tiles.band.layer for tiles in self._tiles}:
            self._apply_opacity(layer)

    def _asked(self, band: Band) -> bool:
        assert self._scene is not None  # noqa: S101 - asked by the callers
        return self._shadow > 0.0 if band.layer == "buildings" else self._scene.relief

    def set_quality(self, quality: Quality) -> None:
        """Draw more or less."""
        if quality is self._quality:
            return
        self._quality = quality
        if self._scene is not None:
            self._stack(())
            self._tiles.clear()
            self._put_up()

    @property
    def quality(self) -> Quality:
        """How much is drawn."""
        return self._quality

    def set_layer(self, layer: str, visible: bool, opacity: float, hidden: BoolArray | None) -> None:
        """Show a layer or not, how strongly, and without the rows marked in ``hidden`` (rows of the city's table)."""
        turned = layer == "trees" and visible != self._visible.get(layer, True)
        self._visible[layer], self._opacity[layer] = visible, opacity
        if turned:
            self._shade_anew()
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

    def _shade_anew(self) -> None:
        self.shade.show(self._scene, self._hidden.get("buildings"), trees=self.is_visible("trees"))

    def set_selected(self, keys: Sequence[str]) -> None:
        """Tint the buildings with these ids, and no others."""
        if self._scene is not None:
            self._tinted.choose(self._scene, keys)

    def set_sheet(self, name: str, box_m: tuple[float, float, float, float], texture: vtkTexture) -> None:
        """Lay a sheet of the orthophoto, ``whole`` or ``detail``, on the ground; shown once both are there."""
        self._sheets[name] = (box_m, texture)
        west, south, east, north = box_m
        for tiles in self._tiles:
            if tiles.band.layer == "imagery":
                tiles.material.set_vector(f"{name}Box", west, south, east - west, north - south)
        self._set_texture(("imagery",), name, texture)

    def _set_texture(self, layers: Sequence[str], name: str, texture: vtkTexture) -> None:
        for tiles in self._tiles:
            if tiles.band.layer in layers:
                tiles.look.RemoveTexture(name)
                tiles.look.SetTexture(name, texture)

    def _apply_opacity(self, layer: str) -> None:
        for tiles in self._tiles:
            if tiles.band.layer == layer:
                tiles.material.set_number("opacity", self._opacity.get(layer, 1.0))

    def _is_translucent(self) -> bool:
        return self._opacity.get("buildings", 1.0) < 1.0

    # A frame

    def set_uniforms(self, lens: Lens, depth_b: float, haze_m: tuple[float, float], light: Light) -> None:
        """Tell the shaders of what is drawn of the camera and the light."""
        self._day = light.day
        drawn = [tiles.material for tiles in self._tiles if len(tiles.shown)]
        for material in (*drawn, self._tinted.material):
            light.shine(material)
            self.shade.tell(material)
            material.set_number("pxm", lens.metres_a_pixel)
            material.set_number("depthB", depth_b)
            material.set_vector("eyeAt", *lens.eye_m.tolist())
            material.set_number("hazeFrom", haze_m[0])
            material.set_number("hazeFull", haze_m[1])
            material.set_number("windowsTo", self._quality.windows_m)
            material.set_number("paintFrom", self._quality.detail_m)
            material.set_number("treesAll", self._quality.trees_m)
            material.set_number("treesTo", self._quality.tree_m)
            material.set_number("nearest", self._quality.box_m)
            material.set_number("farthest", self._quality.dot_m)

    def arrange(self, lens: Lens, light: Light) -> tuple[int, int]:
        """Choose the tiles for a camera and take in those that were loaded; return tiles and triangles to draw."""
        self._frame += 1
        self._set_light(light)
        self._take_in(lens, light)
        count = triangles = 0
        solid: list[vtkActor] = []
        laid: list[vtkActor] = []
        for tiles in self._tiles:
            tiles.shown = self._loaded(tiles, self._wanted(tiles, lens))
            (solid if tiles.band.solid else laid).extend(tiles.actors[index] for index in tiles.shown.tolist())
            count += len(tiles.shown)
            spans = tiles.mesh.tiles["triangles"][tiles.shown]
            triangles += int((spans[:, 1] - spans[:, 0]).sum())
        before, after = self._switches
        tinted = [self._tinted.actor] if self._tinted.actor is not None and self.is_visible("buildings") else []
        standing = [self._sky, *solid] if self._is_translucent() else [*solid, self._sky]
        self._stack([before, *standing, after, *tinted, *laid])
        self._forget_unseen()
        return count, triangles

    def _set_light(self, light: Light) -> None:
        changed = (light.shadow > 0.0) != (self._shadow > 0.0)
        self._shadow, self._day = light.shadow, light.day
        for tiles in self._tiles if changed else ():
            if tiles.band.layer == "buildings":
                tiles.material.set_program(tiles.band.program(self._asked(tiles.band)))

    def _take_in(self, lens: Lens, light: Light) -> None:
        for key in [key for key, future in self._coming.items() if future.done()]:
            self._data[key] = self._coming.pop(key).result()
        if light.shadow and self.shade.arrange(lens, light.towards, self._quality.shade_cells):
            for name, texture in self.shade.textures.items():
                self._set_texture(("buildings", "shadows"), name, texture)
        self._tinted.take_in()
        self._paint_cover()

    def _wanted(self, tiles: _Tiles, lens: Lens) -> NDArray[np.int64]:
        """Return the tiles of a band that a camera sees, the nearest first where that matters."""
        if not len(tiles.mesh) or not self._is_drawn(tiles.band):
            return np.zeros(0, np.int64)
        low, high = tiles.mesh.tiles["low"], tiles.mesh.tiles["high"]
        far = lens.far_from(low, high)
        within = far < tiles.band.to_m
        if tiles.band.mesh == "dots":
            corner = np.maximum(np.abs(low - lens.eye_m), np.abs(high - lens.eye_m))
            within &= np.sqrt((corner * corner).sum(axis=1)) >= tiles.band.from_m
        else:
            within &= far >= tiles.band.from_m
        chosen = np.flatnonzero(lens.sees(low, high) & within)
        return chosen[np.argsort(far[chosen], kind="stable")] if tiles.band.solid else chosen

    def _is_drawn(self, band: Band) -> bool:
        if band.layer == "shadows":
            return self._shadow > 0.0
        if band.layer == "imagery" and len(self._sheets) < len(SHEETS):
            return False
        if band.mesh in ("land_far", "water_far") and self._in_cover(band.layer):
            return False
        return self._visible.get(band.layer, True)

    def _loaded(self, tiles: _Tiles, wanted: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of the wanted tiles that can be drawn, and have the others loaded."""
        ready = [index for index in wanted.tolist() if index in tiles.actors or self._fetch(tiles, index)]
        for index in ready:
            self._seen[(tiles.band.mesh, index)] = self._frame
        return np.array(ready, np.int64)

    def _fetch(self, tiles: _Tiles, index: int) -> bool:
        """Make the actor of a tile; False if its data is still to be loaded."""
        key = (tiles.band.mesh, index)
        if key in self._data:
            actor = make_actor(tiles.material, tiles.look, cull_back=tiles.band.cull_back)
            corner = tiles.mesh.tiles["corner"][index]
            fill(actor, self._data[key], (float(corner[0]), float(corner[1])))
            actor.VisibilityOn()
            tiles.actors[index] = actor
            return True
        if key not in self._coming and len(self._coming) < LOADS_A_FRAME:
            future = self._pool.submit(_load, tiles.mesh, index, self._hidden.get(tiles.band.layer))
            self._coming[key] = future
            future.add_done_callback(lambda _done: self._on_loaded())
        return False

    def _stack(self, actors: Sequence[vtkActor]) -> None:
        """Have the renderer draw these in this order, between what was there before and what came later."""
        if list(actors) == self._stacked:
            return
        props, mine = self._renderer.GetViewProps(), set(self._stacked)
        every = [cast("vtkProp", props.GetItemAsObject(index)) for index in range(props.GetNumberOfItems())]
        others = [prop for prop in every if prop not in mine]
        props.RemoveAllItems()  # RemoveActor would let go of what the GPU has of it
        for prop in (*others[: self._below], *actors, *others[self._below :]):
            props.AddItem(prop)
        self._stacked = list(actors)

    def _forget_unseen(self) -> None:
        """Let go of the tiles that were not seen for the longest time, when they are too many."""
        size = sum(_bytes(data) for data in self._data.values())
        for key in sorted(self._data, key=lambda key: self._seen.get(key, 0)):
            if size <= KEPT_BYTES or self._seen.get(key, 0) >= self._frame - 1:
                return
            size -= _bytes(self._data.pop(key))
            for tiles in self._tiles:
                if tiles.band.mesh == key[0]:
                    _release(tiles.actors.pop(key[1], None))

    # The ground's paint

    def _in_cover(self, layer: str) -> bool:
        """Tell whether the cover shows a layer as the user wants it."""
        return layer not in self._hidden and self._opacity.get(layer, 1.0) >= 1.0

    def _paint_cover(self) -> None:
        """Take in the painted cover, and have it painted when it is to look otherwise."""
        if self._painting is not None and self._painting.done():
            texture, self._painting = self._painting.result(), None
            self._set_texture(("terrain",), "cover", texture)
            for tiles in self._tiles:
                tiles.material.set_number("painted", 1.0)
        if self._scene is None or self._painting is not None:
            return
        shown = {name: self._visible.get(name, True) and self._in_cover(name) for name in ("land", "water")}
        shown.update({name: self._visible.get(name, True) for name in ("buildings", "trees")})
        hidden = self._hidden.get("buildings")
        look = (round(self._day / DAY_STEP), tuple(shown.values()), id(hidden))
        if look == self._painted:
            return
        if self._painted is None:
            self._tell_cover(self._scene)
        self._painted = look
        self._painting = self._pool.submit(_painted, self._scene, self._day, shown, hidden)
        self._painting.add_done_callback(lambda _done: self._on_loaded())

    def _tell_cover(self, scene: PreparedScene) -> None:
        if scene.slopes is not None:
            height, width, _ = scene.slopes.shape
            told = np.zeros((height, width, 4), np.uint8)
            told[..., :2] = scene.slopes
            self._set_texture(("terrain",), "slopes", make_texture(told))
        west, south, east, north = scene.cover_bounds_m
        _west, _south, low, _east, _north, high = scene.bounds_m
        for tiles in self._tiles:
            if tiles.band.layer == "terrain":
                tiles.material.set_vector("coverBox", west, south, east - west, north - south)
                tiles.material.set_vector("heights", low, max(high, low + 1.0))
                tiles.material.set_number("painted", 0.0)

    # What is asked of it

    def is_visible(self, layer: str) -> bool:
        """Tell whether a layer is shown at all."""
        return self._visible.get(layer, True)

    def loading(self) -> bool:
        """Tell whether anything is still on its way."""
        return bool(self._coming) or self._painting is not None or self._tinted.busy or self.shade.busy

    def settle(self, lens: Lens, light: Light) -> None:
        """Load all that a camera sees before going on; for pictures that must be whole."""
        self.arrange(lens, light)
        while self.loading():
            for future in (*self._coming.values(), *((self._painting,) if self._painting else ())):
                future.result()
            self._tinted.settle()
            self.shade.settle()
            self.arrange(lens, light)

    def visible_tiles(self, mesh: str) -> NDArray[np.int64]:
        """Return the tiles of a mesh that are drawn."""
        shown = [tiles.shown for tiles in self._tiles if tiles.band.mesh == mesh]
        return np.unique(np.concatenate(shown)) if shown else np.zeros(0, np.int64)

    def hidden_rows(self, layer: str) -> BoolArray | None:
        """Return which rows a filter hides, if there is one."""
        return self._hidden.get(layer)

    # The end of things

    def _forget(self, layer: str) -> None:
        meshes = {tiles.band.mesh for tiles in self._tiles if tiles.band.layer == layer}
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._data = {key: data for key, data in self._data.items() if key[0] not in meshes}
        self._stack(())
        for tiles in self._tiles:
            if tiles.band.layer == layer:
                for actor in tiles.actors.values():
                    _release(actor)
                tiles.actors.clear()
        if layer == "buildings":
            self._shade_anew()

    def _clear(self) -> Iterator[None]:
        """Take everything out of the renderer."""
        for future in self._coming.values():
            future.cancel()
        self._coming.clear()
        self._data.clear()
        self._seen.clear()
        self._stack(())
        self._tinted.clear()
        while self._tiles:
            for actor in self._tiles.pop().actors.values():
                _release(actor)
            yield
        self._sheets.clear()
        self._hidden.clear()
        self._scene = None

    def close(self) -> None:
        """Stop loading and let go of everything."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.shade.close()
        for _ in self._clear():
            pass
        for actor in (*self._switches, self._sky):
            drop(self._renderer, actor)


def _release(actor: vtkActor | None) -> None:
    if actor is not None:
        actor.SetMapper(None)  # type: ignore[arg-type]  # VTK takes None, its stubs do not say so


def _bytes(data: vtkPolyData) -> int:
    return data.GetNumberOfPoints() * 20 + data.GetNumberOfPolys() * 16


def _painted(scene: PreparedScene, day: float, shown: dict[str, bool], hidden: BoolArray | None) -> vtkTexture:
    return make_texture(cover.paint(scene, day, shown, hidden))


def _load(mesh: TiledMesh, index: int, hidden: BoolArray | None) -> vtkPolyData:
    tile = mesh.tiles[index]
    v, t = slice(*tile["vertices"]), slice(*tile["triangles"])
    code = np.array(mesh.code[v])
    if hidden is not None:
        code[hidden[mesh.owner[v]], 0] = HIDDEN
    across = np.array(mesh.across[v]) if len(mesh.across) else np.zeros((0, 3), np.float32)
    arrays = Arrays(np.array(mesh.vertices[v]), code, across, np.array(mesh.triangles[t]))
    mesh.let_go()
    return polydata(arrays)
