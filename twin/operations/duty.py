"""Duty: the roster, who is on which terminal, and patrols."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import By
from twin.operations.draft import Draft
from twin.operations.records import Patrol, Stop, Unit, Watch
from twin.operations.rule import line
from twin.operations.states import PATROL, WATCH, NotPossibleError
from twin.words import said, say

LONGEST_S = 86_400.0
NEAR_S = 900.0
"""A stop that is reached so long after it was due is late."""


def plan_watch(deed: deeds.PlanWatch, draft: Draft, by: By) -> None:
    """Put a line on the roster."""
    _must_be_a_shift(deed.begin_s, deed.end_s)
    if not deed.person or not deed.role:
        raise UsageError("say who is on duty, and as what")
    if deed.unit:
        draft.one(Unit, deed.unit)
    draft.add(Watch(
        draft.number("W", by.at_s), 1, WATCH.first, deed.person, deed.role, deed.unit, deed.begin_s, deed.end_s,
        deed.channel, deed.source, deed.device,
    ))  # fmt: skip


def turn_watch(deed: deeds.TurnWatch, draft: Draft, by: By) -> None:
    """Begin or end a watch, and its unit's duty with it."""
    watch, note = draft.one(Watch, deed.watch), line(deed.note)
    if deed.state == "on":
        draft.keep(replace(watch, state="on", on_s=by.at_s), note)
        _unit_on(draft, watch, by)
    else:
        draft.keep(replace(watch, state=deed.state, off_s=max(by.at_s, watch.on_s), note=note), note)
        _unit_off(draft, watch, by)


def _unit_on(draft: Draft, watch: Watch, by: By) -> None:
    if not watch.unit:
        return
    unit = draft.one(Unit, watch.unit)
    if watch.device:
        unit = replace(unit, channel=watch.channel, source=watch.source, device=watch.device)
    if unit.state == "off_duty":
        unit = replace(unit, state="free", load=0)
    draft.keep(replace(unit, until_s=watch.end_s, changed_s=max(by.at_s, unit.changed_s)))


def _unit_off(draft: Draft, watch: Watch, by: By) -> None:
    if not watch.unit or watch.state != "on":
        return
    unit = draft.one(Unit, watch.unit)
    if unit.state == "assigned":
        raise NotPossibleError(say("{unit} is {state}: end its work first", unit=unit.name, state=said(unit.state)))
    draft.keep(replace(unit, state="off_duty", changed_s=max(by.at_s, unit.changed_s)))


def plan_patrol(deed: deeds.PlanPatrol, draft: Draft, by: By) -> None:
    """Say what a unit is to look at."""
    _must_be_a_shift(deed.begin_s, deed.end_s)
    draft.one(Unit, deed.unit)
    name = line(deed.name)
    if not name or not deed.stops:
        raise UsageError("a patrol has a name and at least one stop")
    if any(not deed.begin_s <= stop.due_s <= deed.end_s for stop in deed.stops):
        raise UsageError("every stop is due within the patrol's time")
    stops = tuple(sorted((replace(stop, reached_s=0.0) for stop in deed.stops), key=lambda stop: stop.due_s))
    draft.add(Patrol(
        draft.number("P", by.at_s), 1, PATROL.first, name, deed.unit, deed.begin_s, deed.end_s, stops, by.at_s
    ))  # fmt: skip


def report_patrol(deed: deeds.ReportPatrol, draft: Draft, by: By) -> None:
    """Note that a stop was reached; the last one ends the patrol."""
    patrol = draft.one(Patrol, deed.patrol)
    at_s = max(by.at_s, patrol.changed_s)
    if deed.state:
        if not line(deed.why):
            raise UsageError("say why")
        draft.keep(replace(patrol, state=deed.state, changed_s=at_s), line(deed.why))
        return
    if not 0 <= deed.stop < len(patrol.stops):
        raise UsageError(say("the patrol {patrol} has no stop {stop}", patrol=patrol.id, stop=deed.stop))
    stops = tuple(
        replace(stop, reached_s=stop.reached_s or at_s) if place == deed.stop else stop
        for place, stop in enumerate(patrol.stops)
    )
    begun = draft.keep(replace(patrol, state="under_way")) if patrol.state == PATROL.first else patrol
    state = "walked" if all(stop.reached_s for stop in stops) else begun.state
    draft.keep(replace(begun, state=state, stops=stops, changed_s=at_s), stops[deed.stop].name)


def on_duty(watches: Iterable[Watch], at_s: float) -> tuple[Watch, ...]:
    """Return who is on duty: those who are on, and who should be and are not yet."""
    return tuple(
        watch for watch in watches
        if watch.state == "on" or (watch.state == WATCH.first and watch.begin_s <= at_s < watch.end_s)
    )  # fmt: skip


def missed(patrol: Patrol, at_s: float) -> tuple[Stop, ...]:
    """Return the stops of a patrol that are long due and were not reached."""
    if patrol.state not in PATROL.open:
        return ()
    return tuple(stop for stop in patrol.stops if not stop.reached_s and at_s > stop.due_s + NEAR_S)


def _must_be_a_shift(begin_s: float, end_s: float) -> None:
    if not 0.0 < end_s - begin_s <= LONGEST_S:
        raise UsageError("a shift ends after it begins, within a day")
