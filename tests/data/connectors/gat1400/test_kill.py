"""The engine is killed while gates post: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.simulate.fleet import Fleet
from data.simulate.gat1400 import open_simulation
from data.sync.journal import journal_path, read
from data.sync.ledger import Ledger
from data.sync.settings import set_sources
from tests.services import HOST, free_port
from tests.small_county import home_with_county

KILLS = int(os.environ.get("ZHIAN_KILLS", "1"))
"""How often; ``ZHIAN_KILLS=20`` for a longer run."""
BETWEEN = 200
"""Acknowledged passes between two kills."""


@pytest.mark.timeout(120 + 30 * KILLS)
def test_kill_9_loses_no_pass_that_was_acknowledged_and_doubles_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.connectors.gat1400.client.RETRY_S", (0.05, 0.2))
    home, port = home_with_county(tmp_path), free_port()
    options = {"port": port, "users": {"gate": "opens"}, "most_requests_per_s": 1e6}
    set_sources(home, "small", [SourceSettings("gates", "gat1400", options)])
    simulation = open_simulation(Fleet(terminals=10, rate_hz=500, seconds=1e6), f"http://gate:opens@{HOST}:{port}")

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data.sync", "--twin", "small"),
            env={**os.environ, "ZHIAN_HOME": str(tmp_path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )

    async def acknowledged_more() -> None:
        enough = simulation.outcome().acknowledged + BETWEEN
        async with asyncio.timeout(90):
            while simulation.outcome().acknowledged < enough:
                await asyncio.sleep(0.005)

    async def run() -> None:
        engine = await start()
        driving = asyncio.create_task(simulation.run())
        for _ in range(KILLS):
            await acknowledged_more()
            engine.kill()
            await engine.wait()
            engine = await start()
        await acknowledged_more()
        driving.cancel()
        await asyncio.wait([driving], timeout=60)
        assert engine.stdin is not None
        engine.stdin.close()
        assert await engine.wait() == 0

    asyncio.run(run())
    acknowledged = [number for client in simulation.clients for number in client.tally.acknowledged]
    ledger = Ledger(journal_path(home, "small"))
    stored = [
        json.loads(record.raw)["MotorVehicleID"]
        for record in read(ledger.path, limit=1_000_000)
        if record.message == "MotorVehicle"
    ]
    held = [json.loads(held.raw) for held in ledger.quarantine(100_000) if held.message == "MotorVehicle"]
    assert len(acknowledged) >= BETWEEN * (KILLS + 1)
    assert set(acknowledged) - set(stored) - {passed["MotorVehicleID"] for passed in held} == set()
    assert len(stored) == len(set(stored))
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())
    assert ledger.verify() == []
