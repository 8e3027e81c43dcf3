"""Hands what is told to an agency alone over to it as a task, and closes it once the agency says what was done.

Nobody at the control room need look at it: a person of the agency accepts, finishes or returns it, and what is returned
is the control room's (:func:`twin.operations.desks.at_desks`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from twin.operations.agencies import Agency
from twin.operations.deeds import By, Close, ConfirmAlerts, Deed, HandOver, Resolve, Start
from twin.operations.desks import HANDER, at_desks
from twin.operations.records import Incident, Task
from twin.operations.states import INCIDENT, TASK, NotPossibleError
from twin.operations.store import Operations, Row

MOST = 1000


def hand_on(store: Operations, start: Callable[[str], Start], agencies: Mapping[str, Agency], at_s: float) -> int:
    """Do what is due and return how many deeds that were; several desks may do so at once.

    Parameters
    ----------
    start : callable
        What an incident of a scenario begins with; its plan is for those who are sent, and is left out.
    """
    return sum(_onward(store, row, start, agencies, at_s) for row in at_desks(store.queue(MOST, at_s), agencies))


def _onward(
    store: Operations, row: Row, start: Callable[[str], Start], agencies: Mapping[str, Agency], at_s: float
) -> int:
    """Do all that one row is waiting for, one deed after the other."""
    incident, by, done = row.incident, By(HANDER, at_s), 0
    try:
        if row.alert is not None:
            begins = replace(start(row.alert.scenario), plan="", steps=())
            incident = store.do(ConfirmAlerts((), begins, group=row.alert.group), by).of(Incident)[0]
            done += 1
        while incident is not None and (deed := _next(store, incident, agencies, at_s)) is not None:
            incident = store.do(deed, by).of(Incident)[0]
            done += 1
    except NotPossibleError:
        pass  # somebody was faster
    return done


def _next(store: Operations, incident: Incident, agencies: Mapping[str, Agency], at_s: float) -> Deed | None:
    if incident.opened_by != HANDER or incident.state in INCIDENT.ends:
        return None
    if incident.state == "resolved":
        return Close(incident.id)
    tasks = store.find(Task, incident=incident.id)
    if not tasks:
        return HandOver(incident.id, incident.desk, incident.title, at_s + agencies[incident.desk].task_s)
    over = all(task.state not in TASK.open for task in tasks)
    return Resolve(incident.id, "handed_over") if over and tasks[0].state == "finished" else None
