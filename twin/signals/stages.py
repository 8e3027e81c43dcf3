"""Stages of a junction on an arterial: every order of its left turns, with greens that its traffic needs.

The arterial's straight streams get what is left of the cycle once all others have what they need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.signals.plan import LEFT, SATURATION_VPH, THROUGH, WALK, Junction, Plan, Stage

Flows = Mapping[str, float]
"""Vehicles an hour of each movement; who turns right counts with who goes straight on."""
LEFTS_FIRST, LEFTS_LAST, OUT_FIRST, BACK_FIRST = "lefts_first", "lefts_last", "out_first", "back_first"
FULLEST = 0.8
"""Degree of saturation that side streams get green for."""
LOST_S = 2.0
"""Of each green, until its first vehicle rolls."""
FILTER_VPH = 120.0
"""Left turns of a side street up to this find their gaps in the stage of its straight stream."""


USUAL_VPH = {"out": 460.0, "back": 400.0, "cross": 220.0, "left": 40.0}
"""Traffic off-peak that is taken for granted until it is measured."""


@dataclass(frozen=True, slots=True)
class Main:
    """The straight movements of an arterial at one junction, and the left turns beside them (empty where none is)."""

    out: str
    back: str
    out_left: str
    back_left: str


def main_of(junction: Junction, out: str, back: str) -> Main:
    """Find the left turns that come the same way as the two straight movements."""
    lefts = {movement.come: movement.name for movement in junction.movements if movement.turn == LEFT}
    return Main(out, back, *(lefts.get(junction.movement(name).come, "") for name in (out, back)))


def usual(junction: Junction, out: str, back: str) -> Flows:
    """Return the traffic that is taken for granted at a junction of an arterial."""
    flows = {m.name: USUAL_VPH["left" if m.turn == LEFT else "cross"] for m in junction.movements if m.turn != WALK}
    return flows | {out: USUAL_VPH["out"], back: USUAL_VPH["back"]}


def options(junction: Junction, out: str, back: str, flows: Flows, cycle_s: float) -> dict[str, Plan]:
    """Return a plan with offset 0 for each order of the left turns that the cycle has room for.

    Where one left turn alone is there, first or last is all the choice there is.
    """
    main = main_of(junction, out, back)
    side = _side_stages(junction, main, flows)
    found = {}
    for order, heads in _orders(main).items():
        greens = _with_walkers(junction, [*heads, *side])
        plan = _split(junction, greens, main, flows, cycle_s)
        if plan is not None:
            found[order] = plan
    return found


def _orders(main: Main) -> dict[str, list[frozenset[str]]]:
    both = frozenset({main.out, main.back})
    lefts = frozenset({main.out_left, main.back_left} - {""})
    if not lefts:
        return {LEFTS_LAST: [both]}
    out, back = frozenset({main.out, main.out_left}), frozenset({main.back, main.back_left})
    if len(lefts) == 1:
        alone = out if main.out_left else back
        return {LEFTS_FIRST: [alone, both], LEFTS_LAST: [both, alone]}
    return {
        LEFTS_FIRST: [lefts, both], LEFTS_LAST: [both, lefts], OUT_FIRST: [out, both, back],
        BACK_FIRST: [back, both, out],
    }  # fmt: skip


def _side_stages(junction: Junction, main: Main, flows: Flows) -> list[frozenset[str]]:
    """Return the stages of the cross streets: one where nothing hard is in the way, else straight before left."""
    rest = [m for m in junction.movements if m.turn != WALK and m.name not in (main.out, main.back, main.out_left,
                                                                             main.back_left)]  # fmt: skip
    if not rest:
        return []
    every = frozenset(m.name for m in rest)
    few = all(flows.get(m.name, 0.0) <= FILTER_VPH for m in rest if m.turn == LEFT)
    if _together(junction, every) and (few or not any(m.turn == THROUGH for m in rest)):
        return [every]
    lefts = frozenset(m.name for m in rest if m.turn == LEFT)
    if lefts and every - lefts and _together(junction, lefts) and _together(junction, every - lefts):
        return [every - lefts, lefts]
    return [frozenset(m.name for m in rest if m.come == come) for come in sorted({m.come for m in rest})]


def _together(junction: Junction, names: frozenset[str]) -> bool:
    return not any(not c.filters and {c.one, c.other} <= names for c in junction.conflicts)


def _with_walkers(junction: Junction, stages: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """Let people cross in the stage that has room for them, those that go straight first."""
    hard = {frozenset((c.one, c.other)) for c in junction.conflicts if not c.filters}
    found = list(stages)
    for walk in (m.name for m in junction.movements if m.turn == WALK):
        free = [row for row, names in enumerate(stages) if all(frozenset((walk, name)) not in hard for name in names)]
        straight = [row for row in free if any(name.split(".")[1] == THROUGH for name in stages[row])]
        for row in (straight or free)[:1]:
            found[row] |= {walk}
    return found


def _split(
    junction: Junction, greens: Sequence[frozenset[str]], main: Main, flows: Flows, cycle_s: float
) -> Plan | None:
    """Share the cycle out; None where it has too little room."""
    clear = Stage(frozenset(), 0.0).clear_s
    free = cycle_s - clear * len(greens)
    need = [_need_s(junction, names, greens, flows, cycle_s) for names in greens]
    straight = next(row for row, names in enumerate(greens) if {main.out, main.back} <= names)
    rest = free - sum(need)
    if rest < 0:
        return None
    need[straight] += rest
    return Plan(junction.id, cycle_s, 0.0, tuple(Stage(names, float(g)) for names, g in zip(greens, need, strict=True)))


def _need_s(
    junction: Junction, names: frozenset[str], every: Sequence[frozenset[str]], flows: Flows, cycle_s: float
) -> float:
    """Return the green that the movements of one stage need in it, in whole seconds.

    Who has another stage too needs no more than its minimum here, for its traffic that other stage counts.
    """
    least = 0.0
    for name in names:
        movement = junction.movement(name)
        once = sum(name in other for other in every) == 1
        filtering = movement.turn == LEFT and not _arrow(junction, name, names)
        vph = 0.0 if movement.turn == WALK or filtering else flows.get(name, 0.0)
        loaded = vph / (SATURATION_VPH * movement.lanes) * cycle_s / FULLEST + LOST_S
        if once:
            least = max(least, movement.min_green_s, loaded)
    return float(-(-max(least, 5.0) // 1))


def _arrow(junction: Junction, name: str, names: frozenset[str]) -> bool:
    """Tell whether nobody it gives way to is green with a left turn."""
    return not any({c.one, c.other} <= names and name in (c.one, c.other) for c in junction.conflicts if c.filters)


def least_cycle_s(junction: Junction, out: str, back: str, flows: Flows, longest_s: int = 240) -> int:
    """Return the shortest whole cycle that has room for all, or ``longest_s`` + 1 if none up to it has."""
    for cycle in range(20, longest_s + 1):
        if options(junction, out, back, flows, float(cycle)):
            return cycle
    return longest_s + 1
