from __future__ import annotations

from pathlib import Path

from data.operations.opening import open_operations
from data.simulate.roster import MOST, demo_units, enrol_demo
from tests.app.conftest import home_at
from twin.live.observation import Observation, batch
from twin.operations.records import Unit


def told(count: int, kind: str = "police_car") -> list[Observation]:
    return [Observation(f"p{n:03d}", kind, 1000.0, 120.9, 30.8, f"巡警·{n:04d}") for n in range(count)]


def test_police_cars_come_on_duty_once_with_every_skill(tmp_path: Path) -> None:
    store = open_operations(home_at(tmp_path))
    rows = batch("demo life", [*told(30), *told(3, "bus")]).rows
    assert enrol_demo(store, rows, 1000.0) == MOST
    assert enrol_demo(store, rows, 1001.0) == 0
    free = store.find(Unit, ("free",))
    assert {skill for unit in free for skill in unit.skills} == {"patrol", "traffic", "arrest", "hospital"}
    assert all(unit.entity.startswith("p0") for unit in free)
    store.close()


def test_without_police_cars_nobody_comes() -> None:
    assert demo_units(batch("demo life", told(3, "bus")).rows) == ()
