"""One connection to a broker: publications go straight to who listens, all else is paho's.

paho asks its socket for one byte, then one more, then the rest, and makes some ten objects of each publication: of all
that a subscriber does, this took most. So it is given this line for a socket. It connects, subscribes, publishes and
keeps alive as ever, and neither sees publications nor acknowledges them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from data.connectors.mqtt.broker import Broker, read_password, tls_context
from data.connectors.mqtt.packets import PINGREQ, PUBACK, Cutter, Message
from twin.words import say, why

CONNECT_S = 10.0
TURN_S = 1.0
END_S = 2.0
_ACKNOWLEDGEMENT = np.dtype([("head", "S2"), ("number", ">u2")])


class Line(asyncio.Protocol):
    """One connection, which paho takes for its socket.

    Parameters
    ----------
    source : str
        Name of the source; part of the client's name at the broker.
    topics : sequence of str
        Filters to subscribe to.
    clock : callable
        Seconds since 1970-01-01 UTC.
    tell : callable
        Called when there is something new: messages in ``inbox``, ``subscribed``, or the ``problem`` that ended it.
    """

    def __init__(
        self, source: str, broker: Broker, topics: Sequence[str], clock: Callable[[], float], tell: Callable[[], object]
    ) -> None:
        self._broker, self._topics, self._clock, self._tell = broker, topics, clock, tell
        self._secured = tls_context(source, broker)
        self._client = _client(source, broker, self)
        self._client.on_connect, self._client.on_subscribe = self._on_connect, self._on_subscribe
        self._client.on_disconnect = self._on_disconnect
        self._client.on_socket_register_write = self._write_soon
        self._cutter = Cutter(modern=broker.version == "5")
        self._others = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._gone, self._held = asyncio.Event(), False
        self.inbox: list[Message] = []
        self.subscribed = False
        self.problem: OSError | None = None

    async def open(self) -> None:
        """Connect; the subscription holds later.

        Raises
        ------
        OSError
            If the broker cannot be had.
        """
        host, port, _ = self._broker.address()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: self, host, port, ssl=self._secured)
        except ValueError as error:  # a host name that cannot be one
            raise ConnectionError(str(error)) from None
        self._greet(host, port)
        self._timer = loop.call_later(TURN_S, self._turn)

    def _greet(self, host: str, port: int) -> None:
        if self._broker.version == "5":
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
            properties.SessionExpiryInterval = self._broker.session_s
            properties.ReceiveMaximum = self._broker.window
            self._client.connect(host, port, self._broker.keepalive_s, clean_start=False, properties=properties)
        else:
            self._client.connect(host, port, self._broker.keepalive_s)

    def _turn(self) -> None:
        """Keep alive; while nothing is read no answer can be heard, and none is missed."""
        if self._held:
            self.send(PINGREQ)
        else:
            self._client.loop_misc()
        self._timer = asyncio.get_running_loop().call_later(TURN_S, self._turn)

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        """Send a message soon."""
        self._client.publish(topic, payload, qos)

    def acknowledge(self, messages: Sequence[Message]) -> None:
        """Tell the broker that it can forget these."""
        numbers = [message.number for message in messages if message.number]
        packets = np.empty(len(numbers), _ACKNOWLEDGEMENT)
        packets["head"], packets["number"] = PUBACK, numbers
        self.send(packets.tobytes())

    def hold(self, held: bool) -> None:
        """Read nothing more, so that the broker waits; or go on."""
        if held != self._held and self._transport is not None:
            self._held = held
            (self._transport.pause_reading if held else self._transport.resume_reading)()

    async def end(self) -> None:
        """Say goodbye and hang up, also on a broker that does not listen."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is None:
            return
        self._client.disconnect()
        self._client.loop_write()
        self._transport.close()
        try:
            async with asyncio.timeout(END_S):
                await self._gone.wait()
        except TimeoutError:
            self._transport.abort()

    def _end(self, problem: OSError) -> None:
        self.problem = self.problem or problem
        self._tell()

    # what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)  # a TLS transport is none by its class in 3.11

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        self._gone.set()
        self._end(
            ConnectionResetError(say("the broker closed the connection: {reason}", reason=why(exc)))
            if isinstance(exc, OSError)
            else ConnectionResetError(say("the broker closed the connection"))
        )

    def data_received(self, data: bytes) -> None:
        """Take publications, and let paho read the rest."""
        try:
            messages, self._others = self._cutter.feed(data, self._clock())
        except ConnectionError as error:
            return self._end(error)
        while self._others and self._client.socket() is not None:
            self._client.loop_read()
        if messages:
            self.inbox += messages
            self._tell()
        return None

    # what paho calls, as of its socket

    def recv(self, buffer_size: int) -> bytes:
        """Return some bytes of whole packets; raises ``BlockingIOError`` if there are none yet."""
        if not self._others:
            raise BlockingIOError
        data, self._others = self._others[:buffer_size], self._others[buffer_size:]
        return data

    def send(self, buffer: bytes | bytearray) -> int:
        """Send bytes soon; to nobody once the connection is closed."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(buffer)
        return len(buffer)

    def close(self) -> None:
        """Hang up when all is sent."""
        if self._transport is not None:
            self._transport.close()

    def fileno(self) -> int:
        """Return no number: nobody can wait for it but asyncio."""
        return -1

    def setblocking(self, flag: bool) -> None:
        """Do nothing: it never blocks."""

    def _write_soon(self, client: paho.Client, _: object, line: paho.SocketLike) -> None:
        asyncio.get_running_loop().call_soon(client.loop_write)

    def _on_connect(
        self, client: paho.Client, _: object, flags: paho.ConnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            self._end(ConnectionRefusedError(say("the broker refuses: {reason}", reason=str(reason))))
        elif self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])

    def _on_subscribe(
        self, client: paho.Client, _: object, mid: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        refused = next((str(reason) for reason in reasons if reason.is_failure), "")
        if refused:
            self._end(ConnectionRefusedError(say("the broker refuses a topic: {reason}", reason=refused)))
        else:
            self.subscribed = True
            self._tell()

    def _on_disconnect(
        self, client: paho.Client, _: object, flags: paho.DisconnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        self._end(ConnectionResetError(say("the broker closed the connection: {reason}", reason=str(reason))))


class _Paho(paho.Client):
    """A client that is given its connection."""

    line: Line

    def _create_socket(self) -> paho.SocketLike:  # paho has no public way to bring one's own
        return self.line


def _client(source: str, broker: Broker, line: Line) -> _Paho:
    modern = broker.version == "5"
    client = _Paho(
        CallbackAPIVersion.VERSION2, broker.identity(source), clean_session=None if modern else False,
        protocol=paho.MQTTv5 if modern else paho.MQTTv311,
    )  # fmt: skip
    client.line = line
    if broker.user:
        client.username_pw_set(broker.user, read_password(source, broker))
    return client
