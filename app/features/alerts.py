"""Keeps the world that is shown true to the alerts that stand now: for the card, the heat map, and exports."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from app.features.feature import Context, Feature
from twin.operations.standing import Standing
from twin.world import World

AGAIN_S = 2.0


class StandingAlerts(QObject, Feature):
    """A feature without commands and panels: reads the records each two seconds, off the window's thread."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk = context.desk
        self._asked_s, self._told = 0.0, ""
        self._desk.live.panels_due.connect(self._on_panels_due)

    def _on_panels_due(self, world: World) -> None:
        jobs, alerts, now_s = self._desk.jobs, self._desk.alerts, time.monotonic()
        if now_s - self._asked_s < AGAIN_S or jobs.is_running("alerts"):
            return
        self._asked_s = now_s
        jobs.submit("job.alerts", lambda *_: alerts.at(time.time()), self._on_read, key="alerts", quiet=True)

    def _on_read(self, standing: tuple[Standing, ...]) -> None:
        self._desk.live.set_alerts(standing)
        problem = self._desk.alerts.problem
        why = "" if problem is None else self._desk.look.texts.error(problem)
        if why and why != self._told:
            self._desk.log.add("problem", "event.alerts_unread", why=why)
        self._told = why
