"""Questions to banks, what may be done next, and what is hidden until a purpose is stated."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random

import pytest

from data.banks.ways import EVERY, Ways
from data.fraud.inquiry import Inquiries
from data.fraud.outbox import Outbox
from data.fraud.store import SqlFraud
from tests.data.fraud.made import NOW_S, by, case_of, opened, signed, submitted
from tests.data.fraud.test_outbox import Unreliable
from twin.errors import UsageError
from twin.fraud.bank import NoAnswerError
from twin.fraud.masking import masked
from twin.fraud.next_steps import next_steps
from twin.fraud.records import Measure, Record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlFraud]:
    with contextlib.closing(opened(tmp_path)) as store:
        yield store


def test_a_question_is_asked_again_and_is_on_record(store: SqlFraud) -> None:
    bank = Unreliable(Random(2))
    inquiries = Inquiries(store, Ways({EVERY: bank}), lambda: NOW_S)
    answer = inquiries.ask("holder", "ICBC:1", "FZ1", by("ann"))
    (message, *_) = store.messages(answer.id)
    assert (message.way, answer.state) == ("out", "executed")
    again = inquiries.ask("holder", "ICBC:1", "FZ1", by("ann"), id_=answer.id)
    assert again.id == answer.id
    assert len({one.body for one in store.messages(answer.id) if one.way == "out"}) == 1
    with pytest.raises(UsageError):
        inquiries.ask("stop", "ICBC:1", "FZ1", by("ann"))
    with pytest.raises(UsageError, match="no way"):
        Inquiries(store, Ways({})).ask("holder", "ICBC:1", "FZ1", by("ann"))


def test_a_bank_that_never_answers_is_given_up_with_a_sentence(
    store: SqlFraud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: object) -> bytes:
        raise NoAnswerError("nothing came")

    monkeypatch.setattr(Unreliable, "carry", silent)
    inquiries = Inquiries(store, Ways({EVERY: Unreliable()}), lambda: NOW_S)
    with pytest.raises(NoAnswerError, match="nothing came"):
        inquiries.ask("holder", "ICBC:1", "FZ1", by("ann"), id_="Q1")
    assert [one.way for one in store.messages("Q1")] == ["out", "none"] * 3


def test_the_next_steps_say_why_not_and_change_nothing(store: SqlFraud) -> None:
    case = case_of(store)
    signed(store, submitted(store, case.number).id)
    (asked,) = store.find(Measure)
    before = {step.name: step.why_not for step in next_steps(asked, by("ann"), store.why_not)}
    assert "cannot be asked to extend" in before["extend"]
    assert "holds nothing" in before["clear"]
    bank, now_s = Unreliable(Random(5)), NOW_S
    outbox = Outbox(store, Ways({EVERY: bank}), "program", lambda: now_s)
    while outbox.waiting():
        outbox.round()
        now_s += 60.0
    (stopped,) = store.find(Measure)
    after = {step.name: step.why_not for step in next_steps(stopped, by("ann"), store.why_not)}
    assert [name for name, why in after.items() if not why] == ["extend", "freeze", "lift", "clear", "appeal"]
    assert store.find(Measure) == (stopped,)


def test_nobody_is_told_by_what_is_masked(store: SqlFraud) -> None:
    case = case_of(store)
    submitted(store, case.number)
    whole = store.whole(case.number)
    records: list[Record] = [whole.case, *whole.payments, *whole.measures, *whole.instructions]
    told = str([asdict(masked(one)) for one in records])
    for secret in ("张三", "李四", "6222021204000000008", "6217001210000000005"):
        assert secret not in told
    assert "张**" not in told
    assert "张*" in told
