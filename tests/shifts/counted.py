"""The figures counted again, one record after the other, without SQL: what the results page must equal."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

from twin.operations.records import Alert, Dispatch, Incident, JointCase, Task
from twin.operations.results import FIGURES, Line
from twin.operations.store import Operations

MANY = 1_000_000
Told = Iterable[tuple[str, float, float]]
"""Of each that may count: its key, when it counts, and what was measured."""


def counted(store: Operations, figure: str, by: str, begin_s: float, end_s: float) -> tuple[Line, ...]:
    """Return the lines of a figure, as :func:`data.operations.results.lines` does, but for the year before."""
    values: dict[str, list[float]] = defaultdict(list)
    for key, at_s, value in _told(store, figure, by):
        if begin_s <= at_s < end_s:
            values[key].append(value)
    timed = next(one.unit for one in FIGURES if one.id == figure) == "s"
    lines = (_line(key, sorted(some), timed) for key, some in values.items())
    return tuple(sorted(lines, key=lambda line: (-line.count, line.key)))


def _line(key: str, values: list[float], timed: bool) -> Line:
    if not timed:
        return Line(key, len(values), math.nan, math.nan, 0)
    half, most = math.ceil(len(values) / 2), math.ceil(len(values) * 9 / 10)
    return Line(key, len(values), values[half - 1], values[most - 1], 0)


def _told(store: Operations, figure: str, by: str) -> Told:
    def key(record: Alert | Incident | Task) -> str:
        return "" if by == "all" else str(getattr(record, by))

    alerts, incidents = store.find(Alert, (), MANY), store.find(Incident, (), MANY)
    if figure == "alerts":
        return [(key(one), one.raised_s, 0.0) for one in alerts]
    if figure in ("dismissed", "confirmed"):
        return [(key(one), one.answered_s, one.answered_s - one.raised_s) for one in alerts if one.state == figure]
    if figure == "opened":
        return [(key(one), one.opened_s, 0.0) for one in incidents]
    if figure == "handled":
        over = [one for one in incidents if one.outcome]
        return [(key(one), one.resolved_s, one.resolved_s - one.since_s) for one in over]
    if figure == "response":
        return [(key(one), one.on_scene_s, one.on_scene_s - one.since_s) for one in incidents if one.on_scene_s]
    if figure.startswith("levels_"):
        return [(key(one), one.opened_s, 0.0) for one in incidents for how in _levels(one) if how == figure]
    return _of_others(store, figure, key)


def _of_others(store: Operations, figure: str, key: object) -> Told:
    assert callable(key)
    if figure == "dispatches":
        sent = store.find(Dispatch, (), MANY)
        return [("", one.on_scene_s, one.on_scene_s - one.sent_s) for one in sent if one.on_scene_s]
    if figure == "unanswered":
        return [("", one.ended_s, 0.0) for one in store.find(Dispatch, ("silent",), MANY)]
    if figure == "joint_cases":
        cases = store.find(JointCase, (), MANY)
        return [("", one.agreed_s, one.agreed_s - one.opened_s) for one in cases if one.agreed_s]
    state = "finished" if figure == "tasks" else "returned"
    return [(key(one), one.ended_s, one.ended_s - one.offered_s) for one in store.find(Task, (state,), MANY)]


def _levels(incident: Incident) -> Iterable[str]:
    for level in incident.levels:
        reached_s = {
            "confirmed": incident.opened_s, "dispatched": incident.dispatched_s, "on_scene": incident.on_scene_s,
            "resolved": incident.resolved_s,
        }[level.state]  # fmt: skip
        if reached_s and reached_s <= incident.since_s + level.within_s:
            yield "levels_met"
        elif reached_s or incident.state == "closed":
            yield "levels_missed"
