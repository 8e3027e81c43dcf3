"""A desk's engine: takes what an engine far away publishes, and keeps a live table of its own equal to it.

To whoever started it, it speaks and is spoken to as :class:`data.sync.engine.Engine`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
from nats.aio.msg import Msg

from data.fanout.accounts import Join
from data.fanout.frames import (
    SOURCES,
    BadFrameError,
    Beat,
    Frame,
    Word,
    ask_subject,
    beat_subject,
    unpack_word,
)
from data.fanout.link import Link, keep_linked
from data.fanout.mirror import Mirror
from data.home import Home
from data.store.twin_folder import read_manifest
from data.sync.memory import resident_mb
from data.sync.messages import Log, Message, Order, Ready, Status, read_order
from data.sync.shared import CAPACITY, open_for_writing, remove, table_path
from twin.errors import UsageError, ZhianError
from twin.geo import LocalFrame
from twin.live.table import LiveTable, place_word
from twin.words import Said, said, say

SILENT_S = 1.5
"""Without a sign of life for so long, nothing on the screen counts as now."""
LOOK_S = 0.1
STATUS_S = 1.0
COMMIT_S = 0.02
CLOCK_S = 5.0


class DeskEngine:
    """Reads along until it is told to quit."""

    def __init__(self, home: Home, twin: str, say: Callable[[Message], None], join: Join) -> None:
        manifest = read_manifest(home.twin(twin))
        self._place = place_word(LocalFrame(manifest.crs, manifest.origin_m))
        self._path, self._tell, self._join = table_path(home, twin), say, join
        self._quit, self._dirty = asyncio.Event(), asyncio.Event()
        self._heard = 0.0
        self._reason: Said = said("")
        self._questions: set[str] = set()
        self._received = 0
        self._fits = False
        self._clock_told = False

    async def run(self) -> None:
        """Run until :meth:`quit` or cancelled; nothing is left behind.

        Raises
        ------
        twin.errors.ZhianError
            If another engine runs for the twin.
        """
        async with self._table_open():
            self._tell(Ready(str(self._path), os.getpid()))
            self._tell(Log("info", "fanout_joined", "", {"url": self._join.url}))
            async with asyncio.TaskGroup() as group:
                chores = [
                    group.create_task(chore()) for chore in (self._beat, self._report, self._commit, self._listen)
                ]
                await self._quit.wait()
                for task in chores:
                    task.cancel()

    @asynccontextmanager
    async def _table_open(self) -> AsyncIterator[None]:
        shared = open_for_writing(self._path)
        self._table = LiveTable(shared.buffer, CAPACITY, self._place, int(time.time()), os.getpid())
        self._table.keep_sources([])
        self._mirror = Mirror(self._table, self._questions.add, self._join.layers)
        self._down(say("nothing has come from {url} yet", url=self._join.url))
        try:
            yield
        finally:
            self._table.close()
            shared.close()
            remove(self._path)

    def quit(self) -> None:
        """End the run; may be called more than once."""
        self._quit.set()

    def read(self, text: bytes) -> None:
        """Follow an order that came as a line."""
        try:
            self.obey(read_order(text))
        except msgspec.MsgspecError as error:
            self._tell(Log("warning", "order_refused", "", {"order": "", "reason": str(error)}))

    def obey(self, order: Order) -> None:
        """Quit, or say that all other orders are given where the engine is."""
        if order.order == "quit":
            self.quit()
            return
        try:
            raise UsageError(say("this desk reads along with {url}: orders are given there", url=self._join.url))
        except ZhianError as error:
            self._tell(Log("warning", "order_refused", order.source, {"order": order.order, "reason": error.sentence}))

    async def _listen(self) -> None:
        await keep_linked(self._join.url, self._join.credential, self._work, self._on_lost)

    def _on_lost(self, reason: str) -> None:
        self._tell(Log("warning", "fanout_lost", "", {"url": self._join.url, "reason": reason}))
        self._down(say("{url}: {reason}", url=self._join.url, reason=reason))

    async def _work(self, link: Link) -> None:
        for subject in self._join.subjects:
            await link.client.subscribe(subject, cb=self._on_message)
        ask = ask_subject(self._join.twin, self._join.desk)
        while True:
            for question in list(self._questions):
                await link.client.publish(ask, question.encode())
            self._questions.clear()
            if link.refused:
                self._on_lost(link.refused)
                link.refused = ""
            await asyncio.sleep(LOOK_S)

    async def _on_message(self, message: Msg) -> None:
        try:
            self._on_word(message.subject, unpack_word(message.data))
        except BadFrameError as error:
            self._tell(Log("warning", "fanout_unread", "", {"reason": str(error)[:200]}))
        self._dirty.set()

    def _on_word(self, subject: str, word: Word) -> None:
        if isinstance(word, Beat):
            if subject == beat_subject(self._join.twin):
                self._on_beat(word)
        elif not self._fits:
            return  # positions of another place, or of nobody knows where
        elif isinstance(word, Frame):
            self._received += 1
            self._mirror.take(subject, word)
        else:
            self._mirror.take_sources(subject.removesuffix(SOURCES), word)
            if self._reason:
                self._mirror.down(self._reason)

    def _on_beat(self, beat: Beat) -> None:
        self._fits = beat.place in (0, self._place)
        if not self._fits:
            self._down(say("{url} is of another place than this twin", url=self._join.url))
        elif not beat.alive:
            self._down(said("the engine gives no sign of life"))
        else:
            self._up()
        if abs(beat.at_s - time.time()) > CLOCK_S and not self._clock_told:
            self._clock_told = True
            self._tell(Log("warning", "fanout_clock", "", {"seconds": f"{beat.at_s - time.time():.0f}"}))

    def _up(self) -> None:
        self._heard = time.monotonic()
        if self._reason:
            self._reason = said("")
            self._tell(Log("info", "fanout_heard", "", {"url": self._join.url}))

    def _down(self, reason: Said) -> None:
        self._reason = reason
        self._mirror.down(reason)
        self._dirty.set()

    async def _beat(self) -> None:
        """Give signs of life, and notice when none come."""
        while True:
            self._table.beat(time.time(), time.monotonic())
            if not self._reason and time.monotonic() - self._heard > SILENT_S:
                self._down(say("nothing comes from {url} any more", url=self._join.url))
                self._tell(Log("warning", "fanout_lost", "", {"url": self._join.url, "reason": self._reason}))
            await asyncio.sleep(LOOK_S)

    async def _commit(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            self._table.commit(time.time())
            await asyncio.sleep(COMMIT_S)

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(STATUS_S)
            states = [state for state in self._mirror.states if not self._reason]
            ages = [time.time() - state.last_s for state in states if state.last_s]
            counts = self._table.counts()
            self._tell(
                Status(
                    rate_hz=round(sum(state.rate_hz for state in states), 1),
                    oldest_s=round(max(ages, default=0.0), 2),
                    entities=len(self._table),
                    quarantined=counts.quarantined,
                    late=counts.late,
                    overflow=counts.overflow,
                    memory_mb=round(resident_mb(), 1),
                )
            )
