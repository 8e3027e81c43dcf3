"""Follows those who were sent, and says when one stands still, is lost, or is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twin.operations.following import Follower, goal_in, seen
from twin.operations.records import Dispatch, Incident, Unit
from twin.world import World

STUCK = frozenset({"silent", "still", "lost"})
"""What asks for another unit."""


class Advice:
    """Remembers where they were; asked twice a second."""

    def __init__(self) -> None:
        self._follower = Follower()

    def of(
        self, sent: Sequence[Dispatch], units: Sequence[Unit], incidents: Mapping[str, Incident], world: World
    ) -> Mapping[str, str]:
        """Return what is the matter with each dispatch under way, by its id; nothing where all is well."""
        self._follower.note(seen(world, units))
        goal = goal_in(world)
        told = {
            one.id: self._follower.advice(one, goal(incidents[one.incident]), world.at_s)
            for one in sent if one.incident in incidents
        }  # fmt: skip
        return {key: word for key, word in told.items() if word}


def stuck(sent: Sequence[Dispatch], advice: Mapping[str, str]) -> frozenset[str]:
    """Return the incidents that nobody is on the way to any more, as far as can be seen."""
    on_way = {one.incident for one in sent if advice.get(one.id) not in STUCK}
    return frozenset(one.incident for one in sent) - on_way
