"""A stop from draft to money returned, and what the rules refuse on the way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.twin.fraud.book import (
    ACCOUNT,
    NOW_S,
    MemoryBook,
    approve,
    asked,
    by,
    executed,
    head,
    lead,
    opened,
    stopped,
    yes,
)
from twin.errors import UsageError
from twin.fraud.bank import Answer
from twin.fraud.clocks import DAY_S, HOUR_S, NOTICE_S, STOP_S, deadlines, freeze_ends_s
from twin.fraud.deeds import (
    AnswerAppeal,
    ApproveReturn,
    AskMeasure,
    Clear,
    Decide,
    FilePapers,
    FollowMeasure,
    Mind,
    NoticeReturn,
    ObjectToReturn,
    OpenCase,
    ProposeReturn,
    ReceiveAppeal,
    ReportAnswer,
    ReportSent,
    Sign,
    Submit,
    Verdict,
    Withdraw,
)
from twin.fraud.records import Appeal, FraudCase, Instruction, Measure, Record, ReturnPlan, Share
from twin.fraud.returning import plan_mark
from twin.operations.states import NotPossibleError


@pytest.fixture
def book() -> MemoryBook:
    return MemoryBook()


def follow(book: MemoryBook, measure: Measure, verb: str, at_s: float, months: int = 6) -> str:
    """Draft and submit the next step of a measure; returns the instruction's id."""
    deed = FollowMeasure(measure.id, verb, "bob", "文书", "继续", months)
    (change,) = book.do(deed, by("ann", at_s))
    book.do(Submit((change.after.id,)), by("ann", at_s))
    return change.after.id


def test_the_cashiers_money_is_stopped_frozen_and_returned(book: MemoryBook) -> None:
    measure = stopped(book)
    assert (measure.state, measure.stops, measure.ends_s) == ("stopped", 1, NOW_S + STOP_S)
    second = follow(book, measure, "extend", NOW_S + 40 * HOUR_S)
    approve(book, second, lead(NOW_S + 41 * HOUR_S))
    measure = executed(book, second, NOW_S + 41 * HOUR_S)
    assert (measure.state, measure.stops, measure.ends_s) == ("extended", 2, NOW_S + 89 * HOUR_S)
    freeze = follow(book, measure, "freeze", NOW_S + 2 * DAY_S)
    with pytest.raises(NotPossibleError, match="approved by: county_head"):
        approve(book, freeze, lead(NOW_S + 2 * DAY_S))
    approve(book, freeze, head(NOW_S + 2 * DAY_S))
    measure = executed(book, freeze, NOW_S + 2 * DAY_S)
    assert (measure.state, measure.ends_s) == ("frozen", freeze_ends_s(NOW_S + 2 * DAY_S, 6))
    share = Share(measure.id, measure.case, "CCB:6217001210000000005", "李四", 190_000_000, 142_000_000)
    book.do(ProposeReturn(measure.id, "single", (share,)), by("ann", NOW_S + 3 * DAY_S))
    (plan,) = book.all(ReturnPlan)
    book.do(ApproveReturn(plan.id, "bob", plan_mark(plan)), head(NOW_S + 3 * DAY_S))
    (back,) = (one for one in book.all(Instruction) if one.verb == "return")
    assert (back.state, back.amount_fen, back.approver_role) == ("signed", 142_000_000, "county_head")
    measure = executed(book, back.id, NOW_S + 4 * DAY_S)
    assert (measure.state, measure.returned_fen) == ("returned", 142_000_000)
    assert book.one(ReturnPlan, plan.id).state == "done"
    lift = follow(book, measure, "lift", NOW_S + 5 * DAY_S)
    approve(book, lift, head(NOW_S + 5 * DAY_S))
    assert executed(book, lift, NOW_S + 5 * DAY_S).state == "lifted"


def test_who_asked_and_who_is_named_second_cannot_approve_or_sign(book: MemoryBook) -> None:
    _, instruction = asked(book, opened(book))
    for who in ("ann", "bob"):
        with pytest.raises(NotPossibleError, match="cannot decide"):
            approve(book, instruction.id, by(who, NOW_S, "fraud_lead", "county_head"))
    book.do(Decide((yes(book, instruction.id),), sign=False), lead())
    with pytest.raises(NotPossibleError, match="cannot decide"):
        book.do(Sign((instruction.id,)), by("ann", NOW_S, "fraud_lead"))
    book.do(Sign((instruction.id,)), lead())
    assert book.one(Instruction, instruction.id).state == "signed"


def test_an_approval_holds_for_the_evidence_that_was_shown_and_each_has_its_own(book: MemoryBook) -> None:
    case = opened(book)
    _, first = asked(book, case)
    _, other = asked(
        book, case, payment="", account="ABC:6228480402564890018", holder="王五", amount_fen=5, paid_at_s=NOW_S,
        evidence="先进先出第2层", layer=2,
    )  # fmt: skip
    swapped = Decide((yes(book, first.id), Verdict(other.id, yes(book, first.id).shown)))
    with pytest.raises(NotPossibleError, match="look again"):
        book.do(swapped, lead())
    assert book.one(Instruction, first.id).state == "submitted"  # all or nothing
    book.do(Decide((yes(book, first.id), Verdict(other.id, "", approved=False, why="证据不足"))), lead())
    assert [book.one(Instruction, one.id).state for one in (first, other)] == ["signed", "sent_back"]
    book.do(Submit((other.id,)), by("ann"))
    with pytest.raises(UsageError, match="say why"):
        book.do(Decide((Verdict(other.id, "", approved=False),)), lead())


def opened_again(book: MemoryBook) -> list[Record]:
    """Open another desk's case."""
    return [change.after for change in book.do(OpenCase("另一案", 1), by("carl"))]


def test_there_is_no_third_stop_of_an_account_whosever_case_asks(book: MemoryBook) -> None:
    measure = stopped(book)
    approve(book, follow(book, measure, "extend", NOW_S + HOUR_S), lead(NOW_S + HOUR_S))
    case = next(one for one in opened_again(book) if isinstance(one, FraudCase))
    further: dict[str, object] = {"payment": "", "account": ACCOUNT, "holder": "张三", "amount_fen": 1}
    further |= {"paid_at_s": NOW_S, "evidence": "x"}
    with pytest.raises(NotPossibleError, match="no third one"):
        asked(book, case, NOW_S, **further)
    _, freeze = asked(book, case, NOW_S, **further, freeze=True)
    assert (freeze.verb, freeze.nth) == ("freeze", 0)


def test_a_failed_stop_spends_none_of_the_two(book: MemoryBook) -> None:
    case = opened(book)
    measure, instruction = asked(book, case)
    approve(book, instruction.id, lead())
    book.do(ReportSent(instruction.id), by("program"))
    answer = Answer(instruction.id, "failed", int(NOW_S), "name_mismatch")
    book.do(ReportAnswer(instruction.id, answer), by("program"))
    failed = book.one(Measure, measure.id)
    assert (failed.state, failed.reason, book.stops(ACCOUNT)) == ("failed", "name_mismatch", 0)
    assert asked(book, case)[1].nth == 1


def test_an_answer_that_comes_twice_or_contradicts_changes_nothing(book: MemoryBook) -> None:
    measure = stopped(book)
    (instruction,) = book.all(Instruction)
    for state in ("executed", "failed", "acknowledged"):
        late = Answer(instruction.id, state, int(NOW_S) + 60, held_fen=1)
        assert book.do(ReportAnswer(instruction.id, late), by("program", NOW_S + 60.0)) == ()
    assert book.one(Measure, measure.id) == measure
    with pytest.raises(UsageError, match="no answer"):
        book.do(ReportAnswer(instruction.id, Answer("another", "executed", 0)), by("program"))


def test_a_bank_whose_clock_is_wrong_makes_no_hold_longer(book: MemoryBook) -> None:
    _, instruction = asked(book, opened(book))
    approve(book, instruction.id, lead())
    book.do(ReportSent(instruction.id), by("program", NOW_S))
    answer = Answer(instruction.id, "executed", int(NOW_S + DAY_S), ends_s=int(NOW_S + 9 * DAY_S))
    book.do(ReportAnswer(instruction.id, answer), by("program", NOW_S + 60.0))
    (measure,) = book.all(Measure)
    assert (measure.began_s, measure.ends_s) == (NOW_S, NOW_S + STOP_S)


def test_a_hold_that_nobody_extends_ends_and_a_late_answer_takes_it_up_again(book: MemoryBook) -> None:
    measure = stopped(book)
    second = follow(book, measure, "extend", NOW_S + 47 * HOUR_S)
    approve(book, second, lead(NOW_S + 47 * HOUR_S))
    book.do(ReportSent(second), by("program", NOW_S + 47.5 * HOUR_S))
    book.do(Mind(), by("program", NOW_S + 49 * HOUR_S))
    ended = book.one(Measure, measure.id)
    assert (ended.state, ended.ended_s) == ("expired", measure.ends_s)
    assert [mark.split(":")[1] for mark in ended.warned] == ["43200", "14400", "3600", "0"]
    assert book.do(Mind(), by("program", NOW_S + 50 * HOUR_S)) == ()
    done = Answer(second, "executed", int(NOW_S + 47.6 * HOUR_S), held_fen=7)
    book.do(ReportAnswer(second, done), by("program", NOW_S + 51 * HOUR_S))
    again = book.one(Measure, measure.id)
    assert (again.state, again.ended_s, again.held_fen) == ("extended", 0.0, 7)


def test_a_cleared_account_is_put_before_the_approver_at_once_and_nothing_else_is_done_to_it(book: MemoryBook) -> None:
    measure = stopped(book)
    follow(book, measure, "freeze", NOW_S + HOUR_S)
    book.do(Clear(measure.id, "bob", "货款，与案件无关"), by("ann", NOW_S + 2 * HOUR_S))
    states = {one.verb: one.state for one in book.all(Instruction)}
    assert states == {"stop": "executed", "freeze": "withdrawn", "lift": "submitted"}
    kinds = {one.kind: one.at_s for one in deadlines(book.one(Measure, measure.id))}
    assert kinds["lift"] == NOW_S + 2 * HOUR_S + 3 * DAY_S
    with pytest.raises(NotPossibleError, match="cleared"):
        follow(book, measure, "extend", NOW_S + 3 * HOUR_S)
    (lift,) = (one for one in book.all(Instruction) if one.verb == "lift")
    approve(book, lift.id, lead(NOW_S + 3 * HOUR_S))
    assert executed(book, lift.id, NOW_S + 3 * HOUR_S).state == "lifted"


def test_an_appeal_has_its_own_clock_and_upheld_it_clears_the_account(book: MemoryBook) -> None:
    measure = stopped(book)
    book.do(ReceiveAppeal(measure.id, "张三", "这是货款"), by("carl", NOW_S))
    (appeal,) = book.all(Appeal)
    with pytest.raises(NotPossibleError, match="is open"):
        book.do(ReceiveAppeal(measure.id, "张三", "再次"), by("carl", NOW_S))
    book.do(Mind(), by("program", NOW_S + 25 * HOUR_S))
    assert any(mark.startswith("appeal_heard") for mark in book.one(Appeal, appeal.id).warned)
    with pytest.raises(NotPossibleError, match="does not decide"):
        book.do(AnswerAppeal(appeal.id, "rejected", "不成立"), by("ann", NOW_S))
    book.do(AnswerAppeal(appeal.id, "upheld", "有合同与发货单", "bob"), by("carl", NOW_S + 26 * HOUR_S))
    assert book.one(Measure, measure.id).cleared_s == NOW_S + 26 * HOUR_S
    assert [one.state for one in book.all(Instruction) if one.verb == "lift"] == ["submitted"]


def test_an_urgent_stop_needs_no_paper_at_first_and_is_on_the_clock_until_it_is_there(book: MemoryBook) -> None:
    case = opened(book)
    with pytest.raises(UsageError, match="paper"):
        asked(book, case, basis="")
    _, instruction = asked(book, case, basis="", urgent=True)
    approve(book, instruction.id, lead())
    measure = executed(book, instruction.id, NOW_S)
    assert [one.kind for one in deadlines(measure)] == ["papers", "stop_ends"]
    book.do(FilePapers(measure.id, "受案登记表"), by("ann"))
    assert [one.kind for one in deadlines(book.one(Measure, measure.id))] == ["stop_ends"]


def test_a_year_is_for_the_municipal_head_and_a_renewal_counts_from_the_end(book: MemoryBook) -> None:
    measure = stopped(book)
    year = follow(book, measure, "freeze", NOW_S, months=12)
    with pytest.raises(NotPossibleError, match="municipal_head"):
        approve(book, year, head())
    book.do(Withdraw((year,)), by("ann"))
    freeze = follow(book, measure, "freeze", NOW_S)
    approve(book, freeze, head())
    frozen = executed(book, freeze, NOW_S)
    renewal = follow(book, frozen, "renew", frozen.ends_s - 5 * DAY_S)
    approve(book, renewal, head(frozen.ends_s - 5 * DAY_S))
    renewed = executed(book, renewal, frozen.ends_s - 4 * DAY_S)
    assert renewed.ends_s == freeze_ends_s(frozen.ends_s, 6)


def test_a_plan_pro_rata_waits_its_30_days_and_an_objection_ends_it(book: MemoryBook) -> None:
    measure = stopped(book)
    freeze = follow(book, measure, "freeze", NOW_S)
    approve(book, freeze, head())
    executed(book, freeze, NOW_S)
    shares = tuple(Share(measure.id, measure.case, f"CCB:{name}", name, 10, 5) for name in ("a", "b"))
    book.do(ProposeReturn(measure.id, "pro_rata", shares), by("ann"))
    (plan,) = book.all(ReturnPlan)
    book.do(NoticeReturn(plan.id), by("ann", NOW_S))
    early, then = NOW_S + NOTICE_S - 1.0, NOW_S + NOTICE_S
    deed = ApproveReturn(plan.id, "bob", plan_mark(plan))
    with pytest.raises(NotPossibleError, match="30 days"):
        book.do(deed, head(early))
    with pytest.raises(NotPossibleError, match="three persons"):
        book.do(replace(deed, second="ann"), head(then))
    with pytest.raises(NotPossibleError, match="approved by"):
        book.do(deed, lead(then))
    book.do(ObjectToReturn(plan.id, "还有一名受害人"), by("carl", then))
    with pytest.raises(NotPossibleError, match="look again"):
        book.do(deed, head(then))
    with pytest.raises(NotPossibleError, match="objected"):
        book.do(replace(deed, shown=plan_mark(book.one(ReturnPlan, plan.id))), head(then))


@pytest.mark.parametrize(
    "told",
    [
        {"second": "ann"}, {"second": ""}, {"reason": " "}, {"payment": "", "account": "6222"},
        {"payment": "", "account": ACCOUNT, "holder": "", "amount_fen": 1, "paid_at_s": 1.0, "evidence": "x"},
        {"payment": "", "account": ACCOUNT, "holder": "x", "amount_fen": 1, "paid_at_s": 1.0},
        {"freeze": True, "months": 13},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(book: MemoryBook, told: dict[str, object]) -> None:
    case = opened(book)
    given: dict[str, object] = {"second": "bob", "payment": f"{case.number}-P01", "basis": "x", "reason": "y", **told}
    before = dict(book.records)
    with pytest.raises(Exception, match=r".") as refused:
        book.do(AskMeasure(case.number, **given), by("ann"))  # type: ignore[arg-type]
    assert getattr(refused.value, "sentence", "")
    assert book.records == before
