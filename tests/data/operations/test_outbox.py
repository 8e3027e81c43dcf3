"""What goes out is sent once by one desk, tried again, given up in words; what nobody answers is minded."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from data.connectors.contract import Answer
from data.home import Home
from data.operations.minding import PROGRAM, mind, watch_over
from data.operations.outbox import AGAIN_S, ANSWERS, MOST_TRIES, Outbox, carriers_of, into_folder
from data.operations.store import SqlOperations
from data.simulate.doors import DONE, invented_controller
from tests.data.operations.made import opened
from twin.access import Purpose
from twin.errors import UsageError
from twin.operations import deeds
from twin.operations.deeds import Assignment, By, Start
from twin.operations.following import Follower, Seen
from twin.operations.records import Dispatch, Incident, Level, Message, Unit
from twin.words import said, unpack

NOW_S = 1_790_000_100.0
ANN = By("ann", NOW_S, Purpose("当班处警"))
START = Start("医院报警", levels=(Level("on_scene", 480.0),))
CAR = Unit("罗星1", 0, "", "罗星一组", "police_car", "police", ("patrol",), "e", "jt808", "cars", "013800000001")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlOperations]:
    with contextlib.closing(opened(tmp_path)) as store:
        for unit in (CAR, replace(CAR, id="罗星2", name="罗星二组", channel="radio")):
            store.do(deeds.EnrolUnit(unit), ANN)
            store.do(deeds.SetUnit(unit.id, "free"), ANN)
        yield store


BASIS = "道路交通安全法第九十三条"


def send(store: SqlOperations, unit: str = "罗星1") -> Dispatch:
    (incident,) = store.do(deeds.OpenIncident("hospital-alarm", 1, START), ANN).of(Incident)
    return store.do(deeds.SendUnits(incident.id, (Assignment(unit, 200.0),), "去人民医院"), ANN).of(Dispatch)[0]


def test_an_order_is_sent_once_and_answered_by_the_unit(store: SqlOperations) -> None:
    sent, told = send(store), []

    def carry(message: Message) -> Answer:
        told.append((message.source, message.device, message.text))
        return Answer(True, said("no answer"))

    outbox = Outbox(store, {"jt808": carry}, "ann", lambda: NOW_S + 1.0)
    assert (outbox.round(), outbox.round()) == (1, 0)
    assert told == [("cars", "013800000001", "去人民医院")]
    (message,) = store.find(Message)
    assert (message.state, message.tries, unpack(message.answer)) == ("sent", 1, "no answer")
    store.do(deeds.ReportDispatch(sent.id, "acknowledged"), ANN)
    assert store.one(Message, message.id).state == "answered"


def test_what_the_terminal_itself_answers_acknowledges_the_order(store: SqlOperations) -> None:
    sent = send(store)
    outbox = Outbox(store, {"jt808": lambda _: Answer(True, said("no answer"), True)}, "ann", lambda: NOW_S + 1.0)
    assert outbox.round() == 1
    assert store.one(Dispatch, sent.id).state == "acknowledged"
    assert [message.state for message in store.find(Message)] == ["answered"]
    assert mind(store, NOW_S + 190.0) == 0
    store.do(deeds.ReportDispatch(sent.id, "recalled", "换人"), ANN)
    assert outbox.round() == 1  # the recall is told too, and acknowledges nothing
    assert store.one(Dispatch, sent.id).state == "recalled"


def test_a_door_is_asked_for_and_answers_once(store: SqlOperations, tmp_path: Path) -> None:
    (incident,) = store.do(deeds.OpenIncident("hospital", 1, START), ANN).of(Incident)
    with pytest.raises(UsageError, match="not among"):
        store.do(deeds.AskDoor(incident.id, "d-east", "医院东门", "blow_up"), ANN)
    store.do(deeds.AskDoor(incident.id, "d-east", "医院东门", "lock", BASIS), ANN)
    folder = tmp_path / "outbox"
    outbox = Outbox(store, {"door": into_folder(folder)}, "ann", lambda: NOW_S, folder)
    assert outbox.round() == 1
    (message,) = store.find(Message)
    asked = json.loads((folder / f"{message.id}.json").read_text("utf-8"))
    assert (asked["channel"], asked["device"], asked["template"]) == ("door", "d-east", "lock")
    (folder / ANSWERS).mkdir()
    for name, body in ((message.id, '{"answer": "已锁闭"}'), ("M1-0001", '{"answer": "x"}'), ("torn", '{"answer')):
        (folder / ANSWERS / f"{name}.json").write_text(body, "utf-8")
    outbox.round()
    assert (store.one(Message, message.id).state, store.one(Message, message.id).answer) == ("answered", "已锁闭")
    assert [path.name for path in (folder / ANSWERS).iterdir()] == ["torn.json.refused"]
    assert outbox.round() == 0


def test_an_invented_controller_does_what_it_is_asked(store: SqlOperations, tmp_path: Path) -> None:
    (incident,) = store.do(deeds.OpenIncident("hospital", 1, START), ANN).of(Incident)
    store.do(deeds.AskDoor(incident.id, "d-east", "医院东门", "lock", BASIS), ANN)
    outbox = Outbox(store, {"door": invented_controller(tmp_path)}, "ann", lambda: NOW_S, tmp_path)
    assert (outbox.round(), outbox.round()) == (1, 0)
    (message,) = store.find(Message)
    assert (message.state, message.answer) == ("answered", DONE["lock"])


def test_a_terminal_that_is_not_there_is_tried_again_and_given_up(store: SqlOperations, tmp_path: Path) -> None:
    send(store)
    home, now = Home(tmp_path, tmp_path, tmp_path, tmp_path), [NOW_S]
    outbox = Outbox(store, carriers_of(home, "demo"), "ann", lambda: now[0])
    for _ in range(3 * MOST_TRIES):
        outbox.round()
        now[0] += AGAIN_S / 2 + 1.0
    (message,) = store.find(Message)
    assert (message.state, message.tries) == ("failed", MOST_TRIES)
    assert unpack(message.answer) == "no engine runs for demo: start it with `zhian sync`"
    store.do(deeds.ReportMessage(message.id, "waiting"), ANN)
    store.do(deeds.ReportMessage(message.id, "sent", "电台已读"), ANN)
    assert store.one(Message, message.id).state == "sent"


def test_another_desk_takes_over_only_what_its_maker_does_not_send(store: SqlOperations) -> None:
    send(store)
    now = [NOW_S + 5.0]
    other = Outbox(store, {"jt808": lambda _: Answer(True, "")}, "bob", lambda: now[0])
    assert other.round() == 0
    now[0] = NOW_S + 60.0
    assert other.round() == 1


def test_what_is_read_out_waits_for_a_person_and_what_is_called_back_is_not_sent(store: SqlOperations) -> None:
    spoken, called = send(store, "罗星2"), send(store)
    store.do(deeds.ReportDispatch(called.id, "recalled", "换人"), ANN)
    outbox = Outbox(store, {"jt808": lambda _: Answer(True, "")}, "ann", lambda: NOW_S)
    assert outbox.round() == 1
    assert [(one.dispatch, one.text, one.state) for one in store.find(Message)] == [
        (called.id, "换人", "sent"), (called.id, "去人民医院", "withdrawn"), (spoken.id, "去人民医院", "waiting"),
    ]  # fmt: skip


def test_a_notice_is_left_whole_with_its_template_and_its_legal_basis(store: SqlOperations, tmp_path: Path) -> None:
    incident = send(store).incident
    notice = deeds.SendNotice(incident, "sms", "13800000000", "stop-order", "您的车辆需移开。", BASIS)
    store.do(notice, ANN)
    assert Outbox(store, {"sms": into_folder(tmp_path / "out")}, "ann", lambda: NOW_S).round() == 1
    (path,) = (tmp_path / "out").iterdir()
    told = json.loads(path.read_text("utf-8"))
    assert (told["recipient"], told["template"], told["basis"]) == ("13800000000", "stop-order", BASIS)
    assert path.stat().st_mode & 0o077 == 0
    for missing in ("recipient", "template", "basis", "text"):
        with pytest.raises(ValueError, match="legal basis"):
            _refused(store, replace(notice, **{missing: ""}))


def _refused(store: SqlOperations, deed: deeds.Deed) -> None:
    try:
        store.do(deed, ANN)
    except Exception as error:
        raise ValueError(str(error)) from error


def test_a_unit_that_never_answers_is_given_up_and_free_and_the_incident_wants_another(store: SqlOperations) -> None:
    sent = send(store)
    assert mind(store, NOW_S + 170.0) == 0
    assert mind(store, NOW_S + 190.0) == 1
    assert store.one(Dispatch, sent.id).state == "silent"
    assert store.one(Unit, CAR.id).state == "free"
    assert store.one(Incident, sent.incident).state == "open"
    assert mind(store, NOW_S + 190.0) == 0


def test_an_incident_is_raised_before_its_level_is_missed_and_again_when_it_is(store: SqlOperations) -> None:
    id_ = send(store).incident
    for late_s in (100.0, 380.0, 390.0, 500.0, 510.0, 3600.0):
        mind(store, NOW_S + late_s)
    raised = [(event.by, event.why) for event in store.whole(id_).events if event.deed == "Escalate"]
    assert raised == [(PROGRAM, "on_scene")] * 2


def test_a_unit_that_stands_still_on_the_way_is_written_down_once(store: SqlOperations) -> None:
    sent = send(store)
    store.do(deeds.ReportDispatch(sent.id, "en_route"), ANN)
    follower, goal = Follower(), Seen(NOW_S, 5000.0, 0.0)
    told = []
    for late_s in range(0, 400, 20):
        places = {CAR.id: Seen(NOW_S + late_s, 3.0 * (late_s % 40), 0.0)}
        told.append(watch_over(store, follower, places, lambda _: goal, NOW_S + late_s))
    assert told[0] == {}
    assert told[-1] == {sent.id: "still"}
    notes = [event for event in store.whole(sent.incident).events if event.deed == "AddNote"]
    assert [(note.by, note.why) for note in notes] == [(PROGRAM, "a unit sent to it stands still: propose another")]
