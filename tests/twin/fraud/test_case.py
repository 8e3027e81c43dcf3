from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from twin.errors import BadInputError
from twin.fraud.case import case_number, new_case

NOW = datetime(2026, 11, 22, 8, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "yuan"), [("12800", "12800.00"), ("1.28万", "12800.00"), ("¥ 1,200.5", "1200.50"), ("300元", "300.00")]
)
def test_amounts_are_read_as_people_write_them(typed: str, yuan: str) -> None:
    assert new_case("冒充客服", typed, NOW).amount_yuan == Decimal(yuan)


@pytest.mark.parametrize("typed", ["", "many", "-5", "nan", "1e99", "inf"])
def test_what_is_no_sum_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(BadInputError, match="type the loss in yuan"):
        new_case("冒充客服", typed, NOW)


@pytest.mark.parametrize("title", ["  ", "长" * 121])
def test_a_title_is_needed_and_short(title: str) -> None:
    with pytest.raises(BadInputError):
        new_case(title, "1", NOW)


def test_a_number_holds_the_day() -> None:
    assert case_number(date(2026, 11, 22), 7) == "FZ20261122-0007"
