"""Who is on duty on which terminal, what is looked at on patrol, and what becomes of the cases of the joint desk."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.operations.store import SqlOperations
from tests.data.operations.made import opened
from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import Assignment, By, Start
from twin.operations.duty import missed, on_duty
from twin.operations.joint import must_be_followed
from twin.operations.records import Incident, JointCase, Minutes, Patrol, Stop, Task, Unit, Watch
from twin.operations.states import NotPossibleError

NOW_S = 1_790_000_000.0
ANN = By("ann", NOW_S)
CAR = Unit("罗星1", 0, "", "罗星一组", "police_car", "police")
SHIFT = deeds.PlanWatch("li", "patrol", NOW_S, NOW_S + 28_800.0, CAR.id, "jt808", "cars", "013800000002")
STOPS = (Stop("人民医院", 120.92, 30.84, NOW_S + 3600.0), Stop("第一中学", 120.93, 30.85, NOW_S + 1800.0))
WALK = deeds.PlanPatrol("夜巡", CAR.id, NOW_S, NOW_S + 7200.0, STOPS)
CASE = deeds.OpenJoint("wages", "工地拖欠工资", ("王某", "某公司"), ("labour", "construction"), amount_fen=12_800_000)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlOperations]:
    with contextlib.closing(opened(tmp_path)) as store:
        store.do(deeds.EnrolUnit(CAR), ANN)
        yield store


def test_a_unit_is_on_duty_with_its_watch_on_the_terminal_that_was_taken(store: SqlOperations) -> None:
    (watch,) = store.do(SHIFT, ANN).of(Watch)
    assert on_duty([watch], NOW_S - 1.0) == ()
    assert on_duty([watch], NOW_S) == (watch,)
    store.do(deeds.TurnWatch(watch.id, "on"), ANN)
    unit = store.one(Unit, CAR.id)
    assert (unit.state, unit.device, unit.until_s) == ("free", "013800000002", NOW_S + 28_800.0)
    (found,) = on_duty(store.find(Watch), NOW_S + 90_000.0)
    assert (found.person, found.device) == ("li", "013800000002")
    (incident,) = store.do(deeds.OpenIncident("call", 2, Start("纠纷")), ANN).of(Incident)
    store.do(deeds.SendUnits(incident.id, (Assignment(CAR.id),), "去"), ANN)
    with pytest.raises(NotPossibleError, match="end its work first"):
        store.do(deeds.TurnWatch(watch.id, "off"), ANN)
    store.do(deeds.Resolve(incident.id, "mediated"), ANN)
    store.do(deeds.TurnWatch(watch.id, "off", "两件待跟进"), ANN)
    assert (store.one(Unit, CAR.id).state, store.one(Watch, watch.id).note) == ("off_duty", "两件待跟进")


@pytest.mark.parametrize(
    "deed",
    [
        replace(SHIFT, end_s=NOW_S), replace(SHIFT, end_s=NOW_S + 90_000.0), replace(SHIFT, person=""),
        replace(SHIFT, unit="U-9"), replace(SHIFT, begin_s=float("nan")),
        replace(WALK, end_s=NOW_S + 600.0), replace(WALK, stops=()), replace(WALK, name=""),
        replace(CASE, kind="murder"), replace(CASE, title=" \n"), replace(CASE, partners=()),
        replace(CASE, amount_fen=-1),
        replace(CASE, incident="I-9"), deeds.CallIn("J-9", ("court",)),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(store: SqlOperations, deed: deeds.Deed) -> None:
    before = store.events(0)
    with pytest.raises(UsageError):
        store.do(deed, ANN)
    assert store.events(0) == before


def test_a_patrol_is_walked_stop_by_stop_and_what_is_missed_is_known(store: SqlOperations) -> None:
    (patrol,) = store.do(deeds.PlanPatrol("夜巡", CAR.id, NOW_S, NOW_S + 7200.0, STOPS), ANN).of(Patrol)
    assert [stop.name for stop in patrol.stops] == ["第一中学", "人民医院"]
    (walked,) = store.do(deeds.ReportPatrol(patrol.id, 0), replace(ANN, at_s=NOW_S + 1900.0)).of(Patrol)
    assert (walked.state, walked.stops[0].reached_s) == ("under_way", NOW_S + 1900.0)
    assert missed(walked, NOW_S + 4000.0) == ()
    assert [stop.name for stop in missed(walked, NOW_S + 5000.0)] == ["人民医院"]
    store.do(deeds.ReportPatrol(patrol.id, 1), ANN)
    done = store.one(Patrol, patrol.id)
    assert (done.state, missed(done, NOW_S + 5000.0)) == ("walked", ())
    with pytest.raises(UsageError):
        store.do(deeds.ReportPatrol(patrol.id, 2), ANN)


def test_one_stop_makes_a_patrol_and_one_word_ends_it(store: SqlOperations) -> None:
    plan = deeds.PlanPatrol("夜巡", CAR.id, NOW_S, NOW_S + 7200.0, STOPS[:1])
    (first,), (second,) = store.do(plan, ANN).of(Patrol), store.do(plan, ANN).of(Patrol)
    assert store.do(deeds.ReportPatrol(first.id, 0), ANN).of(Patrol)[0].state == "walked"
    with pytest.raises(UsageError, match="say why"):
        store.do(deeds.ReportPatrol(second.id, state="cancelled"), ANN)
    store.do(deeds.ReportPatrol(second.id, state="cancelled", why="暴雨"), ANN)


def test_wages_are_mediated_agreed_looked_after_and_closed(store: SqlOperations) -> None:
    (case,) = store.do(CASE, ANN).of(JointCase)
    with pytest.raises(UsageError, match="court takes no part"):
        store.do(deeds.WriteMinutes(case.id, ("labour", "court"), "双方到场。"), ANN)
    store.do(deeds.CallIn(case.id, ("court", "labour")), ANN)
    store.do(deeds.WriteMinutes(case.id, ("labour", "court"), "双方到场。\n公司承认欠薪。"), ANN)
    with pytest.raises(UsageError, match="an agreement has a text"):
        store.do(deeds.TurnJoint(case.id, "agreed", "十日内付清", NOW_S), ANN)
    store.do(deeds.TurnJoint(case.id, "agreed", "十日内付清", NOW_S + 864_000.0), ANN)
    found = store.one(JointCase, case.id)
    assert (found.called_in, found.state, found.parties) == (("court",), "agreed", ("王某", "某公司"))
    assert not must_be_followed(found, NOW_S + 863_000.0)
    assert must_be_followed(found, NOW_S + 864_000.0)
    later = replace(ANN, at_s=NOW_S + 864_000.0)
    store.do(deeds.TurnJoint(case.id, "broken", "仅付一半"), later)
    store.do(deeds.WriteMinutes(case.id, ("labour",), "再次约谈。"), later)
    store.do(deeds.TurnJoint(case.id, "agreed", "三日内付清余款", NOW_S + 1_200_000.0), later)
    store.do(deeds.TurnJoint(case.id, "kept", "已付清"), replace(ANN, at_s=NOW_S + 1_200_000.0))
    store.do(deeds.TurnJoint(case.id, "closed"), replace(ANN, at_s=NOW_S + 1_200_000.0))
    assert [one.text for one in store.find(Minutes, case=case.id)] == ["再次约谈。", "双方到场。\n公司承认欠薪。"]
    with pytest.raises(NotPossibleError):
        store.do(deeds.CallIn(case.id, ("women",)), later)


def test_what_cannot_be_agreed_is_referred_with_a_reason(store: SqlOperations) -> None:
    (case,) = store.do(replace(CASE, kind="dispute", amount_fen=0), ANN).of(JointCase)
    with pytest.raises(UsageError, match="to whom"):
        store.do(deeds.TurnJoint(case.id, "referred"), ANN)
    store.do(deeds.TurnJoint(case.id, "referred", "人民法院：双方不愿调解"), ANN)
    assert store.do(deeds.TurnJoint(case.id, "closed"), ANN).of(JointCase)[0].closed_s == NOW_S


def test_an_agency_answers_its_own_tasks_and_no_others(store: SqlOperations) -> None:
    (incident,) = store.do(deeds.OpenIncident("uncovered-truck", 3, deeds.Start("渣土车")), ANN).of(Incident)
    (task,) = store.do(deeds.HandOver(incident.id, "urban", "责令覆盖", ANN.at_s + 3600.0), ANN).of(Task)
    for agencies, done in ((frozenset({"fire"}), False), (frozenset({"fire", "urban"}), True)):
        by = replace(ANN, actor="chen", agencies=agencies)
        with contextlib.nullcontext() if done else pytest.raises(NotPossibleError, match="another agency"):
            store.do(deeds.AnswerTask(task.id, "accepted"), by)
    assert store.one(Task, task.id).answered_by == "chen"
