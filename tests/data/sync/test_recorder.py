from __future__ import annotations

from concurrent.futures import Future

import numpy as np
import pytest

from data.connectors.contract import SourceSettings
from data.history.policy import Recording
from data.sync import recorder as module
from data.sync.journal import Entry, Kept
from data.sync.recorder import Recorder
from tests.twin.live.factory import ids, rows
from twin.live.observation import ObservationArray

LIFE = SourceSettings("demo life", "demo-life", zone="video", classification="internal")
NOON = 1_790_000_040.0


class Disk:
    """Takes entries at once, or when a test lets it."""

    def __init__(self) -> None:
        self.entries, self.waiting = list[Entry](), list[Future[Kept]]()
        self.slow = False

    def put(self, entry: Entry) -> Future[Kept]:
        self.entries.append(entry)
        future: Future[Kept] = Future()
        if self.slow:
            self.waiting.append(future)
        else:
            future.set_result(Kept(np.empty(0, np.bool_), 0.0))
        return future

    def kept(self) -> list[tuple[str, float]]:
        return [pair for e in self.entries for pair in zip(ids(e.rows), e.rows["time_s"] - NOON, strict=True)]


@pytest.fixture
def disk() -> Disk:
    return Disk()


def play(recorder: Recorder, *told: ObservationArray) -> None:
    for some in told:
        recorder.take(LIFE, some, NOON)
    recorder.flush(NOON)


def measured(time_s: float, value: float) -> ObservationArray:
    found = rows(("pm", time_s), kind="air_sensor")
    found["value"] = value
    return found


def test_each_entity_is_kept_at_its_rate(disk: Disk) -> None:
    told = [rows(("car", NOON + s), ("bus", NOON + s)) for s in range(12)]
    play(Recorder(Recording(every_s={"vehicles": 5}), disk.put), *told)
    assert disk.kept() == [(key, at) for at in (0, 5, 10) for key in ("car", "bus")]


def test_an_entry_carries_where_it_comes_from_and_counts_no_message(disk: Disk) -> None:
    play(Recorder(Recording(), disk.put), rows(("car", NOON)))
    (entry,) = disk.entries
    assert tuple(entry.origin) == ("demo life", "video", "internal")
    assert (entry.received, entry.records, entry.arrival_s) == (0, (), NOON)


def test_a_sensor_is_kept_when_its_value_changes_and_now_and_then(disk: Disk) -> None:
    told = [measured(NOON + s, 7.0 if s < 30 else 8.0) for s in range(0, 130, 10)]
    play(Recorder(Recording(), disk.put), *told)
    assert [at for _, at in disk.kept()] == [0, 30, 90]


def test_a_clock_that_is_set_back_does_not_stop_the_recording(disk: Disk) -> None:
    play(Recorder(Recording(), disk.put), rows(("car", NOON)), rows(("car", NOON - 3600)), rows(("car", NOON - 3598)))
    assert [at for _, at in disk.kept()] == [0, -3600]


def test_new_entities_and_another_order_are_no_trouble(disk: Disk) -> None:
    play(Recorder(Recording(), disk.put), rows(("a", NOON)), rows(("b", NOON + 1), ("a", NOON + 1)), rows(("b", NOON)))
    assert disk.kept() == [("a", 0), ("b", 1), ("b", 0)]


def test_many_rows_go_before_the_second_is_over(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FLUSH_ROWS", 3)
    Recorder(Recording(), disk.put).take(LIFE, rows(*((f"car {n}", NOON) for n in range(3))), NOON)
    assert len(disk.entries) == 1


def test_what_a_disk_does_not_take_is_bounded_and_counted(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITING_ROWS", 3)
    disk.slow = True
    recorder = Recorder(Recording(every_s={"vehicles": 0}), disk.put)
    for second in range(5):
        play(recorder, rows(("car", NOON + second)))
    assert (len(disk.entries), recorder.left_out) == (3, 2)
    disk.waiting[0].set_result(Kept(np.empty(0, np.bool_), 0.0))
    disk.waiting[1].set_exception(ValueError("no"))
    play(recorder, rows(("car", NOON + 9)))
    assert (len(disk.entries), recorder.left_out) == (4, 3)
