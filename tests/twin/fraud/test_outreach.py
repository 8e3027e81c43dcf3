"""A page to hang up tells of what comes to its readers, and leads to nobody."""

from __future__ import annotations

import pytest

from twin.fraud.outreach import KINDS, READERS, menu


def test_what_comes_to_the_readers_counts_double() -> None:
    now = {"police": 6, "boss": 5, "brushing": 4}
    assert [dish.kind for dish in menu(now, {}, "company")][:2] == ["boss", "police"]
    assert menu(now, {}, "school")[0].kind == "brushing"


def test_few_cases_are_told_as_none() -> None:
    told = {dish.kind: dish for dish in menu({"boss": 2, "loan": 3}, {"loan": 1}, "company", most=9)}
    assert (told["boss"].cases, told["boss"].more) == (0, False)
    assert (told["loan"].cases, told["loan"].more) == (3, True)


@pytest.mark.parametrize("reader", READERS)
def test_without_cases_the_page_is_not_empty(reader: str) -> None:
    told = menu({}, {}, reader)
    assert len(told) == 5
    assert {dish.kind for dish in told} >= set(READERS[reader])
    assert set(READERS[reader]) <= set(KINDS)
