"""Lines of sight: exact against buildings as prisms, sampled against the ground, on a round earth with refraction.

With ``t`` from 0 at the eye to 1 at the target and ``d`` the distance between them, the line of sight runs at

    z(t) = z0 + t (z1 - z0) - t (1 - t) d^2 (1 - k) / (2 R)

above the surface on which heights are counted, where ``k`` is the share of refraction and ``R`` the radius of the
earth. It is convex in ``t``, so its lowest point over a footprint is at an end of the crossing or at its own minimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray
from twin.sight.obstacles import BULGE_PER_M, Obstacles

NOTHING, GROUND, LOST = -1, -2, -3
TOLERANCE_M = 0.01
PIECE = 512
"""Lines that are looked along at once: a few milliseconds with Python's lock."""

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Sight:
    """What (K,) lines of sight met.

    Parameters
    ----------
    free : (K,) float array
        Share of the line, from the eye on, that is free; 1 where the target is seen.
    by : (K,) int array
        Row of the building that is first in the way, :data:`GROUND`, :data:`NOTHING`, or :data:`LOST` for places
        that are none (NaN or infinite).
    """

    free: FloatArray
    by: IntArray

    @property
    def seen(self) -> BoolArray:
        """Return where the target is seen."""
        return np.asarray(self.by == NOTHING)


def look(obstacles: Obstacles, eye_m: FloatArray, target_m: FloatArray, through: IntArray | None = None) -> Sight:
    """Look along lines.

    Parameters
    ----------
    eye_m, target_m : (K, 3) float arrays
        East, north in the city's projected system, and height above the terrain's zero; one row also stands for all.
    through : (K,) int array, optional
        Row of a building that does not count for a line, as the one that is looked at; -1 for none.
    """
    eye, target = (np.array(a) for a in np.broadcast_arrays(np.atleast_2d(eye_m), np.atleast_2d(target_m)))
    allowed = np.full(len(eye), NOTHING) if through is None else np.broadcast_to(through, len(eye))
    free, by = np.ones(len(eye)), np.full(len(eye), NOTHING)
    lost = ~np.isfinite(eye + target).all(axis=1)
    free[lost], by[lost], eye[lost], target[lost] = 0.0, LOST, 0.0, 0.0
    for start in range(0, len(eye), PIECE):
        some = slice(start, start + PIECE)
        for met in (_buildings, _ground):
            line, at, what = met(obstacles, eye[some], target[some], allowed[some])
            _keep_first(free[some], by[some], line, at, what)
    return Sight(free, by)


def who_sees(
    obstacles: Obstacles,
    eye_m: FloatArray,
    target_m: FloatArray,
    candidates: BoolArray | None = None,
    through: IntArray | None = None,
) -> BoolArray:
    """Tell which of (N, 3) eyes see which of (M, 3) targets: an (N, M) array.

    Parameters
    ----------
    candidates : (N, M) bool array, optional
        Pairs that are asked for, as those within range and field of view; the others are False.
    through : (M,) int array, optional
        Row of the building each target is, which does not hide it; -1 for none.
    """
    eyes, targets = np.atleast_2d(eye_m), np.atleast_2d(target_m)
    seen = np.ones((len(eyes), len(targets)), bool) if candidates is None else candidates.copy()
    eye, target = np.nonzero(seen)
    own = None if through is None else np.asarray(through)[target]
    seen[eye, target] = look(obstacles, eyes[eye], targets[target], own).seen
    return seen


Met = tuple[IntArray, FloatArray, IntArray]
"""Lines, how far along they are blocked, and by which building."""


def _keep_first(free: FloatArray, by: IntArray, line: IntArray, at: FloatArray, what: IntArray) -> None:
    order = np.argsort(-at, kind="stable")  # the nearest is written last
    order = order[at[order] < free[line[order]]]
    free[line[order]], by[line[order]] = at[order], what[order]


def _buildings(obstacles: Obstacles, eye: FloatArray, target: FloatArray, through: IntArray) -> Met:
    flat = np.asarray(shapely.linestrings(np.stack([eye[:, :2], target[:, :2]], axis=1)), dtype=object)
    line, building = obstacles.tree.query(flat, predicate="intersects")
    low = np.minimum(eye[:, 2], target[:, 2]) - _bulge(eye, target) / 4.0
    worth = (obstacles.top_m[building] > low[line]) & (building != through[line])
    line, building = line[worth], building[worth]
    pieces, crossing = shapely.get_parts(
        shapely.intersection(flat[line], obstacles.footprint[building]), return_index=True
    )
    long = shapely.length(pieces) > 0  # touching a corner hides nothing
    pieces, line, building = pieces[long], line[crossing[long]], building[crossing[long]]
    ends = shapely.get_coordinates(shapely.get_point(pieces, [[0], [-1]])).reshape(2, -1, 2)
    way = target[line, :2] - eye[line, :2]
    share = np.sort(((ends - eye[line, :2]) * way).sum(axis=2) / (way**2).sum(axis=1), axis=0)
    at = _first_below(eye[line], target[line], share[0], share[1], obstacles.top_m[building] - TOLERANCE_M)
    hit = np.isfinite(at)
    return line[hit], at[hit], building[hit]


def _first_below(
    eye: FloatArray, target: FloatArray, begin: FloatArray, end: FloatArray, top: FloatArray
) -> FloatArray:
    """Return where lines first run below ``top`` between two shares of their length; infinite where they do not."""
    a = _bulge(eye, target)
    b = target[:, 2] - eye[:, 2] - a
    c = eye[:, 2] - top
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(b**2 - 4.0 * a * c)
        enters = np.where(b <= 0, 2.0 * c / (-b + root), (-b - root) / (2.0 * a))
    inside_at_once = (a * begin + b) * begin + c < 0
    lowest = np.clip(np.divide(-b, 2.0 * a, out=begin.copy(), where=a > 0), begin, end)
    ever = (a * lowest + b) * lowest + c < 0
    return np.where(inside_at_once, begin, np.where(ever, enters, np.inf))


def _ground(obstacles: Obstacles, eye: FloatArray, target: FloatArray, _through: IntArray) -> Met:
    """Sample the ground twice a cell of the terrain; the ends themselves stand on it and do not count."""
    if obstacles.terrain is None:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64)
    distance = np.hypot(*(target - eye)[:, :2].T)
    count = np.maximum(np.ceil(2.0 * distance / obstacles.terrain.step_m).astype(np.int64), 1)
    line = np.repeat(np.arange(len(eye)), count - 1)
    first = np.repeat(np.cumsum(count - 1) - (count - 1), count - 1)
    t = (np.arange(len(line)) - first + 1) / count[line]
    at = eye[line] + t[:, None] * (target - eye)[line]
    height = at[:, 2] - t * (1.0 - t) * _bulge(eye, target)[line]
    low = height < obstacles.terrain.sample(at[:, 0], at[:, 1]) - TOLERANCE_M
    return line[low], t[low], np.full(np.count_nonzero(low), GROUND)


def _bulge(eye: FloatArray, target: FloatArray) -> FloatArray:
    return np.asarray(((target - eye)[:, :2] ** 2).sum(axis=1) * BULGE_PER_M)
