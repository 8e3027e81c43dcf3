"""An independent check of a finished plan: the cycle is played in tenths of a second, and nothing of how it was made
is trusted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from twin.errors import BadInputError
from twin.geo import BoolArray
from twin.signals.plan import Conflict, Junction, Plan
from twin.words import Said, say

TICK_S = 0.1
LONGEST_S = 600.0
Lights = Mapping[str, BoolArray]
"""For each movement in which ticks of the cycle it is green."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a plan is refused.

    Parameters
    ----------
    kind : str
        ``time``, ``offset``, ``cycle``, ``unknown``, ``never``, ``conflict``, ``clear`` or ``short``.
    movements : tuple of str
        Whom it concerns, two where it is about a pair.
    sentence : Said
    """

    kind: str
    movements: tuple[str, ...]
    sentence: Said


def check(junction: Junction, plan: Plan) -> tuple[Fault, ...]:
    """Return all that is wrong with a plan, the worst first; nothing for one that may run."""
    found = tuple(_times(plan)) or tuple(_names(junction, plan))
    if found:
        return found
    lights = _play(plan)
    return (
        *_conflicts(junction, lights), *_clearances(junction, lights), *_offset(junction, plan),
        *_least_cycle(junction, plan), *_shorts(junction, lights),
    )  # fmt: skip


def verify(junction: Junction, plan: Plan) -> None:
    """Refuse a plan that may not run.

    Raises
    ------
    BadInputError
        With the first fault, the movements by name.
    """
    faults = check(junction, plan)
    if faults:
        raise BadInputError(junction.name, faults[0].sentence, "change the plan; it was not sent")


def _times(plan: Plan) -> Iterator[Fault]:
    numbers = [plan.cycle_s, plan.offset_s]
    numbers += [value for stage in plan.stages for value in (stage.green_s, stage.amber_s, stage.all_red_s)]
    if (
        not all(stage.greens for stage in plan.stages)
        or not plan.stages
        or not all(math.isfinite(value) and 0 <= value <= LONGEST_S for value in numbers)
    ):
        yield Fault("time", (), say(
            "the plan has no stages, one without green, or a time that is not between 0 and {most:g} s", most=LONGEST_S
        ))  # fmt: skip
        return
    if any(abs(value / TICK_S - round(value / TICK_S)) > 1e-6 for value in numbers):
        yield Fault("time", (), say("a time of the plan is finer than a tenth of a second"))
    told = math.fsum(stage.green_s + stage.amber_s + stage.all_red_s for stage in plan.stages)
    if abs(told - plan.cycle_s) > 1e-6 or not plan.cycle_s:
        yield Fault("time", (), say("its stages take {told:g} s and its cycle is {cycle:g} s", told=told,
                                    cycle=plan.cycle_s))  # fmt: skip


def _names(junction: Junction, plan: Plan) -> Iterator[Fault]:
    known = {movement.name for movement in junction.movements}
    told = set().union(*(stage.greens for stage in plan.stages))
    for name in sorted(told - known):
        yield Fault("unknown", (name,), say("the junction has no movement {name}", name=name))
    for movement in junction.movements:
        if movement.name not in told:
            yield Fault("never", (movement.name,), say("{one} never gets green", one=movement.told))


def _offset(junction: Junction, plan: Plan) -> Iterator[Fault]:
    """Name whom the offset starts and whom it starts next."""
    if plan.offset_s >= plan.cycle_s:
        pair = tuple(min(stage.greens) for stage in plan.stages[:2])
        yield Fault("offset", pair, say(
            "the offset of {offset:g} s is beyond the cycle of {cycle:g} s ({who})", offset=plan.offset_s,
            cycle=plan.cycle_s, who=_both(junction, pair),
        ))  # fmt: skip


def _both(junction: Junction, pair: tuple[str, ...]) -> Said:
    told = [junction.movement(name).told for name in pair]
    return say("{one} and {other}", one=told[0], other=told[-1])


def _play(plan: Plan) -> Lights:
    """Return the lights of one cycle, tick by tick."""
    ticks = [
        (stage.greens, after.greens, round(stage.green_s / TICK_S), round((stage.amber_s + stage.all_red_s) / TICK_S))
        for stage, after in zip(plan.stages, (*plan.stages[1:], plan.stages[0]), strict=True)
    ]
    names = set().union(*(stage.greens for stage in plan.stages))
    return {
        name: np.concatenate(
            [
                np.repeat([name in now, name in now and name in then], [green, clear])
                for now, then, green, clear in ticks
            ]
        )
        for name in names
    }


def _after(light: BoolArray, seconds: float) -> BoolArray:
    """Return a light held on for some seconds more, round the cycle."""
    reach = min(math.ceil(seconds / TICK_S - 1e-6), len(light) - 1)
    ends = np.cumsum(np.concatenate([light[len(light) - reach :], light]).astype(np.int64))
    before = np.concatenate([[0], ends])[: len(light)]
    held: BoolArray = ends[reach:] > before
    return held


def _conflicts(junction: Junction, lights: Lights) -> Iterator[Fault]:
    for conflict in junction.conflicts:
        if not conflict.filters and (lights[conflict.one] & lights[conflict.other]).any():
            yield _fault(conflict, "conflict", say(
                "{one} and {other} are green together and their ways conflict", **_told(junction, conflict)
            ))  # fmt: skip


def _clearances(junction: Junction, lights: Lights) -> Iterator[Fault]:
    for conflict in junction.conflicts:
        one, other = lights[conflict.one], lights[conflict.other]
        if (one & other).any():
            continue
        if (_after(one, conflict.clear_s) & other).any() or (_after(other, conflict.back_s) & one).any():
            yield _fault(conflict, "clear", say(
                "between {one} and {other} the intergreen is shorter than {least:g} s", **_told(junction, conflict),
                least=max(conflict.clear_s, conflict.back_s),
            ))  # fmt: skip


def _fault(conflict: Conflict, kind: str, sentence: Said) -> Fault:
    return Fault(kind, (conflict.one, conflict.other), sentence)


def _told(junction: Junction, conflict: Conflict) -> dict[str, Said]:
    return {"one": junction.movement(conflict.one).told, "other": junction.movement(conflict.other).told}


def _least_cycle(junction: Junction, plan: Plan) -> Iterator[Fault]:
    """Refuse a cycle that two conflicting movements cannot share, whatever the stages are."""
    for conflict in junction.conflicts:
        one, other = junction.movement(conflict.one), junction.movement(conflict.other)
        least = one.min_green_s + other.min_green_s + conflict.clear_s + conflict.back_s
        if not conflict.filters and plan.cycle_s < least:
            yield Fault("cycle", (one.name, other.name), say(
                "a cycle of {cycle:g} s is shorter than the {least:g} s that {one} and {other} need",
                cycle=plan.cycle_s, least=least, one=one.told, other=other.told,
            ))  # fmt: skip


def _shorts(junction: Junction, lights: Lights) -> Iterator[Fault]:
    for movement in junction.movements:
        light = lights[movement.name]
        if light.all():
            continue
        line = np.roll(light, -int(np.argmin(light)))  # begins with red
        edges = np.flatnonzero(np.diff(np.concatenate([line, [False]]).astype(np.int8), prepend=0))
        shortest = float((edges[1::2] - edges[::2]).min()) * TICK_S if len(edges) else 0.0
        if shortest < movement.min_green_s - 1e-6:
            yield Fault("short", (movement.name,), say(
                "{one} has {green:g} s of green and needs {least:g} s", one=movement.told, green=round(shortest, 1),
                least=movement.min_green_s,
            ))  # fmt: skip
