"""What is whole in a damaged journal comes back, wherever it stands; what does not is counted, exactly."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from data.connectors.contract import Record
from data.sync.chunks import journal_id
from data.sync.cover import PAGE
from data.sync.journal import Entry, Journal, Origin
from data.sync.ledger import Ledger
from data.sync.pages import Pages, same_shape
from data.sync.recovery import open_or_recover
from data.sync.tables import META, QUARANTINE, RECORDS

NOON = 1_790_000_040.0
COUNT, BAD = 4000, 400
BEFORE, AFTER = 90, 8
"""Bytes of a row before its message and after it."""


def body(number: int) -> bytes:
    """Return a message unlike any other, now and then one that is longer than a page."""
    return random.Random(number).randbytes(40 if number % 500 else 6000)


def record(number: int, device: str = "013912345678") -> Record:
    return Record(number.to_bytes(16, "big"), device, "0200", NOON + number, body(number))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with ten minutes of two sources, on disk and closed."""
    path = tmp_path / "journal.sqlite"
    journal = Journal(path)
    for turn in range(10):
        numbers = range(turn * COUNT // 10, (turn + 1) * COUNT // 10)
        refused = [(record(10_000 + turn * BAD // 10 + n), "checksum wrong") for n in range(BAD // 10)]
        records = [record(number) for number in numbers]
        received = len(records) + len(refused)
        journal.append([Entry(Origin("vans"), NOON + 60 * turn, received, records, refused)])
        journal.append([Entry(Origin("buses"), NOON + 60 * turn, 1, [record(20_000 + turn)])])
    journal.close()
    return path


def recover(path: Path) -> tuple[set[int], set[int], list[dict[str, str]]]:
    """Return which messages are stored and which held after opening, and what was told."""
    lines: list[dict[str, str]] = []
    open_or_recover(path, lambda level, key, values: lines.append({"key": key, **values})).close()
    with closing(sqlite3.connect(path)) as connection:
        stored = {int.from_bytes(key, "big") for (key,) in connection.execute("SELECT key FROM record")}
        held = {round(at - NOON) for (at,) in connection.execute("SELECT source_s FROM quarantine")}
    assert Ledger(path).verify() == []
    assert [a.difference for a in Ledger(path).balance()] == [0] * len(Ledger(path).balance())
    return stored, held, lines


def change(path: Path, how: Callable[[bytearray], None]) -> tuple[bytes, bytes]:
    before = path.read_bytes()
    after = bytearray(before)
    how(after)
    path.write_bytes(bytes(after))
    return before, bytes(after)


def flip(path: Path, number: int) -> None:
    """Change one bit of a message."""

    def harm(data: bytearray) -> None:
        data[data.index(body(number))] ^= 1

    change(path, harm)


def untouched(before: bytes, after: bytes, number: int) -> bool:
    at = before.index(body(number))
    return before[at - BEFORE : at + 40 + AFTER] == after[at - BEFORE : at + 40 + AFTER]


ALL = {*range(COUNT), *range(20_000, 20_010)}
HELD = set(range(10_000, 10_000 + BAD))


def test_with_all_that_leads_to_them_gone_all_rows_come_back(path: Path) -> None:
    def no_parents(data: bytearray) -> None:
        for at in range(0, len(data), PAGE):
            if data[at] in (2, 5, 10):
                data[at : at + PAGE] = b"\xff" * PAGE

    change(path, no_parents)
    stored, held, lines = recover(path)
    assert (stored, held) == (ALL, HELD)
    assert [line["destroyed"] for line in lines] == ["0"]
    assert {a.source for a in Ledger(path).balance()} == {"vans", "buses"}


@pytest.mark.parametrize("seed", range(12))
def test_whose_bytes_are_there_comes_back_and_the_rest_is_told(path: Path, seed: int) -> None:
    chance = random.Random(seed)

    def harm(data: bytearray) -> None:
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(PAGE, len(data) - 512) // 512 * 512
            how = chance.choice(("zeroed", "flipped", "noise"))
            if how == "flipped":
                data[at + chance.randrange(512)] ^= 1 << chance.randrange(8)
            else:
                data[at : at + 512] = bytes(512) if how == "zeroed" else chance.randbytes(512)
        if seed % 4 == 0:
            del data[-chance.randrange(1, len(data) // 3) :]

    before, after = change(path, harm)
    stored, held, lines = recover(path)
    short = [number for number in (ALL - stored) | (HELD - held) if number % 500]
    assert [number for number in short if untouched(before, after, number)] == []
    accounts = Ledger(path).balance()
    missing = len(ALL - stored) + len(HELD - held)
    assert sum(a.destroyed for a in accounts) == sum(int(line["destroyed"]) for line in lines) <= missing
    assert sum(a.stored for a in accounts) == len(stored)
    if missing:
        assert lines


def test_noise_that_begins_like_a_page_of_an_index_is_searched(path: Path) -> None:
    def harm(data: bytearray) -> None:
        page = data.index(body(777)) // PAGE * PAGE
        data[page : page + 64] = b"\x02" + random.Random(7).randbytes(63)

    change(path, harm)
    stored, held, _ = recover(path)
    assert (sorted(ALL - stored), HELD - held) == ([], set())


def test_of_a_quarantine_that_was_hit_the_minute_stays_exact(path: Path) -> None:
    def harm(data: bytearray) -> None:
        for number in range(10_001, 10_101):
            at = data.index(body(number))
            data[at : at + 4] = b"\0\0\0\0"

    change(path, harm)
    stored, held, lines = recover(path)
    assert (stored, HELD - held) == (ALL, set(range(10_001, 10_101)))
    assert [line["destroyed"] for line in lines] == ["100"]
    vans = [account for account in Ledger(path).balance() if account.source == "vans"]
    assert [account[2:] for account in vans[:3]] == [(440, 400, 0, 1, 39), (440, 400, 0, 0, 40), (440, 400, 0, 19, 21)]


def test_what_was_destroyed_stays_told_when_more_is(path: Path) -> None:
    for number in (100, 101, 102):
        flip(path, number)
        recover(path)
    account = next(account for account in Ledger(path).balance() if account.source == "vans")
    assert account[2:] == (440, 397, 0, 40, 3)


def test_a_minute_whose_own_figures_were_hit_is_counted_anew(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE balance SET stored = stored + 4096 WHERE rowid = 1")
    flip(path, 100)
    recover(path)
    assert Ledger(path).balance()[1][2:] == (439, 399, 0, 40, 0)


def test_what_was_deleted_does_not_come_back(path: Path) -> None:
    journal = Journal(path)
    journal._raw.execute("DELETE FROM record WHERE at <= 1000")
    minute = int(NOON // 60)
    journal._raw.executemany(
        "INSERT INTO pruned VALUES (1, ?, ?)", [(minute, 400), (minute + 1, 400), (minute + 2, 198)]
    )
    journal._raw.executemany("INSERT INTO pruned VALUES (2, ?, 1)", [(minute,), (minute + 1,)])
    journal.close()
    flip(path, 3001)
    stored, _, lines = recover(path)
    assert len(ALL - stored) == 1001
    assert [line["destroyed"] for line in lines] == ["1"]


def test_the_same_journal_goes_on_for_those_who_follow_it(path: Path) -> None:
    before = journal_id(path)
    change(path, lambda data: data.__setitem__(slice(0, PAGE), bytes(PAGE)))
    stored, held, _ = recover(path)
    assert (stored, held) == (ALL, HELD)
    assert journal_id(path) == before


def test_a_row_that_is_older_than_a_column_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, source INTEGER, device TEXT, message TEXT, reason TEXT, "
            "source_s FLOAT, arrival_s FLOAT, commit_s FLOAT, raw BLOB, replayed_s FLOAT)"
        )
        connection.execute("INSERT INTO quarantine VALUES (7, 1, 'd', 'm', 'why', 1.5, 2, 3, x'00', NULL)")
    (found,) = Pages(path.read_bytes(), [RECORDS, QUARANTINE], lambda _: None).rows()
    assert found == ("quarantine", (7, 1, "d", "m", "why", 1.5, 2, 3, b"\0", None, None))


def test_only_counts_of_what_went_by_rule_are_alike() -> None:
    assert [table.name for table in same_shape(META.sorted_tables)] == ["capped", "pruned"]
