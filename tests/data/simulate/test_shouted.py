"""Invented devices that nobody answers, against real listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.simulate import ais, cot, mavlink
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet, Outcome, dice
from data.simulate.shouted import ShoutedSimulation, read_address
from tests.data.connectors.bench import Bench
from tests.services import free_port
from tests.small_county import home_with_county
from twin.errors import UsageError

Open = Callable[[Fleet, str], ShoutedSimulation]
FLEET = Fleet(terminals=5, rate_hz=200, seconds=0.5, lon_deg=120.92, lat_deg=30.84)


def play(home: Path, kind: str, scheme: str, open_simulation: Open, fleet: Fleet) -> tuple[Bench, Outcome]:
    settings = SourceSettings("sim", kind, {"port": 0, "transport": scheme})
    bench, outcomes = Bench(home_with_county(home), settings), list[Outcome]()

    async def act() -> None:
        simulation = open_simulation(fleet, f"{scheme}://127.0.0.1:{bench.port}")
        outcomes.append(await simulation.run())
        if not fleet.faults.loss:
            await bench.until(lambda: (status := bench.status()) is not None and status.entities == fleet.terminals)

    bench.run(act)
    return bench, outcomes[0]


@pytest.mark.parametrize(
    ("kind", "scheme", "open_simulation"),
    [
        ("cot", "tcp", cot.open_simulation), ("cot", "udp", cot.open_simulation),
        ("mavlink", "udp", mavlink.open_simulation), ("ais", "tcp", ais.open_simulation),
    ],
)  # fmt: skip
def test_what_is_said_is_stored(kind: str, scheme: str, open_simulation: Open, tmp_path: Path) -> None:
    bench, outcome = play(tmp_path, kind, scheme, open_simulation, FLEET)
    received, stored, duplicate, quarantined = bench.account()
    assert outcome.unanswered == 0
    assert outcome.reported >= 100
    assert received == stored + duplicate + quarantined > 0
    assert quarantined == 0


@pytest.mark.parametrize(
    ("kind", "scheme", "open_simulation"),
    [
        ("cot", "tcp", cot.open_simulation), ("mavlink", "tcp", mavlink.open_simulation),
        ("ais", "udp", ais.open_simulation),
    ],
)  # fmt: skip
def test_faults_are_told_and_the_balance_is_exact(
    kind: str, scheme: str, open_simulation: Open, tmp_path: Path
) -> None:
    faults = Faults(loss=0.1, duplicate=0.1, disorder=0.1, corrupt=0.1, clock_s=5)
    bench, outcome = play(tmp_path, kind, scheme, open_simulation, replace(FLEET, rate_hz=400, faults=faults))
    received, stored, duplicate, quarantined = bench.account()
    assert 0 < stored < outcome.reported
    assert duplicate > 0
    assert quarantined > 0
    assert received == stored + duplicate + quarantined


def test_the_same_seed_says_the_same() -> None:
    said = []
    for _ in range(2):
        handheld = cot.Handheld(FLEET, 1, dice(FLEET, "cot", 1), "udp")
        said.append(handheld.report(1_790_000_000.0) + handheld.report(1_790_000_001.0))
    assert said[0] == said[1]


def test_without_a_listener_what_is_said_is_unanswered() -> None:
    fleet = replace(FLEET, seconds=0.1, patience_s=0.1)
    outcome = asyncio.run(cot.open_simulation(fleet, f"tcp://127.0.0.1:{free_port()}").run())
    assert (outcome.connections, outcome.unanswered) == (0, outcome.reported)


def test_addresses_and_numbers_that_make_no_sense_are_told() -> None:
    assert read_address("--cot", "udp://[::1]:99", "") == ("udp", "::1", 99)
    for wrong in ("127.0.0.1:8087", "http://a:1", "udp://a", "tcp://a:99999", "udp://:1"):
        with pytest.raises(UsageError, match="HOST:PORT"):
            read_address("--cot", wrong, "tcp://127.0.0.1:8087")
    with pytest.raises(UsageError, match="250"):
        mavlink.open_simulation(replace(FLEET, terminals=251), "udp://127.0.0.1:1")
