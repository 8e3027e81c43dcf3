"""A signal junction and the plan it runs: movements, what conflicts, stages, cycle, offset.

A plan is a sequence of stages. A movement that is in two stages that follow each other keeps its green between them;
any other goes through amber and all-red, the intergreen at the end of its stage. The first stage turns green
``offset_s`` after each full cycle since 1970-01-01 UTC, as the junctions of a city have it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from twin.words import Said, said, say

THROUGH, LEFT, RIGHT, WALK = "through", "left", "right", "walk"
SIDES = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")
AMBER_S, ALL_RED_S = 3.0, 2.0
SATURATION_VPH = 1800.0
"""What a lane lets through in an hour of green; measured at the junction it counts more."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One stream with a light of its own; right turns give way, go with the straight stream and have none.

    Parameters
    ----------
    name : str
        Unique at its junction: the side it comes from and its turn, as ``north.left``.
    side : str
        One of :data:`SIDES`; of people on foot the leg they cross.
    turn : str
        ``through``, ``left``, ``right`` (only where the approach has nothing else) or ``walk``.
    come, go : str
        Links it comes from and goes to, as :meth:`twin.traffic.graph.RoadGraph.names` has them; both empty for people.
    lanes : int
    min_green_s : float
    """

    name: str
    side: str
    turn: str
    come: str = ""
    go: str = ""
    lanes: int = 1
    min_green_s: float = 6.0

    @property
    def told(self) -> Said:
        """Return its name as a person says it."""
        return say("{turn} from the {side}", turn=said(self.turn), side=said(self.side))


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two movements whose ways cross or meet.

    Parameters
    ----------
    one, other : str
        Names of movements.
    clear_s, back_s : float
        Least time between the end of green of ``one`` and the beginning of ``other``'s, and the other way round.
    filters : bool
        Both may be green together: one of them looks for gaps, as a left turn without an arrow.
    """

    one: str
    other: str
    clear_s: float = AMBER_S + ALL_RED_S
    back_s: float = AMBER_S + ALL_RED_S
    filters: bool = False


@dataclass(frozen=True, slots=True)
class Junction:
    """What a plan for a junction has to respect.

    Parameters
    ----------
    id : int
        As in the table of junctions.
    name : str
    position_m : (float, float)
        East and north in the local frame.
    movements : tuple of Movement
    conflicts : tuple of Conflict
    """

    id: int
    name: str
    position_m: tuple[float, float]
    movements: tuple[Movement, ...]
    conflicts: tuple[Conflict, ...]

    def movement(self, name: str) -> Movement:
        """Return a movement by its name."""
        return next(movement for movement in self.movements if movement.name == name)

    def without_walkers(self) -> Junction:
        """Return the same junction as if nobody crossed it on foot."""
        kept = tuple(movement for movement in self.movements if movement.turn != WALK)
        names = {movement.name for movement in kept}
        return replace(self, movements=kept, conflicts=tuple(c for c in self.conflicts if {c.one, c.other} <= names))


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the cycle.

    Parameters
    ----------
    greens : frozenset of str
        Movements that have green.
    green_s, amber_s, all_red_s : float
    """

    greens: frozenset[str]
    green_s: float
    amber_s: float = AMBER_S
    all_red_s: float = ALL_RED_S

    @property
    def clear_s(self) -> float:
        """Return the intergreen at its end."""
        return self.amber_s + self.all_red_s

    @property
    def long_s(self) -> float:
        """Return its length with its intergreen."""
        return self.green_s + self.clear_s


@dataclass(frozen=True, slots=True)
class Plan:
    """What one junction does, again and again.

    Parameters
    ----------
    junction : int
    cycle_s, offset_s : float
    stages : tuple of Stage
        In their order.
    """

    junction: int
    cycle_s: float
    offset_s: float
    stages: tuple[Stage, ...]

    def shifted(self, offset_s: float) -> Plan:
        """Return the plan with another offset, brought into the cycle."""
        return replace(self, offset_s=offset_s % self.cycle_s)

    def greens(self) -> Mapping[str, tuple[tuple[float, float], ...]]:
        """Return when each movement is green: begin and end after the beginning of the first stage.

        A green over the end of the cycle is one that ends after it.
        """
        names = sorted(set().union(*(stage.greens for stage in self.stages)))
        return {name: self._green(name) for name in names}

    def _green(self, name: str) -> tuple[tuple[float, float], ...]:
        stages, starts = self.stages, self.starts()
        has = [name in stage.greens for stage in stages]
        if all(has):
            return ((0.0, self.cycle_s),)
        found = []
        for row in range(len(stages)):
            if not has[row] or has[row - 1]:
                continue
            last = row
            while has[(last + 1) % len(stages)]:
                last += 1
            turns, at = divmod(last, len(stages))
            found.append((starts[row], starts[at] + turns * self.cycle_s + stages[at].green_s))
        return tuple(found)

    def starts(self) -> tuple[float, ...]:
        """Return when each stage begins, seconds after the first."""
        return tuple(math.fsum(stage.long_s for stage in self.stages[:row]) for row in range(len(self.stages)))

    def stage_at(self, time_s: float) -> tuple[int, float]:
        """Return which stage runs at a time (seconds since 1970 UTC), and for how long already."""
        at = (time_s - self.offset_s) % self.cycle_s
        row = max(row for row, start in enumerate(self.starts()) if start <= at)
        return row, at - self.starts()[row]


def whole(plan: Plan) -> Plan:
    """Return a plan in whole seconds, as controllers have it; what rounding takes or gives is the longest stage's."""
    cycle = round(plan.cycle_s)
    greens = [round(stage.green_s) for stage in plan.stages]
    rest = cycle - sum(greens) - round(math.fsum(stage.clear_s for stage in plan.stages))
    greens[max(range(len(greens)), key=greens.__getitem__)] += rest
    stages = tuple(replace(stage, green_s=float(green)) for stage, green in zip(plan.stages, greens, strict=True))
    return Plan(plan.junction, float(cycle), float(round(plan.offset_s) % cycle), stages)
