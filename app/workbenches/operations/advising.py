"""Follows those who were sent to what is in hand, and says when one stands still, is lost, or is there."""

from __future__ import annotations

from collections.abc import Mapping

from app.workbenches.operations.proposing import places_of
from app.workbenches.operations.worklist import Held
from twin.operations.following import Follower, Seen
from twin.operations.records import Unit
from twin.operations.states import UNDER_WAY
from twin.world import World


class Advice:
    """Remembers where they were; asked twice a second."""

    def __init__(self) -> None:
        self._follower = Follower()

    def of(self, held: Held, world: World) -> Mapping[str, str]:
        """Return what is the matter with each dispatch of what is in hand, by its id; nothing where all is well."""
        if held.whole is None:
            return {}
        sent = [one for one in held.whole.dispatches if one.state in UNDER_WAY]
        units = [unit for unit in held.units if any(unit.id == one.unit for one in sent)]
        self._follower.note(self._seen(units, world))
        goal_m = world.city.frame.to_local(held.whole.incident.lon_deg, held.whole.incident.lat_deg)
        goal = Seen(world.at_s, float(goal_m[0]), float(goal_m[1]))
        told = {one.id: self._follower.advice(one, goal, world.at_s) for one in sent}
        return {key: word for key, word in told.items() if word}

    @staticmethod
    def _seen(units: list[Unit], world: World) -> Mapping[str, Seen]:
        """Return where units are that the live table knows; where others are is not known."""
        rows = {key: row for row, key in enumerate(world.tracks.rows["id"].tolist())}
        known = [unit for unit in units if unit.entity.encode() in rows]
        places = places_of(world, known)
        times = world.tracks.rows["time_s"]
        return {
            unit.id: Seen(float(times[rows[unit.entity.encode()]]), float(place[0]), float(place[1]))
            for unit, place in zip(known, places, strict=True)
        }
