"""The engine is killed under load, again and again: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.secrets import set_encrypt
from data.simulate.fleet import Fleet
from data.simulate.jt808 import Jt808Simulation
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.settings import set_sources
from tests.data.sync.test_intake import free_port, stored_positions
from tests.small_county import home_with_county

KILLS = int(os.environ.get("ZHIAN_KILLS", "2"))
"""How often; ``ZHIAN_KILLS=20 python -m pytest tests/data/sync/test_kill.py`` for a longer run."""
BETWEEN = 400
"""Acknowledged positions between two kills."""


@pytest.mark.timeout(60 + 30 * KILLS)
def test_kill_9_under_load_loses_nothing_that_was_acknowledged_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.connectors.jt808.client.RECONNECT_S", (0.05, 0.2))
    monkeypatch.setattr("data.connectors.jt808.client.RESEND_S", 0.5)
    home, port = home_with_county(tmp_path), free_port()
    set_encrypt(home, True)  # the other test that kills has a plain journal
    set_sources(home, "small", [SourceSettings("vans", "jt808", {"port": port, "secret": "kept over restarts"})])
    fleet = Fleet(terminals=20, rate_hz=1000, seconds=1e6)
    simulation = Jt808Simulation(fleet, "127.0.0.1", port)

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data.sync", "--twin", "small"),
            env={**os.environ, "ZHIAN_HOME": str(tmp_path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )

    async def acknowledged_more() -> None:
        enough = simulation.outcome().acknowledged + BETWEEN
        async with asyncio.timeout(60):
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
        assert driving.cancelled()
        assert engine.stdin is not None
        engine.stdin.close()
        assert await engine.wait() == 0

    asyncio.run(run())
    acknowledged = {
        (client.phone.lstrip("0"), base) for client in simulation.clients for base in client.tally.acknowledged
    }
    ledger = Ledger(journal_path(home, "small"))
    stored = stored_positions(ledger.path)
    assert len(acknowledged) >= BETWEEN * (KILLS + 1)
    assert acknowledged - set(stored) == set()
    assert len(stored) == len(set(stored))
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())
    assert ledger.verify() == []
