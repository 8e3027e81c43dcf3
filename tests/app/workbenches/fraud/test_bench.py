"""The fraud desk through the real window, on the real records: two officers, clocks, the order of the queue."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.workbenches.fraud.bench import FraudBench
from data.audit.trail import append
from data.fraud.store import SqlFraud
from data.records.database import open_records
from tests.app.conftest import until
from twin.access import Actor
from twin.fraud.bank import Answer
from twin.fraud.deeds import By, ReportAnswer, ReportSent
from twin.fraud.records import FraudCase, Instruction, Measure, Payment, ReturnPlan

ASKS = Actor("wang", "王警官", frozenset({"fraud_analyst"}))
LEAD = Actor("li", "李班长", frozenset({"fraud_lead"}))
HEAD = Actor("zhou", "周局长", frozenset({"county_head"}))
BANK = "bank"


@pytest.fixture
def bench(window: MainWindow) -> Iterator[FraudBench]:
    found = next(feature for feature in window.features if isinstance(feature, FraudBench))
    before = window.session.commands.actor
    window.session.commands.actor = ASKS
    window.acts.run("purpose.state", text="侦办", minutes=5)
    window.arrangement.show("fraud")
    yield found
    window.session.commands.actor = before


@pytest.fixture(scope="module")
def store(only_window: MainWindow) -> Iterator[SqlFraud]:
    opened = SqlFraud(open_records(only_window.session.home), append)
    yield opened
    opened.close()


def rest(bench: FraudBench) -> None:
    until(lambda: not bench.work.busy and not bench._desk.jobs.is_running("fraud.look"), 60.0)


def sits(window: MainWindow, bench: FraudBench, actor: Actor) -> None:
    """Another person sits down at the desk."""
    window.session.commands.actor = actor
    bench.work.look()
    rest(bench)


def taken_down(bench: FraudBench, title: str, yuan: str, account: str) -> str:
    form = bench.panel.form
    bench._desk.run("fraud.new_case")
    told = {"title": title, "amount": yuan, "victim": "陈小红", "to_account": account, "to_holder": "赵四",
            "from_account": "CCB:6217000000000099", "paid": f"{time.strftime('%Y-%m-%d')} 00:01:00"}  # fmt: skip
    for name, value in told.items():
        getattr(form, name).setText(value)
    form.submit()
    until(lambda: form.isHidden() or form.problem.isVisible(), 60.0)
    assert form.isHidden(), form.problem.text()
    until(lambda: bench.work.told.held and bench.work.told.held.case.title == title, 60.0)
    rest(bench)
    held = bench.work.told.held
    assert held is not None
    return held.case.number


def answered(store: SqlFraud, instruction: str, held_fen: int = 0, returned_fen: int = 0) -> None:
    """Let the bank have it and do it."""
    by = By(BANK, time.time(), roles=frozenset({"fraud_analyst"}))
    store.do(ReportSent(instruction, "ICBC"), by)
    answer = Answer(instruction, "executed", int(time.time()), held_fen=held_fen, returned_fen=returned_fen)
    store.do(ReportAnswer(instruction, answer), by)


def words(items: Callable[[], tuple[object, ...]]) -> str:
    return " ".join(getattr(item, "words", "") for item in items())


def test_from_the_first_call_to_money_returned_by_three_persons(
    window: MainWindow, bench: FraudBench, store: SqlFraud
) -> None:
    panel = bench.panel
    number = taken_down(bench, "冒充老板", "190万", "ICBC:6222000000000001")
    assert panel.queue.places[0].action == "stop"
    assert "受害人" in panel.queue.places[0].reasons[-1]
    said: list[str] = []
    window.acts.run("fraud.stop", refused=said.append)
    assert "协办" in said[-1]
    panel.second.setText("sun")
    window.acts.run("fraud.stop")
    until(lambda: store.find(Instruction, ("submitted",)), 60.0)
    rest(bench)
    assert not bench.work.told.waiting  # who asked for it is not even shown it
    assert panel.queue.places[0].action == "asked"

    sits(window, bench, LEAD)
    (row,) = panel.approvals.rows
    assert "1,900,000.00" in row.findChildren(type(panel.problem))[0].text()
    assert not panel.approvals.approve.isEnabled()
    row.tick.setChecked(True)
    assert "1" in panel.approvals.approve.text()
    panel.approvals.approve.click()
    until(lambda: store.find(Instruction, ("signed",)), 60.0)
    (stop,) = store.find(Instruction, ("signed",))
    assert (stop.asked_by, stop.second, stop.approved_by, stop.case) == ("wang", "sun", "li", number)
    answered(store, stop.id, held_fen=142_000_000)
    bench.work.look()
    until(lambda: "已止付" in words(lambda: panel.holds.holds.items), 60.0)
    assert "142万" in words(lambda: panel.holds.holds.items)
    assert bench.money.panel.chart.held_fen["ICBC:6222000000000001"] == 142_000_000
    assert next(item.note() for item in panel.holds.holds.items if callable(item.note)).startswith("剩 47:5")

    sits(window, bench, ASKS)
    measure = store.find(Measure, case=number)[0]
    window.acts.run("fraud.step", step="freeze", measure=measure.id)
    until(lambda: store.find(Instruction, ("submitted",)), 60.0)
    sits(window, bench, LEAD)
    assert not bench.work.told.waiting  # a freeze is not the lead's to approve
    sits(window, bench, HEAD)
    panel.approvals.all.setChecked(True)
    window.acts.run("fraud.approve")
    until(lambda: store.find(Instruction, ("signed",)), 60.0)
    answered(store, store.find(Instruction, ("signed",))[0].id, held_fen=142_000_000)

    sits(window, bench, ASKS)
    until(lambda: any(said == "拟返还" for item in panel.holds.holds.items for said, _ in item.buttons), 60.0)
    window.acts.run("fraud.step", step="return", measure=measure.id)
    until(lambda: store.find(ReturnPlan, ("proposed",)), 60.0)
    sits(window, bench, HEAD)
    plan = store.find(ReturnPlan, ("proposed",))[0]
    assert [(share.to_account, share.amount_fen) for share in plan.shares] == [("CCB:6217000000000099", 142_000_000)]
    until(lambda: panel.holds.plans.items, 60.0)
    panel.holds.plans.items[0].buttons[0][1]()
    until(lambda: store.find(Instruction, ("signed",)), 60.0)
    answered(store, store.find(Instruction, ("signed",))[0].id, returned_fen=142_000_000)
    bench.work.look()
    until(lambda: store.find(Measure, ("returned",)), 60.0)
    assert store.one(Measure, measure.id).returned_fen == 142_000_000


def test_the_batch_asks_for_every_account_that_is_not_held_yet(
    window: MainWindow, bench: FraudBench, store: SqlFraud
) -> None:
    for yuan, account in (("3万", "ABC:6228000000000002"), ("8万", "ABC:6228000000000003")):
        taken_down(bench, f"刷单 {yuan}", yuan, account)
    panel = bench.panel
    batch = [place.account for place in panel.queue.places if place.in_batch]
    assert set(batch) == {"ABC:6228000000000002", "ABC:6228000000000003"}
    assert batch[0].endswith("3")  # the larger sum stands first
    panel.second.setText("sun")
    panel.queue.batch.click()
    until(lambda: len(store.find(Instruction, ("submitted",))) == 2, 60.0)
    rest(bench)
    said: list[str] = []
    window.acts.run("fraud.stop_batch", refused=said.append)
    rest(bench)
    assert "均已申请" in panel.problem.text()
    sits(window, bench, LEAD)
    panel.approvals.why.setText("户名不符")
    for row in panel.approvals.rows:
        row.tick.setChecked(True)
    panel.approvals.back.click()
    until(lambda: len(store.find(Instruction, ("sent_back",))) == 2, 60.0)


def test_numbers_and_names_are_masked_until_a_purpose_is_stated(window: MainWindow, bench: FraudBench) -> None:
    taken_down(bench, "冒充客服", "5000", "BOC:6013000000000004")
    assert "BOC:6013000000000004" in words(lambda: bench.panel.payments.items)
    window.purpose.clear()
    until(lambda: "BOC:6013000000000004" not in words(lambda: bench.panel.payments.items), 60.0)
    assert "陈小红" not in bench.panel.payments.title.text()
    said: list[str] = []
    window.acts.run("fraud.stop", refused=said.append)
    assert said


def test_what_cannot_be_taken_down_is_told_and_nothing_typed_is_lost(window: MainWindow, bench: FraudBench) -> None:
    form = bench.panel.form
    window.acts.run("fraud.new_case")
    form.title.setText("虚假投资")
    form.amount.setText("很多")
    form.submit()
    assert form.problem.isVisible()
    form.amount.setText("1.5万")
    form.to_account.setText("ICBC:6222000000000009")
    form.paid.setText("昨天")
    form.submit()
    assert "2026-11-23" in form.problem.text()
    assert form.title.text() == "虚假投资"
    form.cancel.click()
    assert form.isHidden()


def test_who_may_not_read_cases_is_told_so(window: MainWindow, bench: FraudBench) -> None:
    window.session.commands.actor = Actor("audrey", "Audrey", frozenset({"auditor"}))
    bench.panel.refresh()
    assert bench.panel.empty.text()
    assert not window.session.commands.actor.roles & {"fraud_lead"}
    assert isinstance(bench.work.told.cases, tuple)
    assert all(isinstance(case, FraudCase) for case in bench.work.told.cases)


def test_a_pasted_receipt_fills_in_what_it_tells_and_says_what_is_odd(
    window: MainWindow, bench: FraudBench, store: SqlFraud
) -> None:
    form = bench.panel.form
    told = (
        "付款人户名：陈小红 付款账号：6222021204000000025",
        "收款人户名：周伟",
        "收款账号：622202120400000001",
        "收款银行：中国工商银行",
        "金额：￥８，８００．００",
        "交易时间：2026-11-20 09:30:05",
        "流水号：HD20261120001",
    )
    QApplication.clipboard().setText("\n".join(told))
    window.acts.run("fraud.paste")
    assert "1" in form.found.text()
    assert "账号" in form.found.text()  # one digit short
    assert (form.amount.text(), form.to_holder.text(), form.victim.text()) == ("8800.00", "周伟", "陈小红")
    form.title.setText("虚假购物")
    form.submit()
    until(lambda: form.isHidden() or form.problem.isVisible(), 60.0)
    assert form.isHidden(), form.problem.text()
    rest(bench)
    (payment,) = store.find(Payment, ("entered",), bank_reference="HD20261120001")
    assert payment.amount_fen == 880_000
    assert payment.receipt
    assert {origin.source for origin in payment.origins} >= {"receipt"}
