"""What a standing order covers, and why it does not cover the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from twin.orders import Export, Order, Terms, covering, uncovered

NOW = datetime(2026, 11, 22, 2, 30).astimezone()
TERMS = Terms("demo", frozenset({"roads", "vehicles"}), frozenset({"gpkg"}), "/exports/night", "夜间备查", "O-7",
              "kind = 'bus'", "01:00-05:00")  # fmt: skip
ORDER = Order("a1", "night", TERMS, "wang", "chen", NOW.timestamp() - 60, NOW.timestamp() + 60)
EXPORT = Export("demo", "vehicles", "gpkg", "/exports/night/x/y.gpkg", "kind = 'bus'")


def test_what_was_ordered_is_covered() -> None:
    assert uncovered(ORDER, EXPORT, NOW) == ""
    assert uncovered(ORDER, replace(EXPORT, layer="roads", where=" kind = 'bus' "), NOW) == ""
    assert covering([ORDER], EXPORT, NOW) == (ORDER, "")


@pytest.mark.parametrize(
    ("order", "export", "words"),
    [
        (ORDER, replace(EXPORT, layer="people"), "roads, vehicles, not for people"),
        (ORDER, replace(EXPORT, twin="other"), "not for other"),
        (ORDER, replace(EXPORT, format="csv"), "not for csv"),
        (ORDER, replace(EXPORT, where=""), "filter"),
        (ORDER, replace(EXPORT, where="kind = 'bus' or 1 = 1"), "filter"),
        (ORDER, replace(EXPORT, target="/exports/night-2/y.gpkg"), "/exports/night alone"),
        (ORDER, replace(EXPORT, target="/tmp/y.gpkg"), "/exports/night alone"),  # noqa: S108 - a name alone
        (ORDER, replace(EXPORT, past=True), "not for what was"),
        (replace(ORDER, expires_at_s=NOW.timestamp()), EXPORT, "expired"),
        (replace(ORDER, ended_by="chen", ended_at_s=1.0), EXPORT, "ended by chen"),
        (replace(ORDER, terms=replace(TERMS, hours="03:00-05:00")), EXPORT, "03:00-05:00"),
    ],
)
def test_what_was_not_ordered_is_refused_with_the_reason(order: Order, export: Export, words: str) -> None:
    assert words in uncovered(order, export, NOW)
    assert covering([order], export, NOW) == (None, uncovered(order, export, NOW))


def test_one_of_several_orders_is_enough_and_without_one_nothing_goes() -> None:
    other = replace(ORDER, id="a2", terms=replace(TERMS, layers=frozenset({"people"})))
    assert covering([other, ORDER], EXPORT, NOW)[0] == ORDER
    assert covering([], EXPORT, NOW) == (None, "the account has no standing order")


@pytest.mark.parametrize(
    "terms",
    [
        replace(TERMS, layers=frozenset()),
        replace(TERMS, formats=frozenset()),
        replace(TERMS, folder="night"),
        replace(TERMS, folder="/exports/../etc"),
        replace(TERMS, purpose=" "),
        replace(TERMS, hours="25:00-26:00"),
    ],
)
def test_an_order_without_bounds_is_none(terms: Terms) -> None:
    assert terms.problem()
    assert not TERMS.problem()
