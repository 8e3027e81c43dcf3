"""Service levels as timers: what must be reached by when, seen before it is missed."""

from __future__ import annotations

from dataclasses import dataclass

from twin.operations.records import Incident, Level
from twin.operations.states import AT_WORK

SOON = 0.25
"""When so much of the time is left, a level is about to be missed."""
TIMER_STATES = ("met", "running", "soon", "missed")


@dataclass(frozen=True, slots=True)
class Timer:
    """One level of one incident; ``reached_s`` is 0 while it runs."""

    level: Level
    due_s: float
    reached_s: float

    def left_s(self, now_s: float) -> float:
        """Return how much time is left, or was when it was reached; negative after it was missed."""
        return self.due_s - (self.reached_s or now_s)

    def state(self, now_s: float) -> str:
        """Return one of :data:`TIMER_STATES`."""
        left_s = self.left_s(now_s)
        if left_s < 0.0:
            return "missed"
        if self.reached_s:
            return "met"
        return "soon" if left_s <= SOON * self.level.within_s else "running"


def timers(incident: Incident) -> tuple[Timer, ...]:
    """Return the timers of an incident, the first due first."""
    reached = {
        "confirmed": incident.opened_s, "dispatched": incident.dispatched_s, "on_scene": incident.on_scene_s,
        "resolved": incident.resolved_s,
    }  # fmt: skip
    made = (Timer(one, incident.since_s + one.within_s, reached[one.state]) for one in incident.levels)
    return tuple(sorted(made, key=lambda timer: timer.due_s))


def next_timer(incident: Incident) -> Timer | None:
    """Return the timer that runs out first of those that run; None if none does."""
    if incident.state not in AT_WORK:
        return None
    return next((timer for timer in timers(incident) if not timer.reached_s), None)


def must_be_raised(incident: Incident, now_s: float) -> str:
    """Return which level an incident is to be raised for: once before it is missed, once when it is; empty for none."""
    timer = next_timer(incident)
    if timer is None:
        return ""
    state = timer.state(now_s)
    wanted = {"soon": 1, "missed": 2}.get(state, 0)
    return timer.level.state if incident.escalated < wanted else ""
