"""The engine says what the oracle says, which was written by another hand from the same page, in SQL."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fraud_oracle import oracle
from tests.fraud_oracle.cases import questions
from tests.fraud_oracle.textbook import examples
from twin.fraud.tracing.in_memory import Transfers
from twin.fraud.tracing.legs import UNSEEN, Leg
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import Question, Trace, TracedAccount, side_by_side

CASES, SEED = 60, 20_261_123
"""``python -m benchmarks.tracing_truth`` asks more than a thousand."""


def ours(asked: oracle.Question) -> dict[Rule, Trace]:
    """Ask our engine the same."""
    legs = {leg.id: Leg(leg.id, leg.time, leg.src, leg.dst, leg.amount) for leg in asked.legs}
    roots = tuple(legs[root] for root in sorted(asked.roots))
    question = Question(roots, asked.until, asked.backward, asked.ends, asked.hops, asked.threshold_ppm)
    return side_by_side(Transfers(legs.values(), asked.openings), question)


def by_account(found: Trace, name: str) -> dict[int, int]:
    fen = TracedAccount._fields.index(name)
    return {account.account: account[fen] for account in found.accounts if account[fen]}


def kept(fen: Mapping[int, int]) -> dict[int, int]:
    return {account: value for account, value in fen.items() if value}


def assert_equal(found: Trace, wanted: oracle.Answer) -> None:
    seen = {leg.number: (leg.traced_fen, leg.hop) for leg in found.legs if leg.source != UNSEEN}
    assert seen == wanted.legs
    assert by_account(found, "ended_fen") == kept(wanted.ended)
    assert by_account(found, "dust_fen") == kept(wanted.dust)
    if found.rule.conserves:
        assert by_account(found, "remaining_fen") == kept(wanted.remaining)


def test_random_ledgers_are_traced_as_the_oracle_traces_them() -> None:
    asked = questions(CASES, SEED)
    for question, answers in zip(asked, oracle.trace(asked), strict=True):
        found = ours(question)
        for rule, wanted in answers.items():
            assert_equal(found[Rule(rule)], wanted)


def test_textbook_examples_come_out_as_the_books_have_them() -> None:
    for example in examples():
        found = ours(example.question)
        for rule, remaining in example.remaining.items():
            assert by_account(found[Rule(rule)], "remaining_fen") == remaining, (example.name, rule)
        for rule, carried in example.carried.items():
            legs = {leg.number: leg.traced_fen for leg in found[Rule(rule)].legs}
            assert {leg: fen for leg, fen in legs.items() if leg not in example.question.roots} == carried, example.name
