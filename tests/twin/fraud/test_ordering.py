"""What to stop first: by the money that is still there, the same whatever the order of the rows."""

from __future__ import annotations

from dataclasses import fields
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.fraud.dwell import prior
from twin.fraud.ordering import ACTIONS, CHECK, FREEZE, NOT_ASKED, STOP, WAIT, WATCH, Held, Queue, order
from twin.fraud.reasons import reasons

NOW_S = 1_790_000_000.0
KINDS = {
    "case": np.str_, "account": np.str_, "level": np.int64, "inflow_fen": np.int64, "inflow_s": np.float64,
    "answer_fen": np.int64, "answer_s": np.float64, "stops": np.int64, "stopped": np.bool_, "watched": np.bool_,
    "matching": np.bool_, "listed": np.bool_, "curve": np.int64,
}  # fmt: skip
USUAL: dict[str, object] = {
    "case": "FZ1", "account": "bank:1", "level": 1, "inflow_fen": 100_000, "inflow_s": NOW_S - 600.0,
    "answer_fen": NOT_ASKED, "answer_s": np.nan, "stops": 0, "stopped": False, "watched": False, "matching": True,
    "listed": False, "curve": 0,
}  # fmt: skip


def held(*rows: dict[str, object]) -> Held:
    full = [USUAL | row for row in rows]
    return Held(**{name: np.array([row[name] for row in full], kind) for name, kind in KINDS.items()})


def queue(*rows: dict[str, object]) -> Queue:
    return order(held(*rows), (prior(),), NOW_S)


def names(asked: Queue) -> list[str]:
    return [str(name) for name in asked.account]


def test_the_money_that_is_still_there_goes_first_not_the_first_come() -> None:
    old = {"account": "bank:old", "inflow_fen": 300_000, "inflow_s": NOW_S - 40 * 3600.0}
    new = {"account": "bank:new", "inflow_fen": 100_000, "inflow_s": NOW_S - 60.0}
    assert names(queue(old, new)) == ["bank:new", "bank:old"]


def test_what_the_bank_said_counts_more_than_what_came_in() -> None:
    empty = {"account": "bank:empty", "inflow_fen": 900_000, "answer_fen": 0, "answer_s": NOW_S - 30.0}
    full = {"account": "bank:full", "inflow_fen": 50_000, "answer_fen": 50_000, "answer_s": NOW_S - 30.0}
    asked = queue(empty, full)
    assert names(asked) == ["bank:full", "bank:empty"]
    assert [ACTIONS[one] for one in asked.action] == [STOP, WATCH]


def test_an_answer_grows_old() -> None:
    rows: list[dict[str, object]] = [
        {"account": f"bank:{age}", "inflow_s": NOW_S - 7200.0, "answer_fen": 100_000, "answer_s": NOW_S - age}
        for age in (10.0, 1800.0, 5400.0)
    ]
    still = queue(*rows).still_fen
    assert still[0] > 99_000
    assert still[0] > still[1] > still[2]


def test_honest_money_on_the_account_is_not_counted() -> None:
    shop: dict[str, object] = {"inflow_fen": 10_000, "answer_fen": 5_000_000, "answer_s": NOW_S}
    assert queue(shop).still_fen[0] == 10_000


def test_what_came_in_after_the_answer_is_added_to_it() -> None:
    asked = queue(
        {"case": "FZ1", "answer_fen": 20_000, "answer_s": NOW_S - 300.0, "inflow_s": NOW_S - 900.0},
        {"case": "FZ2", "inflow_fen": 50_000, "inflow_s": NOW_S},
    )
    assert len(asked) == 1
    assert asked.cases[0] == 2
    assert 50_000 < asked.still_fen[0] <= 70_000


def test_all_first_accounts_are_one_batch_and_the_rest_is_watched() -> None:
    asked = queue(
        *({"account": f"bank:{n}", "level": n % 3 + 1, "watched": n == 4} for n in range(9)),
        {"account": "bank:known", "level": 4, "listed": True},
        {"account": "bank:stopped", "stopped": True, "stops": 1},
    )
    batch, watch = asked.batch(), asked.to_watch()
    assert sorted(asked.account[batch]) == ["bank:0", "bank:3", "bank:6", "bank:known"]
    assert sorted(asked.account[watch]) == ["bank:1", "bank:2", "bank:5", "bank:7", "bank:8"]
    assert names(asked)[-1] == "bank:stopped"


@pytest.mark.parametrize(
    ("row", "action"),
    [
        ({}, STOP),
        ({"stops": 1}, STOP),
        ({"stops": 2}, FREEZE),
        ({"matching": False}, CHECK),
        ({"stopped": True, "stops": 2}, WAIT),
        ({"answer_fen": 0, "answer_s": NOW_S}, WATCH),
    ],
)
def test_never_a_third_stop_and_none_where_something_does_not_match(row: dict[str, object], action: str) -> None:
    assert ACTIONS[queue(row).action[0]] == action


def test_equal_money_goes_by_the_time_that_is_left() -> None:
    rows: list[dict[str, object]] = [
        {"account": f"bank:{n}", "answer_fen": 100, "answer_s": NOW_S, "inflow_s": NOW_S - age}
        for n, age in enumerate((50 * 3600.0, 300.0))
    ]
    assert names(queue(*rows)) == ["bank:1", "bank:0"]


def test_a_queue_of_nothing_is_empty() -> None:
    asked = queue()
    assert len(asked) == len(asked.batch()) == len(asked.to_watch()) == 0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "1,000.00 yuan came in 10 min ago and the bank was not asked: 82 % are likely still there (assumed)"),
        ({"answer_fen": 50_000, "answer_s": NOW_S - 90.0}, "the bank saw 500.00 yuan 90 s ago; of 1,000.00 yuan that"),
        ({"listed": True}, "it is on the shared list of accounts of fraud"),
        ({"stops": 2}, "it has had two stops: only a freeze can hold it"),
        ({"level": 3}, "it is hop 2 behind where the victim paid to"),
        ({"stopped": True}, "it is stopped: nothing can leave"),
    ],
)
def test_each_row_says_why(row: dict[str, object], said: str) -> None:
    assert any(said in reason for reason in reasons(queue(row), 0))


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "case": st.sampled_from(["FZ1", "FZ2", "FZ3"]),
            "account": st.sampled_from([f"bank:{n}" for n in range(6)]),
            "level": st.integers(1, 5),
            "inflow_fen": st.integers(0, 10**12),
            "inflow_s": st.floats(NOW_S - 1e6, NOW_S + 1e3) | st.just(np.nan),
            "answer_fen": st.integers(0, 10**12) | st.just(NOT_ASKED),
            "answer_s": st.floats(NOW_S - 1e6, NOW_S),
            "stops": st.integers(0, 3),
            **{name: st.booleans() for name in ("stopped", "watched", "matching", "listed")},
        }
    ),
    min_size=1, max_size=12,
    unique_by=lambda row: (row["case"], row["account"]),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[dict[str, object]], chance: Random) -> None:
    other = list(rows)
    chance.shuffle(other)
    one, two = queue(*rows), queue(*other)
    assert names(one) == names(two)
    for field in fields(Queue):
        if field.name not in ("held", "curves", "row"):
            assert np.array_equal(getattr(one, field.name), getattr(two, field.name), equal_nan=True), field.name


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_no_more_is_expected_than_came_in_and_every_account_stands_once(rows: list[dict[str, object]]) -> None:
    asked = queue(*rows)
    assert sorted(names(asked)) == sorted({str(row["account"]) for row in rows})
    assert np.all((asked.still_fen >= 0) & (asked.still_fen <= asked.inflow_fen))
    live = asked.action != ACTIONS.index(WAIT)
    assert np.all(np.diff(asked.still_fen[live]) <= 0)
    assert np.all(np.diff(live.astype(int)) <= 0)
    assert not set(asked.batch().tolist()) & set(asked.to_watch().tolist())
    for place in range(len(asked)):
        assert 2 <= len(reasons(asked, place)) <= 6
