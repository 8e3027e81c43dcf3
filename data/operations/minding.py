"""Minds what nobody looks at: levels about to be missed are raised, and units that never answer are given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from twin.operations.deeds import AddNote, By, Deed, Escalate, PassAlerts, ReportDispatch
from twin.operations.desks import is_late
from twin.operations.following import GIVE_UP_S, Follower, Seen
from twin.operations.levels import must_be_raised
from twin.operations.records import Dispatch, Incident
from twin.operations.states import AT_WORK, NotPossibleError
from twin.operations.store import Operations
from twin.rules.hit import CONTROL

PROGRAM = "operations"
"""Who it is that minds."""
MOST = 1000
UNANSWERED, LATE = "no answer", "another desk did not answer in time"
NOTED = {
    "still": "a unit sent to it stands still: propose another",
    "lost": "nothing is heard of where a unit sent to it is: propose another",
}


def mind(store: Operations, at_s: float) -> int:
    """Do what is due and return how many deeds that were; several desks may do so at once."""
    done = 0
    for deed in due(store, at_s):
        try:
            store.do(deed, By(PROGRAM, at_s))
            done += 1
        except NotPossibleError:
            continue  # somebody was faster
    return done


def watch_over(
    store: Operations, follower: Follower, places: Mapping[str, Seen], goal: Callable[[Incident], Seen], at_s: float
) -> dict[str, str]:
    """Follow those who were sent and return what is the matter with them, by dispatch.

    Who stands still or is lost is written into the incident's record once, so that others are proposed for it.

    Parameters
    ----------
    places : mapping
        Where units are now, by id.
    goal : callable
        Where an incident is.
    """
    follower.note(places)
    told: dict[str, str] = {}
    for dispatch in store.find(Dispatch, ("sent", "acknowledged", "en_route")):
        incident = store.one(Incident, dispatch.incident)
        advice = follower.advice(dispatch, goal(incident), at_s)
        if advice:
            told[dispatch.id] = advice
        if advice in NOTED and follower.first(dispatch.id, advice):
            store.do(AddNote(incident.id, NOTED[advice]), By(PROGRAM, at_s))
    return told


def due(store: Operations, at_s: float) -> list[Deed]:
    """Return what is due: raises, alerts that other desks left, and dispatches that nobody acknowledged.

    Their units are called back and free again; the incident is then open, and other units are proposed for it.
    """
    deeds: list[Deed] = []
    for incident in store.find(Incident, AT_WORK):
        if level := must_be_raised(incident, at_s):
            deeds.append(Escalate(incident.id, level, incident.escalated))
    for row in store.queue(MOST, at_s):
        if row.alert is not None and is_late(row.alert, at_s):
            deeds.append(PassAlerts((), CONTROL, LATE, row.alert.group))
    for dispatch in store.find(Dispatch, ("sent",)):
        if at_s - dispatch.sent_s > GIVE_UP_S:
            deeds.append(ReportDispatch(dispatch.id, "silent", UNANSWERED))
    return deeds
