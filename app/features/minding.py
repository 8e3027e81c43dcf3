"""Minds the day's work while the window is open: levels, silent units, who stands still, and what goes out."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from app.features.feature import Context, Feature
from app.opening import Opened
from data.operations.handing_on import hand_on
from data.operations.minding import mind, watch_over
from data.operations.opening import Starts, open_operations
from data.operations.outbox import Outbox, carriers_of, outbox_folder
from data.operations.plans import agencies_of
from data.operations.store import SqlOperations
from data.simulate.doors import invented_controller
from twin.access import Resource, decide
from twin.operations.agencies import Agency
from twin.operations.following import Follower, goal_in, seen
from twin.operations.records import Unit
from twin.world import World

ROUND_MS = 3_000
SEND = "unit.send"


class Minding(QObject, Feature):
    """A feature without panels: works in a job of its own each few seconds, one at a time.

    It acts only for who may send units; several desks on one database may mind at once.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._desk, self._follower = context.desk, Follower()
        self._store: SqlOperations | None = None
        self._starts, self._agencies = Starts({}, {}), dict[str, Agency]()
        self._twin, self._invented, self._closed = "", False, False
        self.timer = QTimer(self)
        self.timer.setInterval(ROUND_MS)
        self.timer.timeout.connect(self.round)
        context.opening.opened.connect(self._on_opened)

    def close(self) -> None:
        """Stop."""
        self.timer.stop()
        self._closed = True
        if self._store is not None:
            self._store.close()

    def round(self) -> None:
        """Do what is due, off this thread."""
        jobs, world, commands = self._desk.jobs, self._desk.live.world, self._desk.session.commands
        allowed = decide(commands.actor, SEND, Resource("round"), None, commands.rules).allowed
        if world is None or not world.live or not allowed or jobs.is_running("minding"):
            return
        actor = commands.actor.id
        jobs.submit("job.minding", lambda *_: self._work(world, actor), lambda _: None, key="minding", quiet=True)

    def _on_opened(self, opened: Opened) -> None:
        self._twin, self._invented = opened.name, opened.city.invented
        self.timer.start()

    def _work(self, world: World, actor: str) -> None:
        if self._store is None:
            home = self._desk.session.home
            self._starts, self._agencies = Starts.of(home), agencies_of(home)
            self._store = open_operations(home)
        store, now_s = self._store, time.time()
        mind(store, now_s)
        hand_on(store, self._starts, self._agencies, now_s)
        watch_over(store, self._follower, seen(world, store.find(Unit, ("assigned",))), goal_in(world), now_s)
        home = self._desk.session.home
        carriers, folder = carriers_of(home, self._twin), outbox_folder(home)
        if self._invented:
            carriers["door"] = invented_controller(folder)
        Outbox(store, carriers, actor, folder=folder).round()
