"""The queue through the real window, on the real records."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from app.main_window import MainWindow
from app.map.events import Pick
from app.workbenches.operations.bench import OperationsBench
from app.workbenches.operations.marks import LAYER, WAY
from app.workbenches.operations.wall_board import PAINTED
from data.audit.trail import append
from data.operations.store import SqlOperations
from data.records.database import open_records
from layers.layer import Symbols
from tests.app.conftest import until
from tests.app.workbenches.operations.made import PLATE, hit
from twin.access import Actor
from twin.operations.deeds import By, EnrolUnit, SetUnit
from twin.operations.records import Alert, Dispatch, Incident, JointCase, Message, Patrol, Task, Unit, Watch

PROGRAM = By("rules", 1.0)


@pytest.fixture
def bench(window: MainWindow) -> OperationsBench:
    found = next(feature for feature in window.features if isinstance(feature, OperationsBench))
    window.arrangement.show("operations")
    return found


@pytest.fixture(scope="module")
def store(only_window: MainWindow) -> Iterator[SqlOperations]:
    """Return the records as another desk sees them, with a unit that stands near the middle of the county."""
    opened = SqlOperations(open_records(only_window.session.home), append)
    city = only_window.live.city
    assert city is not None
    lon, lat = city.frame.to_lonlat(0.0, 0.0)
    opened.do(EnrolUnit(Unit("U1", 1, "off_duty", "罗星3号车", "police_car", "police", entity="car-1",
                             lon_deg=float(lon), lat_deg=float(lat))), PROGRAM)  # fmt: skip
    opened.do(SetUnit("U1", "free"), PROGRAM)
    yield opened
    opened.close()


def seen(window: MainWindow, store: SqlOperations, bench: OperationsBench, number: int) -> str:
    """Let an alert come in and take it in hand; return its key."""
    city = window.live.city
    assert city is not None
    lon, lat = city.frame.to_lonlat(60.0 * number, 80.0)
    (alert,) = store.take([hit(number, f"scenario-{number}", 1, time.time(), (float(lon), float(lat)))])
    bench.work.look()
    key = f"a:{store.one(Alert, alert).group}"
    until(lambda: bench.queue.list.queue.place(key) >= 0, 60.0)
    bench.queue.list.step_to(key)
    until(lambda: bench.work.held.key == key and bench.work.held.hits, 60.0)
    return key


def test_accept_propose_send_in_three_keys_pressed_in_haste(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    seen(window, store, bench, 1)
    of_key = {action.shortcut().toString(): action for action in window.acts.by_id.values()}
    for key in "APS":
        of_key[key].trigger()
    until(lambda: store.find(Dispatch), 60.0)
    (incident,) = store.find(Incident)
    assert (incident.state, incident.owner) == ("dispatched", "demo")
    assert store.find(Dispatch)[0].unit == "U1"
    until(lambda: bench.work.held.incident == incident, 60.0)
    assert not bench.work.undoable
    window.look.set_language("en")
    assert bench.page.sections["steps"].title.text() == window.look.texts("work.steps")
    assert {said for item in bench.page.sections["units"].items for said, _ in item.buttons} <= {
        window.look.texts(f"report.{state}") for state in ("acknowledged", "on_scene", "recalled")
    }
    window.look.set_language("zh")
    assert PLATE in store.find(Message)[0].text  # whoever is sent has to know what to look for
    assert window.session.commands.purpose is None  # and nothing else is shown in full by it
    window.acts.run("work.reveal")
    assert window.session.commands.purpose is not None
    assert window.session.commands.purpose.reference == incident.id
    until(lambda: bench.marks._units, 60.0)


def test_what_was_accepted_can_be_taken_back_until_it_is_sent(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    key = seen(window, store, bench, 2)
    window.acts.run("work.accept")
    until(lambda: bench.work.undoable and not bench.work.busy, 60.0)
    assert bench.work.held.incident is not None
    window.acts.run("work.undo")
    until(lambda: bench.queue.list.queue.place(key) >= 0, 60.0)
    assert not bench.work.undoable
    said: list[str] = []
    window.acts.run("work.undo", refused=said.append)
    assert said


def test_what_was_accepted_stays_in_hand_among_others(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    for number in (21, 22, 23):
        seen(window, store, bench, number)
    window.acts.run("work.accept")
    until(lambda: not bench.work.busy and bench.work.held.incident, 60.0)
    assert bench.work.held.incident is not None
    assert bench.work.held.incident.scenario == "scenario-23"
    assert bench.queue.list.current is not None
    assert bench.queue.list.current.key == bench.work.held.key


def test_a_dismissal_asks_for_its_reason_under_a_number(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    key = seen(window, store, bench, 3)
    window.acts.run("work.dismiss")
    (menu,) = (menu for menu in window.findChildren(QMenu) if menu.isVisible() and menu.actions())
    QTest.keyClick(menu, Qt.Key.Key_1)
    until(lambda: bench.queue.list.queue.place(key) < 0, 60.0)
    assert [alert.reason for alert in store.find(Alert, ("dismissed",))] == ["false_alarm"]


def test_an_alert_is_passed_to_another_desk_and_taken_back(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    key = seen(window, store, bench, 6)
    window.acts.run("work.pass")
    (menu,) = (menu for menu in window.findChildren(QMenu) if menu.isVisible() and menu.actions())
    (traffic,) = (action for action in menu.actions() if "交通席" in action.text())
    traffic.trigger()
    until(lambda: not bench.work.busy, 60.0)
    assert [alert.desk for alert in store.find(Alert, ("new",), group=key.removeprefix("a:"))] == ["traffic_engineer"]
    window.acts.run("work.undo")
    until(lambda: not bench.work.busy, 60.0)
    assert [alert.desk for alert in store.find(Alert, ("new",), group=key.removeprefix("a:"))] == ["control"]


def test_the_page_tells_why_and_masks_until_a_purpose_is_stated(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    seen(window, store, bench, 4)
    page = bench.page

    def words() -> str:
        return " ".join(item.words for item in page.sections["why"].items)

    until(lambda: "8***6" in words(), 60.0)
    window.acts.run("purpose.state", text="失驾核查", minutes=5)
    until(lambda: "浙F·8K2Q6" in words(), 60.0)


def test_the_map_shows_what_is_open_and_gives_it_to_hand(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    key = seen(window, store, bench, 5)
    drawn = window.map.extras.drawings[LAYER].drawings[0]
    assert isinstance(drawn, Symbols)
    assert key in drawn.rows.columns["id"].tolist()
    assert WAY not in window.map.extras.drawings
    window.acts.run("work.down")
    window.acts.run("work.up")
    until(lambda: not bench._fly.isActive(), 60.0)


def test_a_role_without_the_queue_is_told_so(window: MainWindow, bench: OperationsBench) -> None:
    commands, before = window.session.commands, window.session.commands.actor
    commands.actor = Actor("audrey", "Audrey", frozenset({"auditor"}))
    said: list[str] = []
    window.acts.run("work.open", refused=said.append)
    window.acts.run("work.accept", refused=said.append)
    commands.actor = before
    assert len(said) == 2


def test_an_agency_accepts_and_finishes_what_was_handed_over(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    seen(window, store, bench, 6)
    window.acts.run("work.accept")
    until(lambda: bench.work.held.incident and not bench.work.busy, 60.0)
    window.acts.run("work.hand_over", agency="urban", what="责令覆盖")
    until(lambda: store.find(Task), 60.0)
    window.acts.run("panel.tasks")
    panel = bench.office.tasks
    panel.agency.setCurrentIndex(panel.agency.findData("urban"))
    until(lambda: any("责令覆盖" in item.words for item in panel.open.items), 60.0)
    panel.open.items[0].buttons[0][1]()
    until(lambda: store.find(Task)[0].state == "accepted" and not bench.work.busy, 60.0)
    until(lambda: any("办理中" in item.words for item in panel.open.items), 60.0)
    panel.open.items[0].buttons[0][1]()
    until(lambda: not bench.work.busy, 60.0)
    assert store.find(Task)[0].state == "accepted"  # it must say what was done
    panel.words.setText("已覆盖")
    panel.open.items[0].buttons[0][1]()
    until(lambda: store.find(Task)[0].state == "finished", 60.0)
    window.acts.run("panel.tasks")


def test_a_shift_is_joined_and_signed_off_with_its_note(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    window.acts.run("duty.join")
    until(lambda: store.find(Watch, ("on",)), 60.0)
    window.acts.run("panel.duty")
    duty = bench.office.duty
    until(lambda: duty.watches.items and duty.words.toPlainText(), 60.0)
    duty.words.setPlainText("医院报警待复盘")
    duty.watches.items[0].buttons[0][1]()
    until(lambda: store.find(Watch, ("off",)), 60.0)
    assert store.find(Watch)[0].note == "医院报警待复盘"
    window.acts.run("panel.duty")


def test_the_figures_are_shown_and_the_wall_tells_of_the_queue(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    seen(window, store, bench, 7)
    window.acts.run("panel.outcomes")
    results = bench.office.results
    until(lambda: results.found, 60.0)
    assert results.table.shown_rows() == 1
    assert "operation_alert" in results.query.toPlainText()
    window.acts.run("panel.outcomes")
    window.acts.run("workspace.wall")
    assert PAINTED in window.map.extras.paintings
    window.map.settle()
    assert not window.map.picture().isNull()
    window.acts.run("workspace.operations")
    assert PAINTED not in window.map.extras.paintings


def test_where_a_unit_does_not_answer_others_are_proposed(
    window: MainWindow, store: SqlOperations, bench: OperationsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = window.live.city
    assert city is not None
    for number, name in enumerate(("U8", "U9")):
        lon, lat = (float(value) for value in city.frame.to_lonlat(30.0 * number, 20.0))
        unit = Unit(name, 1, "off_duty", name, "police_car", "police", lon_deg=lon, lat_deg=lat)
        store.do(EnrolUnit(unit), PROGRAM)
        store.do(SetUnit(name, "free"), PROGRAM)
    seen(window, store, bench, 8)
    for command in ("work.accept", "work.propose", "work.send"):
        window.acts.run(command)
    until(lambda: bench.work.held.incident and bench.work.held.incident.state == "dispatched", 60.0)
    monkeypatch.setattr("twin.operations.following.SILENT_S", -1e9)
    until(lambda: bench.sending.choice is not None and bench.sending.choice.units, 60.0)
    until(lambda: bench.card.row is not None and bench.card.row.next == "work.send", 60.0)


def test_the_joint_desk_takes_a_case_to_its_agreement(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    window.acts.run("panel.joint")
    panel = bench.office.joint

    def told(words: str) -> bool:
        return any(words in item.words for item in panel.open.items)

    until(lambda: panel.menu.actions(), 60.0)
    panel.title.setText("楼上漏水")
    panel.parties.setText("赵某、钱某")
    panel.begin.click()
    until(lambda: panel.problem.text(), 60.0)  # somebody must take part
    next(action for action in panel.menu.actions() if action.data() == "justice").setChecked(True)
    panel.begin.click()
    until(lambda: panel.open.items, 60.0)
    assert "赵某" not in panel.open.items[0].words
    for name, words in (("记笔录", "双方到场"), ("达成协议", "三日内修好")):
        panel.words.setText(words)
        next(do for said, do in panel.open.items[0].buttons if said == name)()
        until(partial(told, words), 60.0)
    assert [case.agreement for case in store.find(JointCase, ("agreed",))] == ["三日内修好"]
    window.acts.run("panel.joint")


def test_a_roster_is_planned_for_days_and_a_patrol_by_what_is_selected(
    window: MainWindow, store: SqlOperations, bench: OperationsBench
) -> None:
    window.acts.run("panel.roster")
    panel = bench.office.roster
    until(lambda: panel.unit.count() > 1, 60.0)
    panel.person.setText("wang")
    panel.days.setValue(3)
    panel.unit.setCurrentIndex(1)
    panel.plan.click()
    until(lambda: len(panel.watches.items) == 3, 60.0)
    panel.walk.click()
    assert panel.problem.text()
    window.selection.select((Pick("point", "路口", (0.0, 0.0, 0.0)), Pick("point", "桥头", (50.0, 0.0, 0.0))))
    panel.walk.click()
    until(lambda: panel.patrols.items, 60.0)
    for _ in range(2):
        panel.patrols.items[0].buttons[0][1]()
        until(lambda: not bench.work.busy, 60.0)
        until(lambda: not window.jobs.is_running("work.roster"), 60.0)
    until(lambda: store.find(Patrol, ("walked",)), 60.0)
    window.acts.run("panel.roster")
