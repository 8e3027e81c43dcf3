"""Whatever people, banks and clocks do, in any order: the laws hold.

People ask, approve and sign as they like, also what they may not; the bank loses requests and answers, answers late
and again; the program minds the clocks now and then. Only one person is dutiful: whoever is head on duty works off
what the list of clocks shows as urgent.
"""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

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
from twin.fraud.holding import goes_out
from twin.fraud.records import Instruction, Measure
from twin.fraud.states import IN_FORCE, OUT, WAITING

PEOPLE = {"ann": "", "bob": "", "lead": "fraud_lead", "head": "county_head", "chief": "municipal_head"}
STEPS = 60
WAITS_H = (0.2, 0.5, 3.0, 11.0, 50.0, 50.0, 24.0 * 20, 24.0 * 190)


class Desk:
    """A desk with two accounts of one case, at which anything may be done."""

    def __init__(self, dice: Random) -> None:
        self.dice, self.book, self.now_s, self.spent = dice, MemoryBook(), NOW_S, dict.fromkeys((ACCOUNT, OTHER), 0)
        paid = [NewPayment(one, 100, NOW_S - 60.0, "张三", bank_reference=one) for one in (ACCOUNT, OTHER)]
        self.case = opened(self.book, *paid).number
        self.done: dict[str, Answer] = {}  # what the bank did, by id
        self.acts = (
            [self.ask] * 3 + [self.follow] * 3 + [self.decide] * 4 + [self.send] * 4 + [self.take_back, self.clear]
        )
        self.acts += [self.wait] * 2

    def who(self, name: str = "") -> By:
        name = name or self.dice.choice(sorted(PEOPLE))
        return by(name, self.now_s, PEOPLE[name])

    def attempt(self, deed: Deed, who: By) -> None:
        with contextlib.suppress(ZhianError):
            self.book.do(deed, who)

    def instructions(self, *states: str) -> list[Instruction]:
        return [one for one in self.book.all(Instruction) if one.state in states]

    def submit(self) -> None:
        for one in self.instructions("draft"):
            self.attempt(Submit((one.id,)), self.who())

    def ask(self) -> None:
        payment = f"{self.case}-P0{self.dice.randint(1, 2)}"
        freeze, months = self.dice.random() < 0.1, self.dice.choice([6, 12])
        told = AskMeasure(self.case, self.who().actor, "文书", "理由", payment, freeze=freeze, months=months)
        self.attempt(told, self.who(self.dice.choice(["ann", "ann", ""])))
        self.submit()

    def follow(self) -> None:
        if measures := self.book.all(Measure):
            verb, months = self.dice.choice(["extend", "extend", "freeze", "renew", "lift"]), self.dice.choice([6, 12])
            measure = self.dice.choice(measures)
            self.attempt(FollowMeasure(measure.id, verb, self.who().actor, "文书", "理由", months), self.who())
            self.submit()

    def decide(self) -> None:
        for one in self.instructions("submitted"):
            self.attempt(Decide((yes(self.book, one.id),)), self.who())

    def take_back(self) -> None:
        if some := self.instructions("draft", "submitted", "approved"):
            self.attempt(Withdraw((self.dice.choice(some).id,)), self.who())

    def clear(self) -> None:
        if some := self.book.within(Measure, IN_FORCE):
            self.attempt(Clear(self.dice.choice(some).id, self.who().actor, "无关"), self.who())

    def send(self) -> None:
        """Send one thing that waits; the bank does an id once, and its answer may be lost."""
        waiting = self.instructions("signed", *OUT)
        if some := [one for one in waiting if goes_out(one, self.book.one(Measure, one.measure))]:
            lost, silent, fails = (self.dice.random() < chance for chance in (0.15, 0.15, 0.1))
            self.carry(self.dice.choice(some), lost, silent, fails)

    def carry(self, one: Instruction, lost: bool = False, silent: bool = False, fails: bool = False) -> None:
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

    def wait(self) -> None:
        """Let time go by, the head looking at the clocks each hour while something must be lifted."""
        until_s = self.now_s + self.dice.choice(WAITS_H) * HOUR_S
        while self.now_s < until_s:
            self.now_s = min(self.now_s + (HOUR_S if self.owed() else 24 * HOUR_S), until_s)
            self.book.do(Mind(), by("program", self.now_s))
            assert all(one.ends_s > self.now_s for one in self.book.within(Measure, IN_FORCE))
            self.work_off()

    def owed(self) -> list[Measure]:
        return [one for one in self.book.within(Measure, IN_FORCE) if one.cleared_s]

    def work_off(self) -> None:
        """Lift what is urgent to be lifted."""
        for measure in self.owed():
            if not any(one.kind == "lift" and one.tone(self.now_s) for one in deadlines(measure)):
                continue
            self.lift(measure)
            if self.book.one(Measure, measure.id).state in IN_FORCE:  # all who may approve it are on the request
                for one in self.lifts(measure, *WAITING):
                    self.attempt(Withdraw((one.id,)), self.who("ann"))
                self.attempt(FollowMeasure(measure.id, "lift", "bob", "文书", "无关"), self.who("ann"))
                self.submit()
                self.lift(measure)

    def lifts(self, measure: Measure, *states: str) -> list[Instruction]:
        return [one for one in self.instructions(*states) if (one.measure, one.verb) == (measure.id, "lift")]

    def lift(self, measure: Measure) -> None:
        for one in self.lifts(measure, *WAITING, *OUT):
            for name in ("head", "chief", "lead"):
                self.attempt(Decide((yes(self.book, one.id),)), self.who(name))
            now = self.book.one(Instruction, one.id)
            if now.state in ("signed", *OUT):
                self.carry(now)


def nobody_approved_what_they_asked_for(desk: Desk) -> None:
    for one in desk.book.all(Instruction):
        assert not one.approved_by or one.approved_by not in (one.asked_by, one.second)
        assert not one.signed_by or one.signed_by not in (one.asked_by, one.second)
        assert one.approved_by or one.state not in ("approved", "signed", *OUT, "executed")


def no_third_stop(desk: Desk) -> None:
    assert all(count <= MOST_STOPS for count in desk.spent.values())
    assert all(one.ends_s <= one.began_s + STOP_S for one in desk.book.within(Measure, ("stopped", "extended")))


def no_freeze_without_the_head(desk: Desk) -> None:
    for one in desk.book.all(Instruction):
        if one.verb in ("freeze", "renew") and one.approved_by:
            assert one.approver_role == "municipal_head" or (one.approver_role == "county_head" and one.months <= 6)
            assert PEOPLE[one.approved_by] == one.approver_role


def each_end_was_warned_of_once(desk: Desk) -> None:
    for one in desk.book.all(Measure):
        assert len(one.warned) == len(set(one.warned))
        ends = f"_ends@{one.ends_s:.0f}:0"
        assert one.state != "expired" or any(mark.endswith(ends) for mark in one.warned)


def every_cleared_account_is_lifted_in_time(desk: Desk) -> None:
    for one in desk.book.all(Measure):
        ended_s = desk.now_s if one.state in IN_FORCE else one.ended_s
        assert not one.cleared_s or ended_s <= one.cleared_s + LIFT_S


LAWS = (
    nobody_approved_what_they_asked_for, no_third_stop, no_freeze_without_the_head, each_end_was_warned_of_once,
    every_cleared_account_is_lifted_in_time,
)  # fmt: skip


@settings(max_examples=200, phases=(Phase.generate,), deadline=None, derandomize=True, database=None)
@given(st.integers(0, 2**32))
def test_the_laws_hold_whatever_is_done(seed: int) -> None:
    desk = Desk(Random(seed))
    for _ in range(STEPS):
        desk.dice.choice(desk.acts)()
        for law in LAWS:
            law(desk)


@pytest.mark.parametrize("state", ["extended", "frozen", "lifted", "expired", "failed", "withdrawn"])
def test_the_random_desk_gets_everywhere(state: str) -> None:
    """A property that is never put to the test would hold as well."""
    for seed in range(40):
        desk = Desk(Random(seed))
        for _ in range(STEPS):
            desk.dice.choice(desk.acts)()
        if any(change.after.state == state for change in desk.book.changes):
            return
    raise AssertionError(state)
