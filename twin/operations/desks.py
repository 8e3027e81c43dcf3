"""Whose hand a row of the queue needs: the control room's, or that of another desk that was told."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from twin.operations.records import Alert
from twin.operations.store import Row
from twin.rules.hit import CONTROL
from twin.rules.routing import GOOD_TO_KNOW

HANDER = "operations"
"""Who hands over what is told to an agency alone."""


def at_desks(rows: Iterable[Row], desks: Collection[str]) -> tuple[Row, ...]:
    """Return the rows that somebody at some desks is to see.

    What another desk was late with, or an agency gave back, is the control room's as well.
    """
    return tuple(row for row in rows if _desk(row) in desks or (CONTROL in desks and _left(row)))


def is_late(alert: Alert, at_s: float) -> bool:
    """Tell whether another desk did not answer in time what is more than good to know."""
    waits = alert.desk != CONTROL and alert.severity < GOOD_TO_KNOW
    return waits and 0.0 < alert.due_s < at_s


def _desk(row: Row) -> str:
    if row.incident is not None:
        return row.incident.desk
    return row.alert.desk if row.alert is not None else CONTROL


def _left(row: Row) -> bool:
    """Tell whether an incident of another desk is left to the control room."""
    incident = row.incident
    if incident is None:
        return False
    given_back = incident.opened_by == HANDER and incident.state not in ("handed_over", "resolved")
    return given_back or (incident.severity < GOOD_TO_KNOW and incident.escalated > 0)
