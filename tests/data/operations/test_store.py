"""The day's work is kept whole, once, and by one of those who want the same."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.audit.trail import append, newest
from data.operations.store import SqlOperations
from data.records.database import engine_of, upgrade
from data.records.tables import META
from tests.data.conftest import fresh_database
from tests.services import Service
from tests.twin.operations.hits import hit
from twin.access import Purpose
from twin.operations import deeds
from twin.operations.deeds import Assignment, By, Start
from twin.operations.plans import PlanStep
from twin.operations.records import Alert, Dispatch, Incident, Level, Message, Step, Unit
from twin.operations.states import NotPossibleError

NOW_S = 1_790_000_100.0
ANN, BOB = By("ann", NOW_S, Purpose("当班处警")), By("bob", NOW_S + 1.0)
STEPS = (PlanStep("send", "派红警护医队", "Send the team", "dispatcher", 60.0, "send", sends="hospital"),)
START = Start("医院报警", plan="hospital-alarm", steps=STEPS, levels=(Level("on_scene", 480.0),))
CAR = Unit(
    "罗星1",
    0,
    "",
    "罗星一组",
    "police_car",
    "police",
    ("patrol",),
    "demo-police-car-1",
    "jt808",
    "cars",
    "013800000001",
)


def _opened(url: sa.URL) -> sa.Engine:
    engine = engine_of(url)
    upgrade(engine)
    return engine


@pytest.fixture(scope="module")
def shared(server: Service) -> Iterator[sa.Engine]:
    engine = _opened(fresh_database(server))
    yield engine
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of each kind in which nothing happened yet."""
    if request.param == "sqlite":
        engine = _opened(sa.URL.create("sqlite", database=str(tmp_path / "records.sqlite")))
        yield engine
        engine.dispose()
        return
    shared: sa.Engine = request.getfixturevalue("shared")
    with shared.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {', '.join(n for n in META.tables if n.startswith('operation_'))}")
    yield shared


@pytest.fixture
def store(engine: sa.Engine) -> SqlOperations:
    return SqlOperations(engine, append)


def on_duty(store: SqlOperations, unit: Unit = CAR) -> None:
    store.do(deeds.EnrolUnit(unit), ANN)
    store.do(deeds.SetUnit(unit.id, "free", NOW_S + 28_800.0), ANN)


def incident(store: SqlOperations) -> str:
    (alert,) = store.take([hit()])
    (opened,) = store.do(deeds.ConfirmAlerts((alert,), START), ANN).of(Incident)
    return opened.id


def test_a_hit_becomes_an_alert_once_and_comes_back_as_it_was(store: SqlOperations) -> None:
    (id_,) = store.take([hit()])
    assert store.take([hit()]) == ()
    alert = store.one(Alert, id_)
    assert (alert.state, alert.scenario, alert.hits, alert.severity) == ("new", "unlicensed-driver", 1, 2)
    assert "I0042" not in repr(alert)
    assert store.hits(id_) == (hit(),)
    assert store.take([hit(at_s=hit().at_s + 60.0)]) == (id_,)
    assert store.one(Alert, id_).hits == len(store.hits(id_)) == 2


def test_from_alert_to_closed_everything_is_kept_with_its_events_and_its_audit(
    store: SqlOperations, engine: sa.Engine
) -> None:
    on_duty(store)
    id_ = incident(store)
    (sent,) = store.do(deeds.SendUnits(id_, (Assignment(CAR.id, 210.0),), "去大桥路"), ANN).of(Dispatch)
    whole = store.whole(id_)
    assert whole.incident.state == "dispatched"
    assert [(message.channel, message.device, message.state) for message in whole.messages] == [
        ("jt808", "013800000001", "waiting")
    ]
    for state in ("acknowledged", "en_route", "on_scene"):
        store.do(deeds.ReportDispatch(sent.id, state), BOB)
    assert store.one(Incident, id_).state == "on_scene"
    store.do(deeds.AnswerStep(whole.steps[0].id, "done"), ANN)
    store.do(deeds.Resolve(id_, "warned", "已教育"), ANN)
    assert store.one(Unit, CAR.id).state == "free"
    assert store.one(Dispatch, sent.id).state == "cleared"
    store.do(deeds.Close(id_), ANN)
    whole = store.whole(id_)
    assert (whole.incident.state, whole.incident.outcome, whole.alerts[0].state) == ("closed", "warned", "confirmed")
    assert whole.incident.levels == (Level("on_scene", 480.0),)
    told = [(event.deed, event.before, event.after) for event in whole.events if event.kind == "incident"]
    assert told[0] == ("ConfirmAlerts", "", "open")
    assert told[-1] == ("Close", "resolved", "closed")
    numbers = [event.number for event in store.events(0)]
    assert numbers == list(range(1, len(numbers) + 1))
    with engine.connect() as connection:
        kept = newest(connection, 1)[0].written
    assert (kept.actor, kept.action, kept.details["deed"]) == ("ann", "incident.close", "Close")


def test_what_is_refused_changes_nothing_and_takes_no_number(store: SqlOperations) -> None:
    on_duty(store)
    id_ = incident(store)
    before = store.events(0)
    with pytest.raises(NotPossibleError, match="no unit U-9"):
        store.do(deeds.SendUnits(id_, (Assignment(CAR.id), Assignment("U-9")), "去"), ANN)
    assert store.events(0) == before
    assert store.one(Unit, CAR.id).state == "free"


def test_of_two_operators_who_send_one_unit_one_does_and_the_other_is_told_who(store: SqlOperations) -> None:
    on_duty(store)
    ids = (incident(store), store.do(deeds.OpenIncident("call", 2, START), BOB).of(Incident)[0].id)
    gate, won, lost = threading.Barrier(2), [], []

    def send(by: By, id_: str) -> None:
        gate.wait(60.0)
        try:
            won.append(store.do(deeds.SendUnits(id_, (Assignment(CAR.id),), "去"), by))
        except NotPossibleError as error:
            lost.append(str(error))

    threads = [threading.Thread(target=send, args=pair) for pair in zip((ANN, BOB), ids, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (dispatch,) = store.find(Dispatch)
    assert len(won) == 1
    assert lost == [f"罗星一组 was sent to {dispatch.incident} by {dispatch.sent_by} already: choose another unit"]
    assert len(store.find(Message)) == 1


def test_two_who_change_one_incident_lose_neither_deed(store: SqlOperations) -> None:
    id_ = incident(store)
    threads = [
        threading.Thread(target=store.do, args=(deeds.AddNote(id_, f"第{n}条"), replace(ANN, actor=f"op{n}")))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = {event.why for event in store.whole(id_).events if event.deed == "AddNote"}
    assert notes == {f"第{n}条" for n in range(4)}
    assert store.one(Incident, id_).version == 1 + 1 + 4 - 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_ten_thousand_alerts_are_a_short_queue_and_none_is_lost(store: SqlOperations) -> None:
    storm = [
        hit(
            f"car-{n}",
            at_s=1_790_000_000.0 + n / 200.0,
            lon_deg=120.8 + n % 100 / 400.0,
            lat_deg=30.7 + n // 100 / 400.0,
        )
        for n in range(10_000)
    ]
    for begin in range(0, 10_000, 2_000):
        store.take(storm[begin : begin + 2_000])
    store.take([hit("nurse", severity=1, scenario="hospital-alarm", at_s=1_790_000_050.0)])
    queue = store.queue()
    assert len(queue) <= 12
    assert queue[0].alert is not None
    assert queue[0].alert.scenario == "hospital-alarm"
    assert sum(row.alerts for row in queue) == sum(row.hits for row in queue) == 10_001
    biggest = max(queue, key=lambda row: row.alerts)
    assert biggest.alert is not None
    store.do(deeds.DismissAlerts((), "bad_data", group=biggest.alert.group), ANN)
    assert sum(row.alerts for row in store.queue()) == 10_001 - biggest.alerts


def test_nothing_is_stamped_before_what_it_follows_when_the_clock_goes_back(store: SqlOperations) -> None:
    on_duty(store)
    id_ = incident(store)
    late = replace(ANN, at_s=NOW_S - 3600.0)
    (sent,) = store.do(deeds.SendUnits(id_, (Assignment(CAR.id),), "去"), late).of(Dispatch)
    store.do(deeds.ReportDispatch(sent.id, "on_scene"), late)
    store.do(deeds.Resolve(id_, "handled"), late)
    found = store.one(Incident, id_)
    assert found.opened_s <= found.dispatched_s <= found.on_scene_s <= found.resolved_s
    numbers = [event.number for event in store.events(0)]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("text", ["'; DROP TABLE operation_alert; --", '" OR 1=1 --', "%s {x} :id \\", "王\u202e*\n红"])
def test_a_text_is_a_text_whatever_stands_in_it(store: SqlOperations, text: str) -> None:
    id_ = incident(store)
    store.do(deeds.AddNote(id_, text), ANN)
    assert store.whole(id_).events[-1].why == text.replace("\u202e", " ").replace("\n", " ")
    assert store.find(Alert, scenario=text) == ()
    with pytest.raises(NotPossibleError):
        store.whole(text)


def test_numbers_that_are_not_known_come_back_as_such(store: SqlOperations) -> None:
    store.do(deeds.EnrolUnit(replace(CAR, until_s=math.inf)), ANN)
    unit = store.one(Unit, CAR.id)
    assert math.isnan(unit.lon_deg)
    assert math.isinf(unit.until_s)
    assert unit.skills == ("patrol",)
    assert store.find(Step) == ()


CHILD = """
import sys
import sqlalchemy as sa
from data.audit.trail import append
from data.operations.store import SqlOperations
from data.records.database import engine_of
from tests.data.operations.test_store import ANN, CAR, START
from twin.operations import deeds
from twin.operations.deeds import Assignment
from twin.operations.records import Dispatch, Incident

store = SqlOperations(engine_of(sa.URL.create("sqlite", database=sys.argv[1])), append)
(incident,) = store.do(deeds.OpenIncident("call", 2, START), ANN).of(Incident)
while True:
    (sent,) = store.do(deeds.SendUnits(incident.id, (Assignment(CAR.id),), "去"), ANN).of(Dispatch)
    print("sent", flush=True)
    store.do(deeds.ReportDispatch(sent.id, "recalled", "换人"), ANN)
"""


def test_killed_in_mid_dispatch_a_unit_is_sent_or_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    engine = _opened(sa.URL.create("sqlite", database=str(path)))
    store = SqlOperations(engine, append)
    on_duty(store)
    with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        for _ in range(20):
            assert child.stdout.readline() == b"sent\n"
        os.kill(child.pid, signal.SIGKILL)
    unit, dispatches = store.one(Unit, CAR.id), store.find(Dispatch)
    under_way = [dispatch.id for dispatch in dispatches if dispatch.state == "sent"]
    assert under_way == ([unit.dispatch] if unit.state == "assigned" else [])
    assert unit.load == len(dispatches) >= 20
    orders = [message for message in store.find(Message) if message.text == "去"]
    assert len(orders) == len(dispatches)
    events = store.events(0)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert sum(event.deed == "SendUnits" and event.kind == "dispatch" for event in events) == len(dispatches)
    with engine.connect() as connection:
        kept = [entry.written.details.get("deed") for entry in newest(connection, 1000)]
    assert kept.count("SendUnits") == len(dispatches)
    engine.dispose()
