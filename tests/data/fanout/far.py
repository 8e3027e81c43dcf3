"""An engine's table and a desk, for tests."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from data.fanout.accounts import Join
from data.fanout.desk import DeskEngine
from data.fanout.frames import beat_subject, live_subject
from data.fanout.link import Credential
from data.fanout.publisher import Publisher
from data.home import Home
from data.store.twin_folder import read_manifest
from data.sync.messages import Log, Message
from data.sync.shared import open_for_reading, open_for_writing, table_path
from tests.small_county import home_with_county
from tests.twin.live.factory import rows
from twin.geo import LocalFrame
from twin.live.reader import LiveReader
from twin.live.table import LiveTable, place_word
from twin.world import SourceState

TWIN = "small"
ZONES = {"police": "公安网", "video": "视频专网"}


class FarEngine:
    """A live table as an engine writes it, with a source in each of two zones."""

    def __init__(self, home: Home) -> None:
        manifest = read_manifest(home.twin(TWIN))
        self._file = open_for_writing(table_path(home, TWIN), 20_000)
        place = place_word(LocalFrame(manifest.crs, manifest.origin_m))
        self.table = LiveTable(self._file.buffer, 20_000, place, int(time.time()), os.getpid())
        self.sources = {}
        for name, zone in ZONES.items():
            self.sources[name] = self.table.source(name, "script")
            state = SourceState(name, "script", True, "", time.time(), 5.0, None, zone, "内部")
            self.table.tell_source(self.sources[name], state)
        self.clock = 1.0

    def tell(self, source: str, *keys: str, kind: str = "car") -> None:
        """Tell of entities at a new time, and commit."""
        self.clock += 1.0
        told = rows(*((key, self.clock) for key in keys), kind=kind)
        position_m = np.full((len(told), 3), self.clock, np.float32)
        self.table.update(self.sources[source], told, position_m, time.time(), time.monotonic())
        self.commit()

    def tell_down(self, source: str, reason: str) -> None:
        """Tell that a source is down."""
        state = SourceState(source, "script", False, reason, time.time(), 0.0, None, ZONES[source], "内部")
        self.table.tell_source(self.sources[source], state)
        self.commit()

    def commit(self) -> None:
        """Show what there is, with a sign of life."""
        self.table.beat(time.time(), time.monotonic())
        self.table.commit(time.time())

    async def live(self) -> None:
        """Give signs of life."""
        while True:
            self.table.beat(time.time(), time.monotonic())
            await asyncio.sleep(0.2)

    def close(self) -> None:
        """End as an engine that was killed."""
        self.table.close()
        self._file.close()


class FarDesk:
    """A desk on another machine: a home of its own, and what its engine says."""

    def __init__(self, folder: Path, join: Join) -> None:
        self.home = home_with_county(folder)
        self.said: list[Message] = []
        self.engine = DeskEngine(self.home, TWIN, self.said.append, join)

    def known(self) -> dict[str, float]:
        """Return what its window sees: the newest time of each entity."""
        with self._reader() as reader:
            found = reader.frame().rows
        return {bytes(row["id"]).decode(): float(row["time_s"]) for row in found}

    def up(self) -> dict[str, bool]:
        """Return which sources its window sees, and whether they count as up."""
        with self._reader() as reader:
            return {state.name: state.up for state in reader.sources()}

    def reasons(self) -> dict[str, str]:
        """Return why its window says that sources are down."""
        with self._reader() as reader:
            return {state.name: state.reason for state in reader.sources()}

    @contextmanager
    def _reader(self) -> Iterator[LiveReader]:
        shared = open_for_reading(table_path(self.home, TWIN))
        assert shared is not None
        with closing(shared), closing(LiveReader(shared.buffer)) as reader:
            yield reader

    def keys(self) -> list[str]:
        """Return the log."""
        return [message.key for message in self.said if isinstance(message, Log)]


def join(url: str, credential: Credential | None = None) -> Join:
    """Return what a desk needs that may see all."""
    subjects = [beat_subject(TWIN), live_subject(TWIN, "*", "*", "*")]
    return Join(url, TWIN, "test", subjects, credential=credential)


async def until(come: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for something."""
    async with asyncio.timeout(seconds):
        while not come():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def running(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these while the body does."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def publisher(home: Home, url: str, credential: Credential | None = None) -> Publisher:
    """Return a publisher of the test's twin."""
    return Publisher(home, TWIN, url, credential, lambda reason: None)
