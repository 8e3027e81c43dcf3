"""Money that goes back adds up to the fen, by timestamps first and pro rata second."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from twin.fraud.bank import Moved
from twin.fraud.records import Measure, Payment
from twin.fraud.returning import pro_rata, remaining, traced

HELD = "ICBC:1"
MEASURE = Measure("M", 0, "frozen", "C", HELD, "张三", 1, 1.0, "x", held_fen=70)


def came(id_: str, at_s: int, fen: int, whose: str = "CCB:9") -> Moved:
    return Moved(id_, whose, HELD, at_s, fen)


def went(id_: str, at_s: int, fen: int) -> Moved:
    return Moved(id_, HELD, "ABC:2", at_s, fen)


def paid(id_: str, at_s: int, fen: int, case: str, whose: str = "CCB:9") -> Payment:
    return Payment(id_, 0, "entered", case, whose, "李四", HELD, "张三", fen, float(at_s), id_)


def test_what_came_first_went_out_first() -> None:
    moved = (came("a", 10, 100), came("b", 20, 50), went("x", 30, 120), came("c", 40, 40))
    assert [(one.deposit.id, one.left_fen) for one in remaining(HELD, moved, 1000)] == [("b", 30), ("c", 40)]
    assert [(one.deposit.id, one.left_fen) for one in remaining(HELD, moved[::-1], 45)] == [("b", 5), ("c", 40)]
    assert (
        remaining(HELD, (went("x", 1, 5), came("a", 2, 10)), 10)[0].left_fen == 10
    )  # what went before came from before


def test_one_deposit_and_traced_ones_go_back_directly_and_others_do_not() -> None:
    single, shares = traced(MEASURE, (paid("a", 10, 70, "C"),), (came("a", 10, 70),))
    assert (single, [one.amount_fen for one in shares]) == ("single", [70])
    moved = (came("a", 10, 50), came("b", 20, 60, "CCB:8"), went("x", 30, 40))
    victims = (paid("a", 10, 50, "C"), replace(paid("q", 22, 60, "D", "CCB:8"), bank_reference=""))
    basis, shares = traced(MEASURE, victims, moved)
    assert (basis, [(one.case, one.amount_fen) for one in shares]) == ("timestamps", [("C", 10), ("D", 60)])
    assert traced(MEASURE, victims[:1], moved) == ("", ())  # somebody's deposit that nobody reported
    assert traced(MEASURE, victims, ()) == ("", ())


def test_pro_rata_by_largest_remainders() -> None:
    assert pro_rata(100, {"a": 1000, "b": 1000, "c": 1000}) == {"a": 34, "b": 33, "c": 33}
    assert pro_rata(10, {"a": 3, "b": 2}) == {"a": 3, "b": 2}  # nobody more than was lost
    assert pro_rata(0, {"a": 3}) == {"a": 0}
    assert pro_rata(5, {}) == {}


@given(st.integers(0, 10**13), st.dictionaries(st.text(max_size=3), st.integers(0, 10**12), max_size=8))
def test_pro_rata_makes_and_loses_no_fen(held_fen: int, lost_fen: dict[str, int]) -> None:
    given_fen = pro_rata(held_fen, lost_fen)
    total = sum(lost_fen.values())
    assert sum(given_fen.values()) == min(held_fen, total)
    for key, fen in given_fen.items():
        assert 0 <= fen <= lost_fen[key]
        assert not total or abs(fen - min(held_fen, total) * lost_fen[key] / total) <= 1 + 1e-3


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 100)), max_size=20), st.integers(0, 500))
def test_what_remains_is_never_more_than_is_held_or_came(legs: list[tuple[bool, int]], held_fen: int) -> None:
    moved = [came(str(n), n, fen) if comes else went(str(n), n, fen) for n, (comes, fen) in enumerate(legs)]
    left = remaining(HELD, moved, held_fen)
    assert sum(one.left_fen for one in left) <= held_fen
    assert all(0 < one.left_fen <= one.deposit.amount_fen for one in left)
