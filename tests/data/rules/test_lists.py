"""Reference lists come in whole or as changes, all or nothing, and say where from, of when and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from data.records.database import engine_of, upgrade
from data.rules.lists import Brought, Line, ListStore, read_lines
from twin.errors import BadInputError

NOW = 1_790_000_000.0
DAY = 86400.0
PLAIN = Brought("residents", "街道", "登记站", NOW, 7 * DAY)
WATCH = Brought("watched", "市局", "刑侦", NOW, DAY, watch=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ListStore]:
    engine = engine_of(sa.URL.create("sqlite", database=str(tmp_path / "records.sqlite")))
    upgrade(engine)
    store = ListStore(engine)
    yield store
    store.close()


def keys(store: ListStore, list_id: str = "residents") -> list[str]:
    return [entry.key for entry in store.lists()[list_id].entries]


def lines(text: str, brought: Brought = PLAIN) -> list[Line]:
    return read_lines("a file", text.encode(), brought, NOW)


def test_a_whole_list_replaces_the_one_before(store: ListStore) -> None:
    told = store.bring(PLAIN, lines("key,note\nC-1,甲\nC 2,乙\nC-1,丙\n"), NOW)
    assert (told.entries, told.source, told.owner) == (2, "街道", "登记站")
    assert [(one.key, one.note) for one in store.lists()["residents"].entries] == [("C1", "丙"), ("C2", "乙")]
    store.bring(msgspec.structs.replace(PLAIN, as_of_s=NOW + 1), lines('[{"key": "C-3"}]'), NOW + 1)
    assert keys(store) == ["C3"]


def test_changes_add_and_remove(store: ListStore) -> None:
    store.bring(PLAIN, lines("key\nC-1\nC-2\n"), NOW)
    changes = msgspec.structs.replace(PLAIN, changes=True, as_of_s=NOW + DAY)
    store.bring(changes, lines("key,change,note\nC-1,remove,\nC-3,add,新\nC-9,remove,\n", changes), NOW + DAY)
    assert keys(store) == ["C2", "C3"]
    assert store.lists()["residents"].as_of_s == NOW + DAY


def test_what_did_not_change_is_the_same_object(store: ListStore) -> None:
    store.bring(PLAIN, lines("key\nC-1\n"), NOW)
    first = store.lists()["residents"]
    assert store.lists()["residents"] is first
    store.bring(PLAIN, lines("key\nC-2\n"), NOW)
    assert store.lists()["residents"] is not first


def test_an_older_list_changes_to_none_and_a_watch_list_as_an_ordinary_one_are_refused(store: ListStore) -> None:
    with pytest.raises(BadInputError, match="no such list to change"):
        store.bring(msgspec.structs.replace(PLAIN, changes=True), [], NOW)
    store.bring(PLAIN, lines("key\nC-1\n"), NOW)
    with pytest.raises(BadInputError, match="older"):
        store.bring(msgspec.structs.replace(PLAIN, as_of_s=NOW - 1), lines("key\nC-2\n"), NOW)
    assert keys(store) == ["C1"]
    entry = "key,until,legal_basis,owner\n浙F·I0042,2099-01-01,审批,王\n"
    store.bring(WATCH, lines(entry, WATCH), NOW)
    with pytest.raises(BadInputError, match="watch list"):
        store.bring(msgspec.structs.replace(WATCH, watch=False), lines("key\nA\n"), NOW)


@pytest.mark.parametrize(
    ("row", "words"),
    [("A,,审批,王", "needs until"), ("A,2099-01-01,,王", "needs legal_basis"), ("A,2099-01-01,审批,", "needs owner"),
     ("A,2001-01-01,审批,王", "has ended"), ("A,soon,审批,王", "2026-12-31"), (",2099-01-01,审批,王", "1 to 64")],
)  # fmt: skip
def test_an_entry_of_a_watch_list_has_a_basis_an_owner_and_an_end(row: str, words: str) -> None:
    with pytest.raises(BadInputError, match=words) as caught:
        lines(f"key,until,legal_basis,owner\nB,2099-01-01,审批,王\n{row}\n", WATCH)
    assert caught.value.place == "line 3"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "key is missing"), (b"key\n", "no entry"), (b"plate\nA\n", "no 'plate'"),
        (b"kye\nA\n", "'key' meant"),
        ("key,民族\nA,x\n".encode(), "nobody is watched for"), (b"key,health\nA,x\n", "nobody is watched for"),
        (b"\xff\xfe\x00\x81", "GB 18030"), (b"[1, 2]", "array of objects"), (b"[" * 5000, "no JSON"),
        (b'{"a": 1}', "array"),
        (b"key,change\nA,add\n", "changes alone"), (b'[{"note": "x"}]', "key is missing"),
        (b"key\n" + b"x" * 200, "1 to 64"),
    ],
)  # fmt: skip
def test_what_is_hostile_or_wrong_is_refused_whole(raw: bytes, words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        read_lines("a file", raw, PLAIN, NOW)


def test_a_list_of_another_encoding_is_read_and_asked() -> None:
    (line,) = read_lines("a file", "key,note\n浙F·8K2Q6,张\n".encode("gb18030"), PLAIN, NOW)
    assert (line.entry.key, line.entry.note) == ("浙F8K2Q6", "张")
