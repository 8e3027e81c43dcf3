from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from data.connectors.contract import Gap, Record
from data.sync import journal as module
from data.sync import tables
from data.sync.journal import DamagedRecordError, Entry, Journal, Origin, read
from data.sync.ledger import Ledger
from data.sync.recovery import is_damage, open_or_recover
from tests.twin.live.factory import rows
from twin.errors import BadInputError

VANS = Origin("vans", "video", "internal")
NOON = 1_790_000_040.0


def record(number: int, device: str = "013912345678") -> Record:
    return Record(number.to_bytes(16, "big"), device, "0200", NOON + number, b"raw %d" % number)


def entry(numbers: Sequence[int], origin: Origin = VANS, at_s: float = NOON, bad: int = 0) -> Entry:
    refused = [(record(1000 + i), "checksum wrong") for i in range(bad)]
    return Entry(origin, at_s, len(numbers) + bad, [record(n) for n in numbers], refused)


def told(*_: object) -> None:
    """Hear of nothing."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def test_a_record_comes_back_with_its_clocks_and_its_source(path: Path) -> None:
    journal = Journal(path, clock=lambda: NOON + 9)
    journal.append([entry([1, 2])])
    journal.close()
    first, second = read(path)
    assert (first.at, second.at) == (1, 2)
    assert (first.source_s, first.arrival_s, first.commit_s) == (NOON + 1, NOON, NOON + 9)
    assert (first.device, first.message, first.raw) == ("013912345678", "0200", b"raw 1")
    assert [stored.at for stored in read(path, after=1)] == [2]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT name, zone, classification FROM source").fetchall() == [tuple(VANS)]
    connection.close()


def test_a_commit_is_on_disk_before_it_returns(path: Path) -> None:
    journal = Journal(path)
    (mode,) = journal._raw.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = journal._raw.execute("PRAGMA synchronous").fetchone()
    journal.close()
    assert (mode, synchronous) == ("wal", 2)


def test_what_is_sent_again_is_kept_once_also_from_another_zone(path: Path) -> None:
    journal = Journal(path)
    (first,) = journal.append([entry([1, 2, 2, 3])])
    (second,) = journal.append([entry([3, 4], VANS._replace(zone="internet"))])
    (other,) = journal.append([entry([3], Origin("buses"))])
    journal.close()
    assert first.new.tolist() == [True, True, False, True]
    assert second.new.tolist() == [False, True]
    assert other.new.tolist() == [True]
    assert [account[2:6] for account in Ledger(path).balance()] == [(1, 1, 0, 0), (6, 4, 2, 0)]


def test_the_balance_is_exact_for_each_source_and_minute(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry(range(600), bad=3), entry(range(590, 700), at_s=NOON + 60), entry([1], Origin("buses"))])
    journal.close()
    accounts = {(a.source, a.minute): a for a in Ledger(path).balance()}
    minute = int(NOON // 60)
    assert accounts["vans", minute][2:6] == (603, 600, 0, 3)
    assert accounts["vans", minute + 1][2:6] == (110, 100, 10, 0)
    assert accounts["buses", minute][2:6] == (1, 1, 0, 0)
    assert [a.difference for a in accounts.values()] == [0, 0, 0]
    assert Ledger(path).verify() == []


def test_a_message_that_was_lost_on_the_way_shows_in_the_balance(path: Path) -> None:
    journal = Journal(path)
    journal.append([Entry(VANS, NOON, 5, [record(1)])])
    journal.close()
    assert [a.difference for a in Ledger(path).balance()] == [4]


def test_a_group_is_kept_whole_or_not_at_all(path: Path) -> None:
    journal = Journal(path)
    broken = Entry(VANS, NOON, 1, [record(2)._replace(device=None)])  # type: ignore[arg-type]  # what the table refuses
    with pytest.raises(sqlite3.IntegrityError):
        journal.append([entry([1]), broken])
    assert list(read(path)) == []
    journal.append([entry([1])])
    journal.close()
    assert len(list(read(path))) == 1
    assert Ledger(path).verify() == []


def test_a_full_disk_keeps_nothing_of_the_group_and_all_of_what_was_before(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry([1])])
    (pages,) = journal._raw.execute("PRAGMA page_count").fetchone()
    journal._raw.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(sqlite3.OperationalError, match="full") as caught:
        journal.append([entry(range(2, 3000))])
    assert not is_damage(caught.value)
    journal._raw.execute("PRAGMA max_page_count = 1000000")
    journal.append([entry(range(2, 3000))])
    journal.close()
    assert len(list(read(path))) == 2999
    assert Ledger(path).verify() == []


def test_gaps_are_kept_until_they_are_filled(path: Path) -> None:
    journal = Journal(path)
    gap = Gap("013912345678", 10, 3, 3, NOON, NOON + 30)
    journal.append([Entry(VANS, NOON, 0, [], gaps=[gap])])
    assert Ledger(path).gaps() == [("vans", gap)]
    journal.append([Entry(VANS, NOON, 0, [], gaps=[Gap("013912345678", 10, 3, 0, NOON, NOON + 30)])])
    journal.close()
    assert Ledger(path).gaps("vans") == []


def test_the_log_is_copied_into_the_file_when_it_grows(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECKPOINT_PAGES", 25)
    journal, sizes = Journal(path), []
    for turn in range(40):
        journal.append([entry(range(turn * 250, turn * 250 + 250))])
        sizes.append(path.stat().st_size)
    log = path.with_name(path.name + "-wal").stat().st_size
    journal.close()
    assert log < 400_000
    assert 5 < len(set(sizes)) < 30  # now and then, and not after each commit
    assert len(list(read(path, limit=20_000))) == 10_000


def test_a_quarantined_message_is_taken_back_in_the_minute_it_came(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry([1], bad=2)])
    journal.close()
    ledger = Ledger(path)
    newest = ledger.quarantine()
    assert [(held.id, held.reason, held.raw) for held in newest] == [
        (2, "checksum wrong", b"raw 1001"),
        (1, "checksum wrong", b"raw 1000"),
    ]
    assert ledger.take_back(2, [record(1), record(7), record(8)], rows(("van", NOON + 7)), NOON + 500) == 2
    (account,) = ledger.balance()
    assert account[2:6] == (5, 3, 1, 1)
    assert ledger.verify() == []
    assert [held.id for held in ledger.quarantine()] == [1]
    assert [held.id for held in ledger.quarantine(replayed=True)] == [2, 1]
    with pytest.raises(BadInputError, match="taken already"):
        ledger.take_back(2, [record(9)], rows(), NOON + 501)


def filled(path: Path, count: int = 5000) -> None:
    journal = open_or_recover(path, told)
    journal.append([entry(range(count))])
    journal.checkpoint()
    journal.close()


def test_a_flipped_byte_in_a_record_is_found(path: Path) -> None:
    filled(path, 10)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"raw 7", b"rAw 7"))
    assert Ledger(path).verify() == ["record 8 was changed"]
    with pytest.raises(DamagedRecordError):
        list(read(path))


@pytest.mark.parametrize("hurt", ["head", "middle", "torn"])
def test_of_a_damaged_journal_what_can_be_read_is_taken_over(path: Path, hurt: str) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    if hurt == "head":
        data[:100] = bytes(100)
    elif hurt == "middle":
        data[4096 * 20 : 4096 * 22] = b"\xff" * 8192
    else:
        del data[len(data) // 2 // 4096 * 4096 + 100 :]
    path.write_bytes(bytes(data))
    lines: list[str] = []
    journal = open_or_recover(path, lambda level, key, values: lines.append(f"{level} {key} {values['records']}"))
    journal.append([entry([9000])])
    journal.close()
    found = {int.from_bytes(stored.key, "big") for stored in read(path, limit=100_000)}
    assert lines == [f"error journal_damaged {len(found) - 1}"]
    assert 9000 in found
    assert len(found) > (5000 if hurt == "head" else 1000)
    assert len(list(path.parent.glob("*.damaged-*"))) == 1


def test_a_torn_log_costs_only_what_was_not_committed(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry(range(100))])
    log = path.with_name(path.name + "-wal")
    whole, file = log.read_bytes(), path.read_bytes()
    journal.append([entry(range(100, 200))])
    longer = log.read_bytes()
    journal.close()
    path.write_bytes(file)
    log.write_bytes(longer[: len(whole) + 2000])
    assert len(list(read(path))) == 100
    assert Ledger(path).verify() == []


def left_by_a_kill(path: Path, commits: int) -> Path:
    """Fill a journal with 50 records a commit that all stand in its log; return the log."""
    journal = Journal(path)
    log = path.with_name(path.name + "-wal")
    for number in range(commits):
        journal.append([entry(range(50 * number, 50 * number + 50))])
    left = (path.read_bytes(), log.read_bytes())
    journal.close()
    path.write_bytes(left[0])
    log.write_bytes(left[1])
    return log


def recovered(path: Path) -> tuple[int, list[str]]:
    lines: list[str] = []
    open_or_recover(path, lambda level, key, values: lines.append(key)).close()
    return sum(1 for _ in read(path, limit=100_000)), lines


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.9])
def test_a_log_that_is_broken_costs_what_stood_there_and_is_told(path: Path, share: float) -> None:
    log = left_by_a_kill(path, 40)
    data = bytearray(log.read_bytes())
    at = int(share * len(data))
    data[at : at + 512] = bytes(byte ^ 0x55 for byte in data[at : at + 512])
    log.write_bytes(bytes(data))
    count, lines = recovered(path)
    assert lines == ["journal_damaged"]
    assert count >= 40 * 50 - 60


def test_what_was_committed_and_torn_off_the_log_is_told(path: Path) -> None:
    log = left_by_a_kill(path, 40)
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    count, lines = recovered(path)
    assert lines == ["journal_cut"]
    assert count > 500


def test_a_log_as_a_kill_left_it_is_no_damage(path: Path) -> None:
    log = left_by_a_kill(path, 10)
    with log.open("ab") as file:
        file.write(b"half of a frame that was being written")
    assert recovered(path) == (500, [])


def test_what_lies_between_damaged_pages_is_taken_over(path: Path) -> None:
    filled(path)
    data = bytearray(path.read_bytes())
    for page in (20, 40, 60):
        data[4096 * page : 4096 * (page + 1)] = b"\xff" * 4096
    path.write_bytes(bytes(data))
    count, lines = recovered(path)
    assert lines == ["journal_damaged"]
    assert 4500 < count < 5000


@pytest.mark.parametrize("column", ["key", "device", "message", "source_s", "source", "raw"])
def test_a_record_of_which_anything_was_changed_is_found(path: Path, column: str) -> None:
    filled(path, 10)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE record SET {column} = CAST(CAST(x'ff61' AS BLOB) AS TEXT) WHERE at = 8")  # noqa: S608
    assert "record 8 was changed" in Ledger(path).verify()


def test_a_journal_that_is_locked_is_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BUSY_S", 0.01)
    journal = Journal(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises((sqlite3.OperationalError, DBAPIError), match="locked") as caught:
        journal.append([entry([1])])
    assert not is_damage(caught.value)
    other.execute("ROLLBACK")
    other.close()
    journal.append([entry([1])])
    journal.close()
