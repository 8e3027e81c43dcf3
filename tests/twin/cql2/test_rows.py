"""A filter chooses rows; what is unknown fits nothing and its opposite neither."""

from __future__ import annotations

import math

import pytest

from twin.cql2.read import read
from twin.cql2.rows import chosen
from twin.live.observation import Observation, batch

EIGHT = 1_790_035_200.0
"""00:00 UTC on 2026-09-22: eight in the morning in China."""
ROWS = batch(
    "some",
    [
        Observation("a", "car", EIGHT, 120.9, 30.8, "浙F·I0001", "moving", speed_mps=16.7),
        Observation("b", "dump_truck", EIGHT + 1800, 120.95, 30.85, "浙F·I0002", "stopped", speed_mps=0.0, value=80.0),
        Observation("c", "air_sensor", EIGHT + 50_400, 121.0, 30.9, "", "unknown", value=151.5),
    ],
).rows


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("kind = 'car'", "a"), ("kind <> 'car'", "bc"), ("kind IN ('car', 'air_sensor')", "ac"),
        ("kind NOT IN ('car', 'air_sensor')", "b"), ("speed_mps = 16.7", "a"), ("speed_mps < 20", "ab"),
        ("NOT speed_mps < 20", ""), ("NOT speed_mps > 10", "b"), ("speed_mps IS NULL", "c"),
        ("speed_mps IS NOT NULL OR value > 100", "abc"), ("speed_mps > 10 OR value > 100", "ac"),
        ("value BETWEEN 80 AND 100", "b"), ("label LIKE '浙F%2'", "b"), ("label NOT LIKE '浙F%2'", "a"),
        ("label LIKE '浙F·I000_'", "ab"), ("label = '浙F·I0001'", "a"), ("label <> 'x'", "ab"), ("label IS NULL", "c"),
        ("hour >= 8 AND hour < 8.25", "a"), ("hour = 22", "c"), ("speed_mps * 3.6 > 60", "a"),
        ("value / speed_mps > 0", ""), ("value / speed_mps IS NULL", "abc"), ("state = 'stopped'", "b"),
        ("S_INTERSECTS(geometry, BBOX(120.8, 30.7, 120.92, 30.9))", "a"),
        ("NOT S_WITHIN(geometry, POLYGON((120.8 30.7, 120.92 30.7, 120.92 30.9, 120.8 30.9, 120.8 30.7)))", "bc"),
        ("'car' = kind", "a"), ("label = ''", ""), ("id < 'b'", "a"), ("height_m = 0", "abc"),
    ],
)  # fmt: skip
def test_it_chooses(text: str, fits: str) -> None:
    assert "".join(key.decode() for key in ROWS["id"][chosen(read(text), ROWS)]) == fits


def test_no_rows_are_no_trouble() -> None:
    for text in ("label LIKE 'a%'", "S_INTERSECTS(geometry, BBOX(0, 0, 1, 1))", "NOT value > 3"):
        assert chosen(read(text), ROWS[:0]).shape == (0,)


def test_a_pattern_cannot_be_made_slow() -> None:
    rows = batch("some", [Observation("a", "car", EIGHT, 0, 0, "a" * 48, value=math.nan)]).rows
    assert not chosen(read(f"label LIKE '{'a%' * 24}b'"), rows).any()
