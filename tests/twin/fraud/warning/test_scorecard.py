"""Signs are what counting by hand gives; a scorecard learns them, never falls where it must not, and says why."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import twin.fraud.warning as warning_folder
from twin.fraud.warning.categories import CATEGORY, DAY_S, FACTS
from twin.fraud.warning.explain import explain
from twin.fraud.warning.hints import SIGN, SIGNS, Hints, Seen, seen
from twin.fraud.warning.kinds import KINDS
from twin.fraud.warning.scorecard import MOST_POINTS, Scorecard, learn
from twin.geo import BoolArray, FloatArray

NOW_S = 1_790_000_000.0
FACT_AT = {fact.id: at for at, fact in enumerate(FACTS)}
WIDTH = len(SIGNS)


def hints(*rows: tuple[int, str, float, float]) -> Hints:
    return Hints(
        np.array([row[0] for row in rows], np.int64), np.array([FACT_AT[row[1]] for row in rows], np.int64),
        np.array([row[2] for row in rows], float), np.array([row[3] for row in rows], float),
    )  # fmt: skip


def sign(told: Seen, name: str, row: int = 0) -> float:
    return float(told.value[row, SIGN[name]])


def test_signs_are_counted_within_their_time_and_of_their_person() -> None:
    told = seen(
        hints(
            (7, "flagged_call", NOW_S - 600.0, 300.0), (7, "flagged_call", NOW_S - 2 * DAY_S, 50.0),
            (7, "flagged_call", NOW_S + 1.0, 999.0), (8, "flagged_call", NOW_S - 60.0, 1.0),
            (7, "usual_payment", NOW_S - 20 * DAY_S, 100.0), (7, "usual_payment", NOW_S - 9 * DAY_S, 300.0),
            (7, "new_payee", NOW_S - 60.0, 4000.0), (7, "payee_age", NOW_S - 60.0, 3.0),
        ), np.array([7]), np.array([NOW_S]),
    )  # fmt: skip
    assert sign(told, "flagged_call_s") == 300.0
    assert sign(told, "flagged_calls") == 2
    assert sign(told, "new_payee_above_usual") == 20.0
    assert sign(told, "payee_age_days") == 3.0
    assert sign(told, "abroad_calls") == 0
    assert np.isnan(sign(told, "flagged_messages"))
    assert told.age_s[0, SIGN["flagged_calls"]] == 600.0


def test_what_may_no_longer_be_kept_is_not_looked_at() -> None:
    old = hints((1, "flagged_call", NOW_S - CATEGORY["calls"].keep_s - 1.0, 300.0))
    assert np.isnan(seen(old, np.array([1]), np.array([NOW_S])).value).all()


def population(rng: np.random.Generator, size: int) -> tuple[FloatArray, BoolArray]:
    value = rng.poisson(1.0, (size, WIDTH)).astype(float)
    odds = -4.0 + 1.5 * value[:, SIGN["flagged_calls"]] - 0.5 * value[:, SIGN["usual_calls"]]
    value[rng.random((size, WIDTH)) < 0.2] = np.nan
    return value, rng.random(size) < 1 / (1 + np.exp(-odds))


@pytest.fixture(scope="module")
def card() -> Scorecard:
    return learn("police", *population(np.random.default_rng(4), 6000), signs=KINDS["police"])


def test_it_finds_which_signs_matter(card: Scorecard) -> None:
    value, lost = population(np.random.default_rng(5), 4000)
    risk = card.risk(value)
    rank = np.argsort(np.argsort(risk)) + 1.0
    yes = int(lost.sum())
    auc = (rank[lost].sum() - yes * (yes + 1) / 2) / (yes * int((~lost).sum()))
    assert auc > 0.75
    reach = {SIGNS[at].id: float(np.ptp(points)) for at, points in zip(card.signs, card.points, strict=True)}
    assert max(reach, key=lambda name: reach[name]) == "flagged_calls"
    assert risk.mean() == pytest.approx(lost.mean(), rel=0.2)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, WIDTH - 1), st.floats(0.0, 9.0), st.floats(0.0, 9.0), st.integers(0, 2**31))
def test_more_of_a_sign_never_speaks_less(card: Scorecard, at: int, one: float, two: float, seed: int) -> None:
    row = np.random.default_rng(seed).poisson(1.0, (1, WIDTH)).astype(float)
    less, more = row.copy(), row.copy()
    less[0, at], more[0, at] = min(one, two), max(one, two)
    rises = card.risk(more)[0] - card.risk(less)[0]
    assert rises >= -1e-12 if SIGNS[at].rises else rises <= 1e-12


def test_no_sign_alone_decides(card: Scorecard) -> None:
    assert all(np.abs(points).max() <= MOST_POINTS for points in card.points)


def test_a_type_looks_at_its_own_signs_alone(card: Scorecard) -> None:
    assert {SIGNS[at].id for at in card.signs} == set(KINDS["police"])


def test_reasons_add_up_and_what_speaks_against_is_shown(card: Scorecard) -> None:
    value = np.zeros((1, WIDTH))
    value[0, SIGN["flagged_calls"]], value[0, SIGN["usual_calls"]] = 4.0, 5.0
    told = explain(card, Seen(value, np.full((1, WIDTH), 60.0)), 0)
    assert told.speaks_for[0].sign == "flagged_calls"
    assert "usual_calls" in [reason.sign for reason in told.speaks_against]
    assert len(told.speaks_for) <= 3
    assert told.speaks_for[0].age_s == 60.0
    assert told.unknown == ()


def test_without_enough_data_it_says_so(card: Scorecard) -> None:
    value = np.full((1, WIDTH), np.nan)
    value[0, SIGN["limits_raised"]] = 1.0
    told = explain(card, Seen(value, np.where(np.isnan(value), np.nan, 5.0)), 0)
    assert told.level == "unknown"
    assert np.isnan(told.risk)
    assert "calls" in told.unknown


def test_nothing_that_was_learnt_from_is_nothing_learnt() -> None:
    empty = learn("loan", np.zeros((5, WIDTH)), np.zeros(5, bool), KINDS["loan"])
    assert empty.risk(np.zeros((1, WIDTH)))[0] < 0.01


def test_every_type_of_fraud_looks_at_signs_that_there_are() -> None:
    assert {name for signs in KINDS.values() for name in signs} <= set(SIGN)
    assert {sign.category for sign in SIGNS} == set(CATEGORY)
    assert all(len({next(f.category for f in FACTS if f.id == name) for name in one.facts}) == 1 for one in SIGNS)


def test_a_score_can_lead_to_no_measure_against_an_account() -> None:
    measures = ("measure", "bank", "deeds", "doing", "returning")
    for file in Path(warning_folder.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("twin.fraud."):
                assert (node.module or "").removeprefix("twin.fraud.").split(".")[0] not in measures, file.name
