"""The passes over the picture: which mesh is drawn by which program, seen from how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from app.map import facades, ground_shaders, trees
from app.map.glsl import Program
from app.map.quality import Quality

SHORE_M = 3000.0
GROUND_M = (0.0, 6000.0, 15_000.0, np.inf)
"""How far each level of the ground is drawn."""


@dataclass(frozen=True, slots=True)
class Band:
    """One pass over the picture.

    Bands are drawn in the order of :func:`bands`: what is solid first, then the ground and what lies on it from the
    lowest up, since the soft edges of roads and shores blend with what is there already. Solid ones are drawn from the
    nearest tile to the farthest and without blending, so that what is hidden costs little.
    """

    mesh: str
    layer: str
    program: Callable[[bool], Program]
    """Asked with whether the ground has relief, or, for buildings, whether there are shadows."""
    from_m: float = 0.0
    to_m: float = np.inf
    solid: bool = False
    cull_back: bool = False


def _detailed(shadows: bool) -> Program:
    return facades.buildings(windows=True, shadows=shadows)


def _plain(shadows: bool) -> Program:
    return facades.buildings(windows=False, shadows=shadows)


def _ground(layer: str, program: Callable[[bool], Program], *, solid: bool = False) -> tuple[Band, ...]:
    """Return the passes over all levels of the ground."""
    names = ("ground", "ground_far", "ground_farthest")
    return tuple(
        Band(name, layer, program, from_m, to_m, solid=solid)
        for name, (from_m, to_m) in zip(names, pairwise(GROUND_M), strict=True)
    )


def bands(quality: Quality) -> tuple[Band, ...]:
    """Return all passes, in the order in which they are drawn."""
    q = quality
    return (
        Band("buildings", "buildings", _detailed, 0.0, q.windows_m, solid=True, cull_back=True),
        Band("buildings", "buildings", _plain, q.windows_m, q.solid_m, solid=True, cull_back=True),
        Band("boxes", "buildings", lambda _: facades.boxes(), q.solid_m, q.box_m, solid=True, cull_back=True),
        Band("trees", "trees", lambda _: trees.program(), 0.0, q.trees_m, solid=True),
        Band("trees_far", "trees", lambda _: trees.program(), q.trees_m, q.tree_m, solid=True),
        *_ground("terrain", ground_shaders.ground, solid=True),
        Band("land", "land", lambda relief: ground_shaders.areas("land", relief), to_m=q.detail_m),
        Band("land_far", "land", lambda relief: ground_shaders.areas("land", relief), from_m=q.detail_m),
        Band("water", "water", lambda relief: ground_shaders.areas("water", relief), to_m=q.detail_m),
        Band("water_far", "water", lambda relief: ground_shaders.areas("water", relief), from_m=q.detail_m),
        Band("shore", "water", ground_shaders.shore, to_m=min(SHORE_M, q.detail_m)),
        *_ground("imagery", ground_shaders.imagery),
        Band("lanes", "roads", lambda relief: ground_shaders.roads(relief, casing=True), to_m=q.casing_m),
        Band("roads", "roads", lambda relief: ground_shaders.roads(relief, casing=True), to_m=q.casing_m),
        Band("lanes", "roads", lambda relief: ground_shaders.roads(relief, casing=False), to_m=q.lanes_m),
        Band("roads", "roads", lambda relief: ground_shaders.roads(relief, casing=False)),
        *_ground("shadows", ground_shaders.shades),
        Band("dots", "buildings", lambda _: facades.dots(), from_m=q.box_m, to_m=q.dot_m),
    )
