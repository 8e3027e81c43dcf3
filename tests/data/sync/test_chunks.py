from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from data.connectors.contract import Record
from data.sync.chunks import DamagedChunkError, chunks, journal_id, packed, tell_followed, unpacked
from data.sync.journal import Entry, Journal, Origin
from data.sync.ledger import Ledger
from data.sync.recovery import SKIPPED, open_or_recover
from tests.twin.live.factory import ids, rows
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

VANS = Origin("vans", "video", "internal")
NOON = 1_790_000_040.0


def entry(numbers: Sequence[int], origin: Origin = VANS, without_place: int = 0) -> Entry:
    """Return an entry of which each number tells a row, but the last ``without_place``."""
    records = [Record(n.to_bytes(16, "big"), "013912345678", "0200", NOON + n, b"raw %d" % n) for n in numbers]
    told = rows(*((f"van {n}", NOON + n) for n in numbers[: len(numbers) - without_place]))
    return Entry(origin, NOON, len(records), records, rows=told)


def followed(path: Path, after: int = 0) -> list[str]:
    return [key for chunk in chunks(path, after) for key in ids(chunk.rows)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def everything(count: int) -> ObservationArray:
    random = np.random.default_rng(1)
    return np.frombuffer(random.bytes(count * OBSERVATION_DTYPE.itemsize), OBSERVATION_DTYPE)


def test_rows_come_back_from_a_blob_to_the_last_bit() -> None:
    told = everything(1000)
    assert unpacked(packed(told), 1000).tobytes() == told.tobytes()
    assert len(unpacked(packed(told[:0]), 0)) == 0


def test_the_rows_of_a_commit_are_kept_once_a_source_beside_their_records(path: Path) -> None:
    journal = Journal(path, clock=lambda: NOON + 9)
    buses = Origin("buses")
    journal.append([entry([1, 2], without_place=1), entry([3]), entry([4], buses)])
    journal.append([entry([], buses)])
    journal.close()
    first, second = chunks(path)
    assert (first.at, second.at) == (1, 2)
    assert (first.source, first.zone, first.classification, first.commit_s) == ("vans", "video", "internal", NOON + 9)
    assert ids(first.rows) == ["van 1", "van 3"]
    assert first.rows["time_s"].tolist() == [NOON + 1, NOON + 3]
    assert (second.source, ids(second.rows)) == ("buses", ["van 4"])


def test_what_comes_twice_is_in_the_chunks_once(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry([1, 2]), entry([2, 3])])
    journal.append([entry([3, 4, 4], without_place=1), entry([1])])
    journal.close()
    assert followed(path) == ["van 1", "van 2", "van 3", "van 4"]


def test_what_is_not_acknowledged_is_kept_as_chunks_alone(path: Path) -> None:
    journal = Journal(path)
    journal.append([Entry(Origin("demo life"), NOON, 0, (), rows=rows(("car", NOON)))])
    journal.close()
    assert followed(path) == ["car"]
    assert Ledger(path).balance() == []
    assert Ledger(path).verify() == []


def test_a_follower_goes_on_after_its_checkpoint(path: Path) -> None:
    assert list(chunks(path)) == []
    journal = Journal(path)
    for number in range(5):
        journal.append([entry([number])])
    assert [chunk.at for chunk in chunks(path, limit=2)] == [1, 2]
    assert followed(path, 3) == ["van 3", "van 4"]
    journal.append([entry([9])])
    assert followed(path, 5) == ["van 9"]
    tell_followed(path, "postgres", 4, NOON)
    tell_followed(path, "postgres", 5, NOON + 1)
    journal.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT * FROM follower").fetchall() == [("postgres", 5, NOON + 1)]
    connection.close()


def test_a_journal_keeps_its_id_and_a_new_one_has_another(path: Path, tmp_path: Path) -> None:
    for _ in range(2):
        Journal(path).close()
    other = tmp_path / "other.sqlite"
    Journal(other).close()
    assert journal_id(path) == journal_id(path) != journal_id(other)


def test_a_journal_of_before_the_chunks_gets_them(path: Path) -> None:
    journal = Journal(path)
    journal.append([entry([1])])
    journal.close()
    with sqlite3.connect(path) as connection:
        for table in ("chunk", "about", "follower"):
            connection.execute(f"DROP TABLE {table}")
    connection.close()
    assert list(chunks(path)) == []
    assert Ledger(path).verify() == []
    journal = Journal(path)
    journal.append([entry([1, 2])])
    journal.close()
    assert followed(path) == ["van 2"]
    assert journal_id(path)


def test_a_changed_chunk_is_found_and_can_be_passed(path: Path) -> None:
    journal = Journal(path)
    for number in range(3):
        journal.append([entry([number])])
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE chunk SET body = zeroblob(length(body)) WHERE at = 2")
    connection.close()
    assert Ledger(path).verify() == ["chunk 2 was changed"]
    found = chunks(path)
    assert next(found).at == 1
    with pytest.raises(DamagedChunkError) as caught:
        next(found)
    assert followed(path, caught.value.at) == ["van 2"]


def test_after_damage_no_offset_comes_again(path: Path) -> None:
    journal = Journal(path)
    for number in range(0, 20_000, 400):
        journal.append([entry(range(number, number + 400))])
    journal.checkpoint()
    journal.close()
    before, name = [chunk.at for chunk in chunks(path)], journal_id(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 9 // 10])
    journal = open_or_recover(path, lambda *_: None)
    journal.append([entry([90_000])])
    journal.close()
    after = [chunk.at for chunk in chunks(path)]
    assert journal_id(path) == name
    assert set(after[:-1]) <= set(before)
    assert after[-1] > SKIPPED


def test_a_message_taken_back_from_quarantine_is_followed(path: Path) -> None:
    told = entry([1, 2, 3], without_place=1)
    journal = Journal(path)
    journal.append([Entry(VANS, NOON, 1, [], [(told.records[0], "swapped")])])
    journal.append([entry([1])])
    journal.close()
    assert Ledger(path).take_back(1, told.records, told.rows, NOON + 5) == 2
    assert followed(path) == ["van 1", "van 2"]
