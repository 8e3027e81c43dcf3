"""Before another version opens a user's data: older are backed up, newer refused, new ones get what was prepared."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from data import upgrade
from data.backup import make
from data.backup.listing import verify
from data.home import Home
from data.policy import give_first
from data.upgrade import STAMP, NewerDataError, backups_of, kept_by, settle
from twin.errors import DiskError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "data", tmp_path / "cache", tmp_path / "state", tmp_path / "runtime")
    for folder in (made.data, made.cache, made.state, made.runtime):
        folder.mkdir()
    return made


def keep(home: Home, version: str) -> None:
    (home.data / STAMP).write_text(f'{{"program": "{version}"}}')
    (home.data / "lake").mkdir()
    (home.data / "lake/a.parquet").write_bytes(b"never changed in place")
    with sqlite3.connect(home.data / "records.sqlite") as database:
        database.execute("CREATE TABLE kept (what TEXT)")
        database.execute("INSERT INTO kept VALUES ('before')")
    database.close()


def test_data_of_an_older_version_are_backed_up_once_and_whole(home: Home) -> None:
    keep(home, "0.1.0")
    made = settle(home, "0.2.0", 0.0)
    assert made is not None
    assert made.parent == backups_of(home)
    listing = verify(made)
    assert listing.program == "0.1.0"
    assert {"data/records.sqlite", "data/lake/a.parquet"} <= set(listing.files)
    assert (made / "data/lake/a.parquet").samefile(home.data / "lake/a.parquet")  # a second name, not a copy
    assert kept_by(home.data) == "0.2.0"
    assert settle(home, "0.2.0", 1.0) is None


def test_data_of_a_newer_version_are_refused_and_left_alone(home: Home) -> None:
    keep(home, "0.10.0")
    with pytest.raises(NewerDataError, match=r"0\.10\.0.*0\.9\.1"):
        settle(home, "0.9.1", 0.0)
    assert kept_by(home.data) == "0.10.0"
    assert not backups_of(home).exists()


def test_without_a_backup_nothing_is_opened(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object, **_options: object) -> Path:
        raise DiskError("the disk is full")

    keep(home, "0.1.0")
    monkeypatch.setattr(make, "make_backup", full)
    with pytest.raises(DiskError, match="Make room"):
        settle(home, "0.2.0", 0.0)
    assert kept_by(home.data) == "0.1.0"


def test_a_first_start_takes_what_was_prepared_and_a_second_does_not(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "etc/first-start").mkdir(parents=True)
    (tmp_path / "etc/first-start/sources.toml").write_text("# all desks\n")
    monkeypatch.setattr(upgrade, "give_first", lambda data: give_first(data, tmp_path / "etc"))
    assert settle(home, "0.1.0", 0.0) is None
    (home.data / "sources.toml").unlink()
    settle(home, "0.1.0", 1.0)
    assert not (home.data / "sources.toml").exists()


@pytest.mark.parametrize("stamp", ["", "{", '{"program": 7}'])
def test_a_stamp_that_cannot_be_read_is_as_none(home: Home, stamp: str) -> None:
    (home.data / STAMP).write_text(stamp)
    assert settle(home, "0.1.0", 0.0) is None
    assert kept_by(home.data) == "0.1.0"
