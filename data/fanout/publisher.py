"""Sends what the live table holds to the desks: a reader like any other, so that it cannot hold the engine up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from nats.aio.msg import Msg

from data.fanout.changes import Changes, Channel
from data.fanout.frames import (
    SOURCES,
    Beat,
    SourcesFrame,
    Word,
    ask_subject,
    beat_subject,
    live_subject,
    pack_word,
)
from data.fanout.link import Credential, Link, keep_linked
from data.home import Home
from data.sync.attached import Attached
from twin.words import pack
from twin.world import SourceState

LOOK_S = 0.005
BEAT_S = 0.5
ENGINE_SILENT_S = 2.0
KEY_EVERY_S = 60.0
KEY_PAUSE_S = 1.0
"""A channel's key frame is sent at most so often, however many desks ask for it."""
FLUSH_S = 2


class Publisher:
    """Publishes the live table of a twin until cancelled.

    Parameters
    ----------
    tell : callable
        Given why the server cannot be reached, whenever that changes.
    """

    def __init__(
        self, home: Home, twin: str, url: str, credential: Credential | None, tell: Callable[[str], None]
    ) -> None:
        self._twin, self._url, self._credential, self._tell = twin, url, credential, tell
        self._table = Attached(home, twin)
        self._asked: set[str] = set()
        self._keyed: dict[Channel, float] = {}

    async def run(self) -> None:
        """Publish, over one connection after the other."""
        try:
            await keep_linked(self._url, self._credential, self._work, self._tell)
        finally:
            self._table.close()

    async def _work(self, link: Link) -> None:
        """Publish over one connection, in an epoch of its own: nobody knows what the last one got out."""
        self._changes = Changes(time.time_ns() // 1000)
        self._asked.clear()
        self._keyed.clear()
        await link.client.subscribe(ask_subject(self._twin, "*"), cb=self._on_asked)
        beat_due = 0.0
        version = -1
        while True:
            now = time.monotonic()
            self._table.look()
            frame, sources = self._table.frame()
            sent = 0
            if self._changes.full:
                self._changes, version = Changes(time.time_ns() // 1000), -1
            if frame.version != version:
                version = frame.version
                for channel, word in self._changes.take(frame, sources):
                    await self._send(link, live_subject(self._twin, *channel), word)
                    sent += 1
            sent += await self._send_keys(link, now)
            if now >= beat_due:
                beat_due = now + BEAT_S
                await self._beat(link, sources)
                sent += 1
            if sent:
                await link.client.flush(FLUSH_S)  # a server that is behind gets fewer and fuller frames
            else:
                await asyncio.sleep(LOOK_S)

    async def _on_asked(self, message: Msg) -> None:
        self._asked.add(message.data.decode(errors="replace")[:500])

    async def _send(self, link: Link, subject: str, word: Word) -> None:
        await link.client.publish(subject, pack_word(word))

    async def _send_keys(self, link: Link, now: float) -> int:
        """Send the key frames that are asked for or due; return how many messages that took."""
        sent = 0
        for channel in list(self._changes.sequences):
            subject = live_subject(self._twin, *channel)
            age = now - self._keyed.setdefault(channel, now)
            if age > KEY_EVERY_S or (subject in self._asked and age > KEY_PAUSE_S):
                self._keyed[channel] = now
                self._asked.discard(subject)
                for word in self._changes.key(channel):
                    await self._send(link, subject, word)
                    sent += 1
        self._asked &= {live_subject(self._twin, *channel) for channel in self._changes.sequences}
        return sent

    async def _beat(self, link: Link, sources: tuple[SourceState, ...]) -> None:
        """Send a sign of life, and how the sources of each zone and classification do."""
        epoch, now = self._changes.epoch, time.time()
        beat = Beat(epoch, self._table.silent_s() < ENGINE_SILENT_S, self._table.place, now)
        await self._send(link, beat_subject(self._twin), beat)
        told = {(source.zone, source.classification) for source in sources}
        for zone, classification in told | {channel[:2] for channel in self._changes.sequences}:
            here = [
                replace(source, reason=pack(source.reason))
                for source in sources
                if (source.zone, source.classification) == (zone, classification)
            ]
            ages = [now - source.last_s if source.last_s else -1.0 for source in here]
            sequences = {
                channel.layer: number
                for channel, number in self._changes.sequences.items()
                if channel[:2] == (zone, classification)
            }
            word = SourcesFrame(epoch, sequences, here, ages)
            await self._send(link, live_subject(self._twin, zone, classification, SOURCES), word)
