from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from data.history import pieces
from data.history.lean import SLICE_MS
from data.history.reader import History
from tests.data.history.factory import LATER, NOON, compact, record, walk
from tests.small_county import small_county
from tests.twin.live.factory import ids
from twin.live.kinds import CODE
from twin.live.observation import ObservationArray

CLOCK = iter(range(10**9))


class Past:
    """A history whose clock runs on with each look, so that it looks each time."""

    def __init__(self, root: Path) -> None:
        self.lake, self.journal = root / "lake", root / "journal.sqlite"
        self.history = History(self.lake, self.journal, small_county(), lambda: next(CLOCK))

    def record(self, rows: ObservationArray) -> None:
        record(self.journal, rows)

    def seen_at(self, instant_s: float) -> list[tuple[str, float]]:
        rows = self.history.tracks_at(instant_s).rows
        return sorted(zip(ids(rows), (rows["time_s"] - NOON).round(3).tolist(), strict=True))


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def test_a_twin_without_a_past_is_empty(past: Past) -> None:
    assert past.history.span() is None
    assert len(past.history.tracks_at(NOON)) == 0
    assert past.history.activity(NOON, NOON + 3600).sum() == 0
    assert len(past.history.rows_between(0, NOON)) == 0


@pytest.mark.parametrize("sealed", ["not", "partly", "merged"])
def test_an_instant_shows_each_entity_where_it_was_last(past: Past, sealed: str) -> None:
    told = walk(9, 7200)
    past.record(told[: len(told) // 2])
    if sealed != "not":
        compact(past.lake, past.journal, LATER if sealed == "merged" else NOON)
    past.record(told[len(told) // 2 :])
    if sealed == "merged":
        compact(past.lake, past.journal, LATER)
    for instant_s in (NOON + 3, NOON + 1800.3, NOON + 3600.2, NOON + 7199):
        before = told[np.rint(told["time_s"] * 1000) <= round(instant_s * 1000)]
        newest = {key: float(at) for key, at in zip(ids(before), before["time_s"] - NOON, strict=True)}
        assert dict(past.seen_at(instant_s)) == pytest.approx(newest, abs=6e-4)
    frame = past.history.tracks_at(NOON + 1800)
    east, north = small_county().frame.to_local(frame.rows["lon_deg"], frame.rows["lat_deg"])
    np.testing.assert_allclose(frame.position_m[:, :2], np.column_stack([east, north]), atol=0.01)
    np.testing.assert_allclose(past.history.span() or (), (NOON, told["time_s"].max()), atol=1e-3)


def test_what_was_silent_for_long_is_not_shown(past: Past) -> None:
    car, sensor = walk(1, 5), walk(1, 5, kind=CODE["air_sensor"])
    sensor["id"] = b"sensor"
    past.record(np.concatenate([car, sensor]))
    assert [key for key, _ in past.seen_at(NOON + 299)] == ["car 0", "sensor"]
    assert [key for key, _ in past.seen_at(NOON + 301)] == ["sensor"]
    assert past.seen_at(NOON + 601) == []
    assert past.seen_at(NOON - 1) == []


def test_what_is_recorded_and_sealed_meanwhile_is_seen(past: Past) -> None:
    past.record(walk(2, 60))
    assert len(past.seen_at(NOON + 60)) == 2
    past.record(walk(3, 60, NOON + 60))
    assert len(past.seen_at(NOON + 120)) == 3
    compact(past.lake, past.journal)
    assert len(past.seen_at(NOON + 120)) == 3
    past.record(walk(4, 60, NOON + 120))
    assert [at for _, at in past.seen_at(NOON + 180)] == pytest.approx([175, 175.1, 175.2, 175.3])


def test_a_new_label_does_not_show_an_entity_twice(past: Past) -> None:
    before, after = walk(1, 5), walk(1, 5, NOON + 5)
    after["label"] = b"new plate"
    past.record(before)
    past.record(after)
    compact(past.lake, past.journal)
    frame = past.history.tracks_at(NOON + 6)
    assert frame.rows["label"].tolist() == [b"new plate"]


def test_activity_counts_every_row_in_its_minute(past: Past) -> None:
    told = walk(4, 600)
    past.record(told[:300])
    compact(past.lake, past.journal)
    past.record(told[300:])
    counts = past.history.activity(NOON, NOON + 1200, 20)
    assert counts.tolist() == [48] * 10 + [0] * 10
    assert past.history.day_activity(NOON - 3600)[60:71].tolist() == [48] * 10 + [0]


def test_the_rows_of_a_time_come_in_its_order(past: Past) -> None:
    told = walk(5, 7200)
    past.record(told)
    compact(past.lake, past.journal, LATER)
    rows = past.history.rows_between(NOON + 3000.0, NOON + 4000.0)
    assert (np.diff(rows["time_s"]) >= 0).all()
    wanted = told[(told["time_s"] > NOON + 3000) & (told["time_s"] <= NOON + 4000)]
    assert len(rows) == len(wanted)


def test_the_world_of_an_instant_says_that_it_is_past(past: Past) -> None:
    past.record(walk(2, 60))
    world = past.history.world_at(NOON + 30)
    assert (world.live, world.at_s, len(world.tracks)) == (False, NOON + 30, 2)
    assert [source.name for source in world.sources] == ["demo life"]
    assert world.tracks.source.tolist() == [0, 0]


def test_few_pieces_stay_in_memory(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "KEPT", 4)
    past.record(walk(1, 5 * 3600, every_s=60))
    compact(past.lake, past.journal, LATER)
    for hour in range(5):
        assert len(past.seen_at(NOON + hour * 3600 + 1800)) == 1
    assert len(past.history._pieces) == 4


def test_what_was_warmed_is_not_read_again(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.record(walk(3, 3600))
    compact(past.lake, past.journal, LATER)
    past.history.warm(NOON + 1000)
    monkeypatch.setattr(pieces, "read_slice", None)
    assert len(past.seen_at(NOON + 1000)) == 3
    assert len(past.seen_at(NOON + 900)) == 3


def test_an_instant_reads_no_more_than_the_slices_it_needs(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    past.record(walk(3, 3600))
    compact(past.lake, past.journal, LATER)
    file = next(past.lake.glob("day=*/a-*.parquet"))
    groups = pq.ParquetFile(file).metadata
    edges = [groups.row_group(row).column(1).statistics for row in range(groups.num_row_groups)]
    assert groups.num_row_groups >= 12
    assert all(edge.min // SLICE_MS == edge.max // SLICE_MS for edge in edges)
