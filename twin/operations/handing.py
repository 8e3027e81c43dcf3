"""What leaves the house: tasks of other agencies, notices, messages."""

from __future__ import annotations

import math
from dataclasses import replace

from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import By
from twin.operations.draft import Draft
from twin.operations.records import DOOR_WISHES, NOTICES, Incident, Message, Task
from twin.operations.rule import after, at_work, line, must_be_one_of, refresh, touch
from twin.operations.states import (
    MESSAGE,
    TASK,
    NotPossibleError,
)
from twin.words import Said, pack, say


def hand_over(deed: deeds.HandOver, draft: Draft, by: By) -> None:
    """Offer a task to an agency."""
    incident = at_work(draft, deed.incident)
    what, at_s = line(deed.what), after(by.at_s, incident)
    if not what or not deed.agency:
        raise UsageError("say which agency is to do what")
    if not at_s < deed.due_s < math.inf:
        raise UsageError("a task is due at a time to come")
    draft.add(Task(
        draft.number("T", at_s), 1, TASK.first, incident.id, deed.agency, what, by.actor, at_s, deed.due_s,
        changed_s=at_s,
    ))  # fmt: skip
    refresh(draft, incident, at_s)


def answer(deed: deeds.AnswerTask, draft: Draft, by: By) -> None:
    """Accept, finish, return or withdraw a task."""
    task = draft.one(Task, deed.task)
    if by.agencies and task.agency not in by.agencies:
        raise NotPossibleError(say("the task {task} was given to another agency", task=task.id))
    at_s, note = after(by.at_s, task), line(deed.note)
    if deed.state in ("returned", "withdrawn", "finished") and not note:
        raise UsageError("say what was done, or why it was not")
    fresh = replace(task, state=deed.state, answered_by=by.actor, note=note or task.note, changed_s=at_s)
    accepted = deed.state == "accepted"
    draft.keep(replace(fresh, accepted_s=at_s) if accepted else replace(fresh, ended_s=at_s), note)
    if draft.has(Incident, task.incident):  # an agency of PostgreSQL sees none: the database brings it up to date
        refresh(draft, draft.one(Incident, task.incident), at_s)


def write(deed: deeds.SendNotice, draft: Draft, by: By) -> None:
    """Write to who is concerned."""
    incident = draft.one(Incident, deed.incident)
    if deed.channel not in NOTICES:
        raise UsageError(say("{channel} carries no notices; use one of {channels}", channel=deed.channel,
                             channels=", ".join(NOTICES)))  # fmt: skip
    if not (deed.basis and deed.template and deed.recipient and line(deed.text)):
        raise UsageError("a notice needs a recipient, a template, a text and its legal basis")
    at_s = after(by.at_s, incident)
    draft.add(Message(
        draft.number("M", at_s), 1, MESSAGE.first, deed.channel, deed.recipient, incident.id, "", line(deed.text),
        by.actor, at_s, deed.template, deed.basis,
    ))  # fmt: skip
    touch(draft, incident, at_s, deed.template)


def ask_door(deed: deeds.AskDoor, draft: Draft, by: By) -> None:
    """Ask for a door."""
    must_be_one_of(deed.wish, DOOR_WISHES)
    incident, name = at_work(draft, deed.incident), line(deed.name)
    if not deed.door:
        raise UsageError("say which door")
    at_s = after(by.at_s, incident)
    draft.add(Message(
        draft.number("M", at_s), 1, MESSAGE.first, "door", deed.door, incident.id, "", name or deed.door,
        by.actor, at_s, deed.wish, deed.basis, device=deed.door,
    ))  # fmt: skip
    touch(draft, incident, at_s, name)


def report_message(deed: deeds.ReportMessage, draft: Draft, by: By) -> None:
    """Say what became of a message."""
    message = draft.one(Message, deed.message)
    tries = message.tries + (deed.state in ("sent", "failed"))
    at_s = max(by.at_s, message.made_s, message.ended_s)
    answer = pack(deed.answer) if isinstance(deed.answer, Said) else line(deed.answer)
    fresh = replace(message, state=deed.state, tries=tries, ended_s=at_s, answer=answer)
    draft.keep(fresh, line(deed.answer))
