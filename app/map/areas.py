"""Areas that features lay on the ground: zones, catchments, what is seen. One actor a name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from app.map import shaders
from app.map.camera import Lens
from app.map.daylight import Light
from app.map.geometry import flat_areas
from app.map.gl import Arrays, Material, drop, fill, make_actor, polydata
from app.map.ground import is_mountainous
from app.map.style import MapStyle
from layers.layer import Areas
from twin.city.city import City
from twin.geo import FloatArray

LIFT_M, MOST_CELLS = 0.4, 120


@dataclass(frozen=True, slots=True)
class AreaSet:
    """The areas under one name, ready to be drawn; ``names`` are the styles their code counts."""

    name: str
    arrays: Arrays
    names: tuple[str, ...]
    opacity: float


def area_set(name: str, areas: Areas, city: City, opacity: float) -> AreaSet:
    """Triangulate areas and lay them on the ground."""
    origin = np.asarray(city.frame.origin_m, dtype=np.float64)
    geometry = np.zeros(0, object) if areas.rows.geometry is None else areas.rows.geometry
    local = np.asarray(shapely.transform(geometry, lambda xy: xy - origin), dtype=object)
    names, style = np.unique(np.asarray(areas.style, dtype=str), return_inverse=True)
    if city.terrain is not None and is_mountainous(city.terrain):
        local, row = in_cells(local, 2 * city.terrain.step_m)
        style = style[row]

    def ground(x: FloatArray, y: FloatArray) -> FloatArray:
        return city.ground_m(x + origin[0], y + origin[1]) + LIFT_M

    mesh = flat_areas(local, style.astype(np.int64), ground)
    arrays = Arrays(
        mesh.xyz.astype(np.float32), mesh.code, np.zeros((0, 3), np.float32), mesh.triangles.astype(np.int32)
    )
    return AreaSet(name, arrays, tuple(str(kind) for kind in names), opacity)


def in_cells(areas: NDArray[np.object_], step_m: float) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """Cut areas into the cells of a grid, so that each piece lies on the slope under it; with the row of each piece."""
    west, south, east, north = shapely.total_bounds(areas)
    step_m = max(step_m, (east - west) / MOST_CELLS, (north - south) / MOST_CELLS)
    if not np.isfinite(step_m):
        return areas, np.arange(len(areas))
    x, y = np.meshgrid(np.arange(west, east, step_m), np.arange(south, north, step_m))
    cells = shapely.box(x, y, x + step_m, y + step_m).ravel()
    row, cell = shapely.STRtree(cells).query(areas, predicate="intersects")
    return np.asarray(shapely.intersection(areas[row], cells[cell]), dtype=object), row


@dataclass(slots=True)
class _Filled:
    areas: AreaSet
    actor: vtkActor
    material: Material


class Fills:
    """Draws :class:`AreaSet`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer, self._style, self._relief = renderer, style, False
        self._filled: dict[str, _Filled] = {}

    def set(self, sets: tuple[AreaSet, ...], relief: bool) -> bool:
        """Show these and no others; True if there is a new actor in the renderer."""
        self._relief = relief
        for name in [name for name in self._filled if name not in {areas.name for areas in sets}]:
            drop(self._renderer, self._filled.pop(name).actor)
        fresh = [self._show(areas) for areas in sets if len(areas.arrays.triangles)]  # all of them
        return any(fresh)

    def _show(self, areas: AreaSet) -> bool:
        old = self._filled.get(areas.name)
        if old is not None and old.areas.arrays is areas.arrays:
            old.material.property.GetFragmentCustomUniforms().SetUniformf("opacity", areas.opacity)
            return False
        if old is not None:
            drop(self._renderer, old.actor)
        material = Material(shaders.fills(self._style, areas.names, self._relief))
        material.property.GetFragmentCustomUniforms().SetUniformf("opacity", areas.opacity)
        actor = make_actor(material, cull_back=False)
        fill(actor, polydata(areas.arrays), (0.0, 0.0))
        actor.VisibilityOn()
        self._renderer.AddActor(actor)
        self._filled[areas.name] = _Filled(areas, actor, material)
        return True

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._style = style
        for filled in self._filled.values():
            filled.material.set_program(shaders.fills(style, filled.areas.names, self._relief))

    def set_uniforms(self, lens: Lens, depth_b: float, haze_m: tuple[float, float], light: Light) -> None:
        """Tell the shaders of the camera and the light."""
        for filled in self._filled.values():
            light.shine(filled.material)
            filled.material.set_number("pxm", lens.metres_a_pixel)
            filled.material.set_number("depthB", depth_b)
            filled.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFrom", haze_m[0])
            filled.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFull", haze_m[1])

    def close(self) -> None:
        """Take all out."""
        for filled in self._filled.values():
            drop(self._renderer, filled.actor)
        self._filled.clear()
