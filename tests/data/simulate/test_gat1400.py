"""Invented gates against a real library: with every fault on the way, each pass is kept once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from data.connectors.gat1400.decoder import Device, Place
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet, Outcome
from data.simulate.gat1400 import SPEED_MPS, Gat1400Simulation, Passer, Traffic, open_simulation
from data.sync.journal import read
from tests.data.connectors.gat1400.test_library import Bench
from tests.small_county import home_with_county


def test_every_pass_is_kept_once_whatever_happens_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setattr("data.connectors.gat1400.client.RETRY_S", (0.01, 0.05))
    faults = Faults(loss=0.1, duplicate=0.2, disorder=0.2, corrupt=0.1, clock_s=3.0)
    fleet = Fleet(terminals=4, rate_hz=400.0, seconds=0.5, faults=faults, seed=3)
    bench = Bench(home_with_county(tmp_path), devices={}, most_requests_per_s=2000.0)
    simulation = open_simulation(fleet, bench.url.replace("//", "//gate:opens@"))
    outcomes = list[Outcome]()

    async def act() -> None:
        outcomes.append(await simulation.run())

    bench.run(act)
    (outcome,) = outcomes
    assert (outcome.reported, outcome.acknowledged, outcome.unanswered, outcome.refused) == (200, 200, 0, 0)
    assert outcome.connections == 4
    stored = [json.loads(record.raw) for record in read(bench.ledger.path) if record.message == "MotorVehicle"]
    held = [json.loads(held.raw) for held in bench.ledger.quarantine(1000) if held.message == "MotorVehicle"]
    known = {passed["MotorVehicleID"] for passed in [*stored, *held]}
    assert known == {number for client in simulation.clients for number in client.tally.acknowledged}
    bench.account()


def test_traffic_is_the_same_for_its_seed_and_nobody_is_in_two_places() -> None:
    runs = [[(gate, passer.plate) for gate, passer in _passes(seed)] for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]
    last: dict[str, tuple[float, int]] = {}
    for number, (gate, plate) in enumerate(runs[0]):
        before_s, before = last.get(plate, (-1e9, gate))
        assert number / 10.0 - before_s > abs(gate - before) * 955.0 / SPEED_MPS
        last[plate] = (number / 10.0, gate)
    assert len(last) < 1000  # vehicles come again


def _passes(seed: int) -> list[tuple[int, Passer]]:
    devices = [Device(str(n), "", Place(120.9 + n / 100, 30.8)) for n in range(5)]  # 956 m apart
    traffic = Traffic(Fleet(seed=seed), devices)
    return [traffic.next(number / 10.0) for number in range(1500)]


@pytest.mark.parametrize("address", ["127.0.0.1:1400", "http://127.0.0.1:1400", "http://gate@", "http://g:p@h:0"])
def test_an_address_that_is_none_is_told(address: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
                                         monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    assert main(["simulate", "--gat1400", address]) == 2
    assert "http://gates:word@127.0.0.1:1400" in capsys.readouterr().err


def test_a_password_may_hold_any_sign() -> None:
    simulation = open_simulation(Fleet(terminals=1), "http://gate:a%40b%3Ac@127.0.0.1:1400")
    assert isinstance(simulation, Gat1400Simulation)
    assert vars(simulation.clients[0])["_password"] == "a@b:c"  # noqa: S105
    assert simulation.clients[0].url == "http://127.0.0.1:1400"
