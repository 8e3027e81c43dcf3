"""An MQTT subscriber that acknowledges a message when it is told to, and not before.

What was received over one connection is only ever acknowledged over the same: after a reconnection a packet number may
belong to another message.

Subscriptions are of QoS 1. With QoS 2 a broker forgets a message once it hears PUBREC, which is sent on receipt, so
that a crash between it and the commit would lose the message; QoS 1 and a key for each message give the same result.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from data.connectors.mqtt.broker import Broker
from data.connectors.mqtt.line import Line
from data.connectors.mqtt.packets import Message

COLLECT_S = 0.005
"""Messages are collected for so long and then handed over together."""
AT_ONCE = 2000
MOST_WAITING = 20_000
"""Messages that were received and are not on disk yet; above it nothing is read."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages in the order in which they came.

    ``settle`` acknowledges all of them, ``give_up`` none; one of the two must be called.
    """

    messages: Sequence[Message]
    settle: Callable[[], None]
    give_up: Callable[[], None]


class Client:
    """A client of one broker with a session that outlives it; all of it is used on the loop's thread.

    Parameters
    ----------
    source : str
        Name of the source; part of the client's name at the broker.
    topics : sequence of str
        Filters to subscribe to.
    clock : callable
        Seconds since 1970-01-01 UTC.
    """

    def __init__(
        self, source: str, broker: Broker, topics: Sequence[str], clock: Callable[[], float] = time.time
    ) -> None:
        self._source, self._broker, self._topics, self._clock = source, broker, tuple(topics), clock
        self._line: Line | None = None
        self._unsettled = 0
        """Messages of this and of earlier connections."""

    async def deliveries(self) -> AsyncIterator[Delivery]:
        """Connect and yield what comes; the first delivery is empty and says that the subscription holds.

        Raises
        ------
        OSError
            If the broker cannot be had or went away.
        """
        heard = asyncio.Event()

        def tell() -> None:
            heard.set()
            self._hold()

        self._line = line = Line(self._source, self._broker, self._topics, self._clock, tell)
        greeted = False
        try:
            await line.open()
            while True:
                await heard.wait()
                await asyncio.sleep(COLLECT_S if len(line.inbox) < AT_ONCE // 4 and line.problem is None else 0)
                heard.clear()
                problem = line.problem  # asked before the last messages are taken
                if line.subscribed and not greeted:
                    greeted = True
                    yield Delivery((), _nothing, _nothing)
                for delivery in self._take(line):
                    yield delivery
                if problem is not None:
                    raise problem
        finally:
            self._line = None
            await line.end()

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> bool:
        """Send a message soon; False if there is no connection at present."""
        if self._line is None or not self._line.subscribed or self._line.problem is not None:
            return False
        self._line.publish(topic, payload, qos)
        return True

    def _take(self, line: Line) -> list[Delivery]:
        """Return what was received since the last time, some thousand messages at once."""
        inbox, line.inbox = line.inbox, []
        self._unsettled += len(inbox)
        pieces = [inbox[at : at + AT_ONCE] for at in range(0, len(inbox), AT_ONCE)]
        return [Delivery(some, partial(self._settle, line, some), partial(self._forget, some)) for some in pieces]

    def _settle(self, line: Line, messages: Sequence[Message]) -> None:
        line.acknowledge(messages)
        self._forget(messages)

    def _forget(self, messages: Sequence[Message]) -> None:
        self._unsettled -= len(messages)
        self._hold()

    def _hold(self) -> None:
        """Read on only while not too much waits."""
        if self._line is not None:
            self._line.hold(self._unsettled + len(self._line.inbox) > MOST_WAITING)


def _nothing() -> None:
    """Acknowledge nothing."""
