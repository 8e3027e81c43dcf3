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
from twin.operations.states import TASK, NotPossibleError
from twin.operations.store import Operations, Row

MOST = 1000


def hand_on(store: Operations, start: Callable[[str], Start], agencies: Mapping[str, Agency], at_s: float) -> int:
    """Do what is due and return how many deeds that were; several desks may do so at once.

    Parameters
    ----------
    start : callable
        What an incident of a scenario begins with; its plan is for those who are sent, and is left out.
    """
    done = 0
    for row in at_desks(store.queue(MOST, at_s), agencies):
        deed = _next(store, row, start, agencies, at_s)
        try:
            done += deed is not None and bool(store.do(deed, By(HANDER, at_s)))
        except NotPossibleError:
            continue  # somebody was faster
    return done


def _next(
    store: Operations, row: Row, start: Callable[[str], Start], agencies: Mapping[str, Agency], at_s: float
) -> Deed | None:
    if row.incident is not None:
        return _of_incident(store, row.incident, agencies, at_s) if row.incident.opened_by == HANDER else None
    if row.alert is None:
        return None
    begins = replace(start(row.alert.scenario), plan="", steps=())
    return ConfirmAlerts((), begins, group=row.alert.group)


def _of_incident(store: Operations, incident: Incident, agencies: Mapping[str, Agency], at_s: float) -> Deed | None:
    if incident.state == "resolved":
        return Close(incident.id)
    tasks = store.find(Task, incident=incident.id)
    if not tasks:
        return HandOver(incident.id, incident.desk, incident.title, at_s + agencies[incident.desk].task_s)
    over = all(task.state not in TASK.open for task in tasks)
    return Resolve(incident.id, "handed_over") if over and tasks[0].state == "finished" else None
