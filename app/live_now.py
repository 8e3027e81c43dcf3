"""What lives in a twin now, for the command line: read from the engine that runs, or from one run for a moment."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing

from data.fanout.accounts import joined
from data.home import Home
from data.sync.child import engine_of
from data.sync.settings import sources_of
from data.sync.shared import BusyTableError, open_for_reading, table_path
from twin.city.city import City
from twin.errors import BadInputError
from twin.live.frame import empty_frame
from twin.live.reader import LiveReader
from twin.words import say
from twin.world import World, world_of

FRESH_S = 5.0
"""An engine that gave no sign of life for so long does not count as running."""
LOOK_S = 0.1
FIRST_WORD_S = 30.0
"""How long the sources are waited for."""


def still_world(city: City) -> World:
    """Return a city in which nothing lives."""
    return World(city, empty_frame(), (), time.time(), live=False)


def running_world(home: Home, twin: str, city: City) -> World | None:
    """Return the newest frame of the engine that runs for a twin; None if none does, or it has nothing yet."""
    shared = open_for_reading(table_path(home, twin))
    if shared is None:
        return None
    with closing(shared), closing(LiveReader(shared.buffer)) as reader:
        if not reader.ready() or time.monotonic() - reader.heartbeat()[1] > FRESH_S:
            return None
        frame, sources = reader.frame(), reader.sources()
    told = any(source.last_s for source in sources)
    return world_of(city, frame, sources, time.time()) if told else None


def live_world(home: Home, twin: str, city: City, seconds: float) -> World:
    """Return what lives in a twin now; where no engine runs, one is run until it was listened to for ``seconds``.

    Raises
    ------
    twin.errors.BadInputError
        If the twin has no source, or none of them told anything.
    """
    running = running_world(home, twin, city)
    if running is not None:
        return running
    if joined(home, twin) is None and not sources_of(home, twin, city.invented):
        raise BadInputError(twin, "no source is connected to this twin", "connect one, or play a recording")
    return asyncio.run(_run_for(home, twin, city, seconds))


async def _run_for(home: Home, twin: str, city: City, seconds: float) -> World:
    engine = engine_of(home, twin, lambda message: None)
    work = asyncio.create_task(engine.run())
    begun, first, world = time.monotonic(), 0.0, None
    while not work.done() and time.monotonic() < (first + seconds if first else begun + FIRST_WORD_S):
        await asyncio.sleep(LOOK_S)
        world = running_world(home, twin, city) or world
        first = first or (time.monotonic() if world else 0.0)
    if not work.done():
        engine.quit()
    try:
        await work
    except BusyTableError:  # another engine began meanwhile: what it tells counts
        world = running_world(home, twin, city)
    if world is None:
        raise BadInputError(
            twin,
            say("no source told anything within {seconds:g} s", seconds=FIRST_WORD_S),
            "see with `zhian sync` what keeps them from it",
        )
    return world
