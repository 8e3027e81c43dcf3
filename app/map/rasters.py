"""Values laid on the ground as colours: heat maps, what is seen. One actor a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from app.map import shaders
from app.map.camera import Lens
from app.map.daylight import Light
from app.map.gl import Arrays, Material, drop, fill, make_actor, make_texture, polydata
from app.map.ground import cells, is_mountainous
from app.map.style import MapStyle
from layers.layer import Raster
from twin.city.city import City

LIFT_M, MOST_CELLS = 0.4, 200
TEXTURE = "veil"


@dataclass(frozen=True, slots=True)
class RasterSet:
    """The raster under one name, and the ground it lies on."""

    name: str
    raster: Raster
    ground: Arrays
    opacity: float


def raster_set(name: str, raster: Raster, city: City, opacity: float) -> RasterSet:
    """Make the ground under a raster: one piece where it is flat, else as fine as the terrain."""
    west, south, east, north = raster.box_m
    steps = 1
    if city.terrain is not None and is_mountainous(city.terrain):
        steps = int(np.clip(max(east - west, north - south) / (2 * city.terrain.step_m), 1, MOST_CELLS))
    x, y = np.meshgrid(np.linspace(west, east, steps + 1), np.linspace(south, north, steps + 1))
    origin = city.frame.origin_m
    z = city.ground_m(x.ravel() + origin[0], y.ravel() + origin[1]) + LIFT_M
    xyz = np.column_stack([x.ravel(), y.ravel(), z]).astype(np.float32)
    triangles = cells(steps + 1, steps + 1).astype(np.int32)
    ground = Arrays(xyz, np.zeros((len(xyz), 4), np.uint8), np.zeros((0, 3), np.float32), triangles)
    return RasterSet(name, raster, ground, opacity)


def coloured(raster: Raster, style: MapStyle) -> NDArray[np.uint8]:
    """Return the picture of a raster, (H, W, 4)."""
    scale = style.scale(raster.scale)
    known = np.isfinite(raster.values)
    at = np.clip(np.where(known, raster.values, 0.0), 0.0, 1.0) * (len(scale) - 1)
    steps = np.arange(len(scale))
    rgba = np.stack([np.interp(at, steps, scale[:, channel]) for channel in range(4)], axis=-1)
    rgba[~known, 3] = 0.0
    return np.asarray(np.rint(rgba), np.uint8)


@dataclass(slots=True)
class _Laid:
    raster: RasterSet
    actor: vtkActor
    material: Material


class Rasters:
    """Draws :class:`RasterSet`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer, self._style, self._relief = renderer, style, False
        self._laid: dict[str, _Laid] = {}

    def set(self, sets: tuple[RasterSet, ...], relief: bool) -> bool:
        """Show these and no others; True if there is a new actor in the renderer."""
        self._relief = relief
        for name in [name for name in self._laid if name not in {raster.name for raster in sets}]:
            drop(self._renderer, self._laid.pop(name).actor)
        fresh = [self._show(raster) for raster in sets]  # all of them, not up to the first
        return any(fresh)

    def _show(self, raster: RasterSet) -> bool:
        old = self._laid.get(raster.name)
        fresh = old is None or old.raster.ground is not raster.ground
        if old is not None and fresh:
            drop(self._renderer, old.actor)
        laid = self._put_up(raster) if old is None or fresh else old
        if fresh or laid.raster.raster is not raster.raster:
            laid.raster = raster
            self._paint(laid)
        laid.material.property.GetFragmentCustomUniforms().SetUniformf("opacity", raster.opacity)
        return fresh

    def _put_up(self, raster: RasterSet) -> _Laid:
        material = Material(shaders.raster(self._style, self._relief))
        west, south, east, north = raster.raster.box_m
        material.set_vector("veilBox", west, south, east - west, north - south)
        actor = make_actor(material, cull_back=False)
        fill(actor, polydata(raster.ground), (0.0, 0.0))
        actor.VisibilityOn()
        self._renderer.AddActor(actor)
        self._laid[raster.name] = _Laid(raster, actor, material)
        return self._laid[raster.name]

    def _paint(self, laid: _Laid) -> None:
        properties = laid.actor.GetProperty()
        properties.RemoveTexture(TEXTURE)
        properties.SetTexture(TEXTURE, make_texture(coloured(laid.raster.raster, self._style)))

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._style = style
        for laid in self._laid.values():
            laid.material.set_program(shaders.raster(style, self._relief))
            self._paint(laid)

    def set_uniforms(self, lens: Lens, depth_b: float, haze_m: tuple[float, float], light: Light) -> None:
        """Tell the shaders of the camera and the light."""
        for laid in self._laid.values():
            light.shine(laid.material)
            laid.material.set_number("pxm", lens.metres_a_pixel)
            laid.material.set_number("depthB", depth_b)
            laid.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFrom", haze_m[0])
            laid.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFull", haze_m[1])

    def close(self) -> None:
        """Take all out."""
        for laid in self._laid.values():
            drop(self._renderer, laid.actor)
        self._laid.clear()
