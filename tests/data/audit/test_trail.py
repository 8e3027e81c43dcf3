"""The audit record keeps every entry, and shows what was changed behind its back."""

from __future__ import annotations

import multiprocessing
import resource
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError as SqlIntegrityError

from app.commands import Command, Commands
from data.audit.desk import DeskTrail, open_audit
from data.audit.reading import entries, verify_file
from data.audit.verify import NOT_THAT, Mark, Verification
from tests.data.audit.trails import entry, tamper
from twin.access import DEMO_ACTOR, Purpose
from twin.errors import BadInputError, DiskError, IntegrityError


def mark(noted: Verification) -> dict[int, Mark]:
    return {noted.count: Mark(bytes.fromhex(noted.hash))}


@pytest.fixture
def record(tmp_path: Path) -> Iterator[DeskTrail]:
    with open_audit(tmp_path / "trail.sqlite") as opened:
        for i in range(6):
            opened.write(entry(f"action.{i}", Purpose("查找失踪老人", "A-1") if i % 2 else None))
        yield opened


def test_entries_come_back_in_order_with_their_words(record: DeskTrail) -> None:
    kept = entries(record.path)
    assert [row["seq"] for row in kept] == [1, 2, 3, 4, 5, 6]
    assert kept[1]["purpose"] == "查找失踪老人"
    assert kept[1]["reference"] == "A-1"
    assert kept[0]["purpose"] is None
    assert kept[0]["details"] == {"format": "gpkg"}
    assert [row["seq"] for row in entries(record.path, 2)] == [5, 6]


def test_an_untouched_record_verifies(record: DeskTrail) -> None:
    found = verify_file(record.path)
    assert (found.count, found.bad_seq, found.problem) == (6, 0, "")
    assert found.hash == entries(record.path)[-1]["hash"]
    assert verify_file(record.path, mark(found)) == replace(found, marked=6)


def test_a_fresh_record_verifies_and_keeps_to_its_file(tmp_path: Path) -> None:
    open_audit(tmp_path / "deep" / "trail.sqlite").close()
    assert verify_file(tmp_path / "deep" / "trail.sqlite").count == 0
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["trail.sqlite"]


@pytest.mark.parametrize("verb", ["UPDATE audit_entry SET body = 'x'", "DELETE FROM audit_entry"])
def test_the_table_refuses_changes(record: DeskTrail, verb: str) -> None:
    connection = sqlite3.connect(record.path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(verb)
    connection.close()


@pytest.mark.parametrize(
    ("statements", "bad_seq"),
    [
        (["UPDATE audit_entry SET body = replace(body, 'demo', 'x') WHERE seq = 3"], 3),
        (["UPDATE audit_entry SET body = '' WHERE seq = 2"], 2),
        (["UPDATE audit_entry SET hash = zeroblob(32) WHERE seq = 6"], 6),
        (["DELETE FROM audit_entry WHERE seq = 0"], 0),
        (["DELETE FROM audit_entry WHERE seq = 1"], 1),
        (["DELETE FROM audit_entry WHERE seq = 4"], 4),
        (["DELETE FROM audit_entry WHERE seq = 4", "UPDATE audit_entry SET seq = seq - 1 WHERE seq > 4"], 4),
        (["UPDATE audit_entry SET seq = 99 WHERE seq = 2", "UPDATE audit_entry SET seq = 2 WHERE seq = 5",
          "UPDATE audit_entry SET seq = 5 WHERE seq = 99"], 2),
        (["INSERT INTO audit_entry SELECT 7, body, hash FROM audit_entry WHERE seq = 6"], 7),
        (["DELETE FROM audit_entry"], 0),
    ],
    ids=["changed", "emptied", "hash", "begin-gone", "first-gone", "middle-gone", "renumbered", "swapped", "forged",
         "all-gone"],
)  # fmt: skip
def test_tampering_names_the_first_bad_entry(record: DeskTrail, statements: list[str], bad_seq: int) -> None:
    tamper(record.path, *statements)
    found = verify_file(record.path)
    assert found.problem
    assert found.bad_seq == bad_seq


def test_a_cut_tail_shows_only_against_a_checkpoint(record: DeskTrail) -> None:
    noted = verify_file(record.path)
    tamper(record.path, "DELETE FROM audit_entry WHERE seq > 4")
    assert verify_file(record.path).bad_seq == 0
    assert verify_file(record.path, mark(noted)).bad_seq == 5


def test_another_record_in_its_place_shows_against_a_checkpoint(record: DeskTrail, tmp_path: Path) -> None:
    noted = verify_file(record.path)
    with open_audit(tmp_path / "other.sqlite") as other:
        for _ in range(8):
            other.write(entry())
    found = verify_file(other.path, mark(noted))
    assert (found.bad_seq, found.problem) == (0, NOT_THAT)


def test_a_damaged_file_is_an_integrity_error(record: DeskTrail) -> None:
    record.close()
    record.path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(IntegrityError):
        verify_file(record.path)
    with pytest.raises(DiskError):
        record.write(entry())


def test_a_missing_record_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no audit record"):
        verify_file(tmp_path / "none.sqlite")


def write_many(path: Path, count: int) -> None:
    with open_audit(path) as record:
        for i in range(count):
            record.write(entry(f"many.{i}"))


def test_several_processes_share_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "trail.sqlite"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_many, args=(path, 25)) for _ in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    found = verify_file(path)
    assert (found.count, found.bad_seq) == (75, 0)


def test_nothing_is_done_when_it_cannot_be_recorded(record: DeskTrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # the limit would cut compiled files
    done: list[str] = []
    commands = Commands(DEMO_ACTOR, record)
    commands.add(Command("thing.do", lambda _: done.append("done"), permission="thing.do"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    try:
        with pytest.raises(DiskError, match="nothing was done"):
            commands.run("thing.do")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done == []
    assert verify_file(record.path).count == 6


def test_two_writers_never_take_the_same_number(record: DeskTrail) -> None:
    with pytest.raises(SqlIntegrityError), record._engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO audit_entry SELECT * FROM audit_entry WHERE seq = 6")
