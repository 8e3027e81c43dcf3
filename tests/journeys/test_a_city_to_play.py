"""One run of invented devices over seven protocols into one engine: every account is exact, at any moment."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.settings import set_sources
from tests.faults.engine import ROOT, EngineProcess
from tests.faults.oracle import reading, unbalanced
from tests.services import HOST, Service, free_port, mosquitto
from tests.small_county import home_with_county

TOPICS = [
    {"topic": "zhian/demo/senml/{id}", "format": "senml", "kind": "air_sensor", "fields": {"value": "pm25"}},
    {
        "topic": "zhian/demo/{kind}/{id}",
        "fields": {"speed": "speed_kmh", "time": "at", "lon": "position.0", "lat": "position.1"},
        "units": {"speed": "km/h", "time": "ms"},
    },
]
RATE, SECONDS = 30, 4
ANSWERED = ("jt808", "mqtt", "gat1400", "dji")
SHOUTED = ("cot", "mavlink", "ais")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Service]:
    with mosquitto(tmp_path, "max_inflight_messages 0", "max_queued_messages 0") as service:
        yield service


def settings(broker: Service) -> tuple[list[SourceSettings], dict[str, str]]:
    """Return a source of each protocol, and the address at which it is spoken to."""
    ports = {name: free_port() for name in ("jt808", "gat1400", "cot")}
    ports |= {name: free_port(socket.SOCK_DGRAM) for name in ("mavlink", "ais")}
    url = f"mqtt://{HOST}:{broker.port}"
    options: dict[str, dict[str, object]] = {
        "jt808": {"port": ports["jt808"], "kind": "dump_truck", "secret": "kept"},
        "mqtt": {"url": url, "topics": TOPICS},
        "gat1400": {"port": ports["gat1400"], "users": {"gate": "opens the door"}},
        "cot": {"port": ports["cot"]},
        "mavlink": {"port": ports["mavlink"]},
        "ais": {"port": ports["ais"]},
        "dji": {"url": url},
    }
    addresses = {
        "jt808": f"{HOST}:{ports['jt808']}",
        "mqtt": url,
        "gat1400": f"http://gate:opens%20the%20door@{HOST}:{ports['gat1400']}",
        "cot": f"tcp://{HOST}:{ports['cot']}",
        "mavlink": f"udp://{HOST}:{ports['mavlink']}",
        "ais": f"udp://{HOST}:{ports['ais']}",
        "dji": url,
    }
    return [SourceSettings(name, name, told) for name, told in options.items()], addresses


@pytest.mark.timeout(240)
def test_seven_protocols_at_once_and_every_account_is_exact_throughout(tmp_path: Path, broker: Service) -> None:
    home = home_with_county(tmp_path / "home")
    sources, addresses = settings(broker)
    set_sources(home, "small", sources)
    home.set_current("small")
    journal, looks = journal_path(home, "small"), list[list[str]]()

    async def act() -> dict[str, dict[str, int]]:
        engine = EngineProcess(tmp_path / "home", int(addresses["jt808"].rpartition(":")[2]))
        await engine.start()
        async with asyncio.timeout(60):
            while not any(log.key == "sources_started" for log in engine.logs):
                await asyncio.sleep(0.02)
        simulation = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "app", "--json", "simulate", "--terminals", "6", "--rate", str(RATE)),
            *("--seconds", str(SECONDS), "--faults", "loss=0.02,duplicate=0.05,disorder=0.05,corrupt=0.02"),
            *(part for name, address in addresses.items() for part in (f"--{name}", address)),
            cwd=ROOT, env={**os.environ, "ZHIAN_HOME": str(tmp_path / "home")}, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        ending = asyncio.create_task(simulation.communicate())
        while not ending.done():
            if journal.exists():
                with reading(journal) as connection:
                    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'balance'").fetchone():
                        looks.append(unbalanced(connection))
            await asyncio.wait([ending], timeout=0.2)
        assert await engine.end() == 0
        out, _ = ending.result()
        told: dict[str, dict[str, int]] = json.loads(out)
        return told

    told = asyncio.run(act())
    assert len(looks) > 5
    assert [wrong for wrong in looks if wrong] == []
    kept = Counter[str]()
    for account in Ledger(journal).balance():
        assert account.difference == 0
        kept[account.source] += account.stored + account.quarantined
    assert Ledger(journal).verify() == []
    assert {name: told[name]["unanswered"] for name in ANSWERED} == dict.fromkeys(ANSWERED, 0)
    assert {name: kept[name] >= told[name]["acknowledged"] > RATE for name in ANSWERED} == dict.fromkeys(ANSWERED, True)
    assert {name: kept[name] > RATE * SECONDS / 2 for name in SHOUTED} == dict.fromkeys(SHOUTED, True)
