"""Four seeds through the real window: from what a source told to closed, with every deed a person's."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from PySide6.QtWidgets import QPushButton

from app.live_now import running_world
from app.main_window import MainWindow
from app.shell import grab
from app.workbenches.operations.bench import OperationsBench
from data.access_rules import rules_of
from data.connectors.demo_life.fleet import plate
from data.connectors.demo_life.occurrences import STRANGERS
from data.operations.opening import locate_in, open_operations
from data.operations.store import SqlOperations
from data.own_copy import shipped
from data.rules.demo import SUSPENDED, demo_lists
from data.rules.files import FOLDER, Folder
from tests.app.conftest import made_home, only_window, small_city, until, window
from tests.journeys.field import PHONE, Field
from twin.access import Actor, Scope
from twin.city.city import City
from twin.live.observation import Observation, batch
from twin.operations.deeds import By, EnrolUnit, SetUnit
from twin.operations.records import Alert, Dispatch, Incident, Message, Step, Task, Unit
from twin.rules.evaluate import Rules, Setting

PICTURES = os.environ.get("ZHIAN_PICTURES", "")
"""A folder for a picture of each station, on a real display; empty for none."""
THEME = os.environ.get("ZHIAN_PICTURES_THEME", "dark")
__all__ = ["made_home", "only_window", "small_city", "window"]
PROGRAM = By("roster", 1.0)


@pytest.fixture(scope="module")
def store(only_window: MainWindow) -> Iterator[SqlOperations]:
    city = only_window.live.city
    assert city is not None
    opened = open_operations(only_window.session.home, locate_in(city))
    squad = Unit(
        "S1", 1, "off_duty", "罗星中队", "police_car", "police", ("traffic", "medical"), "car-1", "jt808", "cars", PHONE
    )
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

    def reports(self, state: str) -> Incident:
        """Say how far the first unit that was sent came."""
        whole = self.bench.work.held.whole
        assert whole is not None
        return self.does("work.report", dispatch=whole.dispatches[0].id, state=state)

    def steps(self, state: str) -> list[Step]:
        """Return the steps of the plan that are in a state."""
        whole = self.bench.work.held.whole
        assert whole is not None
        return [step for step in whole.steps if step.state == state]

    def presses(self, action: str) -> None:
        """Press the button of the plan's first step of an action, and wait until what it does is done."""
        step = next(step for step in self.steps("waiting") if step.action == action)
        self.does("work.act", step=step.id)
        if action != "send":
            until(lambda: step.id in {one.id for one in self.steps("done")} and not self.bench.work.busy)

    def locks_a_door(self) -> None:
        """Press the button of the step for doors, then that of the nearest door; it answers."""
        step = next(step for step in self.steps("waiting") if step.action == "doors")
        self.does("work.act", step=step.id)
        dialog = self.bench.acting.doors.dialog
        assert dialog is not None
        next(button for (_, wish), button in dialog.buttons.items() if wish == "lock").click()
        until(lambda: step.id in {one.id for one in self.steps("done")})
        until(lambda: "门禁" in self.words("messages") and "已锁闭" in self.words("messages"))

    def agency_answers(self, state: str, note: str = "") -> None:
        """Answer the newest task as city management does, on its own screen."""
        (task,) = self.store.find(Task, ("offered", "accepted"), agency="urban")
        commands, before = self.window.session.commands, self.window.session.commands.actor
        commands.actor = Actor("chen", "陈科长", frozenset({"partner"}), Scope(agencies=frozenset({"urban"})))
        commands.rules = rules_of(self.window.session.home)
        self.does("task.answer", task=task.id, state=state, note=note)
        commands.actor = before

    def station(self, name: str) -> None:
        """Take a picture of the window, if pictures are wanted."""
        if PICTURES:
            self.window.look.set_theme(THEME)
            self.window.acts.run("work.show")
            for button in self.window.findChildren(QPushButton):
                if button.isVisible() and button.text() == self.window.look.texts("hints.read"):
                    button.click()
            end = time.monotonic() + 4.0
            until(lambda: time.monotonic() > end)
            self.window.map.settle()
            grab(self.window, Path(PICTURES) / f"{name}.png")

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


def told_by_the_engine(window: MainWindow, plate_no: str) -> list[Observation]:
    """Return the passes of a vehicle that the engine's table has; a gate writes plates without the dot."""
    city = window.live.city
    assert city is not None
    world = running_world(window.session.home, "small", city)
    rows = world.tracks.rows if world is not None else ()
    return [
        Observation(row["id"].decode(), "car", float(row["time_s"]), float(row["lon_deg"]), float(row["lat_deg"]),
                    row["label"].decode())
        for row in rows if row["label"].decode() == plate_no.replace("·", "")
    ]  # fmt: skip


def test_a_suspended_licence_from_the_gate_to_the_squads_terminal_and_closed(
    operator: Operator, store: SqlOperations, small_city: City
) -> None:
    plate_no = plate(SUSPENDED[0])
    lon, lat = (float(value) for value in small_city.frame.to_lonlat(30.0, 480.0))
    with Field(operator.window.session.home, "small", (lon, lat)) as field:
        until(lambda: field.terminal.online and field.gate.tally.registrations)
        field.passes(plate_no)
        until(lambda: told_by_the_engine(operator.window, plate_no))
        operator.sees("unlicensed-driver", *told_by_the_engine(operator.window, plate_no))
        until(lambda: "关联" in operator.words("why"))
        assert plate_no not in operator.words("why")
        operator.station("licence-1-alert")
        operator.does("work.accept")
        operator.does("work.propose")
        operator.station("licence-2-proposed")
        incident = operator.does("work.send")
        assert incident.state == "dispatched"
        until(lambda: store.find(Dispatch, ("acknowledged",), incident=incident.id))
        assert field.terminal.tally.texts == 1
    (order,) = store.find(Message, incident=incident.id)
    assert (order.state, order.device) == ("answered", PHONE)
    assert incident.id in order.text
    until(lambda: "已应答" in operator.words("units"))
    operator.station("licence-3-acknowledged")
    assert operator.reports("on_scene").state == "on_scene"
    operator.station("licence-4-on-scene")
    closed = operator.ends("warned")
    assert (closed.state, closed.outcome) == ("closed", "warned")
    assert "警告教育" in operator.words("units")
    assert not operator.bench.work.undoable
    assert store.one(Unit, "S1").state == "free"
    operator.station("licence-5-closed")


def test_a_hospitals_alarm_is_dealt_with_by_its_plan(operator: Operator, small_city: City) -> None:
    lon, lat = place_of(small_city, "hospital")
    now_s = time.time()
    operator.sees(
        "hospital",
        Observation("b1", "alarm_button", now_s - 60.0, lon, lat, "医院一键报警", "free"),
        Observation("b1", "alarm_button", now_s, lon, lat, "医院一键报警", "alarm"),
    )
    operator.station("hospital-1-alarm")
    incident = operator.does("work.accept")
    assert incident.severity == 1
    assert "红警" in operator.words("steps")
    assert {level.state for level in incident.levels} >= {"confirmed", "on_scene"}
    operator.presses("cameras")
    assert operator.window.selection.picks[0].layer == "cameras"
    until(lambda: not operator.window.details.picture.image.isNull())
    operator.station("hospital-2-camera")
    operator.window.selection.clear()
    operator.locks_a_door()
    operator.station("hospital-3-doors")
    operator.bench.acting.doors.close()
    operator.presses("send")
    operator.does("work.send")
    assert {step.action for step in operator.steps("done")} >= {"cameras", "doors", "send"}
    operator.reports("on_scene")
    operator.station("hospital-4-on-scene")
    assert operator.ends("handled").state == "closed"
    operator.station("hospital-5-closed")


def test_an_uncovered_truck_is_handed_to_city_management(operator: Operator, small_city: City) -> None:
    lon, lat = (float(value) for value in small_city.frame.to_lonlat(0.0, 480.0))
    truck = Observation("t1", "dump_truck", time.time(), lon, lat, "浙F·I9001", "moving", speed_mps=9.0, value=90.0)
    operator.sees("uncovered-truck", truck)
    operator.does("work.accept")
    operator.station("truck-1-accepted")
    operator.presses("hand_over")
    assert [step.action for step in operator.steps("done")] == ["hand_over"]
    operator.agency_answers("returned", "不在本局辖区")
    assert operator.bench.work.held.incident.state == "open"  # type: ignore[union-attr]  # in hand
    assert operator.does("work.hand_over", agency="urban", what="责令覆盖").state == "handed_over"
    operator.station("truck-2-handed-over")
    operator.agency_answers("accepted")
    operator.window.acts.run("panel.tasks")
    operator.station("truck-3-accepted-by-the-agency")
    operator.window.acts.run("panel.tasks")
    operator.agency_answers("finished", "已责令覆盖并处罚")
    assert operator.ends("handed_over").state == "closed"
    operator.station("truck-4-closed")


def test_a_dormitorys_match_is_confirmed_by_a_person(operator: Operator, small_city: City) -> None:
    lon, lat = place_of(small_city, "dormitory")
    operator.window.acts.run("work.desks", everywhere=True)  # it is the site officer's queue
    operator.sees("dormitory", Observation("r1", "card_reader", time.time(), lon, lat, STRANGERS[0]))
    assert STRANGERS[0] not in operator.words("why")
    assert operator.store.find(Alert, ("new",), scenario="dormitory")
    operator.station("dormitory-1-match")
    accepted = operator.does("work.accept")
    assert (accepted.owner, accepted.opened_by) == ("demo", "demo")
    operator.presses("confirm")
    operator.station("dormitory-2-confirmed")
    assert operator.ends("nothing_found").state == "closed"
    operator.station("dormitory-3-closed")
