"""Money is followed by five rules, and no fen of it is lost or made."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tests.twin.fraud.tracing.factory import asked, ledger
from twin.errors import UsageError
from twin.fraud.tracing.in_memory import Transfers
from twin.fraud.tracing.legs import UNSEEN
from twin.fraud.tracing.rules import Rule, share
from twin.fraud.tracing.trace import Question, Trace, after_roots, side_by_side, trace


def carried(found: Trace) -> dict[int, int]:
    """Tell what each leg carries, but for those from the unseen."""
    return {leg.number: leg.traced_fen for leg in found.legs if leg.source != UNSEEN}


@settings(max_examples=150, deadline=None)
@given(asked())
def test_no_fen_is_lost_or_made(case: tuple[Transfers, Question]) -> None:
    for rule, found in side_by_side(*case).items():
        assert all(0 < leg.traced_fen <= leg.amount_fen for leg in found.legs)
        if rule.conserves:
            assert found.remaining_fen + found.ended_fen + found.dust_fen == found.loss_fen
            for account in found.accounts:
                left = account.out_fen + account.remaining_fen + account.ended_fen + account.dust_fen
                assert account.in_fen == left


@settings(max_examples=60, deadline=None)
@given(asked())
def test_side_by_side_says_what_each_rule_says_alone(case: tuple[Transfers, Question]) -> None:
    assert side_by_side(*case) == {rule: trace(*case, rule) for rule in Rule}


def test_the_rules_tell_the_same_payment_apart() -> None:
    made, legs = ledger((1, 0, 1, 600), (2, 9, 1, 300), (3, 1, 2, 500), opening={1: 100})
    found = side_by_side(made, Question((legs[0],), 100))
    by_rule = {rule: carried(found[rule]).get(2, 0) for rule in Rule}
    assert by_rule == {Rule.FIFO: 400, Rule.LIFO: 200, Rule.PRO_RATA: 300, Rule.POISON: 500, Rule.LOWEST_BALANCE: 100}


def test_a_leg_keeps_the_order_of_its_fen() -> None:
    made, legs = ledger((1, 0, 1, 10), (2, 1, 2, 15), (3, 2, 3, 5), (4, 2, 4, 10), opening={1: 5})
    assert carried(trace(made, Question((legs[0],), 100), Rule.FIFO)) == {0: 10, 1: 10, 3: 10}
    assert carried(trace(made, Question((legs[0],), 100), Rule.LIFO)) == {0: 10, 1: 10, 3: 10}


def test_money_does_not_leave_before_it_came() -> None:
    made, legs = ledger((5, 0, 1, 10), (4, 1, 2, 10), (5, 1, 3, 4), (5, 1, 4, 6))
    assert carried(trace(made, Question((legs[0],), 100), Rule.FIFO)) == {0: 10, 2: 4, 3: 6}


def test_what_came_unseen_is_clean_and_came_last() -> None:
    made, legs = ledger((1, 0, 1, 30), (2, 1, 2, 100), (3, 2, 3, 30), (4, 2, 4, 70))
    assert carried(trace(made, Question((legs[0],), 100), Rule.FIFO)) == {0: 30, 1: 30, 2: 30}
    assert carried(trace(made, Question((legs[0],), 100), Rule.LIFO)) == {0: 30, 1: 30, 2: 30}


def test_hubs_and_victims_are_shown_and_not_walked_through() -> None:
    made, legs = ledger((1, 0, 1, 10), (2, 1, 7, 6), (3, 7, 3, 6), (4, 1, 0, 4), (5, 0, 5, 4))
    found = trace(made, Question((legs[0],), 100, hubs={7}), Rule.FIFO)
    assert carried(found) == {0: 10, 1: 6, 3: 4}
    assert {a.account: a.ended_fen for a in found.accounts if a.ended_fen} == {7: 6, 0: 4}
    walked = trace(made, Question((legs[0],), 100), Rule.FIFO)
    assert carried(walked) == {0: 10, 1: 6, 2: 6, 3: 4}


def test_time_hops_and_threshold_bound_a_trace() -> None:
    rows = ((1, 0, 1, 1000), (2, 1, 2, 999), (3, 2, 3, 999), (9, 3, 4, 999))
    made, legs = ledger(*rows)
    assert carried(trace(made, Question((legs[0],), 8), Rule.FIFO)) == {0: 1000, 1: 999, 2: 999}
    assert carried(trace(made, Question((legs[0],), 9, hops=2), Rule.FIFO)) == {0: 1000, 1: 999}
    made, legs = ledger((1, 0, 1, 1000), (2, 1, 2, 9), (3, 1, 3, 10))
    found = trace(made, Question((legs[0],), 9, threshold_ppm=10_000), Rule.FIFO)
    assert (carried(found), found.dust_fen) == ({0: 1000, 2: 10}, 9)


def test_backward_tells_where_a_payment_came_from() -> None:
    made, legs = ledger((1, 0, 1, 30), (2, 9, 1, 50), (3, 1, 2, 45), (4, 1, 3, 35))
    question = Question((legs[2],), 0, backward=True)
    assert carried(trace(made, question, Rule.FIFO)) == {2: 45, 0: 30, 1: 15}
    assert carried(trace(made, question, Rule.LIFO)) == {2: 45, 1: 45}
    found = trace(made, question, Rule.FIFO)
    assert [leg[2:4] for leg in found.legs] == [(1, 2), (9, 1), (UNSEEN, 9), (0, 1), (UNSEEN, 0)]


def test_backward_money_that_was_never_seen_to_come_is_told() -> None:
    made, legs = ledger((1, 0, 1, 30), (2, 1, 2, 100))
    found = trace(made, Question((legs[1],), 0, backward=True), Rule.PRO_RATA)
    assert [(leg.source, leg.target, leg.traced_fen, leg.ended) for leg in found.legs] == [
        (1, 2, 100, False), (UNSEEN, 1, 70, True), (0, 1, 30, False), (UNSEEN, 0, 30, True),
    ]  # fmt: skip


def test_shares_go_to_the_largest_remainder() -> None:
    assert [share(1, traced, 4) for traced in range(5)] == [0, 0, 1, 1, 1]
    assert share(10**15, 2 * 10**15, 3 * 10**15) == 666_666_666_666_667


def test_a_trace_that_grows_without_end_is_told() -> None:
    made, legs = ledger(*((time, time % 2, 1 - time % 2, 10) for time in range(50)), (60, 0, 1, 10))
    with pytest.raises(UsageError, match="beyond 5 transfers"):
        trace(made, Question((legs[-1]._replace(source=7, time_s=0, number=0),), 99), Rule.POISON, most_legs=5)


def test_a_question_without_meaning_is_refused() -> None:
    made, legs = ledger((1, 0, 1, 30))
    with pytest.raises(UsageError, match="at least one transfer"):
        Question((), 9)
    with pytest.raises(UsageError, match="at least one hop"):
        Question((legs[0],), 9, hops=0)
    assert after_roots(legs) == 1 + 72 * 3600
    assert after_roots(legs, 60, backward=True) == -59
    assert made.count(1, 0, 9) == 1
