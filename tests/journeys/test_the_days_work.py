"""Four seeds through the real window: from what a source told to closed, with every deed a person's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely

from app.main_window import MainWindow
from app.workbenches.operations.bench import OperationsBench
from data.connectors.demo_life.fleet import plate
from data.connectors.demo_life.occurrences import STRANGERS
from data.connectors.gat1400.decoder import Place, read_pass
from data.connectors.gat1400.envelope import fields_of, objects_of, read_body
from data.connectors.gat1400.rows import observed
from data.operations.opening import open_operations
from data.operations.store import SqlOperations
from data.own_copy import shipped
from data.rules.demo import SUSPENDED, demo_lists
from data.rules.files import FOLDER, Folder
from tests.app.conftest import made_home, only_window, small_city, until, window
from twin.city.city import City
from twin.live.observation import Observation, batch
from twin.operations.deeds import By, EnrolUnit, SetUnit
from twin.operations.records import Alert, Incident, Message, Task, Unit
from twin.rules.evaluate import Rules, Setting

__all__ = ["made_home", "only_window", "small_city", "window"]
PROGRAM = By("roster", 1.0)


@pytest.fixture(scope="module")
def store(only_window: MainWindow) -> Iterator[SqlOperations]:
    opened = open_operations(only_window.session.home)
    squad = Unit("S1", 1, "off_duty", "罗星中队", "police_car", "police", ("traffic", "medical"), "car-1", "radio")
    opened.do(EnrolUnit(squad), PROGRAM)
    opened.do(SetUnit("S1", "free"), PROGRAM)
    yield opened
    opened.close()


class Operator:
    """Sits at the window."""

    def __init__(self, window: MainWindow, store: SqlOperations) -> None:
        self.window, self.store = window, store
        self.bench = next(feature for feature in window.features if isinstance(feature, OperationsBench))
        self.refused: list[str] = []
        window.arrangement.show("operations")

    def sees(self, scenario: str, *told: Observation) -> None:
        """Let sources tell something, and find the alert of it in the queue."""
        folder, city = Folder((shipped(FOLDER),)), self.window.live.city
        folder.read()
        assert city is not None
        rules = Rules([folder.scenarios[scenario]], Setting(city, (), demo_lists(time.time())))
        rows = batch("test", told).rows
        place_m = np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"]))
        (alert,) = self.store.take(rules.take(rows, place_m, float(rows["time_s"].max())))
        key = f"a:{self.store.one(Alert, alert).group}"
        self.bench.work.look()
        until(lambda: self.bench.queue.list.queue.place(key) >= 0)
        self.bench.queue.list.step_to(key)
        until(lambda: self.bench.work.held.hits)

    def does(self, command: str, **arguments: Any) -> Incident:
        """Run a command and return the incident in hand, as it is then."""
        self.refused.clear()
        self.window.acts.run(command, refused=self.refused.append, **arguments)
        until(lambda: not self.bench.work.busy)
        assert not self.refused
        assert self.bench.work.held.incident is not None
        return self.bench.work.held.incident

    def ends(self, outcome: str) -> Incident:
        """Resolve, do what is left of the plan, and close."""
        self.does("work.resolve", outcome=outcome)
        whole = self.bench.work.held.whole
        assert whole is not None
        for step in whole.steps:
            if step.state == "waiting":
                self.does("work.step", step=step.id, state="done")
        return self.does("work.close")

    def words(self, section: str) -> str:
        return "\n".join(item.words for item in self.bench.page.sections[section].items)


@pytest.fixture
def operator(window: MainWindow, store: SqlOperations) -> Operator:
    return Operator(window, store)


def place_of(city: City, kind: str) -> tuple[float, float]:
    """Return the longitude and latitude of a site of a kind."""
    sites = city.table("sites")
    middle = shapely.point_on_surface(sites[sites["kind"] == kind].geometry.iloc[0])
    lon, lat = city.frame.to_lonlat(middle.x - city.frame.origin_m[0], middle.y - city.frame.origin_m[1])
    return float(lon), float(lat)


def gate_pass(city: City) -> Observation:
    """Return what a GA/T 1400 gate tells of a vehicle on the list of suspended licences."""
    at = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 8 * 3600))
    body = {"MotorVehicleListObject": {"MotorVehicleObject": [
        {"MotorVehicleID": "1", "PlateNo": plate(SUSPENDED[0]), "PassTime": at, "VehicleClass": "K33"}
    ]}}  # fmt: skip
    (item,) = objects_of(read_body(json.dumps(body).encode()), "MotorVehicle", 9)
    lon, lat = city.frame.to_lonlat(30.0, 480.0)
    return observed(b"key", read_pass(fields_of(item)), Place(float(lon), float(lat)), "car")


def test_a_suspended_licence_from_the_gate_to_the_squads_terminal_and_closed(
    operator: Operator, small_city: City
) -> None:
    operator.sees("unlicensed-driver", gate_pass(small_city))
    until(lambda: "关联" in operator.words("why"))
    assert plate(SUSPENDED[0]) not in operator.words("why")
    operator.does("work.accept")
    operator.does("work.propose")
    incident = operator.does("work.send")
    assert incident.state == "dispatched"
    (order,) = operator.store.find(Message, incident=incident.id)
    assert incident.id in order.text
    operator.does("work.told", message=order.id)
    whole = operator.bench.work.held.whole
    assert whole is not None
    assert operator.does("work.report", dispatch=whole.dispatches[0].id, state="on_scene").state == "on_scene"
    closed = operator.ends("warned")
    assert (closed.state, closed.outcome) == ("closed", "warned")
    assert operator.store.one(Unit, "S1").state == "free"


def test_a_hospitals_alarm_is_dealt_with_by_its_plan(operator: Operator, small_city: City) -> None:
    lon, lat = place_of(small_city, "hospital")
    now_s = time.time()
    operator.sees(
        "hospital",
        Observation("b1", "alarm_button", now_s - 60.0, lon, lat, "医院一键报警", "free"),
        Observation("b1", "alarm_button", now_s, lon, lat, "医院一键报警", "alarm"),
    )
    incident = operator.does("work.accept")
    assert incident.severity == 1
    assert "红警" in operator.words("steps")
    assert {level.state for level in incident.levels} >= {"confirmed", "on_scene"}
    operator.does("work.propose")
    operator.does("work.send")
    whole = operator.bench.work.held.whole
    assert whole is not None
    operator.does("work.report", dispatch=whole.dispatches[0].id, state="on_scene")
    assert operator.ends("handled").state == "closed"


def test_an_uncovered_truck_is_handed_to_city_management(operator: Operator, small_city: City) -> None:
    lon, lat = (float(value) for value in small_city.frame.to_lonlat(0.0, 480.0))
    truck = Observation("t1", "dump_truck", time.time(), lon, lat, "浙F·I9001", "moving", speed_mps=9.0, value=90.0)
    operator.sees("uncovered-truck", truck)
    operator.does("work.accept")
    assert operator.does("work.hand_over", agency="urban").state == "handed_over"
    (task,) = operator.store.find(Task, ("offered",), agency="urban")
    operator.does("task.answer", task=task.id, state="accepted")
    operator.does("task.answer", task=task.id, state="finished", note="已责令覆盖并处罚")
    assert operator.ends("handed_over").state == "closed"


def test_a_dormitorys_match_is_confirmed_by_a_person(operator: Operator, small_city: City) -> None:
    lon, lat = place_of(small_city, "dormitory")
    operator.sees("dormitory", Observation("r1", "card_reader", time.time(), lon, lat, STRANGERS[0]))
    assert STRANGERS[0] not in operator.words("why")
    assert operator.store.find(Alert, ("new",), scenario="dormitory")
    accepted = operator.does("work.accept")
    assert (accepted.owner, accepted.opened_by) == ("demo", "demo")
    assert operator.ends("nothing_found").state == "closed"
