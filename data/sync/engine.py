"""The engine: takes what the sources tell, checks it, and keeps the live table new."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from data.connectors.contract import Parcel, Rewound, SourceSettings
from data.history.child import history_round
from data.history.policy import policy_of
from data.home import Home
from data.store.twin_folder import open_city, read_manifest
from data.sync.gate import Gate
from data.sync.intake import Intake
from data.sync.journal import journal_path
from data.sync.memory import resident_mb
from data.sync.messages import Log, Message, Order, Ready, Status, Text, clear_inbox, inbox, read_order
from data.sync.quarantine import Quarantine
from data.sync.recorder import Recorder
from data.sync.recovery import mend
from data.sync.settings import sources_of
from data.sync.shared import CAPACITY, SharedFile, open_for_writing, remove, table_path
from data.sync.source import RunningSource
from data.sync.tell import put_answer, tell
from data.sync.zones import zones_of
from twin.city.city import City
from twin.errors import UsageError, ZhianError
from twin.geo import LocalFrame
from twin.live.observation import ObservationArray, ObservationBatch
from twin.live.table import LiveTable, place_word
from twin.words import said, say
from twin.world import SourceState

BEAT_S = 0.5
STATUS_S = 1.0
SWEEP_S = 5.0
HISTORY_S = 300.0
COMMIT_S = 0.04
"""Shortest time between two commits; the first batch after a quiet moment is shown at once."""
SWITCH_S = 0.0005
"""The journal's thread asks for Python's lock some thirty times a commit; while the loop is busy it would wait 5 ms for
each."""
TABLES = ("roads", "junctions", "routes", "sites", "devices", "places", "boundaries")
STEERING = frozenset({"pause", "resume", "speed", "seek"})


class Engine:
    """Runs the sources of one twin until it is told to quit.

    Parameters
    ----------
    sources : sequence of SourceSettings, optional
        In place of those in the settings. The run then ends with them, and raises what the first of them raises.
    say : callable
        Given each message; must not block.
    """

    def __init__(
        self, home: Home, twin: str, say: Callable[[Message], None], sources: Sequence[SourceSettings] | None = None
    ) -> None:
        self._home, self._twin, self._say = home, twin, say
        manifest = read_manifest(home.twin(twin))
        self._strict = sources is not None
        self._invented = manifest.invented
        self._settings = sources_of(home, twin, self._invented) if sources is None else tuple(sources)
        self._zones = zones_of(home)
        self._place = place_word(LocalFrame(manifest.crs, manifest.origin_m))
        self._path = table_path(home, twin)
        self._quarantine = Quarantine(home.state / f"quarantine-{twin}.jsonl")
        self._sources: dict[str, RunningSource] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._quit, self._dirty = asyncio.Event(), asyncio.Event()  # here, as quit may be asked before run begins
        self._city: City | None = None
        self._intake: Intake | None = None
        self._policy = policy_of(home).record
        self._recorder: Recorder | None = None
        self._overflow_told = False
        self._left_out = 0
        self._swept = 0.0

    async def run(self) -> None:
        """Run until :meth:`quit` or cancelled; nothing is left behind.

        Raises
        ------
        twin.errors.ZhianError
            If the twin cannot be opened or another engine runs for it.
        """
        sys.setswitchinterval(SWITCH_S)
        async with self._table_open():
            self._say(Ready(str(self._path), os.getpid()))
            try:
                await self._work()
            except BaseExceptionGroup as group:
                raise next((error for error in group.exceptions if isinstance(error, ZhianError)), group) from None
            finally:
                if self._recorder is not None:
                    self._recorder.flush(time.time())
                if self._intake is not None:
                    await self._intake.close()

    async def _work(self) -> None:
        async with asyncio.TaskGroup() as self._group:
            chores = [
                self._group.create_task(chore())
                for chore in (self._beat, self._report, self._commit, self._open, self._keep_history)
            ]
            await self._quit.wait()
            for task in (*chores, *self._tasks.values()):
                task.cancel()

    @asynccontextmanager
    async def _table_open(self) -> AsyncIterator[None]:
        shared: SharedFile = open_for_writing(self._path)
        self._table = LiveTable(shared.buffer, CAPACITY, self._place, int(time.time()), os.getpid())
        clear_inbox(self._home, self._twin)
        self._table.hear_all(time.monotonic())
        self._table.beat(time.time(), time.monotonic())
        try:
            yield
        finally:
            self._table.close()
            shared.close()
            remove(self._path)
            clear_inbox(self._home, self._twin)

    async def _open(self) -> None:
        self._table.keep_sources([settings.name for settings in self._settings])
        city = await asyncio.to_thread(open_city, self._home.twin(self._twin), TABLES)
        for line in await asyncio.to_thread(mend, journal_path(self._home, self._twin)):
            self._tell_journal(*line)
        self._city, self._gate = city, Gate(city, self._zones.networks)
        self._intake = Intake(
            journal_path(self._home, self._twin), self._gate, self._show, self._tell_journal, self._zones.cap
        )
        if not self._strict:
            self._recorder = Recorder(self._policy, self._intake.put)
        for settings in self._settings:
            self._add(settings, city)
        self._say(Log("info", "sources_started", values={"sources": str(len(self._settings))}))

    def _add(self, settings: SourceSettings, city: City) -> None:
        self._stop(settings.name)

        def tell(level: str, key: str, values: dict[str, str]) -> None:
            self._say(Log(level, key, settings.name, values))

        index = self._table.source(settings.name, settings.kind)
        source = RunningSource(
            settings, index, tell, time.time, time.monotonic, time.monotonic(), self._strict,
            journal_path(self._home, self._twin),
        )  # fmt: skip
        self._table.tell_source(index, source.state())  # whose zone it is in is known before what it tells
        self._sources[settings.name] = source
        self._tasks[settings.name] = task = self._group.create_task(source.run(city, self._take))
        task.add_done_callback(self._on_ended)

    def _on_ended(self, _: asyncio.Task[None]) -> None:
        if self._strict and all(task.done() for task in self._tasks.values()):
            self.quit()

    def _order_source(self, settings: SourceSettings) -> None:
        if self._city is None:
            self._settings = (*self._settings, settings)
        else:
            self._add(settings, self._city)

    def _stop(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            source = self._sources.pop(name)
            source.fail(said("stopped"), "info", "source_ended")
            self._table.tell_source(source.index, source.state())
            self._table.forget(source.index)
            self._gate.forget(name)
            self._dirty.set()

    def _reload(self) -> None:
        """Follow the settings anew; a source whose settings are as before goes on undisturbed."""
        if self._strict:
            raise UsageError("this engine plays what it was given, and has no settings to read again")
        self._zones = zones_of(self._home)
        before = {settings.name: settings for settings in self._settings}
        self._settings = sources_of(self._home, self._twin, self._invented)
        wanted = {settings.name: settings for settings in self._settings}
        if self._city is not None:
            self._gate.follow(self._zones.networks)
            for name in before.keys() - wanted.keys():
                self._stop(name)
            for settings in self._settings:
                if before.get(settings.name) != settings:
                    self._add(settings, self._city)
        self._say(Log("info", "sources_reloaded", values={"sources": str(len(wanted))}))

    def quit(self) -> None:
        """End the run; may be called more than once."""
        self._quit.set()

    def _take(self, source: RunningSource, item: ObservationBatch | Rewound | Parcel) -> None:
        if isinstance(item, Rewound):
            self._table.forget(source.index)
            self._gate.forget(source.settings.name)
            self._dirty.set()
            return
        if isinstance(item, Parcel):
            if self._intake is not None:
                self._intake.take(source, item)
            return
        source.count(len(item.rows))
        passed = self._gate.check(item.rows, source.now_s(), source.settings)
        if passed.reasons:
            self._quarantine.add(source.settings.name, passed.failed, passed.reasons, time.time())
        self._show(source, passed.rows, passed.position_m, len(passed.reasons))
        if self._recorder is not None and (self._policy.recordings or source.playback() is None):
            self._recorder.take(source.settings, passed.rows, time.time())

    def _show(
        self, source: RunningSource, rows: ObservationArray, position_m: NDArray[np.float32], quarantined: int
    ) -> None:
        """Take what passed the gate into the table, and note how much did not."""
        if self._sources.get(source.settings.name) is not source:
            return  # it was stopped while its last words were on the way to the journal
        if quarantined:
            self._table.count_quarantined(quarantined)
        if not len(rows):
            return
        taken = self._table.update(source.index, rows, position_m, time.time(), time.monotonic())
        if taken.overflow and not self._overflow_told:
            self._overflow_told = True
            self._say(Log("error", "table_full", source.settings.name, {"entities": str(len(self._table))}))
        self._dirty.set()

    def _tell_journal(self, level: str, key: str, values: dict[str, str]) -> None:
        self._say(Log(level, key, "", values))

    async def _commit(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._tell_playing()
            self._table.commit(time.time())
            await asyncio.sleep(COMMIT_S)

    def _tell_playing(self) -> None:
        """Tell where recordings stand with what they tell, so that both are of one instant."""
        for source in self._sources.values():
            if source.playback() is not None:
                self._table.tell_source(source.index, self._state(source))

    async def _beat(self) -> None:
        while True:
            self._table.beat(time.time(), time.monotonic())
            await asyncio.sleep(BEAT_S)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(STATUS_S)
            self._read_inbox()
            now = time.monotonic()
            self._record()
            if now - self._swept > SWEEP_S:
                self._swept = now
                self._table.sweep(now, self._held())
                for source in self._sources.values():
                    source.clocks = self._gate.clocks(source.settings.name)
            for source in self._sources.values():
                self._table.tell_source(source.index, self._state(source))
            self._dirty.set()
            self._say(self._status(now))

    def _record(self) -> None:
        """Hand on what is to be recorded, and tell when something was left out."""
        if self._recorder is None:
            return
        before = self._left_out
        self._recorder.flush(time.time())
        self._left_out = self._recorder.left_out
        if self._left_out > before == 0:
            self._say(Log("warning", "recording_left_out", "", {"rows": str(self._left_out)}))

    async def _keep_history(self) -> None:
        """Have a child seal what was recorded, now and then; one that is killed goes on with the next."""
        while not self._strict:
            await asyncio.sleep(HISTORY_S)
            problem = await history_round(self._twin)
            if problem:
                self._say(Log("warning", "history_stopped", "", {"reason": problem}))

    def _state(self, source: RunningSource) -> SourceState:
        """Return how a source is doing; one whose words are not kept at present is not up."""
        state, problem = source.state(), self._intake.problem if self._intake is not None else ""
        return (
            replace(state, up=False, reason=say("journal: {problem}", problem=problem))
            if problem and source.acknowledged
            else state
        )

    def _held(self) -> list[int]:
        states = {source.index: source.playback() for source in self._sources.values()}
        return [index for index, playback in states.items() if playback is not None and playback.paused]

    def _status(self, now: float) -> Status:
        silent = [now - (source.heard or source.began) for source in self._sources.values()]
        counts = self._table.counts()
        return Status(
            rate_hz=round(sum(source.rate_hz() for source in self._sources.values()), 1),
            oldest_s=round(max(silent, default=0.0), 2),
            entities=len(self._table),
            quarantined=counts.quarantined,
            late=counts.late,
            overflow=counts.overflow,
            memory_mb=round(resident_mb(), 1),
        )

    def obey(self, order: Order) -> None:
        """Follow an order; one that makes no sense is told, and changes nothing."""
        try:
            self._obey(order)
        except ZhianError as error:
            self._say(Log("warning", "order_refused", order.source, {"order": order.order, "reason": error.sentence}))

    def _obey(self, order: Order) -> None:
        if order.order == "quit":
            self.quit()
        elif order.order == "reload":
            self._reload()
        elif order.order == "add" and order.settings is not None:
            self._order_source(order.settings)
        elif order.order == "tell" and order.text is not None:
            self._group.create_task(self._tell(order.source, order.text))
        elif order.source not in self._sources:
            raise UsageError(say("there is no source {source!r}", source=order.source))
        elif order.order == "stop":
            self._stop(order.source)
        elif order.order in STEERING:
            self._sources[order.source].steer(order.order, order.value)
            self._dirty.set()
        else:
            raise UsageError(say("there is no order {order!r}", order=order.order))

    async def _tell(self, source: str, text: Text) -> None:
        answer = await tell(source, self._sources.get(source), text)
        self._say(Log("info", "text_answered", source, {"answer": answer.words}))
        put_answer(self._home, self._twin, text.reply, answer)

    def read(self, text: bytes) -> None:
        """Follow an order that came as a line."""
        try:
            order = read_order(text)
        except msgspec.MsgspecError as error:
            self._say(Log("warning", "order_refused", "", {"order": "", "reason": str(error)}))
        else:
            self.obey(order)

    def _read_inbox(self) -> None:
        for path in sorted(inbox(self._home, self._twin).glob("*.json")):
            text = path.read_bytes()
            path.unlink()
            self.read(text)
