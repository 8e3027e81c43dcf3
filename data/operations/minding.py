"""Minds what nobody looks at: levels about to be missed are raised, and units that never answer are given up."""

from __future__ import annotations

from twin.operations.deeds import By, Deed, Escalate, ReportDispatch
from twin.operations.following import SILENT_S
from twin.operations.levels import must_be_raised
from twin.operations.records import Dispatch, Incident
from twin.operations.states import AT_WORK, NotPossibleError
from twin.operations.store import Operations

PROGRAM = "operations"
"""Who it is that minds."""
UNANSWERED = "no answer"


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


def due(store: Operations, at_s: float) -> list[Deed]:
    """Return what is due: raises, and dispatches that nobody acknowledged, whose units are called back and free again.

    The incident is then open again, and other units are proposed for it.
    """
    deeds: list[Deed] = []
    for incident in store.find(Incident, AT_WORK):
        if level := must_be_raised(incident, at_s):
            deeds.append(Escalate(incident.id, level, incident.escalated))
    for dispatch in store.find(Dispatch, ("sent",)):
        if at_s - dispatch.sent_s > SILENT_S:
            deeds.append(ReportDispatch(dispatch.id, "silent", UNANSWERED))
    return deeds
