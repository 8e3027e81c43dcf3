"""The filter language over columns of any name: it chooses rows, says what it does not understand, and no more."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from twin.cql2.read import read
from twin.cql2.rows import chosen
from twin.cql2.table import Table, columns_of
from twin.errors import UsageError

ARRAYS: dict[str, NDArray[Any]] = {
    "id": np.array(["a", "b", "c", "d"], dtype=object),
    "height_m": np.array([1, np.nan, 0.1, 50], dtype=np.float32),
    "floors": np.array([1, 2, 3, 4], dtype=np.int16),
    "name": np.array(["人民医院", "", "学校", "O'Hara"], dtype=object),
    "time": np.array(["2026-01-01", "NaT", "2027-01-01", "2026-06-01T08:00:00"], dtype="datetime64[ms]"),
    "oneway": np.array([True, False, True, False]),
}
COLUMNS = columns_of({name: "str" if array.dtype == object else str(array.dtype) for name, array in ARRAYS.items()})


def mask_of(text: str, arrays: dict[str, NDArray[Any]] = ARRAYS) -> NDArray[np.bool_]:
    return chosen(read(text, COLUMNS), Table(arrays, len(arrays["id"])))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("height_m = 0.1", "c"),
        ("height_m <> 0.1", "ad"),
        ("height_m != 0.1 and height_m >= 1e0", "ad"),
        ("0 < floors AND floors <= 2", "ab"),
        ("floors between 2 and 3", "bc"),
        ("floors in (1, 3)", "ac"),
        ("floors not in (1)", "bcd"),
        ("height_m not in (1)", "cd"),
        ("floors > -1 AND NOT (floors = 2 OR floors = 3)", "ad"),
        ("floors = 1 or floors = 2 and floors = 3", "a"),
        ("floors * 2 > 5", "cd"),
        ("name is null", "b"),
        ("name is not null", "acd"),
        ("height_m is null or time is null", "b"),
        ("name = '人民医院'", "a"),
        ("name = 'O''Hara'", "d"),
        ("name like '%医院'", "a"),
        ("name like '_校'", "c"),
        ("name not like '%医%'", "cd"),
        ("name > '人'", "ac"),
        ("name <> ''", ""),
        ("time > TIMESTAMP('2026-06-01T07:59:59.999Z') and time < TIMESTAMP('2026-06-01T08:00:00.001Z')", "d"),
        ("time = TIMESTAMP('2026-06-01T16:00:00+08:00')", "d"),
        ("time >= DATE('2026-06-01')", "cd"),
        ("oneway = true", "ac"),
        ("not oneway = true and floors < 4", "b"),
        ("floors = height_m", "a"),
        ("1 = 1", "abcd"),
        ("floors < 99999999999999999999999999999", "abcd"),
    ],
)
def test_rows_are_chosen(text: str, ids: str) -> None:
    assert "".join(ARRAYS["id"][mask_of(text)]) == ids


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("floors", "compare it with something"),
        ("colour = 1", "there is no 'colour'"),
        ("flors = 1", "is 'floors' meant"),
        ("name = 1", "a text and a number"),
        ('name = "学校"', "single quotes: '学校'"),
        ("0 < floors <= 2", "joined by AND"),
        ("oneway", "compare it with something"),
        ("oneway = 1", "oneway = true"),
        ("floors = true", "floors = true"),
        ("time = '2026-06-01'", "written TIMESTAMP"),
        ("time = 3", "written TIMESTAMP"),
        ("time = TIMESTAMP('yesterday')", "written TIMESTAMP|not understood"),
        ("floors ==3", "no ==: write ="),
        ("floors = 1; drop table x", "not understood"),
        ("name = 'abc", "not understood|missing"),
        ("__import__('os') = 'x'", "there is no|not understood"),
        ("(" * 100 + "floors = 1" + ")" * 100, "deeper than 40"),
        ("floors = 1 or " * 1000 + "floors = 1", "longer than 4000"),
        ("s_intersects(geometry, POINT(1 2))", "geometry"),
    ],
)
def test_what_is_not_understood_is_said_with_what_is_written_instead(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        mask_of(text)


WORDS = st.sampled_from(
    ["floors", "name", "height_m", "time", "oneway", "'a'", "1", "-2.5", "1e9", "and", "or", "not", "in", "(", ")", ",",
     "=", "<", ">=", "<>", "is", "null", "like", "'%a%'", "true", ".", "[", "*", "**", "__class__", "lambda", "+"]
)  # fmt: skip


@given(st.one_of(st.lists(WORDS, max_size=14).map(" ".join), st.text(max_size=80)))
def test_any_text_chooses_rows_or_is_a_clear_error(text: str) -> None:
    try:
        mask = mask_of(text)
    except UsageError:
        return
    assert mask.shape == (4,)
    assert mask.dtype == np.bool_


def test_a_hostile_pattern_takes_no_time() -> None:
    arrays = {name: np.repeat(values[:1], 1) for name, values in ARRAYS.items()}
    arrays["name"] = np.array(["a" * 5000], dtype=object)
    start = time.process_time()
    assert not mask_of("name like '" + "%a" * 60 + "%b'", arrays).any()
    assert time.process_time() - start < 2.0


def test_no_rows_stay_no_rows() -> None:
    empty = {name: values[:0] for name, values in ARRAYS.items()}
    for text in ("floors > 2", "name like 'x%'", "1 = 1", "floors in (1, 2)", "time > DATE('2026-01-01')"):
        assert mask_of(text, empty).shape == (0,)
