"""CQL2 text is read as the standard says; what has no meaning is refused with its place and what was meant."""

from __future__ import annotations

import pytest

from twin.cql2.read import FilterError, read, read_value
from twin.cql2.tree import Call, Literal, Property, compared, conditions, properties


def test_words_bind_as_in_the_standard() -> None:
    tree = read("kind = 'car' OR NOT state = 'moving' AND speed_mps > 3")
    assert isinstance(tree, Call)
    assert tree.op == "or"
    assert [arg.op for arg in tree.args if isinstance(arg, Call)] == ["=", "and"]
    assert list(properties(tree)) == ["kind", "state", "speed_mps"]


def test_conditions_that_must_all_hold_are_told_apart() -> None:
    tree = read("speed_mps > 16.5 AND 3 <= value AND NOT kind = 'car'")
    assert [compared(one) for one in conditions(tree)] == [("speed_mps", ">", 16.5), ("value", ">=", 3.0), None]


def test_a_figure_is_reckoned_from_columns() -> None:
    assert read_value("speed_mps * 3.6") == Call("*", (Property("speed_mps", "single"), Literal(3.6)), "real")


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("speed_mps >> 3", (1, 12), "'> 3' is not understood"),
        ("kind = 'car'\n  AND sped_mps > 3", (2, 7), "is 'speed_mps' meant?"),
        ("kind == 'car'", (1, 7), "CQL2 knows no =="),
        ("speed_mps >", (1, 12), "something is missing"),
        ("upper(label) = 'A'", (1, 1), "there is no 'upper'"),
        ("speed_mps > 'fast'", (0, 0), "quote both or none"),
        ("speed_mps", (0, 0), "no condition"),
        ("kind + 1 > 2", (0, 0), "works on numbers"),
        ("speed_mps = NULL", (0, 0), "IS NULL"),
        ("kind = 'car' AND value", (0, 0), "value alone"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 0)))", (0, 0), "no surface"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", (0, 0), "crosses itself"),
        ("S_INTERSECTS(kind, BBOX(0, 0, 1, 1))", (0, 0), "POLYGON"),
        ("time_s > TIMESTAMP('2026-01-01T00:00:00Z')", (0, 0), "time_s and hour"),
        ("value LIKE 'a%'", (0, 0), "LIKE"),
        ("value > 1e999", (0, 0), "too large"),
        ("", (0, 0), "empty"),
        ("(" * 50 + "value = 1" + ")" * 50, (0, 0), "nested"),
        ("NOT " * 900 + "value = 1", (0, 0), "nested"),
        ("value = 1 " * 900, (0, 0), "longer"),
        ("value" + "+value" * 500 + " = 1", (0, 0), "nested"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_place(text: str, place: tuple[int, int], words: str) -> None:
    with pytest.raises(FilterError) as caught:
        read(text)
    assert words in str(caught.value)
    assert (caught.value.line, caught.value.character) == place


def test_a_condition_is_no_figure() -> None:
    with pytest.raises(FilterError, match="no figure"):
        read_value("speed_mps > 3")
