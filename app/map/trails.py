"""Trails: where things came from, fading with age. One actor for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from vtkmodules.vtkRenderingCore import vtkRenderer

from app.map.camera import Lens
from app.map.events import Pick
from app.map.gl import Arrays, Material, drop, fill, make_actor, polydata
from app.map.glsl import HEAD, Program, palette
from app.map.mover_shader import HIDDEN
from app.map.style import MapStyle, Rgb, rgb
from app.map.symbols import IntArray, MoverArrays
from twin.geo import BoolArray
from twin.live.kinds import KINDS
from twin.live.wake import Paths, Sample, Wake
from twin.world import World

FASTEST_MPS = 25.0
"""The end of the scale when trails are coloured by speed: 90 km/h."""
LIFT_M, HALF_PX = 0.8, 1.3
MOST_SELECTED, MOST_POINTS = 200, 250_000
NO_TRAILS = Arrays(
    np.zeros((0, 3), np.float32), np.zeros((0, 4), np.uint8), np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int32)
)
_MAIN = """void main() {
  vec4 raw = floor(scalarColor * 255.0 + 0.5);
  float far = length((MCVCMatrix * vertexMC).xyz), px = pxm * far * sizeBy;
  float wide = (bySpeed > 0.5 ? 1.5 : 1.0) * HALF * px;
  vec3 kind = KIND[int(min(raw.x, COUNT - 1.0))];
  float at = raw.z / 255.0 * (STEPS - 1.0);
  int step_ = int(min(floor(at), STEPS - 2.0));
  vec3 pace = mix(PACE[step_], PACE[step_ + 1], at - float(step_));
  float fresh = 1.0 - raw.y / 255.0;
  tone = vec4(bySpeed > 0.5 ? pace : kind, 0.12 + 0.75 * fresh * fresh);
  side = vec2(normalMC.z * (wide / px + 0.5), wide / px);
  gl_Position = MCDCMatrix * (vertexMC + vec4(normalMC.xy * (wide + 0.5 * px), 0.0, 0.0));
  gl_Position.z -= depthB * 0.01;
}
"""
_FRAGMENT = """in vec4 tone; in vec2 side;
void main() {
  float cover = clamp(side.y - abs(side.x) + 0.5, 0.0, 1.0);
  gl_FragData[0] = vec4(tone.rgb, tone.a * cover * opacity);
}
"""


@dataclass(frozen=True, slots=True)
class TrailWish:
    """Whose trails are shown, how long they are, and whether their colour is the speed.

    Parameters
    ----------
    selected : bool
        Of what is selected.
    kinds : frozenset of str
        Of all of these kinds.
    """

    selected: bool = True
    kinds: frozenset[str] = frozenset()
    minutes: float = 5.0
    by_speed: bool = False


SELECTED_ONLY = TrailWish()


class TrailMaker:
    """Keeps the wake of the worlds it is shown, and makes the trails that are wished for, on the feed's thread."""

    def __init__(self) -> None:
        self._wake = Wake()
        self._before: Sequence[Sample] = ()
        self._made: tuple[tuple[int, TrailWish, tuple[Pick, ...], int], Arrays] = (
            (-1, SELECTED_ONLY, (), 0),
            NO_TRAILS,
        )

    def __call__(
        self,
        world: World,
        packed: MoverArrays,
        chosen: IntArray,
        picks: tuple[Pick, ...],
        wish: TrailWish,
        before: Sequence[Sample] = (),
    ) -> Arrays:
        """Return the trails of what is drawn: up to where it is for a few, else made anew with each sample."""
        if not wish.kinds and not (wish.selected and len(chosen)):
            return NO_TRAILS
        self.keep(world, before)
        if wish.kinds:
            return self._of_kinds(world, packed, chosen, picks, wish)
        return self._trails(world, packed, chosen[:MOST_SELECTED], wish)

    def keep(self, world: World, before: Sequence[Sample] = ()) -> None:
        """Take a sample for trails to come.

        ``before`` is where everything was before the worlds that were shown; taken once.
        """
        self._wake.add(world.tracks, world.at_s)
        if before is not self._before:
            self._before = before
            self._wake.fill(before)

    def _of_kinds(
        self, world: World, packed: MoverArrays, chosen: IntArray, picks: tuple[Pick, ...], wish: TrailWish
    ) -> Arrays:
        made, of = self._made, (self._wake.samples, wish, picks, len(packed.position_m))
        if made[0] != of:
            names = [number for number, name in enumerate(packed.names) if name.partition("@")[0] in wish.kinds]
            wanted = np.isin(packed.code[:, 0], names)
            wanted[chosen] |= wish.selected
            made = (of, self._trails(world, packed, np.flatnonzero(wanted), wish))
            self._made = made
        return made[1]

    def _trails(self, world: World, packed: MoverArrays, index: IntArray, wish: TrailWish) -> Arrays:
        index = index[(packed.code[index, 2] & HIDDEN) == 0]
        ids = packed.ids(index)
        since_s = world.at_s - wish.minutes * 60.0
        paths = self._wake.paths(ids, since_s, MOST_POINTS)
        at = np.concatenate([paths.position_m, packed.position_m[index][None]])
        return trail_arrays(
            replace(paths, position_m=at, time_s=np.append(paths.time_s, world.at_s)), world.at_s, wish.minutes
        )


def trail_arrays(paths: Paths, now_s: float, minutes: float) -> Arrays:
    """Return ribbons along paths: two vertices a point, two triangles between points that follow each other.

    ``code`` holds kind, age (255 is as old as is shown) and speed (255 is :data:`FASTEST_MPS`); ``across`` the
    direction across and the side.
    """
    at = paths.position_m
    samples, count = at.shape[:2]
    if samples < 2 or not count:
        return NO_TRAILS
    there: BoolArray = np.asarray(np.isfinite(at).all(axis=2))
    at = np.where(there[..., None], at, np.float32(0.0))
    # The way at a point is from the one before to the one after; where one is missing, to the other.
    before = np.concatenate([at[:1], at[:-1]])
    after = np.concatenate([at[1:], at[-1:]])
    alone_before = np.concatenate([np.zeros((1, count), bool), there[:-1]])
    alone_after = np.concatenate([there[1:], np.zeros((1, count), bool)])
    before, after = np.where(alone_before[..., None], before, at), np.where(alone_after[..., None], after, at)
    way = after[..., :2] - before[..., :2]
    length = np.hypot(way[..., 0], way[..., 1])
    across = np.stack([way[..., 1], -way[..., 0]], axis=-1) / np.maximum(length, 1e-3)[..., None]
    time_s = paths.time_s[:, None]
    begin = np.where(alone_before, np.concatenate([time_s[:1], time_s[:-1]]), time_s)
    end = np.where(alone_after, np.concatenate([time_s[1:], time_s[-1:]]), time_s)
    speed = length / np.maximum(end - begin, 0.1)
    code = np.zeros((samples, count, 4), np.uint8)
    code[..., 0] = paths.kind[None]
    code[..., 1] = np.clip((now_s - paths.time_s) / (minutes * 60.0) * 255.0, 0, 255)[:, None]
    code[..., 2] = np.clip(speed * (255.0 / FASTEST_MPS), 0, 255)
    vertices = np.repeat(at.reshape(-1, 3), 2, axis=0)
    vertices[:, 2] += np.float32(LIFT_M)
    sides = np.repeat(across.reshape(-1, 2), 2, axis=0) * np.tile([1.0, -1.0], samples * count)[:, None]
    normal = np.column_stack([sides, np.tile([1.0, -1.0], samples * count)]).astype(np.float32)
    point = np.arange(samples * count, dtype=np.int32).reshape(samples, count)
    joined = there[:-1] & there[1:]
    a, b = 2 * point[:-1][joined], 2 * point[1:][joined]
    triangles = np.concatenate([np.column_stack([a, a + 1, b]), np.column_stack([a + 1, b + 1, b])]).astype(np.int32)
    return Arrays(vertices, np.repeat(code.reshape(-1, 4), 2, axis=0), normal, triangles)


def program(style: MapStyle) -> Program:
    """Return the shaders of trails."""
    pace: list[Rgb] = [(r / 255, g / 255, b / 255) for r, g, b, _alpha in style.scale("pace").tolist()]
    vertex = HEAD.vertex + (
        "in vec3 normalMC;\nuniform float bySpeed; uniform float sizeBy;\nout vec4 tone; out vec2 side;\n"
        + palette("KIND", [rgb(style.symbol(kind.name).colour) for kind in KINDS])
        + palette("PACE", pace)
        + f"const float COUNT = {len(KINDS)}.0; const float STEPS = {len(pace)}.0; const float HALF = {HALF_PX:.2f};\n"
        + _MAIN
    )
    return Program(vertex, HEAD.fragment + _FRAGMENT)


class Trails:
    """Draws the arrays of :func:`trail_arrays`."""

    def __init__(self, renderer: vtkRenderer, style: MapStyle) -> None:
        self._renderer = renderer
        self._material = Material(program(style))
        self._material.property.GetFragmentCustomUniforms().SetUniformf("opacity", 1.0)
        self.actor = make_actor(self._material, cull_back=False)
        self._shown = NO_TRAILS
        renderer.AddActor(self.actor)

    def set(self, arrays: Arrays, *, by_speed: bool) -> None:
        """Show these."""
        self._material.set_number("bySpeed", float(by_speed))
        if arrays is self._shown:
            return
        self._shown = arrays
        if len(arrays.triangles):
            fill(self.actor, polydata(arrays), (0.0, 0.0), still=False)
        self.actor.SetVisibility(len(arrays.triangles) > 0)

    def set_style(self, style: MapStyle) -> None:
        """Change the colours."""
        self._material.set_program(program(style))

    def set_uniforms(self, lens: Lens, depth_b: float, size_by: float) -> None:
        """Tell the shaders of the camera."""
        self._material.set_number("pxm", lens.metres_a_pixel)
        self._material.set_number("depthB", depth_b)
        self._material.set_number("sizeBy", size_by)

    def close(self) -> None:
        """Take the actor out."""
        drop(self._renderer, self.actor)
        self._shown = NO_TRAILS
