"""Databases are encrypted on disk by a setting, turned whole or not at all, and open by their key alone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.accounts.opening import has_accounts, open_accounts
from data.audit.desk import open_desk
from data.audit.report import verify_all
from data.audit.trails import desk_file
from data.backup.make import make_backup
from data.backup.restore import restore
from data.encryption import decrypt, encrypt, state
from data.home import Home
from data.records.database import engine_of, open_records
from data.records.settings import database_url
from data.records.tables import CASES
from data.sealed import SECRET, is_sealed, key_of, turn
from data.secrets import set_encrypt
from twin.access import AuditEntry, Decision, Resource, Rules
from twin.errors import DiskError, IntegrityError, UsageError

CASE = {"number": "A-1", "day": "2026-11-22", "title": "冒充客服", "amount_fen": 1, "opened_at_s": 0.0,
        "status": "open",
        "opened_by": "wang"}  # fmt: skip
ENTRY = AuditEntry("wang", "case.open", Resource("case", "A-1"), None, Decision(True, ""))
HOLDING = """
import sqlite3, sys

other = sqlite3.connect(sys.argv[1])
other.execute("SELECT 1 FROM fraud_case").fetchall()
print("open", flush=True)
sys.stdin.read()
"""
PASSING = """
import sys
from pathlib import Path
from data.sealed import opened

with opened(Path(sys.argv[1]), sys.argv[2]) as other:
    other.execute("SELECT 1 FROM fraud_case").fetchall()
"""
KILLED = """
import os, sys
from pathlib import Path
import data.sealed as sealed

def die(*_):
    os._exit(9)

where, path, key = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if where == "before":
    Path.replace = die
elif where == "after":
    sealed.wipe = die
elif where == "written":
    sealed.to_disk = die
sealed.turn(path, "", key)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(*(tmp_path / "home" / name for name in ("data", "cache", "state", "runtime")))
    for folder in (home.data, home.cache, home.state, home.runtime):
        folder.mkdir(parents=True)
    return home


def fill(home: Home, *numbers: str) -> None:
    """Keep cases in the records, and an entry in each trail."""
    engine = open_records(home)
    with engine.begin() as connection:
        for number in numbers:
            connection.execute(sa.insert(CASES), {**CASE, "number": number})
    engine.dispose()
    with open_desk(home) as trail:
        trail.write(ENTRY)


def kept(home: Home) -> list[str]:
    engine = open_records(home)
    with engine.begin() as connection:
        found = list(connection.scalars(sa.select(CASES.c.number).order_by(CASES.c.number)))
    engine.dispose()
    return found


def test_a_home_is_encrypted_goes_on_and_is_plain_again(home: Home) -> None:
    fill(home, "A-1")
    records, trail = home.data / "records.sqlite", desk_file(home)
    assert encrypt(home) == [records, trail]
    assert set(state(home).values()) == {True}
    for path in (records, trail):
        assert "冒充客服".encode() not in path.read_bytes()
        with closing(sqlite3.connect(path)) as copy, pytest.raises(sqlite3.DatabaseError, match="not a database"):
            copy.execute("SELECT * FROM sqlite_master")
    fill(home, "A-2")
    assert kept(home) == ["A-1", "A-2"]
    assert [(report.holds, report.found.count) for report in verify_all(home)] == [(True, 2), (True, 0)]
    assert encrypt(home) == []
    assert decrypt(home) == [records, trail]
    assert kept(home) == ["A-1", "A-2"]
    assert all(report.holds for report in verify_all(home))
    assert decrypt(home) == []


def test_new_databases_are_encrypted_where_the_settings_say_so(home: Home) -> None:
    set_encrypt(home, True)
    fill(home, "A-1")
    assert set(state(home).values()) == {True}
    assert not has_accounts(home)
    store = open_accounts(home, Rules({}))
    store.close()
    key = home.state / f"{SECRET}.key"
    assert len(key.read_text("ascii")) == 64
    if os.name == "posix":
        assert key.stat().st_mode & 0o077 == 0


def test_another_key_opens_nothing_and_says_so_in_one_sentence(home: Home) -> None:
    set_encrypt(home, True)
    fill(home, "A-1")
    (home.state / f"{SECRET}.key").write_text("ab" * 32)
    with pytest.raises(DiskError, match="a key that is not here"):
        open_records(home)
    with pytest.raises(DiskError, match="a key that is not here"):
        has_accounts(home)
    with open_desk(home) as trail, pytest.raises(DiskError, match="a key that is not here"):
        trail.write(ENTRY)
    with pytest.raises(IntegrityError, match="a key that is not here"):
        verify_all(home)
    before = (home.data / "records.sqlite").read_bytes()
    with pytest.raises(DiskError, match="a key that is not here"):
        decrypt(home)
    assert (home.data / "records.sqlite").read_bytes() == before


def test_a_copied_file_is_of_no_use_without_its_key(home: Home, tmp_path: Path) -> None:
    set_encrypt(home, True)
    fill(home, "A-1")
    thief = Home(*(tmp_path / "thief" / name for name in ("data", "cache", "state", "runtime")))
    thief.data.mkdir(parents=True)
    (thief.data / "records.sqlite").write_bytes((home.data / "records.sqlite").read_bytes())
    with pytest.raises(DiskError, match="a key that is not here"):
        open_records(thief)


def test_what_somebody_has_open_is_not_turned(home: Home) -> None:
    fill(home, "A-1")
    asked = [sys.executable, "-c", HOLDING, str(home.data / "records.sqlite")]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(UsageError, match="in use"):
            encrypt(home)
        other.communicate()
    assert kept(home) == ["A-1"]
    encrypt(home)
    assert kept(home) == ["A-1"]


def test_who_waited_for_the_old_file_writes_nothing_into_it(home: Home, tmp_path: Path) -> None:
    fill(home, "A-1")
    path = home.data / "records.sqlite"
    with path.open("rb") as old:
        turn(path, "", "cd" * 32)
        assert set(old.read()) == {0}


@pytest.mark.parametrize("encrypted", [False, True])
def test_looking_at_a_file_that_is_open_keeps_its_locks(home: Home, encrypted: bool) -> None:
    set_encrypt(home, encrypted)
    path, engine = home.data / "records.sqlite", open_records(home)
    with engine.connect() as connection:
        connection.execute(sa.select(CASES)).all()
        assert (
            bool(database_url(home).password) is encrypted
        )  # looks at it again, as every other part does that opens it
        subprocess.run([sys.executable, "-c", PASSING, str(path), key_of(home, path)], check=True, timeout=120)
        assert path.with_name("records.sqlite-wal").exists()  # who ended did not take itself for the last
    engine.dispose()


@pytest.mark.parametrize(("where", "sealed"), [("written", False), ("before", False), ("after", True)])
def test_whenever_it_is_killed_the_file_is_whole(home: Home, where: str, sealed: bool) -> None:
    fill(home, *(f"A-{number:03}" for number in range(200)))
    path = home.data / "records.sqlite"
    set_encrypt(home, False)
    key = "ef" * 32
    (home.state / f"{SECRET}.key").write_text(key)
    done = subprocess.run([sys.executable, "-c", KILLED, where, str(path), key], check=False, timeout=120)
    assert done.returncode == 9
    assert is_sealed(path) is sealed
    assert len(kept(home)) == 200
    encrypt(home)
    assert is_sealed(path)
    assert len(kept(home)) == 200


def test_a_full_disk_leaves_the_file_as_it_was(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(home, "A-1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("data.sealed.to_disk", full)
    with pytest.raises(DiskError, match="stays as it was"):
        encrypt(home)
    monkeypatch.undo()
    assert not list(home.data.glob("*.new"))
    assert kept(home) == ["A-1"]


def test_a_backup_stays_encrypted_and_comes_back(home: Home, tmp_path: Path) -> None:
    set_encrypt(home, True)
    fill(home, "A-1")
    made = make_backup(home, tmp_path / "shelf", "1", 0.0)
    assert is_sealed(made / "data" / "records.sqlite")
    fill(home, "A-2")
    restore(home, made, replace=True, now_s=0.0)
    assert kept(home) == ["A-1"]
    assert key_of(home, desk_file(home))
    url = database_url(home)
    assert url.password is not None
    assert str(url.password) not in repr(engine_of(url))
