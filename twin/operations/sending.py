"""Units: known, on duty, sent, and how far they came."""

from __future__ import annotations

from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import By
from twin.operations.draft import Draft
from twin.operations.records import Dispatch, Incident, Message, Unit
from twin.operations.rule import after, at_work, line, refresh
from twin.operations.states import (
    DISPATCH,
    MESSAGE,
    UNIT,
    NotPossibleError,
)
from twin.words import said, say


def enrol(deed: deeds.EnrolUnit, draft: Draft, by: By) -> None:
    """Make a unit known, or change what it is."""
    if not deed.unit.id or not deed.unit.name:
        raise UsageError("a unit has an id and a name")
    if not draft.has(Unit, deed.unit.id):
        draft.add(replace(deed.unit, version=1, state=UNIT.first, load=0, dispatch="", changed_s=by.at_s))
        return
    now = draft.one(Unit, deed.unit.id)
    draft.keep(replace(deed.unit, state=now.state, load=now.load, dispatch=now.dispatch, until_s=now.until_s,
                       changed_s=after(by.at_s, now)))  # fmt: skip


def set_state(deed: deeds.SetUnit, draft: Draft, by: By) -> None:
    """Bring a unit on duty or off."""
    unit = draft.one(Unit, deed.unit)
    if deed.state == "assigned":
        raise UsageError("a unit is assigned by being sent")
    if unit.state == "assigned" and deed.state != "out_of_order":
        _must_be_free(draft, unit)
    fresh = replace(unit, state=deed.state, changed_s=after(by.at_s, unit))
    if unit.state == "off_duty":
        fresh = replace(fresh, until_s=deed.until_s, load=0)
    draft.keep(fresh, line(deed.why))


def send(deed: deeds.SendUnits, draft: Draft, by: By) -> None:
    """Send units; of two who send the same one, the first does."""
    incident = at_work(draft, deed.incident)
    if not deed.units:
        raise UsageError("name the units to be sent")
    at_s = after(by.at_s, incident)
    for assignment in deed.units:
        unit = draft.one(Unit, assignment.unit)
        _must_be_free(draft, unit)
        dispatch = draft.add(Dispatch(
            draft.number("D", at_s), 1, DISPATCH.first, incident.id, unit.id, by.actor, at_s, assignment.expected_s,
            changed_s=at_s,
        ))  # fmt: skip
        draft.keep(replace(unit, state="assigned", dispatch=dispatch.id, load=unit.load + 1, changed_s=at_s))
        tell(draft, by, dispatch, unit, deed.text)
    refresh(draft, incident, at_s)


def _must_be_free(draft: Draft, unit: Unit) -> None:
    if unit.state == "assigned":
        dispatch = draft.one(Dispatch, unit.dispatch)
        raise NotPossibleError(
            say("{unit} was sent to {incident} by {actor} already: choose another unit", unit=unit.name,
                incident=dispatch.incident, actor=dispatch.sent_by)
        )  # fmt: skip
    if unit.state != "free":
        raise NotPossibleError(say("{unit} is {state}: choose another unit", unit=unit.name, state=said(unit.state)))


def tell(draft: Draft, by: By, dispatch: Dispatch, unit: Unit, text: str) -> None:
    """Put an order into the outbox, for the unit's own channel."""
    draft.add(Message(
        draft.number("M", dispatch.sent_s), 1, MESSAGE.first, unit.channel, unit.id, dispatch.incident, dispatch.id,
        line(text), by.actor, after(by.at_s, dispatch), source=unit.source, device=unit.device,
    ))  # fmt: skip


def report(deed: deeds.ReportDispatch, draft: Draft, by: By) -> None:
    """Say how far a unit came."""
    dispatch = draft.one(Dispatch, deed.dispatch)
    ended(draft, by, dispatch, deed.state, deed.why) if deed.state in DISPATCH.ends else _reached(
        draft, by, dispatch, deed
    )
    refresh(draft, draft.one(Incident, dispatch.incident), by.at_s)


_REACHED = {"acknowledged": "acknowledged_s", "en_route": "en_route_s", "on_scene": "on_scene_s"}


def _reached(draft: Draft, by: By, dispatch: Dispatch, deed: deeds.ReportDispatch) -> None:
    if deed.state not in _REACHED:
        raise UsageError(say("{state} is no state of a dispatch", state=deed.state))
    at_s = after(by.at_s, dispatch)
    fresh = replace(dispatch, state=deed.state, changed_s=at_s)
    if deed.state == "acknowledged":
        fresh = replace(fresh, acknowledged_s=at_s)
    elif deed.state == "en_route":
        fresh = replace(fresh, en_route_s=at_s)
    else:
        fresh = replace(fresh, on_scene_s=at_s)
    draft.keep(fresh, line(deed.why))
    for message in draft.of(Message, dispatch.incident):
        if message.dispatch == dispatch.id and message.state == "sent":
            draft.keep(replace(message, state="answered", ended_s=at_s))


def ended(draft: Draft, by: By, dispatch: Dispatch, state: str, why: str) -> None:
    """End a dispatch; its unit is free again, and told so if it is called back."""
    at_s = after(by.at_s, dispatch)
    if state in ("refused", "recalled") and not line(why):
        raise UsageError("say why")
    ended = draft.keep(replace(dispatch, state=state, ended_s=at_s, reason=line(why), changed_s=at_s), line(why))
    unit = draft.one(Unit, dispatch.unit)
    if unit.dispatch == dispatch.id:
        back = "out_of_order" if unit.state == "out_of_order" else "free"
        draft.keep(replace(unit, state=back, dispatch="", changed_s=at_s))
    for message in draft.of(Message, dispatch.incident):
        if message.dispatch == dispatch.id and message.state in ("waiting", "failed"):
            draft.keep(replace(message, state="withdrawn", ended_s=at_s))
    if state in ("recalled", "silent"):
        tell(draft, by, ended, unit, why)
