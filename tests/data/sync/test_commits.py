from __future__ import annotations

import resource
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from data.sync import commits as module
from data.sync.commits import BadEntryError, Commits
from data.sync.journal import Entry, Journal, Kept, read
from data.sync.ledger import Ledger
from tests.data.sync.test_journal import entry

Lines = list[tuple[str, str]]


@pytest.fixture
def lines() -> Lines:
    return []


@pytest.fixture
def commits(tmp_path: Path, lines: Lines) -> Iterator[Commits]:
    running = Commits(
        tmp_path / "journal.sqlite", lambda level, key, values: lines.append((key, values.get("reason", "")))
    )
    yield running
    running.close()


class Failing:
    """Makes appending fail until told otherwise."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.failed, self.well = threading.Event(), threading.Event()
        append = Journal.append

        def fail(journal: Journal, entries: Sequence[Entry]) -> list[Kept]:
            if self.well.is_set():
                return append(journal, entries)
            self.failed.set()
            raise error

        monkeypatch.setattr(Journal, "append", fail)
        monkeypatch.setattr(module, "RETRY_S", 0.01)


def test_an_entry_is_answered_once_it_is_on_disk(commits: Commits, tmp_path: Path) -> None:
    futures = [commits.put(entry(range(n * 10, n * 10 + 10))) for n in range(20)]
    assert all(future.result(timeout=60).new.all() for future in futures)
    assert len(list(read(tmp_path / "journal.sqlite"))) == 200


def test_entries_that_come_together_are_committed_together(commits: Commits, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    append = Journal.append

    def watch(journal: Journal, entries: Sequence[Entry]) -> list[Kept]:
        sizes.append(len(entries))
        return append(journal, entries)

    monkeypatch.setattr(Journal, "append", watch)
    monkeypatch.setattr(module, "WAIT_S", 0.5)
    monkeypatch.setattr(module, "RECORDS_AT_ONCE", 30)
    for future in [commits.put(entry(range(n * 10, n * 10 + 10))) for n in range(6)]:
        future.result(timeout=30)
    assert sizes == [3, 3]


def test_while_the_disk_is_full_nothing_is_answered_and_then_everything(
    commits: Commits, lines: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    disk = Failing(monkeypatch, sqlite3.OperationalError("database or disk is full"))
    futures = [commits.put(entry([n])) for n in range(5)]
    assert disk.failed.wait(60)
    assert not any(future.done() for future in futures)
    disk.well.set()
    for future in futures:
        assert future.result(timeout=60).new.all()
    assert commits.problem == ""
    assert lines == [("journal_stopped", "database or disk is full"), ("journal_writes_again", "")]
    assert len(list(read(tmp_path / "journal.sqlite"))) == 5


def test_a_disk_that_takes_no_more_for_real_is_waited_for(tmp_path: Path) -> None:
    path, keys, told = tmp_path / "journal.sqlite", list[str](), threading.Event()

    def tell(level: str, key: str, values: dict[str, str]) -> None:
        keys.append(key)
        told.set()

    running = Commits(path, tell)
    running.put(entry(range(10))).result(timeout=30)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = path.with_name("journal.sqlite-wal").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (log + 5000, unlimited[1]))
    try:
        future = running.put(entry(range(10, 3000)))
        assert told.wait(60)
        assert not future.done()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert future.result(timeout=60).new.all()
    running.close()
    assert keys == ["journal_stopped", "journal_writes_again"]
    assert len(list(read(path))) == 3000
    assert Ledger(path).verify() == []


def test_an_entry_that_can_never_be_kept_does_not_hold_up_the_others(commits: Commits, tmp_path: Path) -> None:
    bad = entry([2])
    bad = replace(bad, records=[bad.records[0]._replace(device=None)])  # type: ignore[arg-type]  # a connector's mistake
    futures = [commits.put(one) for one in (entry([1]), bad, entry([3]))]
    assert futures[0].result(timeout=60).new.all()
    assert futures[2].result(timeout=60).new.all()
    assert isinstance(futures[1].exception(timeout=30), BadEntryError)
    assert commits.problem == ""
    assert Ledger(tmp_path / "journal.sqlite").verify() == []


def test_closing_on_a_full_disk_leaves_unanswered_what_was_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Failing(monkeypatch, sqlite3.OperationalError("database or disk is full"))
    running = Commits(tmp_path / "journal.sqlite", lambda *_: None)
    future = running.put(entry([1]))
    assert disk.failed.wait(60)
    running.close()
    assert not future.done()


def test_closing_keeps_what_waits(tmp_path: Path) -> None:
    running = Commits(tmp_path / "journal.sqlite", lambda *_: None)
    futures = [running.put(entry([n])) for n in range(50)]
    running.close()
    assert all(future.done() for future in futures)


def test_a_journal_damaged_while_it_is_open_is_mended_and_nothing_waiting_is_lost(
    commits: Commits, lines: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    commits.put(entry(range(2000))).result(timeout=30)
    disk = Failing(monkeypatch, sqlite3.DatabaseError("database disk image is malformed"))
    future = commits.put(entry(range(3000, 3010)))
    assert disk.failed.wait(60)
    disk.well.set()
    assert future.result(timeout=60).new.all()
    assert len(list(read(tmp_path / "journal.sqlite"))) == 2010
    assert lines[0] == ("journal_stopped", "database disk image is malformed")
