"""Does a controller do what it confirmed? What it says is compared with the plan it was given, second by second."""

from __future__ import annotations

from dataclasses import dataclass

from twin.signals.plan import Plan
from twin.signals.timetable import DAY_S, Timetable
from twin.words import Said, say

SILENT_S = 30.0
PATIENCE_S = 10.0
"""A change of plan may take so long before it counts as not done."""
OFF_S = 3.0
"""A stage may begin so much early or late."""
SETTLED = 6.5
"""Cycles after a change until a controller must be in step: five of a transition, each a quarter longer."""
ZONE_S = 28_800.0
"""Times of day are those of China, eight hours before UTC."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a controller said: at ``at_s`` by our clock, the number of its plan, and the row of its stage."""

    at_s: float
    plan: int
    stage: int
    clock_s: float


@dataclass(frozen=True, slots=True)
class Duty:
    """What it confirmed: a plan under a number, since a time."""

    number: int
    plan: Plan
    since_s: float


def duty_of_day(first: int, day: Timetable, since_s: float, now_s: float) -> Duty:
    """Return what a controller has to do now that runs the plans of a day, numbered from ``first``."""
    day_s = (now_s + ZONE_S) % DAY_S
    slot = day.at(day_s)
    begun_s = now_s - (day_s - slot.from_s) % DAY_S
    return Duty(first + day.slots.index(slot), slot.plan, max(since_s, begun_s))


def astray(duty: Duty, seen: Seen | None, now_s: float) -> Said | None:
    """Return what is wrong, the worst alone; None while all is as it should be, or may still become so."""
    if now_s - duty.since_s < PATIENCE_S:
        return None
    if seen is None or now_s - seen.at_s > SILENT_S:
        return say("it has said nothing for {seconds} s", seconds=round(now_s - (seen.at_s if seen else duty.since_s)))
    if seen.plan != duty.number:
        return say("it confirmed plan {meant} and runs plan {seen}", meant=duty.number, seen=seen.plan)
    if abs(seen.clock_s - seen.at_s) > OFF_S:
        return say("its clock is off by {seconds} s", seconds=round(seen.clock_s - seen.at_s))
    if now_s - duty.since_s > SETTLED * duty.plan.cycle_s and not _in_step(duty.plan, seen):
        return say("it runs plan {meant} out of step: stage {seen}", meant=duty.number, seen=seen.stage + 1)
    return None


def _in_step(plan: Plan, seen: Seen) -> bool:
    """Tell whether its stage is the plan's at this time, or was or will be within what may be off."""
    return any(plan.stage_at(seen.at_s + off)[0] == seen.stage for off in (0.0, -OFF_S, OFF_S))
