from __future__ import annotations

import pytest

from data.sync import devices
from data.sync.devices import Devices
from data.sync.gate import JUMP, Gate, Passed
from tests.twin.live.factory import ids, rows
from tests.twin.small import city
from twin.live.observation import Observation, batch

NOW_S = 100_000.0
HERE, AWAY = 120.92, 121.42
"""48 km apart: a car needs eleven minutes."""


def tell(gate: Gate, *seen: tuple[float, float], kind: str = "car") -> Passed:
    """Tell times and longitudes of one thing."""
    told = [Observation("a", kind, time_s, lon, 30.83) for time_s, lon in seen]
    return gate.check(batch("", told).rows, NOW_S)


def verdicts(passed: Passed) -> str:
    marks = dict.fromkeys(passed.index.tolist(), ".") | dict.fromkeys(passed.failed_index.tolist(), "x")
    return "".join(marks[i] for i in sorted(marks))


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([(0, HERE), (10, HERE + 0.001), (20, HERE + 0.002)], "..."),
        ([(0, HERE), (10, AWAY), (20, HERE), (30, HERE)], ".x.."),
        ([(0, HERE), (10, AWAY), (20, HERE), (30, AWAY), (40, HERE)], ".x.x."),
        ([(0, HERE), (10, AWAY), (20, AWAY), (30, AWAY), (40, AWAY)], ".xx.."),
        ([(0, HERE), (10, AWAY), (20, 122.0), (30, 121.0), (40, HERE)], ".xxx."),
        ([(0, HERE), (1000, AWAY)], ".."),
        ([(1000, HERE), (0, AWAY)], ".."),
        ([(1000, HERE), (900, AWAY), (1010, HERE)], ".x."),
        ([(0, HERE), (0, HERE + 0.001)], ".."),
    ],
)
def test_what_cannot_be_reached_is_kept_out_and_does_not_cost_the_next(
    seen: list[tuple[float, float]], expected: str
) -> None:
    together = tell(Gate(city()), *seen)
    assert verdicts(together) == expected
    assert set(together.reasons) <= {JUMP}
    gate = Gate(city())
    assert "".join(verdicts(tell(gate, one)) for one in seen) == expected


def test_each_kind_has_its_own_speed() -> None:
    walk = [(0.0, HERE), (60.0, HERE + 0.02)]
    assert verdicts(tell(Gate(city()), *walk, kind="officer")) == ".x"
    assert verdicts(tell(Gate(city()), *walk, kind="police_car")) == ".."


def test_sources_do_not_know_of_each_other() -> None:
    from data.connectors.contract import SourceSettings

    gate = Gate(city())
    for name, lon in (("one", HERE), ("two", AWAY)):
        told = rows(("a", 1.0), lon_deg=lon)
        assert gate.check(told, NOW_S, SourceSettings(name, "script")).reasons == ()


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST", 8)
    monkeypatch.setattr(devices, "FIRST", 2)
    known = Devices()
    for number in range(40):
        slots = known.find(rows(("stays", 1.0), (f"e{number}", 1.0)))
        known.state["readings"][slots] += 1
        assert len(known) <= 8
    slots = known.find(rows(("stays", 1.0), ("e39", 1.0), ("e0", 1.0)))
    assert known.state["readings"][slots].tolist() == [40, 1, 0]


def test_a_batch_larger_than_what_is_remembered_is_still_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST", 4)
    gate = Gate(city())
    told = rows(*((f"e{number}", 1.0) for number in range(20)))
    for _ in range(3):
        assert len(ids(gate.check(told, NOW_S).rows)) == 20
