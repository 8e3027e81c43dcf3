from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.history import manifest, reader
from data.history.reader import History
from tests.data.history.factory import LATER, NOON, compact, record, walk
from twin.live.happening import Happening
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import ObservationArray


def told(seconds: int) -> ObservationArray:
    """Return a truck that calls for help twice, ten minutes apart, and a car that fails once."""
    rows = np.concatenate([walk(1, seconds, kind=CODE["hazmat_truck"]), walk(1, seconds)])
    rows["id"][: len(rows) // 2] = b"truck"
    since, truck = rows["time_s"] - NOON, rows["id"] == b"truck"
    rows["state"][truck & (since >= 600) & (since < 660)] = STATE_CODE["alarm"]
    rows["state"][truck & (since >= 1260) & (since < 1300)] = STATE_CODE["alarm"]
    rows["state"][~truck & (since >= 900)] = STATE_CODE["fault"]
    return rows


@pytest.fixture(params=["in the journal", "in the lake"])
def history(tmp_path: Path, request: pytest.FixtureRequest) -> History:
    lake, journal = tmp_path / "lake", tmp_path / "journal.sqlite"
    record(journal, told(1500))
    if request.param == "in the lake":
        compact(lake, journal, LATER)
    clock = iter(range(10**9))
    return History(lake, journal, clock=lambda: next(clock))


def test_each_alarm_and_fault_is_told_once_when_it_begins(history: History) -> None:
    found = history.happenings(NOON, NOON + 1500)
    assert [(one.state, one.key, one.kind) for one in found] == [
        ("alarm", "truck", "hazmat_truck"), ("fault", "car 0", "car"), ("alarm", "truck", "hazmat_truck"),
    ]  # fmt: skip
    assert [one.at_s - NOON for one in found] == pytest.approx([600, 900, 1260], abs=6)


def test_one_goes_from_each_to_the_next_and_back(history: History) -> None:
    at_s, seen = NOON - 2 * 86_400.0, list[Happening]()
    while (one := history.next_happening(at_s, 1)) is not None:
        seen.append(one)
        at_s = one.at_s
    assert seen == list(history.happenings(NOON, NOON + 1500))
    assert history.next_happening(seen[-1].at_s, -1) == seen[-2]
    assert history.next_happening(seen[0].at_s, -1) is None


def test_the_lake_is_asked_once_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, journal = tmp_path / "lake", tmp_path / "journal.sqlite"
    clock = iter(range(10**9))
    record(journal, told(1500))
    compact(lake, journal, LATER)
    history = History(lake, journal, clock=lambda: next(clock))
    before = history.happenings(NOON, NOON + 1500)
    counts = history.activity(NOON, NOON + 1500, 5)
    monkeypatch.setattr(reader, "urgent_rows", None)
    monkeypatch.setattr(manifest, "activity", None)
    assert history.happenings(NOON, NOON + 1500) == before
    assert history.activity(NOON, NOON + 1500, 5).tolist() == counts.tolist()


def test_the_hours_with_records_are_known(history: History) -> None:
    assert history.recorded_hours().tolist() == [int(NOON // 3600)]
