"""Who should go: units by how soon they would be there, with what speaks for and against each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.geo import BoolArray, FloatArray
from twin.operations.following import tried
from twin.operations.plans import Plan
from twin.operations.records import Dispatch, Step, Unit
from twin.traffic.speeds import FEW, RoadSpeeds
from twin.traffic.travel import TravelTimes

ON_FOOT = ("officer", "guard", "volunteer")
FLYING = ("drone",)
DRONE_MPS = 15.0
ACROSS_M, WALK_MPS = 100.0, 5.0 / 3.6
"""So near one walks straight there, whatever the roads."""
LOAD_S = 60.0
"""Each dispatch of this shift weighs like so much more travel, so that the work is shared."""
SHIFT_END_S, LATE_S = 1800.0, 600.0
"""Who would arrive so near the end of the shift, and how much that weighs."""
UNSKILLED_S, TRIED_S = 900.0, 1800.0
"""What it weighs to lack a skill that is asked for, and not to have answered or moved for this incident."""
SLOWEST_KMH = 3.0


@dataclass(frozen=True, slots=True)
class Need:
    """What an incident asks for.

    Parameters
    ----------
    skills : tuple of str
        All of them are wanted.
    tried : frozenset of str
        Units that were sent and did not answer, refused, or stood still.
    """

    skills: tuple[str, ...] = ()
    tried: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that could go.

    Parameters
    ----------
    seconds : float
        Until it is there.
    weighed_s : float
        With what speaks against it.
    reasons : tuple of str
        Words of :data:`REASONS`, those for it before those against it.
    """

    unit: Unit
    seconds: float
    weighed_s: float
    reasons: tuple[str, ...]


REASONS = ("nearest", "skilled", "rested", "busy_shift", "shift_ends", "lacks_skill", "tried")


def propose(
    units: Sequence[Unit],
    place_m: FloatArray,
    goal_m: FloatArray,
    drive: TravelTimes,
    walk: TravelTimes,
    now_s: float,
    need: Need = Need(),
) -> tuple[Candidate, ...]:
    """Return the free units that can come, the best first.

    Parameters
    ----------
    place_m : (N, 2) array
        Where each unit is, east and north in the local frame; NaN where that is not known.
    goal_m : (2,) array
    drive, walk
        Travel times by vehicle, with the speeds of now, and on foot.
    """
    free = [row for row, unit in enumerate(units) if unit.state == "free"]
    if not free or not np.isfinite(goal_m).all():
        return ()
    some, place = [units[row] for row in free], np.asarray(place_m, np.float64)[free, :2]
    seconds = arrival_s(some, place, np.asarray(goal_m, np.float64)[:2], drive, walk)
    lacking = np.array([not set(need.skills) <= set(unit.skills) for unit in some])
    tried = np.array([unit.id in need.tried for unit in some])
    load = np.array([unit.load for unit in some], np.float64)
    ends = now_s + seconds > np.array([unit.until_s for unit in some]) - SHIFT_END_S
    weighed = seconds + LOAD_S * load + LATE_S * ends + UNSKILLED_S * lacking + TRIED_S * tried
    order = [int(row) for row in np.argsort(weighed, kind="stable") if np.isfinite(weighed[row])]
    nearest = int(np.argmin(seconds)) if order else -1
    return tuple(
        Candidate(some[row], float(seconds[row]), float(weighed[row]), _reasons(
            row == nearest, bool(need.skills) and not lacking[row], int(load[row]), bool(ends[row]),
            bool(lacking[row]), bool(tried[row]),
        ))
        for row in order
    )  # fmt: skip


def need_of(steps: Sequence[Step], dispatches: Sequence[Dispatch], plan: Plan | None) -> Need:
    """Return what an incident asks for now: the skill of the first step that waits for somebody to be sent."""
    waiting = [one for one in steps if one.state == "waiting" and one.action == "send"]
    first = min(waiting, key=lambda one: one.place, default=None)
    skill = plan.step(first.step).sends if plan is not None and first is not None else ""
    return Need((skill,) if skill else (), tried(dispatches))


def arrival_s(
    units: Sequence[Unit], place_m: FloatArray, goal_m: FloatArray, drive: TravelTimes, walk: TravelTimes
) -> FloatArray:
    """Return how long each unit needs by road, on foot, or as the drone flies, (N,); infinite where no way is known."""
    kinds = np.array([unit.kind for unit in units])
    flying, on_foot = np.isin(kinds, FLYING), np.isin(kinds, ON_FOOT)
    away_m = np.hypot(*(place_m - goal_m).T)
    seconds = np.where(flying, away_m / DRONE_MPS, np.inf)
    for rows, times in ((~flying & ~on_foot, drive), (on_foot, walk)):
        _ask(seconds, rows & np.isfinite(away_m), place_m, goal_m, times)
    near = ~flying & (away_m <= ACROSS_M)
    seconds[near] = np.minimum(seconds[near], away_m[near] / WALK_MPS)
    return np.where(np.isnan(seconds), np.inf, seconds)


def link_speeds(times: TravelTimes, speeds: RoadSpeeds) -> FloatArray:
    """Return the speeds of now for each link of a router, in km/h; NaN where too few vehicles tell it."""
    road = times.graph.road
    known = speeds.vehicles[road] >= FEW
    return np.where(known, np.maximum(speeds.mean_kmh[road].astype(np.float64), SLOWEST_KMH), np.nan)


def _ask(seconds: FloatArray, rows: BoolArray, place_m: FloatArray, goal_m: FloatArray, times: TravelTimes) -> None:
    if rows.any():
        seconds[rows] = times.to_one(place_m[rows], goal_m).seconds


def _reasons(nearest: bool, skilled: bool, load: int, ends: bool, lacking: bool, tried: bool) -> tuple[str, ...]:
    told = (nearest, skilled, load == 0, load > 2, ends, lacking, tried)
    return tuple(word for word, holds in zip(REASONS, told, strict=True) if holds)
