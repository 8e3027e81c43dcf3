"""Invented docks at a real broker, with the engine behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.simulate import dji
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet, Outcome
from tests.data.connectors.bench import Bench
from tests.services import HOST, Service, mosquitto
from tests.small_county import home_with_county
from twin.errors import UsageError


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Service]:
    with mosquitto(tmp_path, "max_inflight_messages 0", "max_queued_messages 0") as service:
        yield service


def test_what_docks_publish_is_stored_with_faults_and_without(
    tmp_path: Path, broker: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.simulate.mqtt.RESEND_S", 0.2)
    address = f"mqtt://{HOST}:{broker.port}"
    bench = Bench(home_with_county(tmp_path / "home"), SourceSettings("docks", "dji", {"url": address}))
    faults, outcomes = Faults(loss=0.05, duplicate=0.05, disorder=0.05, corrupt=0.05), list[Outcome]()
    fleet = Fleet(terminals=8, rate_hz=200, seconds=1, faults=faults)

    async def act() -> None:
        outcomes.append(await dji.open_simulation(fleet, address).run())
        await bench.until(lambda: bench.counts()[1] + bench.counts()[3] >= 200)

    bench.run(act)
    received, stored, duplicate, quarantined = bench.account()
    assert (outcomes[0].reported, outcomes[0].unanswered) == (200, 0)
    assert received == stored + duplicate + quarantined
    assert stored >= 190
    assert duplicate > 0


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(UsageError, match="--dji"):
        dji.open_simulation(Fleet(), "tcp://nowhere")
