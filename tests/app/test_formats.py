from __future__ import annotations

import math
from decimal import Decimal

import pytest

from app import formats


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.44, "0.4 秒", "0.4 s"), (9.96, "10 秒", "10 s"), (75, "75 秒", "75 s"), (180, "3 分", "3 min"),
        (7200, "2 小时", "2 h"), (200_000, "2 天", "2 d"), (math.inf, "—", "—"), (math.nan, "—", "—"),
        (-5, "0.0 秒", "0.0 s"),
    ],
)  # fmt: skip
def test_ages_are_short(seconds: float, zh: str, en: str) -> None:
    assert (formats.age(seconds, "zh"), formats.age(seconds, "en")) == (zh, en)


@pytest.mark.parametrize(
    ("metres", "text"),
    [(0.0, "0.0 m"), (4.26, "4.3 m"), (344, "340 m"), (996, "1.0 km"), (1240, "1.2 km"), (12_600, "13 km")],
)
def test_distances_have_two_figures(metres: float, text: str) -> None:
    assert formats.distance(metres) == text


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [("9999.5", "9,999.50", "9,999.50"), ("12800", "1.28万", "12,800.00"),
    ("300000000", "3亿", "300,000,000.00")],
)  # fmt: skip
def test_sums_follow_the_language(amount: str, zh: str, en: str) -> None:
    assert (formats.yuan(Decimal(amount), "zh"), formats.yuan(Decimal(amount), "en")) == (zh, en)


def test_times_are_of_china_and_headings_in_words() -> None:
    assert formats.clock(0.0) == "08:00:00"
    assert formats.bearing(44.0, "zh") == "东北 44°"
    assert formats.bearing(359.0, "en") == "N 359°"
