"""What moves, and every other symbol: one actor for all, written in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.map import shaders
from app.map.camera import Lens
from app.map.gl import Arrays, Material, drop, fill, make_actor, polydata, touch
from app.map.style import MapStyle
from layers.layer import Symbols
from twin.geo import FloatArray

FADED, HIDDEN = 1, 2
LONGEST_GUESS_S = 1.2


@dataclass(frozen=True, slots=True)
class SymbolBatch:
    """All symbols of one layer at one instant, and how fast they go.

    Parameters
    ----------
    layer : str
    symbols : Symbols
    velocity_mps : (N, 2) float32 array
        East and north; zero where unknown.
    opacity : float
    """

    layer: str
    symbols: Symbols
    velocity_mps: NDArray[np.float32]
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class MoverArrays:
    """What the shader reads: three vertices an entity; and for picking, each entity's batch and row."""

    position_m: NDArray[np.float32]
    velocity_mps: NDArray[np.float32]
    vertices: NDArray[np.float32]
    motion: NDArray[np.float32]
    code: NDArray[np.uint8]
    batch: NDArray[np.int32]
    row: NDArray[np.int32]
    batches: tuple[SymbolBatch, ...]
    names: tuple[str, ...]


def velocities(symbols: Symbols) -> NDArray[np.float32]:
    """Return metres a second east and north, zero where heading or speed is unknown or the row is stale."""
    speed = symbols.rows.columns.get("speed_mps")
    if speed is None:
        return np.zeros((len(symbols.position_m), 2), np.float32)
    turn = np.radians(symbols.heading_deg)
    velocity = np.stack([np.sin(turn) * speed, np.cos(turn) * speed], axis=1)
    velocity[symbols.faded | ~np.isfinite(velocity).all(axis=1)] = 0.0
    return velocity.astype(np.float32)


def pack(batches: Sequence[SymbolBatch], names: Sequence[str] = ()) -> MoverArrays:
    """Put the symbols of all layers into the arrays of one actor.

    Parameters
    ----------
    names : sequence of str
        Symbols the shader knows already; new ones are added behind them.
    """
    known = list(dict.fromkeys([*names, *(name for batch in batches for name in batch.symbols.names)]))
    place = {name: i for i, name in enumerate(known)}
    position = _joined([batch.symbols.position_m for batch in batches], (0, 3), np.float32)
    velocity = _joined([batch.velocity_mps for batch in batches], (0, 2), np.float32)
    heading = _joined([batch.symbols.heading_deg for batch in batches], (0,), np.float32)
    faded = _joined([batch.symbols.faded for batch in batches], (0,), np.bool_)
    symbol = _joined(
        [np.array([place[n] for n in b.symbols.names], np.uint8)[b.symbols.symbol] for b in batches], (0,), np.uint8
    )
    count = len(position)
    has_heading = np.isfinite(heading)
    code = np.zeros((count, 3, 4), np.uint8)
    code[:, :, 0] = symbol[:, None]
    code[:, :, 1] = np.arange(3)
    code[:, :, 2] = np.where(faded, FADED, 0)[:, None]
    code[:, :, 3] = np.round(np.nan_to_num(heading) % 360.0 * (255.0 / 360.0)).astype(np.uint8)[:, None]
    motion = np.column_stack([velocity, has_heading.astype(np.float32)]).astype(np.float32)
    sizes = [len(batch.symbols.position_m) for batch in batches]
    return MoverArrays(
        position,
        velocity,
        np.repeat(position, 3, axis=0),
        np.repeat(motion, 3, axis=0),
        code.reshape(-1, 4),
        np.repeat(np.arange(len(batches), dtype=np.int32), sizes),
        np.concatenate([np.arange(size, dtype=np.int32) for size in sizes]) if sizes else np.zeros(0, np.int32),
        tuple(batches),
        tuple(known),
    )


def _joined(parts: Sequence[NDArray[Any]], empty: tuple[int, ...], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.asarray(p, dtype) for p in parts]) if parts else np.zeros(empty, dtype)


class Movers:
    """Draws :class:`MoverArrays`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer = renderer
        self._style = style
        self._names: tuple[str, ...] = ()
        self._material = Material(shaders.movers(style, ()))
        self._material.property.GetFragmentCustomUniforms().SetUniformf("opacity", 1.0)
        self._actor = make_actor(self._material, cull_back=False)
        self._capacity = 0
        self._arrays: Arrays | None = None
        self._data: vtkPolyData | None = None
        self.packed: MoverArrays | None = None
        self.shown_since_s = 0.0
        renderer.AddActor(self._actor)

    def to_front(self) -> None:
        """Be drawn after everything that is in the renderer now: soft edges blend with what is there."""
        drawn = self._renderer.GetViewProps()  # RemoveActor would let go of what the GPU has of it
        drawn.RemoveItem(self._actor)
        drawn.AddItem(self._actor)

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._style = style
        self._material.set_program(shaders.movers(style, self._names))

    def set(self, packed: MoverArrays, now_s: float) -> None:
        """Show new positions, which were true at ``now_s``."""
        self.packed, self.shown_since_s = packed, now_s
        if packed.names != self._names:
            self._names = packed.names
            self.set_style(self._style)
        count = len(packed.vertices)
        if count > self._capacity or self._arrays is None:
            self._grow(count)
        assert self._arrays is not None  # noqa: S101 - _grow made it
        self._arrays.vertices[:count] = packed.vertices
        self._arrays.across[:count] = packed.motion
        self._arrays.code[:count] = packed.code
        self._arrays.code[count:, 2] = HIDDEN
        assert self._data is not None  # noqa: S101
        touch(self._data)
        self._actor.SetVisibility(count > 0)

    def _grow(self, count: int) -> None:
        self._capacity = max(3 * 256, count + count // 4 // 3 * 3)
        size = self._capacity
        triangles = np.arange(size, dtype=np.int32).reshape(-1, 3)
        vertices, motion = np.zeros((size, 3), np.float32), np.zeros((size, 3), np.float32)
        self._arrays = Arrays(vertices, np.zeros((size, 4), np.uint8), motion, triangles)
        self._data = polydata(self._arrays)
        fill(self._actor, self._data, (0.0, 0.0), still=False)

    def set_uniforms(self, lens: Lens, depth_b: float, since_s: float, size_by: float) -> None:
        """Tell the shader of the camera and of the time since the positions were true."""
        self._material.set_number("depthB", depth_b)
        self._material.set_number("since", since_s)
        self._material.set_number("sizeBy", size_by)
        self._material.set_vector("viewPx", float(lens.width_px), float(lens.height_px))

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
        """Return how far away each symbol is still drawn, (N,)."""
        if self.packed is None:
            return np.zeros(0)
        reach = np.array([self._style.symbol(name).reach_m for name in self.packed.names] or [0.0])
        return np.asarray(reach[self.packed.code[::3, 0]])

    def moving(self) -> bool:
        """Tell whether anything drawn has a speed."""
        return self.packed is not None and bool(np.any(self.packed.velocity_mps))

    def close(self) -> None:
        """Take the actor out."""
        drop(self._renderer, self._actor)
        self._data = self._arrays = self.packed = None
