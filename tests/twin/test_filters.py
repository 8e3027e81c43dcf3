"""The filter language chooses rows, says clearly what it does not understand, and does nothing else."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from twin.errors import UsageError
from twin.filters import compile_filter

COLUMNS: dict[str, NDArray[Any]] = {
    "id": np.array(["a", "b", "c", "d"], dtype=object),
    "height_m": np.array([1, np.nan, 0.1, 50], dtype=np.float32),
    "floors": np.array([1, 2, 3, 4], dtype=np.int16),
    "name": np.array(["人民医院", "", "学校", "O'Hara"], dtype=object),
    "time": np.array(["2026-01-01", "NaT", "2027-01-01", "2026-06-01T08:00:00"], dtype="datetime64[ms]"),
    "oneway": np.array([True, False, True, False]),
}


def chosen(text: str) -> str:
    return "".join(COLUMNS["id"][compile_filter(text)(COLUMNS)])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", "abcd"),
        ("height_m = 0.1", "c"),
        ("height_m != 0.1", "ad"),
        ("height_m <> 0.1 and height_m >= 1e0", "ad"),
        ("0 < floors <= 2", "ab"),
        ("floors = +1 or floors == 4", "ad"),
        ("floors in (1, 3)", "ac"),
        ("floors not in (1)", "bcd"),
        ("height_m not in (1)", "cd"),
        ("floors > -1 AND NOT (floors = 2 OR floors = 3)", "ad"),
        ("floors = 1 or floors = 2 and floors = 3", "a"),
        ("name is null", "b"),
        ("name is not null", "acd"),
        ("height_m is null or time is null", "b"),
        ("name = '人民医院'", "a"),
        ('name = "学校"', "c"),
        ("name = 'O''Hara'", "d"),
        ("name like '%医院'", "a"),
        ("name like '_校'", "c"),
        ("name not like '%医%'", "cd"),
        ("name like 'o%a%'", "d"),
        ("name > '人'", "ac"),
        ("name = ''", ""),
        ("name != ''", "acd"),
        ("'医' = '医' and 2 > 1.5", "abcd"),
        ("'2026-06-01' < time", "cd"),
        ("time = '2026-06-01T16:00:00+08:00'", "d"),
        ("time > '2026-06-01 07:59:59.999' and time < '2026-06-01T08:00:00.001Z'", "d"),
        ("time >= '2026-06-01T08:00:00Z'", "cd"),
        ("'2026-01-01' <= time < '2027-01-01'", "ad"),
        ("oneway", "ac"),
        ("not oneway and floors < 4", "b"),
        ("oneway = false", "bd"),
        ("floors = height_m", "a"),
        ("1 = 1", "abcd"),
        ("floors < 99999999999999999999999999999", "abcd"),
    ],
)
def test_rows_are_chosen(text: str, ids: str) -> None:
    assert chosen(text) == ids


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("floors", "floors alone is no condition"),
        ("colour = 1", "no column colour"),
        ("name = 1", "name and 1 are a text and a number"),
        ("id.upper()", "character 3: '.' has no meaning"),
        ("len(name) = 3", r"character 1: len\(…\) is a call"),
        ("__import__('os') = 'x'", "is a call"),
        ("floors = 1 floors", "character 12: 'floors' does not belong here"),
        ("floors ==", "character 10: a column, a number or a quoted text is expected, not the end"),
        ("(floors = 1", r"character 12: '\)' is missing"),
        ("name = 'abc", "character 8: a quoted text does not end"),
        ("floors = 1; drop table x", "character 11: ';' has no meaning"),
        ("floors = 9**9**9", r"'\*' has no meaning"),
        ("floors = 1abc", "character 10"),
        ("like 3", "not 'like'"),
        ("name like 3", "after 'like' comes a quoted pattern"),
        ("floors like 'a'", "is no text"),
        ("floors is 3", "after 'is' comes"),
        ("floors in ()", "a quoted text is expected"),
        ("floors in 3", r"'\(' is missing"),
        ("(" * 100 + "floors = 1" + ")" * 100, "nested deeper than 40"),
        ("not " * 100 + "oneway", "nested deeper than 40"),
        ("floors = 1 or " * 1000 + "floors = 1", "longer than 4000"),
        ("time = 3", "3 is no time"),
        ("time = 'yesterday'", "'yesterday' is no time"),
        ("lambda: 1", "':' has no meaning"),
        ("[floors]", r"'\[' has no meaning"),
        ("{floors}", "'{' has no meaning"),
        ("floors := 1", "':' has no meaning"),
    ],
)
def test_what_is_not_understood_is_said(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen(text)


@given(st.text(max_size=80))
def test_any_text_is_a_filter_or_a_clear_error(text: str) -> None:
    try:
        mask = compile_filter(text)(COLUMNS)
    except UsageError:
        return
    assert mask.shape == (4,)
    assert mask.dtype == np.bool_


WORDS = st.one_of(
    st.sampled_from(
        ["floors", "name", "height_m", "time", "oneway", "'a'", "1", "-2.5", "1e9", "and", "or", "not", "in", "(", ")"]
    ),
    st.sampled_from(
        [",", "=", "<", ">=", "!=", "is", "null", "like", "'%a%'", "true", ".", "[", "*", "**", "__class__", "lambda"]
    ),
)


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_sentences_of_any_words_choose_rows_or_are_refused(text: str) -> None:
    try:
        found = compile_filter(text)
        mask = found(COLUMNS)
    except UsageError:
        return
    assert mask.shape == (4,)
    assert not {".", "[", "*", "**"} & set(text.split())
    assert found.columns <= set(COLUMNS)


class Trap:
    """Tells when a filter does anything with a value but compare it."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(f"a filter looked at {name}")


@pytest.mark.parametrize("text", ["thing.secret = 1", "thing() = 1", "thing['x'] = 1", "thing[0] = 1"])
def test_values_are_never_looked_into(text: str) -> None:
    with pytest.raises(UsageError):
        compile_filter(text)({"thing": np.array([Trap()], dtype=object)})


def test_a_hostile_pattern_takes_no_time() -> None:
    columns: dict[str, NDArray[Any]] = {"name": np.array(["a" * 5000], dtype=object)}
    start = time.process_time()
    assert not compile_filter("name like '" + "%a" * 60 + "%b'")(columns).any()
    assert time.process_time() - start < 2.0


def test_columns_that_are_used_are_named() -> None:
    assert compile_filter("floors > 2 and not name like 'x%' or 1 = 2").columns == {"floors", "name"}


def test_no_rows_stay_no_rows() -> None:
    empty = {name: values[:0] for name, values in COLUMNS.items()}
    for text in ("", "floors > 2", "name like 'x%'", "1 = 1", "floors in (1, 2)", "time > '2026-01-01'"):
        assert compile_filter(text)(empty).shape == (0,)
