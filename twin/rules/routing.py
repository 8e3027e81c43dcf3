"""Whose hand a scenario's alerts need, and when: the two operators are not given what others were to be told."""

from __future__ import annotations

from collections.abc import Collection

from twin.rules.hit import CONTROL, Route
from twin.rules.scenario import Scenario

CONTROL_ROOM = ("operator", "dispatcher", "supervisor", "demo")
"""Roles of those who sit at the control room's queue."""
URGENT, GOOD_TO_KNOW = 2, 4
ROUND_S = 3600.0
"""What is only good to know is collected for so long, then shown as one row: a round."""


def route_of(scenario: Scenario) -> Route:
    """Return whose queue a scenario's alerts come into, for how long they are collected, and when one must be answered.

    What endangers somebody (severity 1 and 2), or is told to the control room, is the control room's; the rest is the
    queue of the first who is told. People who wait to be served are never collected.
    """
    to_control = scenario.severity <= URGENT or any(role in CONTROL_ROOM for role in scenario.tell)
    collected = scenario.form == "alarm" and scenario.severity >= GOOD_TO_KNOW
    return Route(
        CONTROL if to_control else scenario.tell[0],
        ROUND_S if collected else 0.0,
        scenario.levels.get("confirmed", 0.0),
    )


def desks_of(roles: Collection[str]) -> tuple[str, ...]:
    """Return the desks whose queues somebody of some roles works on."""
    control = (CONTROL,) if any(role in CONTROL_ROOM for role in roles) else ()
    return (*control, *sorted(role for role in roles if role not in CONTROL_ROOM))
