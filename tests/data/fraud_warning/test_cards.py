"""Scorecards from invented people: kept, read again, and turned into warnings that say why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.fraud_warning.cards import FACT_AT, keep_cards, learn_invented, read_cards, warnings_of
from twin.errors import BadInputError
from twin.fraud.warning.hints import Hints
from twin.fraud.warning.kinds import KINDS
from twin.fraud.warning.scorecard import Scorecard

NOW_S = 1_790_000_000.0
ALARMING = ("flagged_call", "abroad_call", "flagged_message", "code_message", "flagged_app", "screen_shared",
            "new_payee", "limit_raised", "savings_broken", "platform_joined", "usual_payment", "payee_age")  # fmt: skip


@pytest.fixture(scope="module")
def cards() -> tuple[Scorecard, ...]:
    return learn_invented(800)


def told(*rows: tuple[int, str, float]) -> Hints:
    subject, fact, value = zip(*((who, FACT_AT[name], value) for who, name, value in rows), strict=True)
    return Hints(np.array(subject), np.array(fact), np.full(len(rows), NOW_S - 600.0), np.array(value, float))


def test_cards_are_the_same_after_they_were_kept(cards: tuple[Scorecard, ...], tmp_path: Path) -> None:
    keep_cards(tmp_path / "cards.json", cards)
    again = read_cards(tmp_path / "cards.json")
    assert [card.kind for card in again] == list(KINDS)
    value = np.random.default_rng(2).poisson(1.0, (50, 19)).astype(float)
    for one, other in zip(cards, again, strict=True):
        assert np.array_equal(one.risk(value), other.risk(value))


def test_who_is_in_trouble_is_warned_of_with_reasons_and_who_is_not_is_left_in_peace(
    cards: tuple[Scorecard, ...],
) -> None:
    rows = [(0, name, 3600.0 if name != "payee_age" else 1.0) for name in ALARMING for _ in range(3)]
    rows += [(1, "usual_call", 60.0)] * 9 + [(1, "usual_payment", 5000.0)] * 9
    (warned,) = warnings_of(cards, told(*rows), ("p0", "p1"), NOW_S, 50)
    assert warned.subject == "p0"
    assert 1 <= len(warned.reasons) <= 3
    assert warnings_of(cards, told(*rows), ("p0", "p1"), NOW_S, 0) == ()


@pytest.mark.parametrize(
    "body", [None, b"[", b'[{"kind":1}]', b'[{"kind":"x","base":0,"signs":["faith"],"cuts":[],"points":[],"rows":1}]']
)
def test_a_file_that_is_none_says_what_to_do(tmp_path: Path, body: bytes | None) -> None:
    if body is not None:
        (tmp_path / "cards.json").write_bytes(body)
    with pytest.raises(BadInputError, match="zhian fraud warn learn"):
        read_cards(tmp_path / "cards.json")
