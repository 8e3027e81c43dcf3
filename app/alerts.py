"""The alerts of scenarios beside the live table and the history: which stand now, and which stood then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from app.look_back import BINS, Past
from data.home import Home
from data.operations.standing import Names, alerts_between, last_event, names_of, next_alert
from data.records.database import open_records
from twin.errors import ZhianError
from twin.live.happening import Happening
from twin.operations.standing import Standing, standing_at
from twin.world import World

DAY_S, SAME_S = 86_400.0, 0.0015
Answer = TypeVar("Answer")


class Alerts:
    """Reads the records; its methods may be called from any thread but the window's.

    Parameters
    ----------
    may : callable
        Tells whether who looks may see alerts; asked each time. If not, there are none.
    """

    def __init__(self, home: Home, may: Callable[[], bool]) -> None:
        self._home, self._may = home, may
        self._one_at_a_time = threading.Lock()
        self._engine: sa.Engine | None = None
        self._names: Names = {}
        self._day: tuple[int, float, tuple[Standing, ...]] = (0, -1.0, ())
        self.problem: ZhianError | None = None
        """Why the records could not be read the last time: then there are no alerts."""

    def at(self, at_s: float) -> tuple[Standing, ...]:
        """Return those that stand at an instant."""
        return standing_at(self._ask(lambda engine: self._of_day(engine, at_s // DAY_S * DAY_S)) or (), at_s)

    def begun(self, begin_s: float, end_s: float) -> tuple[Standing, ...]:
        """Return those that began in a time, both ends included, oldest first."""
        found = self._ask(lambda engine: alerts_between(engine, self._names, begin_s, end_s)) or ()
        return tuple(alert for alert in found if alert.begin_s >= begin_s)

    def next(self, at_s: float, way: int) -> Standing | None:
        """Return the first one that began after an instant, or with ``way`` -1 the last one before it."""
        return self._ask(lambda engine: next_alert(engine, self._names, at_s + way * SAME_S, way))

    def close(self) -> None:
        """Let go of the records."""
        with self._one_at_a_time:
            if self._engine is not None:
                self._engine.dispose()
            self._engine = None

    def _of_day(self, engine: sa.Engine, day_s: float) -> tuple[Standing, ...]:
        event, of_s, known = self._day
        newest = last_event(engine)
        if (newest, day_s) != (event, of_s):
            known = alerts_between(engine, self._names, day_s, day_s + DAY_S)
            self._day = (newest, day_s, known)
        return known

    def _ask(self, question: Callable[[sa.Engine], Answer]) -> Answer | None:
        """Return the answer of the records, None if they cannot be read or must not be."""
        if not self._may():
            return None
        with self._one_at_a_time:
            try:
                answer = question(self._opened())
            except ZhianError as error:
                self.problem = error
                return None
            self.problem = None
            return answer

    def _opened(self) -> sa.Engine:
        if self._engine is None:
            self._names = names_of(self._home)
            self._engine = open_records(self._home)
        return self._engine


class PastWithAlerts:
    """What was recorded, with the alerts of that time: a :class:`app.look_back.Past`."""

    def __init__(self, past: Past, alerts: Alerts) -> None:
        self._past, self._alerts = past, alerts

    def span(self) -> tuple[float, float] | None:
        """Return the first and last recorded time."""
        return self._past.span()

    def activity(self, begin_s: float, end_s: float, bins: int = BINS) -> NDArray[np.int64]:
        """Return how much was recorded in each of equal parts of a time."""
        return self._past.activity(begin_s, end_s, bins)

    def recorded_hours(self) -> NDArray[np.int64]:
        """Return the hours in which something was recorded."""
        return self._past.recorded_hours()

    def happenings(self, begin_s: float, end_s: float) -> Sequence[Happening]:
        """Return the alarms and faults that sources told of, and the alerts, oldest first."""
        alerts = [_happening(alert) for alert in self._alerts.begun(begin_s, end_s)]
        return sorted([*self._past.happenings(begin_s, end_s), *alerts], key=lambda one: one.at_s)

    def next_happening(self, at_s: float, way: int) -> Happening | None:
        """Return the next of them; an alert only if that time was recorded."""
        found, alert, span = self._past.next_happening(at_s, way), self._alerts.next(at_s, way), self._past.span()
        if alert is None or span is None or not span[0] <= alert.begin_s <= span[1]:
            return found
        if found is not None and (found.at_s - alert.begin_s) * way <= 0:
            return found
        return _happening(alert)

    def world_at(self, instant_s: float) -> World:
        """Return the twin at an instant."""
        return replace(self._past.world_at(instant_s), alerts=self._alerts.at(instant_s))

    def warm(self, instant_s: float) -> None:
        """Read ahead what an instant needs."""
        self._past.warm(instant_s)

    def close(self) -> None:
        """Let go of the files."""
        self._past.close()


def _happening(alert: Standing) -> Happening:
    return Happening(
        alert.begin_s, "alert", alert.subject, alert.subject_kind, alert.severity, (alert.zh, alert.en),
        (alert.lon_deg, alert.lat_deg),
    )  # fmt: skip
