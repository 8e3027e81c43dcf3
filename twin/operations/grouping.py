"""Hits become alerts, and alerts rows of the queue: ten thousand in a minute are a few rows, and none is lost.

A hit of the same scenario and subject makes an alert grow instead of raising another. Alerts of one scenario that are
near each other in place and time are one group. When a scenario has many groups at once, as when a source goes mad or a
whole town is flooded, further alerts of it join one group, its storm.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from twin.operations.records import Alert
from twin.rules.hit import Hit

SAME_S = 1800.0
"""A hit of the same scenario and subject within this time belongs to the same alert."""
NEAR_S = 600.0
"""A group takes alerts for so long after its last."""
CELL_M = 500.0
"""Alerts in one cell of the ground are near each other."""
ROUND_M = 3000.0
"""What is collected before it is shown is collected from farther: a round of parked vehicles is one row of a part of
town, shown when its time is over, to be handed over as a whole."""
METRES_A_DEGREE = 111_320.0
MANY = 10
"""Groups of one scenario, taking alerts at once, after which its storm begins."""


@dataclass(frozen=True, slots=True)
class Where:
    """Names of where something is; empty where they are not known."""

    place: str = ""
    district: str = ""
    street: str = ""


@dataclass(slots=True)
class _Group:
    id: str
    last_s: float
    shown_s: float = 0.0

    def takes(self, alert: Alert) -> bool:
        """Tell whether an alert of its place can still join: a round until it is shown, others for a while."""
        if self.shown_s:
            return alert.raised_s < self.shown_s
        return abs(alert.raised_s - self.last_s) <= NEAR_S


class Grouper:
    """What hits are compared with: the alerts that still take some.

    Parameters
    ----------
    alerts : iterable of Alert
        Those last seen within :data:`SAME_S`, whatever their state, and those of rounds that are not shown yet.
    """

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self._of_subject: dict[tuple[str, str], Alert] = {}
        self._groups: dict[str, dict[tuple[int, int] | None, _Group]] = {}
        for alert in sorted(alerts, key=lambda alert: alert.last_s):
            self._of_subject[_key(alert)] = alert
            if alert.state == "new":
                self._note(alert)

    def grown(self, hit: Hit, where: Where = Where()) -> Alert | None:
        """Return the alert that a hit belongs to, grown by it; None if it raises one of its own."""
        alert = self._of_subject.get((hit.scenario, _subject(hit)[0] or hit.area or where.place))
        if alert is None or not -SAME_S <= hit.at_s - alert.last_s <= SAME_S:
            return None
        if alert.state == "dismissed" and (hit.severity == 1 or alert.reason != "known_and_permitted"):
            return None
        grown = replace(
            alert, hits=alert.hits + 1, first_s=min(alert.first_s, hit.at_s), last_s=max(alert.last_s, hit.at_s),
            severity=min(alert.severity, hit.severity), version=alert.version + 1,
        )  # fmt: skip
        self._of_subject[_key(grown)] = grown
        return grown

    def raised(self, hit: Hit, id_: str, where: Where = Where()) -> Alert:
        """Return the alert that a hit raises, in a group of its own or of others."""
        subject, kind = _subject(hit)
        alert = Alert(
            id_, 1, "new", hit.scenario, hit.version, hit.severity, subject, kind, "", hit.area or where.place,
            where.district, where.street, hit.lon_deg, hit.lat_deg, hit.at_s, hit.at_s, 1, hit.seen_s,
            desk=hit.route.desk, shown_s=hit.seen_s + hit.route.round_s if hit.route.round_s else 0.0,
        )  # fmt: skip
        group = self._group(alert)
        alert = replace(alert, group=group.id, shown_s=group.shown_s)
        if hit.route.answer_s:
            alert = replace(alert, due_s=alert.since_s + hit.route.answer_s)
        self._of_subject[_key(alert)] = alert
        return alert

    def _group(self, alert: Alert) -> _Group:
        groups = self._groups.setdefault(alert.scenario, {})
        cell: tuple[int, int] | None = _cell(alert)
        found = groups.get(cell)
        if found is None or not found.takes(alert):
            cell = cell if sum(group.takes(alert) for group in groups.values()) < MANY else None
            found = groups.get(cell)
        if found is None or not found.takes(alert):
            found = groups[cell] = _Group(alert.id, alert.raised_s, alert.shown_s)
        found.last_s = max(found.last_s, alert.raised_s)
        return found

    def _note(self, alert: Alert) -> None:
        """Note the group of an alert that is there; a storm is one whose alerts are in more than one cell."""
        groups = self._groups.setdefault(alert.scenario, {})
        cell: tuple[int, int] | None = _cell(alert)
        for other, group in groups.items():
            if group.id == alert.group and other != cell:
                groups[None] = groups.pop(other)
                cell = None
                break
        group = groups.setdefault(cell, _Group(alert.group, alert.raised_s, alert.shown_s))
        group.last_s = max(group.last_s, alert.raised_s)


def _subject(hit: Hit) -> tuple[str, str]:
    return (hit.subjects[0].id, hit.subjects[0].kind) if hit.subjects else ("", "")


def _key(alert: Alert) -> tuple[str, str]:
    """Return what an alert is found by: its subject, or its place; one that has neither is found by none but itself."""
    return alert.scenario, alert.subject or alert.place or alert.id


def _cell(alert: Alert) -> tuple[int, int]:
    """Return the cell of the ground that an alert is in; what has no place shares one."""
    if not (math.isfinite(alert.lon_deg) and math.isfinite(alert.lat_deg)):
        return 0, 0
    north_m = alert.lat_deg * METRES_A_DEGREE
    east_m = alert.lon_deg * METRES_A_DEGREE * math.cos(math.radians(round(alert.lat_deg, 1)))
    cell_m = ROUND_M if alert.shown_s else CELL_M
    return math.floor(east_m / cell_m), math.floor(north_m / cell_m)
