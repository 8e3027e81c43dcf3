"""The demo life as a source: invented traffic, patrols, drones and sensors, once a second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import msgspec

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.demo_life.fleet import entities_for
from data.connectors.demo_life.life import Life
from twin.city.city import City
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray, ObservationBatch
from twin.words import say
from twin.world import Playback

LONGEST_STEP_S = 2.0
"""After a stop of the machine life goes on where it was, it does not jump."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of this source: how many entities (0: what suits the place), the seed, seconds between two reports."""

    entities: int = 0
    seed: int = 1
    every_s: float = 1.0


class DemoLife:
    """A running demo life; ``clock`` gives the time it is at."""

    def __init__(self, name: str, life: Life, every_s: float, clock: Callable[[], float] = time.time) -> None:
        self._name, self._life, self._every_s, self._clock = name, life, every_s, clock

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound]:
        """Yield all that moves each second, and all that measures each minute."""
        while True:
            begun = time.monotonic()
            yield ObservationBatch(self._name, await asyncio.to_thread(self._tick))
            await asyncio.sleep(max(self._every_s - (time.monotonic() - begun), 0.05))

    def _tick(self) -> ObservationArray:
        life, now_s = self._life, self._clock()
        passed = min(max(now_s - life.time_s, 0.0), LONGEST_STEP_S)
        if passed:
            life.step(passed)
        life.time_s = now_s
        return life.rows()

    def playback(self) -> Playback | None:
        """Return None: invented, but now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: life cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say that it is invented."""
        return (say("{count} invented entities", count=len(self._life)),)


def open_source(settings: SourceSettings, city: City) -> DemoLife:
    """Make the life of a city; takes some seconds for a county."""
    try:
        options = msgspec.convert(settings.options, Options)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend sources.toml") from None
    entities = options.entities or entities_for(float(city.table("roads").geometry.length.sum()) / 1000.0)
    return DemoLife(settings.name, Life(city, entities, options.seed, time.time()), options.every_s)
