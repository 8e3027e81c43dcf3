"""The services that other tests rely on start, answer, and come back after a kill."""

from __future__ import annotations

import asyncio
from pathlib import Path

import paho.mqtt.client as mqtt
import psycopg
from nats import connect
from paho.mqtt.enums import CallbackAPIVersion

from tests.services import HOST, mosquitto, nats_server, postgres


def test_mosquitto_answers_again_after_a_kill(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        broker.kill()
        broker.start()
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        assert client.connect(HOST, broker.port) == mqtt.MQTT_ERR_SUCCESS
        client.disconnect()


async def _round_trip(port: int) -> bytes:
    client = await connect(f"nats://{HOST}:{port}")
    inbox = await client.subscribe("zhian.test")
    await client.publish("zhian.test", b"here")
    message = await inbox.next_msg(timeout=10)
    await client.close()
    return message.data


def test_nats_carries_a_message(tmp_path: Path) -> None:
    with nats_server(tmp_path) as server:
        assert asyncio.run(_round_trip(server.port)) == b"here"


def test_postgres_has_postgis(tmp_path: Path) -> None:
    with postgres(tmp_path) as server, psycopg.connect(host=HOST, port=server.port, user="postgres") as connection:
        connection.execute("CREATE EXTENSION postgis")
        row = connection.execute("SELECT ST_AsText(ST_Point(120.9, 30.8))").fetchone()
        assert row == ("POINT(120.9 30.8)",)
