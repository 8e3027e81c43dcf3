"""The subscriber against a real broker."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from data.connectors.mqtt import client as module
from data.connectors.mqtt.broker import Broker, check_broker
from data.connectors.mqtt.client import Client, Delivery
from data.connectors.mqtt.packets import Message
from tests.data.connectors.cot.test_source import certificate
from tests.services import HOST, Service, mosquitto
from twin.errors import BadInputError
from twin.words import Said, why

DURABLE = ("max_inflight_messages 0", "max_queued_messages 0")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Service]:
    with mosquitto(tmp_path, *DURABLE, f"persistence_location {tmp_path}/") as service:
        yield service


class Publisher:
    """A device: what it published and the broker took is on the broker."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, topic: str, *payloads: bytes, qos: int = 1, retain: bool = False) -> None:
        for sent in [self._client.publish(topic, payload, qos, retain) for payload in payloads]:
            sent.wait_for_publish(10)


class Listener:
    """A client whose deliveries are collected and settled when a test says so."""

    def __init__(self, port: int, topics: tuple[str, ...] = ("t/#",), **options: object) -> None:
        broker = Broker(**{"url": f"mqtt://{HOST}:{port}", "client_id": "desk", **options})  # type: ignore[arg-type]
        self.client = Client("test", broker, topics)
        self.deliveries: list[Delivery] = []
        self.up = asyncio.Event()

    @property
    def messages(self) -> list[Message]:
        return [message for delivery in self.deliveries for message in delivery.messages]

    async def run(self) -> None:
        async for delivery in self.client.deliveries():
            self.up.set()
            if delivery.messages:
                self.deliveries.append(delivery)

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.005)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.run())
        try:
            async with asyncio.timeout(60):
                await self.up.wait()
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def received(broker: Service, *payloads: bytes, version: str = "5") -> list[Message]:
    """Connect, take what comes, and leave without acknowledging."""
    listener = Listener(broker.port, version=version)
    async with listener.listening():
        await listener.until(lambda: len(listener.messages) >= len(payloads))
    return listener.messages


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_what_is_not_settled_comes_again_and_what_is_settled_does_not(broker: Service, version: str) -> None:
    async def act() -> None:
        first = Listener(broker.port, version=version)
        with Publisher(broker.port) as device:
            async with first.listening():
                await asyncio.to_thread(device.send, "t/a", b"1")
                await first.until(lambda: len(first.messages) == 1)
                first.deliveries[0].settle()
                await asyncio.to_thread(device.send, "t/a", b"2", b"3")
                await first.until(lambda: len(first.messages) == 3)
            device.send("t/a", b"4")
        again = await received(broker, b"2", b"3", b"4", version=version)
        assert [message.payload for message in again] == [b"2", b"3", b"4"]
        assert [message.number for message in again[:2]] == [message.number for message in first.messages[1:]]

    asyncio.run(act())


def test_an_acknowledgement_of_an_earlier_connection_reaches_nobody(broker: Service) -> None:
    async def act() -> None:
        first, second = Listener(broker.port), Listener(broker.port)
        with Publisher(broker.port) as device:
            async with first.listening():
                await asyncio.to_thread(device.send, "t/a", b"1")
                await first.until(lambda: len(first.messages) == 1)
            async with second.listening():
                await second.until(lambda: len(second.messages) == 1)
                first.deliveries[0].settle()
        assert [message.payload for message in await received(broker, b"1")] == [b"1"]

    asyncio.run(act())


def test_messages_of_qos_2_are_taken_as_qos_1_and_those_of_qos_0_want_no_answer(broker: Service) -> None:
    async def act() -> None:
        listener = Listener(broker.port)
        with Publisher(broker.port) as device:
            async with listener.listening():
                await asyncio.to_thread(device.send, "t/a", b"two", qos=2)
                await asyncio.to_thread(device.send, "t/a", b"none", qos=0)
                await listener.until(lambda: len(listener.messages) == 2)
        assert [(m.payload, m.number > 0) for m in listener.messages] == [(b"two", True), (b"none", False)]

    asyncio.run(act())


def test_reading_stops_while_too_much_waits(broker: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 100)

    async def act() -> None:
        listener = Listener(broker.port)
        with Publisher(broker.port) as device:
            async with listener.listening():
                await asyncio.to_thread(device.send, "t/a", *(b"%d" % n + b" " * 20_000 for n in range(1000)))
                await listener.until(lambda: len(listener.messages) > 100)
                line = listener.client._line
                assert line is not None
                assert line._held
                assert len(listener.messages) <= 100 + 2 * 262_144 // 20_000  # what had been read already
                settled = 0
                while settled < 1000:
                    await listener.until(lambda: len(listener.deliveries) > 0)
                    delivery = listener.deliveries.pop(0)
                    assert [int(m.payload) for m in delivery.messages] == list(
                        range(settled, settled + len(delivery.messages))
                    )
                    settled += len(delivery.messages)
                    delivery.settle()

    asyncio.run(act())


def test_a_window_of_the_broker_smaller_than_a_group_does_not_hang(tmp_path: Path) -> None:
    async def act(port: int) -> None:
        listener = Listener(port, version="3.1.1")
        with Publisher(port) as device:
            async with listener.listening():
                sending = asyncio.to_thread(device.send, "t/a", *(b"%d" % n for n in range(200)))
                task, settled = asyncio.create_task(sending), 0
                while settled < 200:
                    await listener.until(lambda: len(listener.deliveries) > 0)
                    delivery = listener.deliveries.pop(0)
                    settled += len(delivery.messages)
                    delivery.settle()
                await task

    with mosquitto(tmp_path, "max_inflight_messages 3", "max_queued_messages 0") as broker:
        asyncio.run(act(broker.port))


def test_the_end_of_the_broker_is_told(broker: Service) -> None:
    async def act() -> None:
        listener = Listener(broker.port)
        async with listener.listening() as task:
            assert listener.client.publish("elsewhere", b"hello")
            broker.kill()
            with pytest.raises(OSError, match="closed the connection") as caught:
                await task
            assert isinstance(why(caught.value), Said)
        assert not listener.client.publish("elsewhere", b"hello")
        with pytest.raises(ConnectionRefusedError):
            await Listener(broker.port).run()

    asyncio.run(act())


def test_a_message_is_published(broker: Service) -> None:
    async def act() -> None:
        listener, speaker = Listener(broker.port), Listener(broker.port, client_id="other")
        async with listener.listening(), speaker.listening():
            assert speaker.client.publish("t/reply", b"done")
            await listener.until(lambda: len(listener.messages) == 1)
        assert listener.messages[0][:2] == ("t/reply", b"done")

    asyncio.run(act())


def test_over_tls_the_certificate_and_the_password_must_fit(tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority", None)
    certificate(tmp_path, "server", authority)
    certificate(tmp_path, "stranger", None)
    users, word = tmp_path / "users", tmp_path / "word"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "desk", "no secret"], check=True, capture_output=True)
    word.write_text("no secret\n")
    keys = (f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key", f"password_file {users}")

    async def act(port: int) -> None:
        told: dict[str, Any] = {
            "url": f"mqtts://localhost:{port}",
            "user": "desk",
            "ca": str(tmp_path / "authority.pem"),
        }
        listener = Listener(port, password_file=str(word), **told)
        async with listener.listening():
            assert listener.client.publish("t/a", b"1")
            await listener.until(lambda: len(listener.messages) == 1)
        with pytest.raises(ConnectionRefusedError, match="Not authorized"):
            await Listener(port, **told).run()
        with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
            await Listener(port, **told | {"ca": str(tmp_path / "stranger.pem")}).run()

    with mosquitto(tmp_path, "allow_anonymous false", *keys) as broker:
        asyncio.run(act(broker.port))


def test_a_silent_listener_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]

        async def act() -> Awaitable[None] | None:
            listener = Listener(port, keepalive_s=5)
            task = asyncio.create_task(listener.run())
            peer, _ = await asyncio.to_thread(silent.accept)
            peer.close()
            with pytest.raises(OSError, match="closed the connection"):
                await task
            return None

        asyncio.run(act())


@pytest.mark.parametrize(
    "options",
    [
        {"url": "http://here"}, {"url": "mqtt://"}, {"url": "mqtt://u:p@here"}, {"url": "mqtt://here:x"},
        {"password_file": "/nowhere/at/all"}, {"url": "mqtts://here", "ca": "/nowhere/at/all"},
    ],
)  # fmt: skip
def test_what_cannot_be_an_address_is_told_before_it_is_tried(options: dict[str, str]) -> None:
    with pytest.raises(BadInputError):
        check_broker("test", Broker(**options))  # type: ignore[arg-type]  # any option


def test_the_name_at_the_broker_is_the_same_each_time_and_of_one_source() -> None:
    assert Broker().identity("a") == Broker().identity("a") != Broker().identity("b")
    assert Broker(client_id="mine").identity("a") == "mine"
