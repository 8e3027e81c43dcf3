"""From the records of the day's work to the lines of the queue."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from app.workbenches.operations.row import QueueRow
from twin.operations.deeds import Start
from twin.operations.records import Incident, Level
from twin.operations.states import AT_WORK
from twin.operations.store import Row

Titles = Callable[[str], str]
"""Gives the title of a scenario in the language of the moment."""
Starts = Callable[[str], Start]
"""Gives what an incident of a scenario begins with."""
ACCEPT, PROPOSE, SEND, RESOLVE, CLOSE = (f"work.{name}" for name in ("accept", "propose", "send", "resolve", "close"))
NEXT = {"open": PROPOSE, "on_scene": RESOLVE, "resolved": CLOSE}
"""The next step of an incident in a state; in the others somebody else is at it."""
REACHED = {"confirmed": "opened_s", "dispatched": "dispatched_s", "on_scene": "on_scene_s", "resolved": "resolved_s"}
"""Of each state that a level can ask for, the field that tells when it was reached."""


def key_of(row: Row) -> str:
    """Return what a row is known by as long as it lives: ``a:`` with a group of alerts, ``i:`` with an incident."""
    if row.incident is not None:
        return f"i:{row.incident.id}"
    return f"a:{row.alert.group or row.alert.id}" if row.alert is not None else ""


def queue_row(
    row: Row, titles: Titles, starts: Starts, proposed: frozenset[str], stuck: frozenset[str] = frozenset()
) -> QueueRow:
    """Return the line of a row.

    ``proposed`` are the incidents whose units are chosen and not yet sent, ``stuck`` those that want another unit.
    """
    if row.incident is not None:
        incident = row.incident
        usual = (
            incident.title == starts(incident.scenario).title
        )  # nobody said better: then in the language of the moment
        title = titles(incident.scenario) if usual else incident.title
        return incident_row(incident, title, incident.id in proposed, max(row.alerts, 1), incident.id in stuck)
    alert = row.alert
    assert alert is not None  # noqa: S101 - a row is one or the other
    within_s = min(
        (level.within_s for level in starts(alert.scenario).levels if level.state == "confirmed"), default=math.inf
    )
    return QueueRow(
        key_of(row), "group" if row.alerts > 1 else "alert", row.severity, titles(alert.scenario), alert.place, "new",
        alert.since_s, alert.since_s + within_s, within_s, ACCEPT, row.alerts, "", (alert.lon_deg, alert.lat_deg),
    )  # fmt: skip


def incident_row(incident: Incident, title: str, proposed: bool, alerts: int = 1, stuck: bool = False) -> QueueRow:
    """Return the line of an incident: its clock is that of the first level it has not reached."""
    level = next_level(incident)
    due_s = incident.since_s + level.within_s if level is not None else math.inf
    at_work = incident.state in AT_WORK
    step = SEND if proposed and at_work else PROPOSE if stuck and at_work else NEXT.get(incident.state, "")
    return QueueRow(
        f"i:{incident.id}", "incident", incident.severity, title, incident.place,
        incident.state, incident.since_s, due_s, level.within_s if level is not None else math.inf, step, alerts,
        incident.owner, (incident.lon_deg, incident.lat_deg),
    )  # fmt: skip


def next_level(incident: Incident) -> Level | None:
    """Return the first level that is not reached yet; those that were passed over count as reached."""
    states = tuple(REACHED)
    done = max((states.index(state) for state, field in REACHED.items() if getattr(incident, field)), default=-1)
    open_ = [level for level in incident.levels if level.state in states and states.index(level.state) > done]
    return min(open_, key=lambda level: level.within_s, default=None)


def queue_rows(
    rows: Sequence[Row], titles: Titles, starts: Starts, proposed: frozenset[str], stuck: frozenset[str] = frozenset()
) -> tuple[QueueRow, ...]:
    """Return the lines of all rows, as :func:`queue_row`."""
    return tuple(queue_row(row, titles, starts, proposed, stuck) for row in rows)
