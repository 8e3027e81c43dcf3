"""Lines that layers draw by themselves: borders, congestion. One actor a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from vtkmodules.vtkRenderingCore import vtkActor, vtkRenderer

from app.map import shaders
from app.map.camera import Lens
from app.map.daylight import Light
from app.map.geometry import ribbons
from app.map.gl import Arrays, Material, drop, fill, make_actor, polydata
from app.map.style import MapStyle
from layers.layer import Lines
from twin.city.city import City
from twin.geo import FloatArray
from twin.pieces import in_pieces

LIFT_M = 0.5


@dataclass(frozen=True, slots=True)
class LineSet:
    """The lines of one layer, ready to be drawn; ``names`` are the styles its code counts."""

    layer: str
    arrays: Arrays
    names: tuple[str, ...]
    opacity: float


def line_set(layer: str, lines: Lines, city: City, opacity: float) -> LineSet:
    """Give the lines of a layer their width."""
    origin = np.asarray(city.frame.origin_m, dtype=np.float64)
    geometry = np.zeros(0, object) if lines.rows.geometry is None else lines.rows.geometry
    step_m = np.inf if city.terrain is None else 2 * city.terrain.step_m

    def near(some: NDArray[np.object_]) -> NDArray[np.object_]:
        moved = shapely.transform(some, lambda xy: xy - origin)
        return np.asarray(shapely.segmentize(moved, step_m) if np.isfinite(step_m) else moved, dtype=object)

    local = in_pieces(near, geometry)
    names, style = np.unique(np.asarray(lines.style, dtype=str), return_inverse=True)

    def ground(x: FloatArray, y: FloatArray) -> FloatArray:
        return city.ground_m(x + origin[0], y + origin[1]) + LIFT_M

    mesh = ribbons(local, lines.width_m.astype(np.float64) / 2, style.astype(np.int64), ground, cap=False)
    assert mesh.across is not None  # noqa: S101 - ribbons have it
    arrays = Arrays(
        mesh.xyz.astype(np.float32), mesh.code, mesh.across.astype(np.float32), mesh.triangles.astype(np.int32)
    )
    return LineSet(layer, arrays, tuple(str(name) for name in names), opacity)


@dataclass(slots=True)
class _Drawn:
    lines: LineSet
    actor: vtkActor
    material: Material


class Linework:
    """Draws :class:`LineSet`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer, self._style, self._relief = renderer, style, False
        self._drawn: dict[str, _Drawn] = {}

    def set(self, sets: tuple[LineSet, ...], relief: bool) -> bool:
        """Show these and no others; True if there is a new actor in the renderer."""
        self._relief = relief
        for layer in [layer for layer in self._drawn if layer not in {lines.layer for lines in sets}]:
            drop(self._renderer, self._drawn.pop(layer).actor)
        fresh = [self._show(lines) for lines in sets if len(lines.arrays.triangles)]  # all of them, not up to the first
        return any(fresh)

    def _show(self, lines: LineSet) -> bool:
        old = self._drawn.get(lines.layer)
        if old is not None and old.lines.arrays is lines.arrays:
            old.material.property.GetFragmentCustomUniforms().SetUniformf("opacity", lines.opacity)
            return False
        if old is not None:
            drop(self._renderer, old.actor)
        material = Material(shaders.lines(self._style, lines.names, self._relief))
        material.property.GetFragmentCustomUniforms().SetUniformf("opacity", lines.opacity)
        actor = make_actor(material, cull_back=False)
        fill(actor, polydata(lines.arrays), (0.0, 0.0))
        actor.VisibilityOn()
        self._renderer.AddActor(actor)
        self._drawn[lines.layer] = _Drawn(lines, actor, material)
        return True

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._style = style
        for drawn in self._drawn.values():
            drawn.material.set_program(shaders.lines(style, drawn.lines.names, self._relief))

    def set_uniforms(self, lens: Lens, depth_b: float, haze_m: tuple[float, float], light: Light) -> None:
        """Tell the shaders of the camera and the light."""
        for drawn in self._drawn.values():
            light.shine(drawn.material)
            drawn.material.set_number("pxm", lens.metres_a_pixel)
            drawn.material.set_number("depthB", depth_b)
            drawn.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFrom", haze_m[0])
            drawn.material.property.GetFragmentCustomUniforms().SetUniformf("hazeFull", haze_m[1])

    def close(self) -> None:
        """Take all out."""
        for drawn in self._drawn.values():
            drop(self._renderer, drawn.actor)
        self._drawn.clear()
