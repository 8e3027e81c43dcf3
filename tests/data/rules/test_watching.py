"""The rules beside the engine: what the live table tells becomes hits; none is lost when they cannot be kept."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from data.home import Home
from data.rules import watching as module
from data.rules.files import Folder
from data.rules.watching import Watching
from data.store.kept import kept_path, write_kept
from data.sync.shared import open_for_writing, table_path
from tests.data.rules.test_files import GOOD, written
from tests.twin.rules.town import START, at, placed, town
from twin.errors import DiskError, UsageError
from twin.kept import Geofence, Kept
from twin.live.observation import Observation, batch
from twin.live.table import LiveTable, place_word
from twin.rules.hit import Hit
from twin.world import Playback, SourceState

SOURCES = [SourceState("live", "mqtt", up=True, reason="", last_s=START, rate_hz=1.0)]
PLAYED = [SourceState("tape", "recorded-track", True, "", START, 1.0, Playback(0.0, 1.0, 0.5, 1.0, paused=False))]


class Beside:
    """A live table, and rules that watch it into a sink that can be made to fail."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = Home(root / "data", root / "cache", root / "state", root / "runtime")
        for folder in (self.home.data, self.home.runtime):
            folder.mkdir(parents=True)
        city = town()
        self._file = open_for_writing(table_path(self.home, "town"), 64)
        self._table = LiveTable(self._file.buffer, 64, place_word(city.frame), 1, os.getpid())
        self.path = written(self.home.data / "scenarios", GOOD.replace("AND hour >= 8", ""))
        self.taken: list[Hit] = []
        self.told: list[str] = []
        self.fails = False
        for name in ("FILES_S", "RETRY_S"):
            monkeypatch.setattr(module, name, 0.0)
        scenarios = Folder((self.home.data / "scenarios",))
        scenarios.read()
        self._scenarios = scenarios
        self.watching = self.again()

    def again(self) -> Watching:
        return Watching(
            self.home, "town", town(), self._scenarios, dict, self._sink, self.told.append, lambda: START + 100.0
        )

    def _sink(self, hits: Sequence[Hit]) -> None:
        if self.fails:
            raise DiskError("the disk is full")
        self.taken += hits

    def tell(self, *observations: Observation, sources: Sequence[SourceState] = SOURCES) -> None:
        rows = batch("live", observations).rows
        place_m = np.column_stack([placed(rows), np.zeros(len(rows))]).astype(np.float32)
        source = self._table.source(sources[0].name, sources[0].kind)
        self._table.tell_source(source, sources[0])
        self._table.update(source, rows, place_m, START, time.monotonic())
        self._table.commit(START)
        self._table.beat(START, time.monotonic())
        self.watching.step()

    def close(self) -> None:
        self.watching.close()
        self._table.close()
        self._file.close()


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    beside = Beside(tmp_path, monkeypatch)
    yield beside
    beside.close()


def loud(after_s: float, key: str = "n1") -> Observation:
    return at(key, 50, 50, after_s, "noise_sensor", value=80.0)


def test_what_is_told_becomes_a_hit_once(beside: Beside) -> None:
    beside.tell(loud(0))
    beside.tell(loud(1))
    (hit,) = beside.taken
    assert (hit.scenario, hit.at_s, hit.age_s) == ("school-noise", START, 100.0)
    assert beside.told == []


def test_hits_wait_for_a_sink_that_fails_and_its_trouble_is_told_once(beside: Beside) -> None:
    beside.fails = True
    beside.tell(loud(0))
    beside.tell(loud(1, "n2"))
    assert (beside.taken, beside.told) == ([], ["the disk is full"])
    beside.fails = False
    beside.tell(loud(2))
    assert [hit.subjects[0].id for hit in beside.taken] == ["n1", "n2"]


def test_what_a_recording_plays_sets_nothing_off(beside: Beside) -> None:
    beside.tell(loud(0), sources=PLAYED)
    assert beside.taken == []


def test_a_file_that_changes_counts_and_one_that_breaks_leaves_the_version_before(beside: Beside) -> None:
    text = beside.path.read_text("utf-8")
    beside.path.write_text(text.replace("value > 75", "value > 90"), "utf-8")
    beside.tell(loud(0))
    assert beside.taken == []
    beside.path.write_text(text.replace("value > 75", "valu > 75"), "utf-8")
    beside.tell(loud(1))
    beside.tell(loud(2))
    assert beside.taken == []
    assert len(beside.told) == 1
    assert "is 'value' meant?" in beside.told[0]
    beside.path.write_text(text, "utf-8")
    beside.tell(loud(3))
    assert len(beside.taken) == 1


def test_a_second_watcher_of_a_twin_is_refused_and_the_first_goes_on(beside: Beside) -> None:
    before = sorted((path.name, path.read_bytes()) for path in beside.home.state.glob("rules-*.npz"))
    with pytest.raises(UsageError, match="watched by another process"):
        beside.again()
    assert sorted((path.name, path.read_bytes()) for path in beside.home.state.glob("rules-*.npz")) == before
    beside.tell(loud(0))
    assert len(beside.taken) == 1
    beside.watching.close()
    beside.watching = beside.again()


def test_an_area_that_is_drawn_or_ended_counts_at_the_next_look(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FILES_S", 3600.0)
    text = beside.path.read_text("utf-8")
    beside.path.write_text(text.replace('sites = ["school"]', 'fences = ["event"]'), "utf-8")
    beside.tell(loud(0, "n0"))
    assert beside.taken == []
    east_m, north_m = town().frame.origin_m
    shape = shapely.box(east_m, north_m, east_m + 100, north_m + 100)
    fence = Geofence("f1", "灯会", "event", "罗星派出所", shape, START - 10.0, START + 7200.0)
    path = kept_path(beside.home, "town")
    write_kept(path, Kept(fences=(fence,)), town().frame)
    beside.tell(loud(1, "n1"))
    write_kept(path, Kept(fences=(replace(fence, until_s=START),)), town().frame)
    beside.tell(loud(2, "n2"))
    path.write_text("{", "utf-8")
    beside.tell(loud(3, "n3"))
    assert [hit.subjects[0].id for hit in beside.taken] == ["n1"]
    assert len(beside.told) == 1
