"""The oracle agrees with textbooks and courts, and loses no fen."""

from __future__ import annotations

from tests.fraud_oracle.cases import questions
from tests.fraud_oracle.oracle import RULES, Leg, Question, trace
from tests.fraud_oracle.textbook import examples

EXAMPLES = examples()


def test_textbook_examples_come_out_as_the_books_have_them() -> None:
    answers = trace([example.question for example in EXAMPLES])
    for example, by_rule in zip(EXAMPLES, answers, strict=True):
        for rule, remaining in example.remaining.items():
            assert by_rule[rule].remaining == remaining, (example.name, rule)
        for rule, carried in example.carried.items():
            legs = {leg: fen for leg, (fen, _) in by_rule[rule].legs.items() if leg not in example.question.roots}
            assert legs == carried, (example.name, rule)


def test_every_example_names_its_source_and_each_rule_has_one() -> None:
    assert all(example.source for example in EXAMPLES)
    judged = {rule for example in EXAMPLES for rule in (*example.remaining, *example.carried)}
    assert judged == set(RULES)


def test_no_fen_is_lost_or_made() -> None:
    asked = questions(150, seed=7)
    for question, by_rule in zip(asked, trace(asked), strict=True):
        for rule, answer in by_rule.items():
            assert rule == "poison" or answer.accounted == question.loss


def test_first_in_first_out_backwards_is_its_inverse() -> None:
    legs = [Leg(1, 1, 0, 1, 30), Leg(2, 2, 9, 1, 50), Leg(3, 3, 1, 2, 45), Leg(4, 4, 1, 3, 35)]
    ahead, back = trace([
        Question(legs, frozenset({1}), until=9, threshold_ppm=0),
        Question(legs, frozenset({3}), until=0, threshold_ppm=0, backward=True),
    ])  # fmt: skip
    assert ahead["fifo"].legs == {1: (30, 1), 3: (30, 2)}
    assert back["fifo"].legs == {3: (45, 1), 1: (30, 2), 2: (15, 2)}


def test_unseen_money_is_clean_and_takes_nothing_with_it() -> None:
    legs = [Leg(1, 1, 0, 1, 30), Leg(2, 2, 1, 2, 100), Leg(3, 3, 2, 3, 100)]
    (by_rule,) = trace([Question(legs, frozenset({1}), until=9)])
    for rule, answer in by_rule.items():
        assert answer.legs[2] == ((100, 2) if rule == "poison" else (30, 2))
