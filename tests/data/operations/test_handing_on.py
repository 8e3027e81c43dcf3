"""What other desks are told: queues of their own, tasks of agencies; what is late comes to the control room."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.operations.handing_on import hand_on
from data.operations.load import alarm_load
from data.operations.minding import mind
from data.operations.store import SqlOperations
from tests.data.operations.made import opened
from tests.twin.operations.hits import hit
from twin.operations.agencies import Agency
from twin.operations.deeds import AnswerTask, By, ConfirmAlerts, PassAlerts, Start
from twin.operations.desks import at_desks
from twin.operations.plans import PlanStep
from twin.operations.records import Alert, Incident, Task
from twin.operations.states import NotPossibleError
from twin.operations.store import Row
from twin.rules.hit import CONTROL, Route

NOW_S = 1_790_000_000.0
URBAN = {"urban": Agency("urban", "综合行政执法局", "City management", task_s=3600.0)}
ROUND = Route("urban", 3600.0)
OFFICER = By("officer", NOW_S + 4000.0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlOperations]:
    with contextlib.closing(opened(tmp_path)) as store:
        yield store


def start(scenario: str) -> Start:
    return Start(scenario, plan="city-order", steps=(PlanStep("look", "查看", "look", "urban", 60.0),))


def handed(store: SqlOperations, at_s: float, rounds: int = 3) -> None:
    for _ in range(rounds):
        hand_on(store, start, URBAN, at_s)


def at_control(store: SqlOperations, at_s: float) -> tuple[Row, ...]:
    return at_desks(store.queue(at_s=at_s), (CONTROL,))


def test_a_round_for_an_agency_is_its_task_once_it_is_over_and_is_closed_when_it_was_done(store: SqlOperations) -> None:
    store.take([hit(f"stall-{n}", NOW_S + 60.0 * n, "street-order", 4, route=ROUND) for n in range(5)])
    store.take([hit("stall-9", NOW_S + 3000.0, "street-order", 4, route=ROUND)])
    handed(store, NOW_S + 3599.0)
    assert store.find(Task) == ()
    handed(store, NOW_S + 3700.0, rounds=1)
    (task,), (incident,) = store.find(Task), store.find(Incident)
    assert (task.agency, task.due_s, incident.desk) == ("urban", NOW_S + 7300.0, "urban")
    assert {alert.incident for alert in store.find(Alert)} == {incident.id}
    assert at_control(store, NOW_S + 3700.0) == ()
    store.do(AnswerTask(task.id, "accepted"), OFFICER)
    store.do(AnswerTask(task.id, "finished", "已清理"), OFFICER)
    handed(store, NOW_S + 4100.0)
    closed = store.one(Incident, incident.id)
    assert (closed.state, closed.outcome) == ("closed", "handed_over")
    assert alarm_load(store.engine, NOW_S, NOW_S + 7200.0).alarms == 0
    assert alarm_load(store.engine, NOW_S, NOW_S + 7200.0, "urban").alarms == 1


def test_what_an_agency_gives_back_is_the_control_rooms(store: SqlOperations) -> None:
    store.take([hit("site-1", NOW_S, "construction", 3, route=Route("urban"))])
    handed(store, NOW_S + 10.0, rounds=1)
    (task,) = store.find(Task)
    assert at_control(store, NOW_S + 10.0) == ()
    store.do(AnswerTask(task.id, "returned", "不属本单位"), OFFICER)
    handed(store, NOW_S + 4100.0)
    (row,) = at_control(store, NOW_S + 4100.0)
    assert row.incident is not None
    assert row.incident.state == "open"
    assert len(store.find(Task)) == 1


@pytest.mark.parametrize(("severity", "comes"), [(3, 1), (4, 0)])
def test_what_another_desk_leaves_comes_to_the_control_room_unless_it_is_only_good_to_know(
    store: SqlOperations, severity: int, comes: int
) -> None:
    store.take([hit("card-1", NOW_S, "dormitory", severity, late_s=0.0, route=Route("site_officer", 0.0, 300.0))])
    mind(store, NOW_S + 299.0)
    assert at_control(store, NOW_S + 299.0) == ()
    assert len(at_desks(store.queue(at_s=NOW_S), ("site_officer",))) == 1
    mind(store, NOW_S + 301.0)
    assert len(at_control(store, NOW_S + 301.0)) == comes


def test_a_person_gives_an_alert_to_another_desk_until_somebody_answered_it(store: SqlOperations) -> None:
    (id_,) = store.take([hit("car-1", NOW_S, "parking", 4, route=Route("traffic_engineer", 3600.0))])
    store.do(PassAlerts((id_,), CONTROL, "堵住了消防通道"), OFFICER)
    (row,) = at_control(store, NOW_S + 4000.0)
    assert row.alert is not None
    assert (row.alert.desk, row.alert.shown_s) == (CONTROL, NOW_S + 3600.4)
    (incident,) = store.do(ConfirmAlerts((id_,), start("parking")), OFFICER).of(Incident)
    assert (incident.desk, incident.since_s) == (CONTROL, NOW_S + 3600.4)
    with pytest.raises(NotPossibleError):
        store.do(PassAlerts((id_,), "traffic_engineer", "还是你们的"), OFFICER)
