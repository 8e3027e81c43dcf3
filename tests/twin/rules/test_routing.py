"""Whose queue the alerts of a scenario come into."""

from __future__ import annotations

from typing import Any

import pytest

from tests.twin.rules.town import scenario
from twin.rules.hit import CONTROL, Route
from twin.rules.routing import ROUND_S, desks_of, route_of

FAST = {"kind": "holds", "holds": "speed_mps > 10"}


@pytest.mark.parametrize(
    ("told", "route"),
    [
        ({"tell": ["operator", "urban"], "severity": 3}, Route(CONTROL)),
        ({"tell": ["traffic_engineer", "dispatcher"], "severity": 3}, Route(CONTROL)),
        ({"tell": ["traffic_engineer", "urban"], "severity": 3}, Route("traffic_engineer")),
        ({"tell": ["urban"], "severity": 4}, Route("urban", ROUND_S)),
        ({"tell": ["urban"], "severity": 4, "form": "queue"}, Route("urban")),
        ({"tell": ["site_officer"], "severity": 2, "levels": {"confirmed": 60.0}}, Route(CONTROL, 0.0, 60.0)),
    ],
)  # fmt: skip
def test_what_endangers_somebody_or_is_told_to_the_control_room_is_its_own(told: dict[str, Any], route: Route) -> None:
    assert route_of(scenario(FAST, **told).scenario) == route


def test_who_sits_in_the_control_room_sees_its_queue_and_others_see_their_own() -> None:
    assert desks_of({"operator"}) == desks_of({"demo"}) == (CONTROL,)
    assert desks_of({"dispatcher", "traffic_engineer"}) == (CONTROL, "traffic_engineer")
    assert desks_of({"site_officer"}) == ("site_officer",)
