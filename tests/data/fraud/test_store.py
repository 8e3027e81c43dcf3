"""The fraud desk in a database: whole deeds, two officers that the database itself insists on, and what was said."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.audit.trail import append, newest
from data.fraud.store import SqlFraud
from data.fraud.tables import INSTRUCTIONS, MESSAGES
from data.records.database import upgrade
from tests.data.fraud.made import NOW_S, PAID, by, case_of, head, lead, opened, signed, submitted, tick
from twin.errors import ZhianError
from twin.fraud.bank import Answer
from twin.fraud.clocks import HOUR_S, STOP_S
from twin.fraud.deeds import (
    AddPayments,
    Correct,
    Decide,
    EndGrant,
    MergeCases,
    Mind,
    NewPayment,
    OpenCase,
    ReportAnswer,
    ReportSent,
    ShareCase,
    SplitCase,
    TurnCase,
    UnmergeCase,
    UnsplitCase,
)
from twin.fraud.records import FraudCase, Grant, Instruction, Measure, Payment
from twin.operations.states import NotPossibleError


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlFraud]:
    with contextlib.closing(opened(tmp_path)) as store:
        yield store


@pytest.fixture
def either(empty: sa.Engine) -> SqlFraud:
    """A desk on each kind of database."""
    upgrade(empty)
    return SqlFraud(empty, append)


def stopped(store: SqlFraud, case: str, at_s: float = NOW_S) -> Measure:
    instruction = signed(store, submitted(store, case).id)
    store.do(ReportSent(instruction.id), by("program", at_s))
    done = Answer(instruction.id, "executed", int(at_s), held_fen=142_000_000)
    return store.do(ReportAnswer(instruction.id, done), by("program", at_s)).of(Measure)[0]


def test_a_deed_is_kept_with_its_events_and_its_audit_entry_or_not_at_all(either: SqlFraud) -> None:
    case = case_of(either)
    measure = stopped(either, case.number)
    whole = either.whole(case.number)
    assert whole.measures == (measure,)
    assert [event.after for event in whole.events if event.record == measure.id] == ["asked", "stopped"]
    with either.engine.connect() as connection:
        entries = newest(connection, 20)
    assert [one.written.details["deed"] for one in entries] == [
        "OpenCase", "AskMeasure", "Submit", "Decide", "ReportSent", "ReportAnswer",
    ]  # fmt: skip
    assert entries[3].written.shown
    assert "张三" not in str(entries)

    def no_disk(*_: object) -> None:
        raise OSError(28, "full")

    with pytest.raises(OSError, match="full"):
        SqlFraud(either.engine, no_disk).do(Mind(), by("program", NOW_S + STOP_S))
    assert either.one(Measure, measure.id) == measure


FORGED = {
    "own_approval": {"approved_by": "ann", "approver_role": "fraud_lead", "state": "approved"},
    "by the second officer": {"approved_by": "bob", "approver_role": "fraud_lead", "state": "approved"},
    "own_signature": {"approved_by": "lead", "approver_role": "fraud_lead", "signed_by": "ann", "state": "signed"},
    "without approval": {"state": "signed"},
    "sent without approval": {"state": "sent"},
    "another asker": {"asked_by": "carl"},
    "another second": {"second": "carl"},
    "another account": {"account": "ABC:1"},
    "a third stop": {"nth": 3},
    "no stop": {"nth": 0},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_the_database_refuses_what_the_rules_refuse(store: SqlFraud, forged: dict[str, object]) -> None:
    instruction = submitted(store, case_of(store).number)
    with pytest.raises(sa.exc.IntegrityError), store.engine.begin() as connection:
        connection.execute(sa.update(INSTRUCTIONS).where(INSTRUCTIONS.c.id == instruction.id).values(**forged))
    assert store.one(Instruction, instruction.id) == instruction


def test_both_databases_refuse_self_approval_a_freeze_by_the_lead_and_a_third_stop(either: SqlFraud) -> None:
    case = case_of(either)
    freeze = submitted(either, case.number, freeze=True)
    approval: dict[str, object] = {"approved_by": "lead", "approver_role": "fraud_lead", "state": "approved"}
    for forged in (approval, {**approval, "approved_by": "ann", "approver_role": "county_head"}, {"asked_by": "x"}):
        with pytest.raises(sa.exc.IntegrityError), either.engine.begin() as connection:
            connection.execute(sa.update(INSTRUCTIONS).where(INSTRUCTIONS.c.id == freeze.id).values(**forged))
    assert signed(either, freeze.id, head()).approver_role == "county_head"
    row = {column.name: getattr(freeze, column.name) for column in INSTRUCTIONS.c} | {"verb": "stop", "months": 0}
    stops = [row | {"nth": nth, "id": f"stop-{number}"} for number, nth in enumerate((1, 2, 2))]
    with pytest.raises(sa.exc.IntegrityError, match=r"no_third_stop|UNIQUE"), either.engine.begin() as connection:
        connection.execute(sa.insert(INSTRUCTIONS), stops)
    with pytest.raises(sa.exc.IntegrityError), either.engine.begin() as connection:
        connection.execute(sa.delete(INSTRUCTIONS))
    either.record(freeze.id, NOW_S, "out", "simulator", b"\x00\xff")
    for statement in (sa.delete(MESSAGES), sa.update(MESSAGES).values(body=b"")):
        with pytest.raises(sa.exc.IntegrityError), either.engine.begin() as connection:
            connection.execute(statement)
    (message,) = either.messages(freeze.id)
    assert message.body == b"\x00\xff"


def test_of_two_who_decide_at_once_one_does(store: SqlFraud) -> None:
    instruction = submitted(store, case_of(store).number)
    deed, refused = Decide((tick(store, instruction.id),)), list[str]()

    def decide(name: str) -> None:
        try:
            store.do(deed, replace(lead(), actor=name))
        except NotPossibleError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=decide, args=(name,)) for name in ("lead", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert store.one(Instruction, instruction.id).version == instruction.version + 1


def test_what_waits_is_shown_to_who_may_approve_it_and_did_not_ask(store: SqlFraud) -> None:
    case = case_of(store)
    stop = submitted(store, case.number)
    assert [one.id for one in store.to_approve(lead())] == [stop.id]
    assert store.to_approve(replace(lead(), actor="ann")) == store.to_approve(by("carl")) == ()
    assert "cannot decide" in store.why_not(Decide((tick(store, stop.id),)), replace(lead(), actor="bob"))
    assert store.why_not(Decide((tick(store, stop.id),)), lead()) == ""
    assert store.one(Instruction, stop.id) == stop


def test_the_clocks_and_the_red_list(store: SqlFraud) -> None:
    case = case_of(store)
    instruction = signed(store, submitted(store, case.number, basis="", urgent=True).id)
    store.do(ReportSent(instruction.id), by("program"))
    (out,) = store.due(NOW_S)
    assert (out.deadline.kind, out.tone) == ("answer", "")
    assert [one.deadline.kind for one in store.red_list(NOW_S + HOUR_S)] == ["answer"]
    done = Answer(instruction.id, "executed", int(NOW_S))
    store.do(ReportAnswer(instruction.id, done), by("program"))
    assert [one.deadline.kind for one in store.due(NOW_S)] == ["papers", "stop_ends"]
    assert [one.tone for one in store.due(NOW_S + 47.5 * HOUR_S)] == ["late", "urgent"]
    assert [one.deadline.kind for one in store.red_list(NOW_S + 30 * HOUR_S)] == ["papers"]


def test_the_same_report_from_two_stations_is_one_case_and_doubles_nothing(store: SqlFraud) -> None:
    first = case_of(store)
    deed = OpenCase(
        "被骗转账", 190_000_000, "customer_service", victim="李四", victim_phone="13800001111", report="110-2",
        payments=(replace(PAID, bank_reference="", paid_at_s=PAID.paid_at_s + 30.0),),
    )  # fmt: skip
    joined = store.do(deed, by("carl", NOW_S + 60.0)).of(FraudCase)[0]
    assert (joined.number, joined.reports, joined.victim_phone) == (first.number, ("110-1", "110-2"), "13800001111")
    assert (joined.title, joined.kind) == ("冒充老板", "boss")
    other = {one.field: one.was for one in joined.origins if one.source == "other_report"}
    assert other == {"title": "被骗转账", "kind": "customer_service"}
    assert len(store.find(FraudCase)) == len(store.find(Payment)) == 1
    again = store.do(AddPayments(first.number, (PAID, PAID)), by("ann"))
    assert again.records == ()


def test_a_correction_keeps_what_stood_there_and_where_it_came_from(store: SqlFraud) -> None:
    case = case_of(store)
    payment = f"{case.number}-P01"
    store.do(Correct(payment, "to_holder", "张三丰", "bank", "17"), by("bob", NOW_S + 5.0))
    store.do(Correct(payment, "amount_fen", "190000001"), by("bob", NOW_S + 6.0))
    changed = store.one(Payment, payment)
    assert (changed.to_holder, changed.amount_fen) == ("张三丰", 190_000_001)
    assert [(one.source, one.by, one.was) for one in changed.origins if one.field == "to_holder"] == [
        ("typed", "ann", ""), ("bank", "bob", "张三"),
    ]  # fmt: skip
    for field, value in (("amount_fen", "many"), ("amount_fen", "-1"), ("case", "x"), ("paid_at_s", "nan")):
        with pytest.raises(ZhianError):
            store.do(Correct(payment, field, value), by("bob"))


def test_cases_are_merged_and_split_and_both_are_undone(store: SqlFraud) -> None:
    second = NewPayment("ABC:6228480402564890018", 5_000_000, NOW_S - 60.0, "王五")
    one, two = case_of(store, PAID, second).number, store.do(OpenCase("另一案", 1), by("ann")).of(FraudCase)[0].number
    store.do(MergeCases((one,), two), by("ann"))
    assert {payment.case for payment in store.whole(two).payments} == {one}
    assert store.one(FraudCase, one).status == "merged"
    store.do(UnmergeCase(one), by("ann"))
    assert store.whole(two).payments == ()
    measure = stopped(store, one)
    part = store.do(SplitCase(one, (f"{one}-P01",), "分出"), by("ann")).of(FraudCase)[0]
    assert part.amount_fen == PAID.amount_fen
    assert store.one(Measure, measure.id).case == part.number
    assert [payment.id for payment in store.whole(one).payments] == [f"{one}-P02"]
    assert store.do(AddPayments(part.number, (NewPayment("ABC:9", 7, NOW_S),)), by("ann")).of(Payment)[0].case
    store.do(UnsplitCase(part.number), by("ann"))
    whole = store.whole(one)
    assert (len(whole.payments), whole.measures[0].id) == (3, measure.id)
    assert store.one(FraudCase, part.number).status == "withdrawn"


def test_a_grant_opens_a_case_until_it_expires_or_is_ended(store: SqlFraud) -> None:
    case = case_of(store, district="嘉善").number
    city = replace(by("carl"), districts=frozenset({"南湖"}))
    assert store.cases(city) == ()
    with pytest.raises(NotPossibleError, match="another desk's"):
        store.do(AddPayments(case, ()), city)
    store.do(ShareCase(case, "district:南湖", "read", NOW_S + HOUR_S, "协查"), by("ann"))
    assert [one.number for one in store.cases(city)] == [case]
    with pytest.raises(NotPossibleError, match="another desk's"):
        store.do(AddPayments(case, ()), city)
    (grant,) = store.do(ShareCase(case, "account:carl", "work", NOW_S + HOUR_S, "专案"), by("ann")).of(Grant)
    store.do(AddPayments(case, ()), city)
    later = replace(city, at_s=NOW_S + HOUR_S)
    assert store.cases(later) == ()  # by the clock alone
    store.do(Mind(), by("program", NOW_S + HOUR_S))
    assert {one.state for one in store.find(Grant)} == {"ended"}
    with pytest.raises(NotPossibleError):
        store.do(EndGrant(grant.id), by("ann"))


def test_a_case_is_not_closed_over_a_hold(store: SqlFraud) -> None:
    case = case_of(store).number
    measure = stopped(store, case)
    with pytest.raises(NotPossibleError, match="lift it first"):
        store.do(TurnCase(case, "closed"), by("ann"))
    store.do(Mind(), by("program", NOW_S + STOP_S))
    store.do(TurnCase(case, "closed"), by("ann"))
    assert store.one(Measure, measure.id).state == "closed"
