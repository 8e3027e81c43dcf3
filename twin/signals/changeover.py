"""From the plan that runs to another one without a jump: what the lights show meanwhile, second by second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twin.signals.plan import Junction, Plan, Stage
from twin.signals.timetable import transition


@dataclass(frozen=True, slots=True)
class Lights:
    """What a junction shows at one instant: movements that are green, and those on amber."""

    green: frozenset[str]
    amber: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Changeover:
    """A plan, and the one before it with the cycles between them.

    Parameters
    ----------
    old : Plan or Changeover
        Runs to the end of its cycle, at ``begin_s``; a change that is still under way is carried through first.
    between : tuple of Plan
        Each runs for one cycle after the other.
    new : Plan
        Runs in step from then on.
    begin_s : float
        Seconds since 1970 UTC.
    """

    old: Plan | Changeover
    between: tuple[Plan, ...]
    new: Plan
    begin_s: float

    @classmethod
    def steady(cls, plan: Plan) -> Changeover:
        """Return a plan that runs since long ago."""
        return cls(plan, (), plan, 0.0)

    @classmethod
    def of(cls, now: Changeover, new: Plan, at_s: float, least_s: Sequence[float]) -> Changeover:
        """Begin to change at a time; ``least_s`` is the least green of each stage of the new plan."""
        runs = now.new
        cycles = math.ceil((max(at_s, now.ends_s) - runs.offset_s) / runs.cycle_s - 1e-9)
        begin_s = runs.offset_s + cycles * runs.cycle_s
        return cls(runs if at_s >= now.ends_s else now, transition(new, begin_s, least_s), new, begin_s)

    @property
    def ends_s(self) -> float:
        """Return from when on the new plan runs in step."""
        return self.begin_s + math.fsum(plan.cycle_s for plan in self.between)

    def stage_at(self, time_s: float) -> tuple[Plan, int, float]:
        """Return the plan whose stage runs, the row of the stage, and for how long it runs already."""
        if time_s < self.begin_s and isinstance(self.old, Changeover):
            return self.old.stage_at(time_s)
        if time_s < self.begin_s:
            return self.old, *self.old.stage_at(time_s)
        since = time_s - self.begin_s
        for plan in self.between:
            if since < plan.cycle_s:
                row = max(row for row, start in enumerate(plan.starts()) if start <= since)
                return plan, row, since - plan.starts()[row]
            since -= plan.cycle_s
        return self.new, *self.new.stage_at(time_s)

    def lights_at(self, time_s: float) -> Lights:
        """Return what is shown: at the end of a stage who is not green in the next goes through amber and red."""
        plan, row, into_s = self.stage_at(time_s)
        stage = plan.stages[row]
        if into_s < stage.green_s:
            return Lights(stage.greens)
        stays = stage.greens & self._next(time_s, plan, row, into_s).greens
        amber = into_s < stage.green_s + stage.amber_s
        return Lights(stays, stage.greens - stays if amber else frozenset())

    def _next(self, time_s: float, plan: Plan, row: int, into_s: float) -> Stage:
        after, at, _ = self.stage_at(time_s + plan.stages[row].long_s - into_s + 1e-6)
        return after.stages[at]


def least_greens(junction: Junction, plan: Plan) -> tuple[float, ...]:
    """Return the least green of each stage: that of its movements, who has two stages need it in one of them only."""
    many = [name for stage in plan.stages for name in stage.greens]
    return tuple(
        max([5.0, *(junction.movement(name).min_green_s for name in stage.greens if many.count(name) == 1)])
        for stage in plan.stages
    )
