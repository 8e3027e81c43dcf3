"""Whatever people, banks and clocks do, in any order: the laws hold.

People ask, approve and sign as they like, also what they may not; the bank loses requests and answers, answers late
and again; the program minds the clocks now and then. Only one person is dutiful: whoever is head on duty works off
what the list of clocks shows as urgent.
"""

from __future__ import annotations

import contextlib

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.twin.fraud.book import ACCOUNT, NOW_S, OTHER, MemoryBook, by, opened, yes
from twin.errors import ZhianError
from twin.fraud.bank import Answer
from twin.fraud.clocks import HOUR_S, LIFT_S, MOST_STOPS, STOP_S, deadlines
from twin.fraud.deeds import (
    AskMeasure,
    By,
    Clear,
    Decide,
    Deed,
    FollowMeasure,
    Mind,
    NewPayment,
    ReportAnswer,
    ReportSent,
    Submit,
    Withdraw,
)
from twin.fraud.records import Instruction, Measure
from twin.fraud.states import IN_FORCE, OUT

PEOPLE = {"ann": "", "bob": "", "lead": "fraud_lead", "head": "county_head", "chief": "municipal_head"}
people, which = st.sampled_from(sorted(PEOPLE)), st.integers(0, 99)


class Desk(RuleBasedStateMachine):
    """A desk with two accounts of one case."""

    @initialize()
    def open(self) -> None:
        self.book, self.now_s, self.spent = MemoryBook(), NOW_S, dict.fromkeys((ACCOUNT, OTHER), 0)
        paid = [NewPayment(one, 100, NOW_S - 60.0, "张三", bank_reference=one) for one in (ACCOUNT, OTHER)]
        self.case = opened(self.book, *paid).number
        self.done: dict[str, Answer] = {}  # what the bank did, by id

    def who(self, name: str) -> By:
        return by(name, self.now_s, PEOPLE[name])

    def attempt(self, deed: Deed, who: By) -> None:
        with contextlib.suppress(ZhianError):
            self.book.do(deed, who)

    def measure(self, number: int) -> Measure | None:
        found = self.book.all(Measure)
        return found[number % len(found)] if found else None

    def instructions(self, *states: str) -> list[Instruction]:
        return [one for one in self.book.all(Instruction) if one.state in states]

    @rule(asker=people, second=people, payment=st.sampled_from(["P01", "P02"]), freeze=st.booleans())
    def ask(self, asker: str, second: str, payment: str, freeze: bool) -> None:
        told = AskMeasure(self.case, second, "文书", "理由", f"{self.case}-{payment}", freeze=freeze)
        self.attempt(told, self.who(asker))

    @rule(asker=people, second=people, number=which, verb=st.sampled_from(["extend", "freeze", "renew", "lift"]),
          months=st.sampled_from([6, 12]))  # fmt: skip
    def follow(self, asker: str, second: str, number: int, verb: str, months: int) -> None:
        if measure := self.measure(number):
            self.attempt(FollowMeasure(measure.id, verb, second, "文书", "理由", months), self.who(asker))

    @rule(who=people)
    def submit(self, who: str) -> None:
        for one in self.instructions("draft"):
            self.attempt(Submit((one.id,)), self.who(who))

    @rule(who=people)
    def approve(self, who: str) -> None:
        for one in self.instructions("submitted"):
            self.attempt(Decide((yes(self.book, one.id),)), self.who(who))

    @rule(who=people, number=which)
    def take_back(self, who: str, number: int) -> None:
        if some := self.instructions("draft", "submitted", "approved"):
            self.attempt(Withdraw((some[number % len(some)].id,)), self.who(who))

    @rule(asker=people, second=people, number=which)
    def clear(self, asker: str, second: str, number: int) -> None:
        if measure := self.measure(number):
            self.attempt(Clear(measure.id, second, "无关"), self.who(asker))

    @rule(lost=st.booleans(), silent=st.booleans(), fails=st.booleans(), number=which)
    def send(self, lost: bool, silent: bool, fails: bool, number: int) -> None:
        """Send one thing that waits; the bank does an id once, and its answer may be lost."""
        if some := self.instructions("signed", *OUT):
            self.carry(some[number % len(some)], lost, silent, fails)

    def carry(self, one: Instruction, lost: bool, silent: bool, fails: bool) -> None:
        program = by("program", self.now_s)
        self.book.do(ReportSent(one.id), program)
        if lost:
            return
        fresh = Answer(one.id, "failed" if fails and one.verb != "lift" else "executed", int(self.now_s), held_fen=100)
        if one.id not in self.done and fresh.state == "executed" and one.verb in ("stop", "extend"):
            self.spent[one.account] += 1
        answer = self.done.setdefault(one.id, fresh)
        if not silent:
            self.book.do(ReportAnswer(one.id, answer), program)

    @rule(hours=st.sampled_from([0.5, 3.0, 11.0, 47.0, 24.0 * 20]))
    def wait(self, hours: float) -> None:
        """Let time go by, the head looking at the clocks each hour that something is urgent."""
        until_s = self.now_s + hours * HOUR_S
        while self.now_s < until_s:
            self.now_s = min(self.now_s + (HOUR_S if self.owed() else 6 * HOUR_S), until_s)
            self.book.do(Mind(), by("program", self.now_s))
            self.work_off()

    def owed(self) -> list[Measure]:
        return [one for one in self.book.all(Measure) if one.cleared_s and one.state in IN_FORCE]

    def work_off(self) -> None:
        for measure in self.owed():
            lift = next(d for d in deadlines(measure) if d.kind == "lift")
            if lift.tone(self.now_s) not in ("soon", "urgent", "late"):
                continue
            mine = [
                one for one in self.book.of(Instruction, self.case) if one.measure == measure.id and one.verb == "lift"
            ]
            if not any(one.state in ("draft", "submitted", "approved", "signed", *OUT) for one in mine):
                self.attempt(FollowMeasure(measure.id, "lift", "bob", "文书", "无关"), self.who("ann"))
            self.submit("ann")
            for one in [one for one in self.instructions("submitted", "signed", *OUT) if one.measure == measure.id]:
                for head in ("head", "chief", "lead"):  # one of them did not ask for it
                    self.attempt(Decide((yes(self.book, one.id),)), self.who(head))
                if (now := self.book.one(Instruction, one.id)).state in ("signed", *OUT) and now.verb == "lift":
                    self.carry(now, lost=False, silent=False, fails=False)

    @invariant()
    def nobody_approved_what_they_asked_for(self) -> None:
        for one in self.book.all(Instruction):
            assert one.approved_by not in (one.asked_by, one.second) or not one.approved_by
            assert one.signed_by not in (one.asked_by, one.second) or not one.signed_by
            if one.state in ("approved", "signed", *OUT, "executed"):
                assert one.approved_by

    @invariant()
    def no_third_stop(self) -> None:
        assert all(count <= MOST_STOPS for count in self.spent.values())

    @invariant()
    def no_freeze_without_the_head(self) -> None:
        for one in self.book.all(Instruction):
            if one.verb in ("freeze", "renew") and one.approved_by:
                assert one.approver_role == "municipal_head" or (one.approver_role == "county_head" and one.months <= 6)

    @invariant()
    def no_expiry_is_missed(self) -> None:
        """Nothing is in force past its end by more than a round of the program, and each end was warned of first."""
        for one in self.book.all(Measure):
            if one.state in ("stopped", "extended"):
                assert one.ends_s <= one.began_s + STOP_S
            if one.state == "expired":
                marks = [mark for mark in one.warned if mark.startswith(("stop_ends", "freeze_ends"))]
                assert len(marks) == len(set(marks))
                assert sum(mark.endswith(":0") for mark in marks) >= 1

    @invariant()
    def a_cleared_account_is_lifted_in_time(self) -> None:
        for one in self.book.all(Measure):
            if one.cleared_s:
                ended_s = one.ended_s if one.state not in IN_FORCE else self.now_s
                assert ended_s <= one.cleared_s + LIFT_S


TestDesk = Desk.TestCase
TestDesk.settings = settings(
    max_examples=40, stateful_step_count=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
