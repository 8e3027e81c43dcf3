from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from data.history import compactor as module
from data.history import files as file_module
from data.history.compactor import BusyLakeError, alone
from data.history.files import ENTITY, PLACE, read
from data.history.lean import DAY_MS
from data.history.manifest import Manifest, files
from data.history.reader import History
from data.sync.journal import Origin
from tests.data.history.factory import LATER, LIFE, NOON, compact, record, walk
from twin.live.observation import ObservationArray


class Place:
    """A lake and its journal."""

    def __init__(self, root: Path) -> None:
        self.lake, self.journal = root / "lake", root / "journal.sqlite"

    def record(self, rows: ObservationArray, origin: Origin = LIFE) -> None:
        record(self.journal, rows, origin)

    def compact(self, **given: float) -> module.Account:
        return compact(self.lake, self.journal, **given)  # type: ignore[arg-type]  # times only

    def files(self, order: str) -> list[file_module.Written]:
        manifest = Manifest(self.lake)
        with manifest.look() as connection:
            found = files(connection, order)
        manifest.close()
        return found  # type: ignore[return-value]  # the same fields

    def rows(self, order: str) -> list[tuple[object, ...]]:
        lean = read(self.lake, [file.name for file in self.files(order)], -(2**62), 2**62)
        return sorted(zip(*(lean[name].tolist() for name in ("t", "entity", "lon", "lat")), strict=True))

    def told(self) -> list[tuple[bytes, bytes, float]]:
        """Return what is known, from lake and journal together."""
        history = History(self.lake, self.journal)
        rows = history.rows_between(0.0, NOON + 1e6)
        history.close()
        return sorted(zip(rows["id"].tolist(), rows["label"].tolist(), rows["time_s"].tolist(), strict=True))


def expected(*told: ObservationArray) -> list[tuple[bytes, bytes, float]]:
    rows = np.concatenate(told)
    times = np.rint(rows["time_s"] * 1000) / 1000
    return sorted(set(zip(rows["id"].tolist(), rows["label"].tolist(), times.tolist(), strict=True)))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_was_recorded_is_known_before_and_after_it_is_sealed(place: Place) -> None:
    first, second = walk(10, 300), walk(10, 300, NOON + 300)
    place.record(first)
    assert place.told() == expected(first)
    account = place.compact()
    assert (account.chunks, account.rows) == (2, len(first))
    assert place.told() == expected(first)
    place.record(second)
    assert place.told() == expected(first, second)
    assert place.compact().rows == len(second)
    assert place.told() == expected(first, second)
    assert place.rows(PLACE) == place.rows(ENTITY)


def test_compacting_twice_does_nothing_more(place: Place) -> None:
    place.record(walk(10, 300))
    place.compact()
    before = sorted(place.lake.rglob("*.parquet"))
    assert place.compact() == module.Account()
    assert sorted(place.lake.rglob("*.parquet")) == before


def test_a_day_in_many_pieces_is_merged_by_hours_and_by_entities(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTS", 3)
    monkeypatch.setattr(module, "RANGE_ROWS", 400)
    told = [walk(10, 1500, NOON + 1500 * n) for n in range(3)]
    for rows in told:
        place.record(rows)
        place.compact()
    assert [file.part for file in place.files(PLACE)] == [False, False]
    by_entity = place.files(ENTITY)
    assert len(by_entity) > 3
    edges = [(file.first_entity, file.last_entity) for file in by_entity]
    assert all(last < first for (_, last), (first, _) in pairwise(sorted(edges)))
    assert place.rows(PLACE) == place.rows(ENTITY)
    assert place.told() == expected(*told)


def test_what_is_late_goes_to_its_own_day(place: Place) -> None:
    today, late = walk(5, 60), walk(5, 60, NOON - 3 * 86400)
    place.record(today)
    place.compact(now_s=NOON + 86400)
    place.record(late)
    place.compact(now_s=NOON + 86400)
    days = {file.day for file in place.files(PLACE)}
    assert days == {int(NOON // 86400), int(NOON // 86400) - 3}
    assert all(file.begin_ms // DAY_MS == file.end_ms // DAY_MS == file.day for file in place.files(PLACE))
    assert place.told() == expected(today, late)


def test_the_same_fact_twice_is_one_after_merging(place: Place) -> None:
    rows = walk(5, 60)
    place.record(rows)
    place.record(rows)
    place.compact(now_s=NOON + 86400)
    assert place.told() == expected(rows)
    assert len(place.rows(PLACE)) == len(place.rows(ENTITY)) == len(rows)


def test_a_new_label_is_a_new_number_of_the_same_entity(place: Place) -> None:
    before, after = walk(3, 60), walk(3, 60, NOON + 60)
    after["label"] = b"new plate"
    place.record(before)
    place.compact()
    place.record(after)
    place.compact()
    assert place.told() == expected(before, after)


def test_what_was_replaced_stays_a_while_and_then_goes(place: Place) -> None:
    place.record(walk(5, 60))
    place.compact()
    parts = list(place.lake.rglob("*.parquet"))
    over = NOON + 86400 + module.OVER_S
    place.compact(now_s=over)
    assert len(list(place.lake.rglob("*.parquet"))) == 2 * len(parts)
    place.compact(now_s=over + module.GONE_S + 1)
    left = list(place.lake.rglob("*.parquet"))
    assert len(left) == len(parts)
    assert not set(left) & set(parts)


def test_a_clock_that_is_set_back_loses_nothing(place: Place) -> None:
    told = walk(5, 60)
    place.record(told)
    place.compact(now_s=NOON + 2 * 86400)
    for now_s in (NOON - 86400, NOON + 2 * 86400):
        place.compact(now_s=now_s)
        assert place.told() == expected(told)


def test_a_changed_chunk_is_passed_and_counted(place: Place) -> None:
    told = walk(5, 600)
    place.record(told)
    with sqlite3.connect(place.journal) as connection:
        connection.execute("UPDATE chunk SET body = zeroblob(length(body)) WHERE at = 1")
    connection.close()
    account = place.compact()
    assert (account.damaged_chunks, account.rows) == (1, len(told) - 500)
    assert place.told() == expected(told[500:])


def test_a_journal_begun_anew_is_sealed_from_its_start(place: Place) -> None:
    first, second = walk(5, 60), walk(5, 60, NOON + 60)
    place.record(first)
    place.compact()
    for path in place.journal.parent.glob("journal.sqlite*"):
        path.unlink()
    place.record(second)
    place.compact()
    assert place.told() == expected(first, second)


def test_only_one_compacts(place: Place) -> None:
    with alone(place.lake), pytest.raises(BusyLakeError), alone(place.lake):
        pass


def test_a_full_disk_changes_nothing_and_is_gone_on_from(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    told = walk(10, 300)
    place.record(told)
    real, calls = file_module._parquet, list[str]()

    def full(path: Path, order: str, lean: ObservationArray, key: bytes) -> None:
        calls.append(order)
        real(path, order, lean, key)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(file_module, "_parquet", full)
    with pytest.raises(OSError, match="No space"):
        place.compact()
    assert place.files(PLACE) == []
    assert place.told() == expected(told)
    place.compact()
    assert place.told() == expected(told)
    assert list(place.lake.rglob("*.new")) == []


def test_killed_at_any_step_it_goes_on_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    told = walk(10, 600, NOON + 43200 - 300)  # over midnight: two days, each merged at once
    whole = Place(tmp_path / "whole")
    whole.record(told)
    steps = list[str]()
    shutil.copytree(tmp_path / "whole", tmp_path / "tried")
    compact(tmp_path / "tried" / "lake", tmp_path / "tried" / "journal.sqlite", LATER, steps.append)
    assert set(steps) == {"write", "rename", "list", "sealed", "merged"}
    for at in range(len(steps)):
        shutil.copytree(tmp_path / "whole", tmp_path / str(at))
    line = [sys.executable, "-m", "tests.data.history.killed", str(tmp_path), str(len(steps))]
    assert subprocess.run(line, check=True, capture_output=True, text=True).stdout.split() == ["9"] * len(steps)
    for at in range(len(steps)):
        place = Place(tmp_path / str(at))
        assert place.told() == expected(told), f"after a kill at step {at}"
        place.compact(now_s=LATER)
        place.compact(now_s=LATER + module.GONE_S + 1)
        assert place.told() == expected(told)
        assert place.rows(PLACE) == place.rows(ENTITY)
        listed = {file.name for order in (PLACE, ENTITY) for file in place.files(order)}
        assert {path.relative_to(place.lake).as_posix() for path in place.lake.glob("day=*/*")} == listed
