"""An MQTT subscriber that acknowledges a message when it is told to, and not before.

All calls of paho are made on one thread, which reads many packets a turn and stops reading while too much waits for
the disk. What was received over one connection is only ever acknowledged over the same: after a reconnection a packet
number may belong to another message.

Subscriptions are of QoS 1. With QoS 2 a broker forgets a message once it hears PUBREC, which paho sends on receipt, so
that a crash between it and the commit would lose the message; QoS 1 and a key for each message give the same result.
"""

from __future__ import annotations

import asyncio
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from data.connectors.mqtt.broker import Broker, read_password, tls_context
from data.connectors.mqtt.buffered import BufferedLine
from twin.words import say

COLLECT_S = 0.005
"""Messages are collected for so long and then handed over together."""
AT_ONCE = 2000
MOST_WAITING = 20_000
"""Messages that were received and are not on disk yet; above it nothing is read."""
READS_A_TURN = 500
TURN_S = 1.0
END_S = 2.0


class Message(NamedTuple):
    """One message; ``number`` is the broker's for this connection, 0 where it wants no acknowledgement (QoS 0)."""

    topic: str
    payload: bytes
    number: int
    retained: bool
    arrival_s: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages in the order in which they came.

    ``settle`` acknowledges all of them, ``give_up`` none; one of the two must be called.
    """

    messages: Sequence[Message]
    settle: Callable[[], None]
    give_up: Callable[[], None]


class Client:
    """A client of one broker with a session that outlives it.

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
        self._line: _Line | None = None

    async def deliveries(self) -> AsyncIterator[Delivery]:
        """Connect and yield what comes; the first delivery is empty and says that the subscription holds.

        Raises
        ------
        OSError
            If the broker cannot be had or went away.
        """
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        line = _Line(
            self._paho(), self._broker, self._topics, self._clock, partial(loop.call_soon_threadsafe, heard.set)
        )
        self._line, greeted = line, False
        line.start()
        try:
            while True:
                await heard.wait()
                await asyncio.sleep(COLLECT_S if len(line.inbox) < AT_ONCE // 4 and not line.ended else 0)
                heard.clear()
                ended = line.ended  # asked before the last messages are taken
                if line.subscribed and not greeted:
                    greeted = True
                    yield _nothing()
                for delivery in line.take():
                    yield delivery
                if ended:
                    raise line.problem or ConnectionError(say("the broker closed the connection"))
        finally:
            self._line = None
            line.close()
            await asyncio.to_thread(line.join, END_S)

    def publish(self, topic: str, payload: bytes, qos: int = 1) -> bool:
        """Send a message soon; False if there is no connection at present."""
        if self._line is None or not self._line.subscribed or self._line.ended:
            return False
        self._line.publish(topic, payload, qos)
        return True

    def _paho(self) -> paho.Client:
        broker = self._broker
        modern = broker.version == "5"
        client = paho.Client(
            CallbackAPIVersion.VERSION2, broker.identity(self._source), clean_session=None if modern else False,
            protocol=paho.MQTTv5 if modern else paho.MQTTv311, manual_ack=True,
        )  # fmt: skip
        if broker.user:
            client.username_pw_set(broker.user, read_password(self._source, broker))
        context = tls_context(self._source, broker)
        if context is not None:
            client.tls_set_context(context)
        return client


def _nothing() -> Delivery:
    return Delivery((), lambda: None, lambda: None)


class _Line:
    """One connection and its thread."""

    def __init__(
        self, client: paho.Client, broker: Broker, topics: Sequence[str], clock: Callable[[], float],
        tell: Callable[[], object],
    ) -> None:  # fmt: skip
        self._client, self._broker, self._topics, self._clock, self._tell = client, broker, topics, clock, tell
        self.inbox: deque[Message] = deque()
        self.subscribed = self.ended = False
        self.problem: OSError | None = None
        self._orders: deque[Callable[[], object]] = deque()
        self._heard, self._unsettled, self._closing = 0, 0, False
        self._bell, self._rope = socket.socketpair()
        self._line: BufferedLine | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect
        client.on_socket_register_write = _later  # without it paho writes each acknowledgement with a call of its own

    def start(self) -> None:
        """Connect."""
        self._bell.setblocking(False)
        self._rope.setblocking(False)
        self._thread.start()

    def close(self) -> None:
        """Ask the thread to say goodbye and end."""
        self._closing = True
        self._ring()

    def join(self, seconds: float) -> None:
        """Wait until the thread has ended, but not for ever: a connection that is being made cannot be stopped."""
        self._thread.join(seconds)

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Send a message."""
        self._order(partial(self._client.publish, topic, payload, qos))

    def take(self) -> list[Delivery]:
        """Return what was received since the last time, some thousand messages at once."""
        deliveries = []
        for _ in range(0, len(self.inbox), AT_ONCE):
            messages = [self.inbox.popleft() for _ in range(min(AT_ONCE, len(self.inbox)))]
            self._unsettled += len(messages)
            deliveries.append(Delivery(messages, partial(self._settle, messages), partial(self._forget, messages)))
        return deliveries

    def _settle(self, messages: Sequence[Message]) -> None:
        self._order(partial(self._acknowledge, [message.number for message in messages if message.number]))
        self._forget(messages)

    def _forget(self, messages: Sequence[Message]) -> None:
        self._unsettled -= len(messages)
        self._ring()

    def _acknowledge(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            self._client.ack(number, 1)

    def _order(self, order: Callable[[], object]) -> None:
        self._orders.append(order)
        self._ring()

    def _ring(self) -> None:
        try:
            self._rope.send(b"\0")
        except (BlockingIOError, OSError):
            return  # it rings already, or nobody is there any more

    # what follows is done on the thread

    def _run(self) -> None:
        try:
            self._connect()
            line = self._client.socket()
            if line is not None:
                self._client._sock = buffered = BufferedLine(line)  # paho has no public way to do this
                self._work(buffered)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            self.problem = error if isinstance(error, OSError) else ConnectionError(str(error))
        finally:
            self._client.disconnect()
            self._client.loop_write()
            self.ended = True
            self._bell.close()
            self._rope.close()
            self._notify()

    def _connect(self) -> None:
        host, port, _ = self._broker.address()
        if self._broker.version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
            properties.SessionExpiryInterval = self._broker.session_s
            properties.ReceiveMaximum = self._broker.window
            self._client.connect(host, port, self._broker.keepalive_s, clean_start=False, properties=properties)
        else:
            self._client.connect(host, port, self._broker.keepalive_s)

    def _work(self, line: BufferedLine) -> None:
        swept = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._bell, selectors.EVENT_READ)
            while not self._closing and self._client.socket() is not None:
                if self._client.want_write():
                    self._client.loop_write()
                ahead = bool(line.pending()) and not self._full()
                self._watch(selector, line, line.flush())
                ready = {key.fileobj: events for key, events in selector.select(0 if ahead else TURN_S)}
                self._obey(self._bell in ready)
                if ahead or ready.get(line, 0) & selectors.EVENT_READ:
                    self._read()
                if time.monotonic() - swept >= TURN_S:
                    swept = time.monotonic()
                    self._client.loop_misc()

    def _watch(self, selector: selectors.BaseSelector, line: BufferedLine, flushed: bool) -> None:
        """Wait for what can be done: reading unless too much waits, writing if something is left to write."""
        events = 0 if self._full() else selectors.EVENT_READ
        events |= 0 if flushed else selectors.EVENT_WRITE
        known = selector.get_map().get(line)
        if known is not None and known.events != events:
            selector.unregister(line)
            known = None
        if known is None and events:
            selector.register(line, events)

    def _full(self) -> bool:
        return self._unsettled + len(self.inbox) > MOST_WAITING

    def _obey(self, rung: bool) -> None:
        if rung:
            self._bell.recv(4096)
        while self._orders:
            self._orders.popleft()()

    def _read(self) -> None:
        before = self._heard
        for _ in range(READS_A_TURN):
            seen = self._heard
            if self._client.loop_read() != paho.MQTT_ERR_SUCCESS or self._heard == seen:
                break
        if self._heard > before:
            self._notify()

    def _notify(self) -> None:
        try:
            self._tell()
        except RuntimeError:
            return  # the loop that listened is closed

    def _on_connect(
        self, client: paho.Client, _: object, flags: paho.ConnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            self.problem = ConnectionRefusedError(say("the broker refuses: {reason}", reason=str(reason)))
        elif self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(
        self, client: paho.Client, _: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        refused = next((str(reason) for reason in reasons if reason.is_failure), "")
        if refused:
            self.problem = ConnectionRefusedError(say("the broker refuses a topic: {reason}", reason=refused))
            self._closing = True
        else:
            self.subscribed = True
            self._notify()

    def _on_message(self, client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        self._heard += 1
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""  # no topic is empty, so no mapping fits
        number = message.mid if message.qos else 0
        self.inbox.append(Message(topic, bytes(message.payload), number, message.retain, self._clock()))

    def _on_disconnect(
        self, client: paho.Client, _: object, flags: paho.DisconnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if self.problem is None:
            self.problem = ConnectionResetError(say("the broker closed the connection: {reason}", reason=str(reason)))


def _later(client: paho.Client, _: object, line: paho.SocketLike) -> None:
    """Let the thread write when it comes to it."""
