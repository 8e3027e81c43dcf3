"""The dissuasion desk: whom to call next, what may follow what, and what is deleted when."""

from __future__ import annotations

from dataclasses import replace

import pytest

from twin.errors import UsageError
from twin.fraud.dwell import prior
from twin.fraud.warning.warning import (
    CALLS,
    KEEP_S,
    OUTCOMES,
    Contact,
    Warned,
    called,
    closed,
    must_visit,
    overdue,
    raised,
    turns,
    visit_asked,
)
from twin.operations.states import NotPossibleError

NOW_S = 1_790_000_000.0


def warning(id_: str = "W1", risk: float = 0.5, age_s: float = 60.0, subject: str = "p1") -> Warned:
    return raised(id_, subject, "police", risk, NOW_S - age_s)


def contact(result: str) -> Contact:
    return Contact(NOW_S, "officer", "call", result)


def test_who_can_still_be_saved_is_called_first() -> None:
    late, soon, small = warning("W1", 0.9, 40 * 3600.0), warning("W2", 0.6), warning("W3", 0.1)
    assert [turn.warned.id for turn in turns([late, soon, small], prior(), NOW_S)] == ["W2", "W3", "W1"]


def test_who_was_warned_before_is_known_and_what_is_closed_needs_no_call() -> None:
    done = closed(warning("W1"), "no_fraud", NOW_S)
    (turn,) = turns([done, warning("W2")], prior(), NOW_S)
    assert (turn.warned.id, turn.earlier) == ("W2", 1)


def test_a_warning_goes_from_a_call_over_a_visit_to_its_outcome() -> None:
    told = called(warning(), contact("unreached"))
    assert not must_visit(told)
    told = called(told, contact("unreached"))
    assert must_visit(told)
    told = visit_asked(told, "城关派出所", contact(""))
    told = closed(told, "dissuaded", NOW_S)
    assert (told.state, told.tries, told.version, told.station) == ("closed", 3, 5, "城关派出所")
    with pytest.raises(NotPossibleError):
        called(told, contact("convinced"))


def test_who_does_not_believe_it_is_visited() -> None:
    assert must_visit(called(warning(), contact("doubts")))
    assert not must_visit(called(warning(), contact("convinced")))


@pytest.mark.parametrize(("outcome", "lost_fen"), [("lost", 0), ("dissuaded", 100), ("maybe", 0)])
def test_a_loss_has_a_sum_and_words_are_those_there_are(outcome: str, lost_fen: int) -> None:
    with pytest.raises(UsageError):
        closed(warning(), outcome, NOW_S, lost_fen)


@pytest.mark.parametrize(("kind", "risk"), [("weather", 0.5), ("police", 1.5), ("police", float("nan"))])
def test_what_is_no_warning_is_refused(kind: str, risk: float) -> None:
    with pytest.raises(UsageError):
        raised("W1", "p1", kind, risk, NOW_S)


def test_without_an_outcome_it_is_deleted_on_time_and_with_one_it_is_not() -> None:
    old = replace(warning(), made_s=NOW_S - KEEP_S)
    assert overdue(old, NOW_S)
    assert not overdue(replace(old, made_s=old.made_s + 1.0), NOW_S)
    assert not overdue(closed(old, "dissuaded", NOW_S), NOW_S)


def test_words_for_calls_and_outcomes_are_different() -> None:
    assert not set(CALLS) & set(OUTCOMES)


def test_a_station_has_a_name() -> None:
    with pytest.raises(UsageError):
        visit_asked(warning(), " ", contact(""))
