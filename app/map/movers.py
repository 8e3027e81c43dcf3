"""What moves, and every other symbol: points where they are small, else shapes; both written in place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.map import mover_shader
from app.map.camera import Lens
from app.map.gl import Arrays, Material, bring_to_front, drop, fill, make_actor, make_texture, polydata, touch
from app.map.glsl import Program
from app.map.glyphs import atlas
from app.map.mover_shader import ALARM, CROWD, HIDDEN, HOVERED, POINT_PX, SELECTED, small_from_m
from app.map.style import MapStyle
from app.map.symbols import IntArray, MoverArrays
from twin.geo import BoolArray, FloatArray

LONGEST_GUESS_S = 1.2
SPARE_PX, SPARE_M = 60.0, 120.0
"""So far outside the picture shapes are still made ready: they may move in, and they have a size."""
NONE = np.zeros(0, np.int64)
MOST_OF = 0.6
"""From this share on all points are written, and not only those in the picture."""
SHOWN, NO_POINTS, GONE = 0.0, 0.5, 1.0
"""How a crowd is drawn: one by one; not where it would be points; not at all, since somebody else draws it as one."""


class _Cloud:
    """An actor of as many points, or triangles, as there are symbols, with room for more."""

    def __init__(self, renderer: vtkRenderer, program: Program, corners: int) -> None:
        self._renderer, self._corners = renderer, corners
        self.material = Material(program)
        self.material.property.GetFragmentCustomUniforms().SetUniformf("opacity", 1.0)
        self.actor = make_actor(self.material, cull_back=False)
        self._arrays: Arrays | None = None
        self._data: vtkPolyData | None = None
        renderer.AddActor(self.actor)

    def write(self, position_m: NDArray[np.float32], motion: NDArray[np.float32], code: NDArray[np.uint8]) -> None:
        """Draw these, (N, 3), (N, 3) and (N, 4)."""
        count = self._corners * len(position_m)
        self.actor.SetVisibility(count > 0)
        arrays = self._with_room(count)
        for mine, values in ((arrays.vertices, position_m), (arrays.across, motion), (arrays.code, code)):
            mine[:count].reshape(len(values), self._corners, values.shape[1])[:] = values[:, None]
        arrays.code[:count, 1] += np.tile(np.arange(self._corners, dtype=np.uint8), len(position_m))
        arrays.code[count:, 2] = HIDDEN
        assert self._data is not None  # noqa: S101 - made with the arrays
        touch(self._data)

    def _with_room(self, count: int) -> Arrays:
        room = 0 if self._arrays is None else len(self._arrays.vertices)
        if self._arrays is None or not count <= room <= max(16 * count, 3 * 4096):
            size = max(3 * 256, count + count // 4 // 3 * 3)
            corners = np.arange(size if self._corners == 3 else 0, dtype=np.int32).reshape(-1, 3)
            vertices, motion = np.zeros((size, 3), np.float32), np.zeros((size, 3), np.float32)
            self._arrays = Arrays(vertices, np.zeros((size, 4), np.uint8), motion, corners)
            self._data = polydata(self._arrays)
            fill(self.actor, self._data, (0.0, 0.0), still=False)
        return self._arrays

    def close(self) -> None:
        """Take the actor out."""
        drop(self._renderer, self.actor)
        self._arrays = self._data = None


class Movers:
    """Draws :class:`app.map.symbols.MoverArrays`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer, self._style = renderer, style
        self._names: tuple[str, ...] = ()
        self._small = _Cloud(renderer, mover_shader.points(style, ()), 1)
        self._large = _Cloud(renderer, mover_shader.shapes(style, ()), 3)
        texture = make_texture(np.repeat(atlas()[:, :, None], 4, axis=2), mipmap=False)
        self._large.actor.GetProperty().SetTexture("glyphs", texture)
        self.packed: MoverArrays | None = None
        self.shown_since_s = 0.0
        self._code = np.zeros((0, 4), np.uint8)
        self._small_from_m = np.zeros(0, np.float32)
        self._chosen: tuple[IntArray, IntArray] = (NONE, NONE)
        self._held: list[IntArray | None] = [NONE, NONE]
        self._stale = True
        self.crowd = SHOWN

    def to_front(self) -> None:
        """Be drawn after everything that is in the renderer now: soft edges blend with what is there."""
        for cloud in (self._small, self._large):
            bring_to_front(self._renderer, cloud.actor)

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._style = style
        self._small.material.set_program(mover_shader.points(style, self._names))
        self._large.material.set_program(mover_shader.shapes(style, self._names))

    def set(self, packed: MoverArrays, now_s: float) -> None:
        """Show new positions, which were true at ``now_s``."""
        self.packed, self.shown_since_s = packed, now_s
        if packed.names != self._names:
            self._names = packed.names
            self.set_style(self._style)
        small_from = np.array([small_from_m(self._style.symbol(name)) for name in packed.names] or [0.0], np.float32)
        self._small_from_m = small_from[packed.code[:, 0]]
        self._code = packed.code.copy()
        self._chosen, self._stale = (NONE, NONE), True

    def choose(self, selected: IntArray, hovered: IntArray) -> None:
        """Have some symbols brighter and ringed, by their place in what is packed."""
        if all(map(np.array_equal, self._chosen, (selected, hovered))):
            return
        for old in self._chosen:
            self._code[old, 2] &= 255 - SELECTED - HOVERED
        self._code[selected, 2] |= SELECTED
        self._code[hovered, 2] |= HOVERED
        self._chosen, self._stale = (selected, hovered), True

    def arrange(self, lens: Lens, depth_b: float, since_s: float, size_by: float) -> None:
        """Make ready for a frame: tell the shaders of camera and time, and choose what is drawn as a shape.

        Parameters
        ----------
        lens : Lens
            In pixels of the device.
        size_by : float
            Pixels of the device to one of the widget.
        """
        for cloud in (self._small, self._large):
            material = cloud.material
            material.set_number("depthB", depth_b)
            material.set_number("since", since_s)
            material.set_number("crowd", self.crowd)
            material.set_vector("viewPx", float(lens.width_px), float(lens.height_px))
            material.property.GetVertexCustomUniforms().SetUniformf("sizeBy", size_by)
            material.property.GetFragmentCustomUniforms().SetUniformf("sizeBy", size_by)
        self._small.actor.GetProperty().SetPointSize(POINT_PX * size_by)
        self._write(lens)

    def _write(self, lens: Lens) -> None:
        packed = self.packed
        if packed is None:
            return
        inside = _inside(lens, packed.position_m)
        shaped = inside[self._are_shapes(lens, packed.position_m[inside], inside)]
        points = inside if len(inside) < MOST_OF * len(packed.position_m) else None
        self._rewrite(self._small, 0, points)
        self._rewrite(self._large, 1, shaped)
        self._stale = False

    def _rewrite(self, cloud: _Cloud, number: int, rows: IntArray | None) -> None:
        """Write some symbols, or all of them, into a cloud that does not hold them yet."""
        packed, held = self.packed, self._held[number]
        assert packed is not None  # noqa: S101 - asked by the caller
        same = rows is held or (rows is not None and held is not None and np.array_equal(rows, held))
        self._held[number] = rows
        if rows is None and (self._stale or not same):
            cloud.write(packed.position_m, packed.motion, self._code)
        elif rows is not None and (self._stale or not same):
            cloud.write(packed.position_m[rows], packed.motion[rows], self._code[rows])

    def _are_shapes(self, lens: Lens, position_m: NDArray[np.float32], rows: IntArray) -> BoolArray:
        """Tell which of the symbols are large enough for a shape, or marked, (N,)."""
        large = lens.depth_m(position_m) < self._small_from_m[rows] + SPARE_M
        large |= self._code[rows, 1] == 4 * ALARM
        return np.asarray(large | ((self._code[rows, 2] & (SELECTED | HOVERED)) > 0))

    def since_s(self, now_s: float) -> float:
        """Return for how long to guess on, never longer than :data:`LONGEST_GUESS_S`."""
        return min(max(now_s - self.shown_since_s, 0.0), LONGEST_GUESS_S)

    def positions_m(self, now_s: float) -> NDArray[np.float32]:
        """Return where the symbols are drawn now, (N, 3)."""
        if self.packed is None:
            return np.zeros((0, 3), np.float32)
        position = self.packed.position_m.copy()
        position[:, :2] += self.packed.velocity_mps * np.float32(self.since_s(now_s))
        return position

    def reach_m(self) -> FloatArray:
        """Return how far away each symbol is still drawn, (N,); 0 for those that are not."""
        if self.packed is None:
            return np.zeros(0)
        reach = np.array([self._style.symbol(name).reach_m for name in self.packed.names] or [0.0])
        gone = HIDDEN | CROWD if self.crowd == GONE else HIDDEN
        return np.where(self.packed.code[:, 2] & gone, 0.0, reach[self.packed.code[:, 0]])

    def moving(self) -> bool:
        """Tell whether anything drawn has a speed."""
        return self.packed is not None and bool(np.any(self.packed.velocity_mps))

    def close(self) -> None:
        """Take the actors out."""
        self._large.close()
        self._small.close()
        self.packed = None


def _inside(lens: Lens, position_m: NDArray[np.float32]) -> IntArray:
    """Return the rows that are in the picture or about to be."""
    depth = lens.depth_m(position_m)
    seen = depth > -SPARE_M
    for way, size_px in ((lens.right, lens.width_px), (lens.up, lens.height_px)):
        reach = depth * np.float32((size_px / 2 + SPARE_PX) * lens.metres_a_pixel) + np.float32(SPARE_M)
        seen &= np.abs(lens.along_m(way, position_m)) < reach
    return np.flatnonzero(seen)
