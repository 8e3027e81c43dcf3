from __future__ import annotations

from pathlib import Path

import pytest

from data.history import retention as module
from data.history.compactor import Compactor, alone
from data.history.manifest import Manifest, tallies
from data.history.policy import Keeping
from data.history.reader import History
from data.history.retention import DAY_S, Retention, Tombstone, believed, read_tombstone
from data.sync.journal import Origin
from tests.data.history.factory import NOON, compact, record, walk
from tests.twin.live.factory import ids
from twin.access import AuditEntry
from twin.errors import BadInputError, DiskError
from twin.live.kinds import CODE

NOW = NOON + 10 * DAY_S


class Audit:
    """Remembers what it was told, or cannot."""

    def __init__(self) -> None:
        self.entries = list[AuditEntry]()
        self.full = False

    def write(self, entry: AuditEntry) -> None:
        if self.full:
            raise DiskError("the disk is full")
        self.entries.append(entry)

    def close(self) -> None:
        """Hold nothing."""


class Place:
    """A lake of three days: vehicles and people of one source, vehicles of another."""

    def __init__(self, root: Path) -> None:
        self.lake, self.journal, self.audit = root / "lake", root / "journal.sqlite", Audit()
        for day in range(3):
            begin_s = NOON + day * DAY_S
            record(self.journal, walk(5, 60, begin_s))
            people = walk(5, 60, begin_s, kind=CODE["officer"])
            people["id"] = [b"officer " + key for key in people["id"]]
            record(self.journal, people)
            buses = walk(2, 60, begin_s, kind=CODE["bus"])
            buses["id"] = [b"bus " + key for key in buses["id"]]
            record(self.journal, buses, Origin("buses", "", "secret"))
        compact(self.lake, self.journal, NOW)

    def delete(self, keep: Keeping, now_s: float = NOW) -> list[Tombstone]:
        with alone(self.lake):
            compactor = Compactor(self.lake, self.journal, lambda: now_s)
            try:
                return Retention("small", compactor, keep, self.audit, lambda: now_s).run()
            finally:
                compactor.close()

    def left(self) -> dict[str, int]:
        """Return how many days there are of each layer and classification."""
        manifest = Manifest(self.lake)
        with manifest.look() as connection:
            found = tallies(connection)
        manifest.close()
        names = [f"{tally.layer}/{tally.classification}" for tally in found]
        return {name: names.count(name) for name in names}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_is_past_its_date_leaves_both_orders_and_no_file_keeps_it(place: Place) -> None:
    before = place.left()
    assert before == {"vehicles/internal": 3, "people/internal": 3, "vehicles/secret": 3}
    stones = place.delete(Keeping(days={"people": 7.6, "vehicles/secret": 100}))
    assert [(stone.day, stone.layer, stone.rows, stone.reason) for stone in stones] == [
        ("2026-09-22", "people", 60, module.EXPIRED), ("2026-09-23", "people", 60, module.EXPIRED),
    ]  # fmt: skip
    assert place.left() == before | {"people/internal": 1}
    history = History(place.lake, place.journal)
    seen = set(ids(history.rows_between(0, NOON + DAY_S)))
    history.close()
    assert not any(key.startswith("officer") for key in seen)
    assert len(seen) == 7
    on_disk = {path.relative_to(place.lake).as_posix() for path in place.lake.glob("day=*/*")}
    manifest = Manifest(place.lake)
    with manifest.look() as connection:
        listed = {name for (name,) in connection.exec_driver_sql("SELECT name FROM file")}
    manifest.close()
    assert on_disk == listed


def test_a_deletion_is_audited_before_and_leaves_a_tombstone(place: Place) -> None:
    (stone, *_) = place.delete(Keeping(days={"*/secret": 1}))
    assert [entry.resource.id for entry in place.audit.entries] == [
        f"small/2026-09-2{day}/vehicles" for day in (2, 3, 4)
    ]
    paths = sorted((place.lake / "tombstones").iterdir())
    assert [read_tombstone(path).day for path in paths] == ["2026-09-22", "2026-09-23", "2026-09-24"]
    assert read_tombstone(paths[0]) == stone
    assert place.left() == {"vehicles/internal": 3, "people/internal": 3}


def test_what_cannot_be_audited_is_not_deleted(place: Place) -> None:
    before, place.audit.full = place.left(), True
    with pytest.raises(DiskError):
        place.delete(Keeping(days={"*": 1}))
    assert place.left() == before


def test_deleting_twice_is_once(place: Place) -> None:
    assert len(place.delete(Keeping(days={"*": 1}))) == 9
    assert place.left() == {}
    assert list(place.lake.glob("day=*/*")) == []
    assert place.delete(Keeping(days={"*": 1})) == []


def test_over_the_quota_the_oldest_of_what_goes_first_goes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GIGABYTE", 1.0)
    manifest = Manifest(place.lake)
    whole = module.lake_bytes(manifest)
    manifest.close()
    stones = place.delete(Keeping(quota_gb=whole - 1, first_to_go=("people", "vehicles")))
    assert [(stone.day, stone.layer, stone.reason) for stone in stones] == [("2026-09-22", "people", module.QUOTA)]


def test_a_clock_that_jumps_deletes_nothing_for_a_day(place: Place) -> None:
    keep = Keeping(days={"*": 30})
    assert place.delete(keep) == []
    years = NOW + 3650 * DAY_S
    assert place.delete(keep, years) == []
    assert place.delete(keep, NOW + 60) == []
    assert place.delete(keep, NOW + DAY_S + 120) == []
    assert len(place.left()) == 3


def test_a_clock_that_is_right_after_all_is_believed_after_a_day(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    told = [believed(manifest, NOW + hours * 3600) is not None for hours in (0, 1, 100, 101, 123, 125)]
    manifest.close()
    assert told == [True, True, False, False, False, True]


def test_a_tombstone_from_elsewhere_is_obeyed_once(place: Place) -> None:
    stone = Tombstone("small", "2026-09-23", "people", "internal", 7, module.EXPIRED, NOW)
    with alone(place.lake):
        compactor = Compactor(place.lake, place.journal, lambda: NOW)
        retention = Retention("small", compactor, Keeping(), place.audit, lambda: NOW)
        assert [retention.obey(stone).rows for _ in range(2)] == [60, 0]
        compactor.close()
    assert place.left()["people/internal"] == 2
    assert not (place.lake / "tombstones").exists()


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b"\xff", b'{"twin": 1}'])
def test_what_is_no_tombstone_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "stone.json"
    path.write_bytes(text)
    with pytest.raises(BadInputError, match="tombstone"):
        read_tombstone(path)
