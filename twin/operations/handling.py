"""Incidents: opened, merged, noted, raised, resolved, closed."""

from __future__ import annotations

from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import By, Start
from twin.operations.draft import Draft
from twin.operations.records import Alert, Dispatch, Incident, Message, Step, Task
from twin.operations.rule import after, at_work, line, must_be_one_of, refresh, skip_steps, touch
from twin.operations.sending import ended
from twin.operations.states import (
    AT_WORK,
    INCIDENT,
    OUTCOMES,
    STEP,
    TASK,
    UNDER_WAY,
    NotPossibleError,
)
from twin.words import said, say


def open_one(deed: deeds.OpenIncident, draft: Draft, by: By) -> None:
    """Open an incident that was reported."""
    if deed.parent:
        at_work(draft, deed.parent)
    opened(draft, by, deed.start, deed, by.at_s)


def opened(draft: Draft, by: By, start: Start, what: deeds.OpenIncident, at_s: float) -> Incident:
    """Return a fresh incident, with the steps of its plan."""
    if what.severity not in (1, 2, 3, 4):
        raise UsageError(say("{severity} is no severity: use 1 to 4", severity=what.severity))
    title = line(start.title)
    if not title:
        raise UsageError("say in a few words what happened")
    since_s = min(what.since_s, at_s) if what.since_s > 0.0 else at_s
    incident = draft.add(Incident(
        draft.number("I", at_s), 1, INCIDENT.first, what.scenario, start.form, what.severity, title, what.place,
        what.district, what.street, what.lon_deg, what.lat_deg, since_s, at_s, by.actor, by.actor, start.plan,
        start.levels, what.parent, changed_s=at_s, desk=what.desk,
    ))  # fmt: skip
    for place, step in enumerate(start.steps):
        draft.add(Step(
            f"{incident.id}-{step.id}", 1, STEP.first, incident.id, start.plan, step.id, place, step.owner,
            step.action, at_s + step.within_s,
        ))  # fmt: skip
    return incident


def claim(deed: deeds.ClaimIncident, draft: Draft, by: By) -> None:
    """Take an incident in hand."""
    incident = at_work(draft, deed.incident)
    touch(draft, replace(incident, owner=by.actor), by.at_s, "claimed")


def merge(deed: deeds.MergeIncidents, draft: Draft, by: By) -> None:
    """Make one incident of several."""
    into = at_work(draft, deed.into)
    if not deed.incidents or deed.into in deed.incidents:
        raise UsageError("name other incidents to be merged into this one")
    for id_ in dict.fromkeys(deed.incidents):
        one = at_work(draft, id_)
        if one.parent == into.id or into.parent == one.id:
            raise NotPossibleError(say("{incident} is a part of the other: close it by itself", incident=id_))
        skip_steps(draft, id_, by.at_s, into.id)
        for alert in draft.of(Alert, id_):
            draft.keep(replace(alert, incident=into.id))
        for dispatch in draft.of(Dispatch, id_):
            draft.keep(replace(dispatch, incident=into.id))
        for task in draft.of(Task, id_):
            draft.keep(replace(task, incident=into.id))
        for message in draft.of(Message, id_):
            draft.keep(replace(message, incident=into.id))
        for part in draft.of(Incident, id_):
            draft.keep(replace(part, parent=into.id))
        closed_s = after(by.at_s, one)
        touch(draft, replace(one, state="merged", merged_into=into.id, closed_s=closed_s), by.at_s, into.id)
        into = replace(into, severity=min(into.severity, one.severity), since_s=min(into.since_s, one.since_s))
    refresh(draft, into, by.at_s)


def answer_step(deed: deeds.AnswerStep, draft: Draft, by: By) -> None:
    """Do or skip a step of the plan, or take that back."""
    step, note = draft.one(Step, deed.step), line(deed.note)
    incident = draft.one(Incident, step.incident)
    if incident.state in INCIDENT.ends:
        raise NotPossibleError(say("{incident} is {state}: nothing about it changes any more",
                                   incident=incident.id, state=said(incident.state)))  # fmt: skip
    if deed.state == "skipped" and not note:
        raise UsageError("say why")
    at_s = 0.0 if deed.state == "waiting" else by.at_s
    draft.keep(replace(step, state=deed.state, answered_s=at_s, answered_by=by.actor, note=note), note)
    touch(draft, incident, by.at_s)


def note(deed: deeds.AddNote, draft: Draft, by: By) -> None:
    """Write a line into its record."""
    if not line(deed.text):
        raise UsageError("say in a few words what happened")
    touch(draft, draft.one(Incident, deed.incident), by.at_s, line(deed.text))


def escalate(deed: deeds.Escalate, draft: Draft, by: By) -> None:
    """Raise it to the next desk."""
    incident = at_work(draft, deed.incident)
    if deed.raised not in (-1, incident.escalated):
        raise NotPossibleError(say("{incident} was raised already", incident=incident.id))
    touch(draft, replace(incident, escalated=incident.escalated + 1), by.at_s, line(deed.why) or "escalated")


def resolve(deed: deeds.Resolve, draft: Draft, by: By) -> None:
    """Say how it ended, and free whoever was sent."""
    must_be_one_of(deed.outcome, OUTCOMES)
    incident = at_work(draft, deed.incident)
    for part in draft.of(Incident, incident.id):
        if part.state in AT_WORK:
            raise NotPossibleError(say("its part {incident} is not resolved yet", incident=part.id))
    for task in draft.of(Task, incident.id):
        if task.state in TASK.open:
            raise NotPossibleError(say("{agency} still has the task {task}: wait for it, or withdraw it",
                                       agency=task.agency, task=task.id))  # fmt: skip
    for dispatch in draft.of(Dispatch, incident.id):
        if dispatch.state in UNDER_WAY:
            ended(draft, by, dispatch, "cleared" if dispatch.state == "on_scene" else "recalled", deed.outcome)
    at_s, note = after(by.at_s, incident), line(deed.note)
    fresh = replace(incident, state="resolved", outcome=deed.outcome, note=note, resolved_s=at_s)
    touch(draft, fresh, at_s, note or deed.outcome)


def close(deed: deeds.Close, draft: Draft, by: By) -> None:
    """Close what is resolved and whose plan is through."""
    incident = draft.one(Incident, deed.incident)
    waiting = [step for step in draft.of(Step, incident.id) if step.state == "waiting"]
    if waiting and incident.state == "resolved":
        raise NotPossibleError(say("{count} steps of the plan wait: do them, or skip them with a reason",
                                   count=len(waiting)))  # fmt: skip
    touch(draft, replace(incident, state="closed", closed_s=after(by.at_s, incident)), by.at_s, line(deed.note))


def reopen(deed: deeds.Reopen, draft: Draft, by: By) -> None:
    """Open again what was resolved too early."""
    incident = draft.one(Incident, deed.incident)
    if not line(deed.why):
        raise UsageError("say why")
    fresh = replace(incident, state="open", outcome="", resolved_s=0.0, owner=by.actor)
    touch(draft, fresh, by.at_s, line(deed.why))
