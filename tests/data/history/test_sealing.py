"""An encrypted lake answers every reader as a plain one does, also while only some of its files are turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from data.audit.desk import open_audit
from data.encryption import decrypt, encrypt, state
from data.history.day import track
from data.history.engines import DuckDB
from data.history.files import turn
from data.history.filtered import FilteredHistory
from data.history.manifest import lake_path
from data.history.questions import Questions
from data.history.reader import History
from data.history.sealing import is_sealed, lake_key
from data.history.upkeep import make_round
from data.home import Home
from data.sealed import made_key
from data.sync.journal import journal_path
from tests.data.history.factory import NOON, record, walk

ALL = shapely.box(-180, -90, 180, 90)
DAY = NOON, NOON + 7200


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    for folder in (made.data, made.cache, made.state, made.runtime):
        folder.mkdir()
    (made.data / "twins" / "small").mkdir(parents=True)
    return made


def sealed_into_the_lake(home: Home, minutes: int) -> None:
    record(journal_path(home, "small"), walk(4, minutes))
    with open_audit(home.state / "made.sqlite") as audit:
        make_round(home, "small", audit, lambda: NOON + 86400)


def answers(home: Home) -> list[np.ndarray]:
    """Return what each way of reading tells of the same day."""
    history, engine = History.of(home, "small"), DuckDB(1)
    try:
        one = bytes(history.rows_between(*DAY)["id"][0]).decode()
        return [
            history.rows_between(*DAY),
            track(history, one, *DAY),
            Questions(history, engine).within(ALL, *DAY),
            FilteredHistory(history).rows(None, ["car"], *DAY),
        ]
    finally:
        engine.close()
        history.close()


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return [part.tobytes() for part in one] == [part.tobytes() for part in other] and all(len(part) for part in one)


def test_all_readers_tell_the_same_of_a_lake_that_is_plain_half_turned_and_encrypted(home: Home) -> None:
    sealed_into_the_lake(home, 60)
    lake, plain = lake_path(home, "small"), answers(home)
    files = sorted(lake.glob("day=*/*.parquet"))
    key = lake_key(made_key(home))
    turn(lake, files[0].relative_to(lake).as_posix(), key)
    assert [is_sealed(file) for file in files].count(True) == 1
    assert same(answers(home), plain)
    assert lake in encrypt(home)
    assert set(state(home).values()) == {True}
    assert {str(lake), str(lake / "manifest.sqlite"), str(journal_path(home, "small"))} <= state(home).keys()
    assert same(answers(home), plain)
    sealed_into_the_lake(home, 90)
    assert all(is_sealed(file) for file in lake.glob("day=*/*.parquet"))
    assert encrypt(home) == []
    assert lake in decrypt(home)
    assert set(state(home).values()) == {False}
    assert len(answers(home)[0]) > len(plain[0])


def test_a_lake_whose_key_is_gone_is_not_read(home: Home) -> None:
    sealed_into_the_lake(home, 10)
    lake = lake_path(home, "small")
    for file in lake.glob("day=*/*.parquet"):
        turn(lake, file.relative_to(lake).as_posix(), bytes(range(32)))
    with pytest.raises(OSError, match=r"decrypt"):
        answers(home)
