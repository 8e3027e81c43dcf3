"""What is typed finds what was meant, in Chinese, pinyin, initials or Latin, with one error; nothing breaks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.search.index import NameIndex, build_index
from twin.city.search import Found, Weighted

NAMES = (
    (0, "西塘镇", "Xitang Town", "t-1"),
    (1, "大云镇", "Dayun Town", "t-2"),
    (2, "嘉善县第一人民医院", "Jiashan First Hospital", "h-1"),
    (3, "人民大道", "Renmin Avenue", "r-1"),
    (4, "嘉善大厦", "", "b-1"),
    (5, "西塘镇人民路33号12幢", "", "b-2"),
    (6, "G60沪昆高速", "G60 Expressway", "r-2"),
    (7, "320国道", "", "r-3"),
    (8, "重庆路", "", "r-4"),
    (9, "西安路", "", "r-5"),
    (10, "先锋路", "", "r-6"),
    (11, "绿洲小区", "", "p-9"),
    (12, "西塘", "", "p-10"),
    (13, "café Zoé", "", "b-3"),
)


def entry(weight: int, name: str, name_en: str, key: str) -> Weighted:
    return Weighted(weight, Found("places", key, name, name_en, "town", 120.9, 30.8, 500.0))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameIndex]:
    path = tmp_path_factory.mktemp("names") / "names.sqlite"
    build_index(path, [entry(*row) for row in NAMES])
    opened = NameIndex(path)
    yield opened
    opened.close()


def names(index: NameIndex, text: str) -> list[str]:
    return [found.name for found in index.find(text)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("大云", "大云镇"),
        ("一人民医院", "嘉善县第一人民医院"),
        ("医院", "嘉善县第一人民医院"),
        ("dayunzhen", "大云镇"),
        ("dayu", "大云镇"),
        ("yun", "大云镇"),
        ("dyz", "大云镇"),
        ("jsxdyrmyy", "嘉善县第一人民医院"),
        ("rmyy", "嘉善县第一人民医院"),
        ("jsds", "嘉善大厦"),
        ("jiashandasha", "嘉善大厦"),
        ("chongqing", "重庆路"),
        ("xian", "西安路"),
        ("xian", "先锋路"),
        ("lvzhou", "绿洲小区"),
        ("G60", "G60沪昆高速"),
        ("Ｇ６０", "G60沪昆高速"),
        ("g60hukun", "G60沪昆高速"),
        ("320", "320国道"),
        ("人民路 33号", "西塘镇人民路33号12幢"),
        ("西tang镇人民", "西塘镇人民路33号12幢"),
        ("renmin avenue", "人民大道"),
        ("avenue ren", "人民大道"),
        ("CAFE", "café Zoé"),
        ("r-5", "西安路"),
    ],
)
def test_a_part_of_a_name_finds_it(index: NameIndex, typed: str, meant: str) -> None:
    assert meant in names(index, typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("西糖镇", "西塘镇"),  # another character of the same sound
        ("人民大到", "人民大道"),
        ("人民达道", "人民大道"),
        ("嘉善第一人民医院", "嘉善县第一人民医院"),  # one left out
        ("嘉善县第一一人民医院", "嘉善县第一人民医院"),  # one too many
        ("嘉善县第二人民医院", "嘉善县第一人民医院"),  # one wrong
        ("xitnag", "西塘镇"),
        ("xitag", "西塘镇"),
        ("xittang", "西塘镇"),
        ("xirang", "西塘镇"),
        ("chonqing", "重庆路"),
        ("Avenoe", "人民大道"),
        ("Expresway", "G60沪昆高速"),
    ],
)
def test_one_error_is_forgiven(index: NameIndex, typed: str, meant: str) -> None:
    assert meant in names(index, typed)


def test_the_whole_name_stands_before_a_weightier_one_that_begins_so(index: NameIndex) -> None:
    assert names(index, "西塘")[:2] == ["西塘", "西塘镇"]


def test_a_beginning_stands_before_a_part(index: NameIndex) -> None:
    assert names(index, "人民")[0] == "人民大道"


def test_each_answer_stands_once_and_no_more_than_asked_for(index: NameIndex) -> None:
    found = index.find("西", most=2)
    assert len(found) == 2
    assert len({one.id for one in index.find("xi", most=50)}) == len(index.find("xi", most=50))


@pytest.mark.parametrize(
    "typed", ["", "   ", "不存在的地方", "qqqq", '"', "'; DROP TABLE entry; --", "^_$", "*", "OR", "\0"]
)
def test_what_no_name_holds_finds_nothing(index: NameIndex, typed: str) -> None:
    assert names(index, typed) == []


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_nothing_that_can_be_typed_breaks_it(index: NameIndex, typed: str) -> None:
    assert len(index.find(typed)) <= 12


@given(st.sampled_from(NAMES), st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_run_of_characters_of_a_name_finds_it(
    index: NameIndex, row: tuple[int, str, str, str], data: st.DataObject
) -> None:
    name = row[1]
    begin = data.draw(st.integers(0, len(name) - 1))
    typed = name[begin : data.draw(st.integers(begin + 1, len(name)))]
    assert not any(c.isalnum() for c in typed) or name in names(index, typed) or _inside_a_run(name, begin)


def _inside_a_run(name: str, begin: int) -> bool:
    """Letters and numbers are found from their beginning on."""
    return begin > 0 and name[begin - 1].isascii() and name[begin - 1].isalnum()


def test_an_index_of_nothing_answers_nothing(tmp_path: Path) -> None:
    build_index(tmp_path / "names.sqlite", [])
    index = NameIndex(tmp_path / "names.sqlite")
    assert len(index) == 0
    assert index.find("西塘") == ()
    index.close()


def test_a_name_of_any_length_and_script_is_kept(tmp_path: Path) -> None:
    long = "建" * 5000
    build_index(
        tmp_path / "names.sqlite", [entry(0, long, "", "a"), entry(1, "مستشفى", "", "b"), entry(2, "", "", "c")]
    )
    index = NameIndex(tmp_path / "names.sqlite")
    assert names(index, "建建") == [long]
    assert names(index, "مستشفى") == ["مستشفى"]
    index.close()


def test_building_again_leaves_no_trace_of_a_torn_file(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    path.with_name("names.sqlite.new").write_bytes(b"torn")
    build_index(path, [entry(0, "西塘镇", "", "a")])
    assert sorted(file.name for file in tmp_path.iterdir()) == ["names.sqlite"]


def test_a_file_of_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    with sqlite3.connect(path) as file:
        file.execute("PRAGMA user_version=99")
    file.close()
    with pytest.raises(ValueError, match="another format"):
        NameIndex(path)
