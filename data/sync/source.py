"""One running source: opened, watched, opened again after a fault, and how it is doing."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from data.connectors.contract import Connector, Counting, Parcel, Remembering, Rewound, SourceSettings
from data.connectors.registry import open_source
from data.sync.clocks import NO_CLOCKS, ClockReport
from data.sync.ledger import Ledger
from twin.city.city import City
from twin.errors import UsageError, ZhianError
from twin.live.observation import ObservationBatch
from twin.words import said, say, why
from twin.world import Playback, SourceState

RETRY_S = (1.0, 120.0)
"""Pause after the first fault and the longest one."""
JITTER = 0.2
"""Pauses differ by so much either way, so that those who lost the same server do not all come back at once."""
RATE_OVER_S = 5.0

Clock = Callable[[], float]
Tell = Callable[[str, str, dict[str, str]], None]
Take = Callable[["RunningSource", ObservationBatch | Rewound | Parcel], None]


@dataclass(slots=True)
class RunningSource:
    """A source, its place in the table, and its figures."""

    settings: SourceSettings
    index: int
    tell: Tell
    clock: Clock
    monotonic: Clock
    began: float
    strict: bool = False
    """Hand on what the user must mend, rather than be down."""
    journal: Path | None = None
    """Where what it told before is kept, if it was."""
    connector: Connector | None = None
    up: bool = False
    reason: str = ""
    last_s: float = 0.0
    heard: float = 0.0
    acknowledged: bool = False
    """Whether it is told what is on disk."""
    clocks: ClockReport = NO_CLOCKS
    """How its entities' clocks stand, looked at now and then."""
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def count(self, rows: int) -> None:
        """Note that rows came; a source that was down is up again, which is told once."""
        self.heard = self.monotonic()
        if rows:
            self.last_s = self.clock()
        self._recent.append((self.heard, rows))
        if not self.up:
            self.up, self.reason = True, ""
            self.tell("info", "source_up", {})

    def fail(self, reason: str, level: str = "warning", key: str = "source_down") -> None:
        """Note that it is down; the same reason is told once."""
        if self.up or reason != self.reason:
            self.tell(level, key, {"reason": reason})
        self.up, self.reason, self.connector = False, reason, None

    def rate_hz(self) -> float:
        """Return rows a second over the last seconds."""
        now = self.monotonic()
        while self._recent and self._recent[0][0] < now - RATE_OVER_S:
            self._recent.popleft()
        over = min(RATE_OVER_S, max(now - self.began, 1.0))
        return sum(rows for _, rows in self._recent) / over

    def playback(self) -> Playback | None:
        """Return where its recording stands; None for what is now."""
        return self.connector.playback() if self.connector is not None else None

    def state(self) -> SourceState:
        """Return how it is doing."""
        settings = self.settings
        return SourceState(
            settings.name, settings.kind, self.up, self.reason, self.last_s, self.rate_hz(), self.playback(),
            settings.zone, settings.classification, self.peers(), self.clocks.median(), self.clocks.ahead,
        )  # fmt: skip

    def peers(self) -> int | None:
        """Return how many are connected; None if the connector does not tell."""
        return self.connector.peers() if isinstance(self.connector, Counting) else None

    def now_s(self) -> float:
        """Return the time at the source: a recording's own, else now."""
        playback = self.playback()
        return self.clock() if playback is None else max(playback.clock_s, self.clock())

    def steer(self, order: str, value: float) -> None:
        """Pass an order on."""
        if self.connector is None:
            raise UsageError(say("{name} is down: {reason}", name=self.settings.name, reason=self.reason))
        self.connector.steer(order, value)

    async def run(self, city: City, take: Take) -> None:
        """Open it and hand on what it yields; after a fault of the world wait and try again, ever longer."""
        pause = RETRY_S[0]
        while True:
            before = self.heard
            try:
                await self._once(city, take)
            except ZhianError as error:
                self.fail(error.sentence, "error")
                if self.strict:
                    raise
                return
            except OSError as error:
                self.fail(said(why(error)))
            except (Exception, SystemExit) as error:  # noqa: BLE001 - a faulty connector must not stop the others
                self.fail(
                    say("fault in the connector: {name}: {error}", name=type(error).__name__, error=error), "error"
                )
                self.tell("debug", "traceback", {"text": traceback.format_exc()})
            else:
                self.fail(said("ended"), "info", "source_ended")
                return
            pause = RETRY_S[0] if self.heard > before else min(2 * pause, RETRY_S[1])
            await asyncio.sleep(pause * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret

    def _recall(self, connector: Remembering, path: Path) -> str:
        """Remind a connector of what it told before; a journal that cannot be read says why, and is mended later."""
        ledger = Ledger(path)
        try:
            gaps = [gap for _, gap in ledger.gaps(self.settings.name)]
            connector.recall(ledger.labels(self.settings.name), gaps)
        except (ZhianError, DBAPIError) as error:
            return f"what was known before is forgotten: {error}"
        return ""

    async def _once(self, city: City, take: Take) -> None:
        self.connector = await asyncio.to_thread(open_source, self.settings, city)
        if isinstance(self.connector, Remembering) and self.journal is not None and self.journal.exists():
            problem = await asyncio.to_thread(self._recall, self.connector, self.journal)
            if problem:
                self.tell("warning", "source_report", {"text": problem})
        told, heard = self._report(self.connector, ()), False
        async for item in self.connector.batches():
            if not heard:  # some things it only knows now
                self._report(self.connector, told)
                heard = True
            self.acknowledged |= isinstance(item, Parcel)
            take(self, item)

    def _report(self, connector: Connector, before: tuple[str, ...]) -> tuple[str, ...]:
        """Tell what a connector reports and did not before."""
        sentences = connector.report()
        for sentence in sentences:
            if sentence not in before:
                self.tell("info", "source_report", {"text": sentence})
        return sentences
