"""What the rules of the deeds share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from twin.errors import UsageError
from twin.operations.draft import Draft
from twin.operations.records import Dispatch, Incident, Step, Task, Unit
from twin.operations.states import (
    AT_WORK,
    TASK,
    UNDER_WAY,
    NotPossibleError,
)
from twin.words import said, say

LONGEST = 2000
"""Characters of a text somebody typed."""


def standing(incident: Incident, dispatches: Sequence[Dispatch], tasks: Sequence[Task]) -> str:
    """Return the state of an incident at work: as far as the foremost of those who were sent."""
    states = {dispatch.state for dispatch in dispatches}
    if "on_scene" in states or incident.state == "on_scene":
        return "on_scene"
    if "en_route" in states:
        return "en_route"
    if states & set(UNDER_WAY):
        return "dispatched"
    return "handed_over" if any(task.state in TASK.open for task in tasks) else "open"


def refresh(draft: Draft, incident: Incident, at_s: float) -> None:
    """Bring an incident's state up to those who were sent; it is one version on whether or not that changes it."""
    if incident.state not in AT_WORK:
        touch(draft, incident, at_s)
        return
    dispatches = draft.of(Dispatch, incident.id)
    state = standing(incident, dispatches, draft.of(Task, incident.id))
    fresh = replace(incident, state=state)
    if dispatches and not fresh.dispatched_s:
        fresh = replace(fresh, dispatched_s=after(at_s, incident))
    if state == "on_scene" and not fresh.on_scene_s:
        fresh = replace(fresh, on_scene_s=after(at_s, incident))
    touch(draft, fresh, at_s)


def touch(draft: Draft, incident: Incident, at_s: float, why: str = "") -> None:
    """Keep an incident with what is different about it."""
    draft.keep(replace(incident, changed_s=after(at_s, incident)), line(why))


def after(at_s: float, record: Incident | Dispatch | Task | Unit) -> float:
    """Return a time that is not before what was written of a record last."""
    return max(at_s, record.changed_s)


def at_work(draft: Draft, id_: str) -> Incident:
    """Return an incident that somebody must still do something about; refused of another."""
    incident = draft.one(Incident, id_)
    if incident.state not in AT_WORK:
        raise NotPossibleError(
            say("{incident} is {state}: open it again first", incident=id_, state=said(incident.state))
            if incident.state == "resolved"
            else say(
                "{incident} is {state}: nothing about it changes any more", incident=id_, state=said(incident.state)
            )
        )
    return incident


def skip_steps(draft: Draft, id_: str, at_s: float, why: str) -> None:
    """Skip the steps that wait."""
    for step in draft.of(Step, id_):
        if step.state == "waiting":
            draft.keep(replace(step, state="skipped", answered_s=at_s, note=why), why)


def must_be_one_of(word: str, words: tuple[str, ...]) -> None:
    """Refuse a word that is not among those there are."""
    if word not in words:
        raise UsageError(say("{word} is not among {words}", word=word, words=", ".join(words)))


def line(text: str) -> str:
    """Return what was typed as one line without signs that steer a screen.

    Raises
    ------
    twin.errors.UsageError
        If it is too long.
    """
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    if len(line) > LONGEST:
        raise UsageError(say("a text has at most {longest} characters", longest=LONGEST))
    return line
