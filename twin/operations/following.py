"""Following those who were sent: who does not answer, who stands still, who is there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from twin.operations.records import Dispatch, Incident, Unit
from twin.world import World

SILENT_S = 90.0
"""An order must be acknowledged within this time."""
GIVE_UP_S = 180.0
"""One that is not in this time is given up by the program."""
STILL_S, STILL_M = 150.0, 60.0
"""A unit on its way that did not get farther than this within that time stands still: a red light is no reason."""
THERE_M = 120.0
LOST_S = 180.0
"""Nothing was heard of where it is for so long."""
ADVICE = ("", "silent", "still", "lost", "there")


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a unit was when: east and north in the local frame, metres."""

    at_s: float
    east_m: float
    north_m: float


class Follower:
    """Remembers, of each unit that is followed, where it last got on from."""

    def __init__(self) -> None:
        self._last: dict[str, Seen] = {}
        self._moved: dict[str, Seen] = {}
        self._said: set[tuple[str, str]] = set()

    def note(self, places: Mapping[str, Seen]) -> None:
        """Take where units are now; who is no longer told of is forgotten."""
        self._moved = {
            unit: seen if _away_m(seen, self._moved.get(unit)) > STILL_M else self._moved[unit]
            for unit, seen in places.items()
        }
        self._last = dict(places)

    def first(self, dispatch: str, advice: str) -> bool:
        """Tell whether something is said of a dispatch for the first time."""
        fresh = (dispatch, advice) not in self._said
        self._said.add((dispatch, advice))
        return fresh

    def advice(self, dispatch: Dispatch, goal: Seen, now_s: float) -> str:
        """Return what is the matter with a unit on its way, one of :data:`ADVICE`; ``goal`` is where it is sent."""
        if dispatch.state == "sent":
            return "silent" if now_s - dispatch.sent_s > SILENT_S else ""
        if dispatch.state not in ("acknowledged", "en_route"):
            return ""
        seen = self._last.get(dispatch.unit)
        since_s = max(dispatch.acknowledged_s, dispatch.en_route_s, dispatch.sent_s)
        if seen is None or now_s - seen.at_s > LOST_S:
            return "lost" if now_s - since_s > LOST_S else ""
        if _away_m(seen, goal) <= THERE_M:
            return "there"
        moved_s = max(self._moved[dispatch.unit].at_s, since_s)
        return "still" if now_s - moved_s > STILL_S else ""


def tried(dispatches: Iterable[Dispatch]) -> frozenset[str]:
    """Return the units that were sent to an incident in vain."""
    return frozenset(one.unit for one in dispatches if one.state in ("refused", "silent", "recalled"))


def _away_m(one: Seen, other: Seen | None) -> float:
    """Return the distance; a place that is not known is far from all."""
    if other is None:
        return math.inf
    return math.hypot(one.east_m - other.east_m, one.north_m - other.north_m)


def seen(world: World, units: Iterable[Unit]) -> dict[str, Seen]:
    """Return where units are, those that the live table knows."""
    rows = world.tracks.rows
    row_of = {key: row for row, key in enumerate(rows["id"].tolist())}
    found: dict[str, Seen] = {}
    for unit in units:
        row = row_of.get(unit.entity.encode()) if unit.entity else None
        if row is not None:
            east, north = world.tracks.position_m[row, :2].tolist()
            found[unit.id] = Seen(float(rows["time_s"][row]), east, north)
    return found


def goal_in(world: World) -> Callable[[Incident], Seen]:
    """Return what says where an incident is in a world."""

    def goal(incident: Incident) -> Seen:
        east, north = world.city.frame.to_local(incident.lon_deg, incident.lat_deg)
        return Seen(world.at_s, float(east), float(north))

    return goal
