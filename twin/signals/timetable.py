"""Plans for times of day, and how a junction comes from one to the next without a jump.

All times of day are seconds after local midnight.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from twin.errors import BadInputError
from twin.signals.plan import Plan, Stage

DAY_S = 86_400.0
LONGER, SHORTER = 1.25, 0.85
"""A cycle of a transition is not longer or shorter than its plan by more than this."""


@dataclass(frozen=True, slots=True)
class Slot:
    """From when on a plan runs.

    Parameters
    ----------
    from_s : float
    name : str
        Of the period, as 早高峰.
    plan : Plan
    """

    from_s: float
    name: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Timetable:
    """The plans of one junction through a day; the last one of a day runs on until the first of the next.

    Raises
    ------
    BadInputError
        If it is empty, or two plans begin at the same time, or one outside the day.
    """

    slots: tuple[Slot, ...]

    def __post_init__(self) -> None:
        starts = [slot.from_s for slot in self.slots]
        if not starts or starts != sorted(set(starts)) or not 0 <= starts[0] <= starts[-1] < DAY_S:
            raise BadInputError(
                str(self.slots[0].plan.junction if self.slots else ""),
                "the plans of a day must begin one after the other, between 00:00 and 24:00",
                "change their times",
            )

    def at(self, day_s: float) -> Slot:
        """Return what runs at a time of day."""
        begun = [slot for slot in self.slots if slot.from_s <= day_s % DAY_S]
        return begun[-1] if begun else self.slots[-1]


def transition(plan: Plan, begin_s: float, least_s: Sequence[float], most_cycles: int = 5) -> tuple[Plan, ...]:
    """Return the cycles that bring a junction into step with a new plan, each with its stretched or cut greens.

    The first begins at ``begin_s``; after the last one the plan itself runs in step. The shorter of the two ways round
    is taken: greens are made longer by a quarter at most, or shorter by 15 % but never below their minimum.

    Parameters
    ----------
    begin_s : float
        Seconds since 1970 UTC, where the old plan's last cycle ends.
    least_s : sequence of float
        Least green of each stage.
    """
    late = (begin_s - plan.offset_s) % plan.cycle_s
    if min(late, plan.cycle_s - late) < 1e-9:
        return ()
    give, take = plan.cycle_s - late, late
    spare = [max(0.0, stage.green_s - low) for stage, low in zip(plan.stages, least_s, strict=True)]
    cut = min((1 - SHORTER) * plan.cycle_s, sum(spare))
    stretch = (LONGER - 1) * plan.cycle_s
    longer = math.ceil(give / stretch - 1e-9)
    shorter = math.ceil(take / cut - 1e-9) if cut > 0 else most_cycles + 1
    if shorter < longer:
        return _cycles(plan, -take / shorter, shorter, spare)
    return _cycles(plan, give / longer, longer, [stage.green_s for stage in plan.stages])


def _cycles(plan: Plan, change_s: float, count: int, weights: Sequence[float]) -> tuple[Plan, ...]:
    """Return ``count`` cycles that are longer by ``change_s``, shared out among the stages by weight."""
    total = sum(weights)
    stages: tuple[Stage, ...] = tuple(
        replace(stage, green_s=stage.green_s + change_s * weight / total)
        for stage, weight in zip(plan.stages, weights, strict=True)
    )
    return (replace(plan, cycle_s=plan.cycle_s + change_s, stages=stages),) * count
