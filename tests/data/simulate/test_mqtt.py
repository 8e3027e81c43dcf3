"""Invented devices at a real broker."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from data.connectors.mqtt.broker import Broker
from data.connectors.mqtt.client import Client
from data.simulate import mqtt
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet
from data.simulate.mqtt import MqttSimulation, open_simulation
from tests.services import HOST, Service, mosquitto
from twin.errors import UsageError

FAULTS = Faults(loss=0.1, duplicate=0.1, disorder=0.1, corrupt=0.1, clock_s=10)


def played(broker: Service, fleet: Fleet) -> tuple[MqttSimulation, list[tuple[str, bytes]]]:
    """Play a fleet, and return what a subscriber heard of it."""
    url = f"mqtt://{HOST}:{broker.port}"
    simulation, heard = open_simulation(fleet, url), list[tuple[str, bytes]]()

    async def listen(up: asyncio.Event) -> None:
        async for delivery in Client("listener", Broker(url=url), ["zhian/demo/#"]).deliveries():
            up.set()
            heard.extend(message[:2] for message in delivery.messages)
            delivery.settle()

    async def act() -> None:
        up = asyncio.Event()
        listening = asyncio.create_task(listen(up))
        await up.wait()
        outcome = await simulation.run()
        async with asyncio.timeout(60):
            while not set(simulation.acknowledged.values()) <= set(heard):
                await asyncio.sleep(0.01)
        listening.cancel()
        assert (outcome.unanswered, outcome.refused, outcome.connections) == (0, 0, 1)

    asyncio.run(act())
    return simulation, heard


def test_every_report_is_taken_whatever_happens_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "RESEND_S", 0.1)
    with mosquitto(tmp_path) as broker:
        simulation, heard = played(broker, Fleet(terminals=10, rate_hz=400, seconds=1, faults=FAULTS))
    outcome = simulation.outcome()
    assert outcome.acknowledged == outcome.reported == 400
    assert outcome.resent > 20
    assert len(heard) > 420
    assert len(set(heard) - set(simulation.acknowledged.values())) > 20


def test_vehicles_speak_json_and_sensors_senml(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        _, heard = played(broker, Fleet(terminals=30, rate_hz=300, seconds=0.5))
    read = [(topic, msgspec.json.decode(payload)) for topic, payload in heard]
    assert len({topic for topic, _ in read}) == 30
    assert {"position", "at", "speed_kmh", "heading"} == set.union(*(set(d) for _, d in read if isinstance(d, dict)))
    packs = [d for topic, d in read if "/senml/" in topic]
    assert {record["n"] for pack in packs for record in pack} == {"lon", "lat", "pm25", "temperature"}


@pytest.mark.parametrize("address", ["127.0.0.1:1883", "http://here", "mqtt://", "mqtt://here:0", "mqtt://here:x"])
def test_what_is_no_address_of_a_broker_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        open_simulation(Fleet(), address)
