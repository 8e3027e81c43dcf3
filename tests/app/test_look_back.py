"""The window looks back: the newest instant counts, and everything follows the world that is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.live_world import LiveWorld
from app.look_back import LookBack, Recorded, Stand
from app.main_window import MainWindow
from app.widgets.day_picker import day_of
from tests.app.conftest import Audit, still_frame, until
from twin.city.city import City
from twin.errors import IntegrityError
from twin.live.happening import Happening
from twin.world import Playback, World

BEGIN_S = day_of(time.time()) - 86_400.0
"""Yesterday's midnight."""
CALLS = [Happening(BEGIN_S + hour * 3600.0, "alarm", "car-1", "hazmat_truck") for hour in (8, 15)]


class MadeUpPast:
    """A day in which one car stands where the clock says; answers only when it is let."""

    def __init__(self, city: City) -> None:
        self._city = city
        self.free = threading.Event()
        self.free.set()
        self.asked: list[float] = []
        self.warmed: list[float] = []
        self.closed = False
        self.broken = False

    def span(self) -> tuple[float, float] | None:
        return BEGIN_S, BEGIN_S + 80_000.0

    def activity(self, begin_s: float, end_s: float, bins: int = 288) -> NDArray[np.int64]:
        return np.arange(bins, dtype=np.int64)

    def recorded_hours(self) -> NDArray[np.int64]:
        return np.arange(BEGIN_S // 3600, BEGIN_S // 3600 + 22).astype(np.int64)

    def happenings(self, begin_s: float, end_s: float) -> Sequence[Happening]:
        return [one for one in CALLS if begin_s <= one.at_s <= end_s]

    def next_happening(self, at_s: float, way: int) -> Happening | None:
        there = [one for one in CALLS if (one.at_s - at_s) * way > 0]
        return there[0 if way > 0 else -1] if there else None

    def world_at(self, instant_s: float) -> World:
        self.asked.append(instant_s)
        assert self.free.wait(60)
        if self.broken:
            raise IntegrityError("the history is damaged")
        frame = still_frame(self._city)
        rows = frame.rows[:1].copy()
        rows["time_s"] = instant_s
        return World(
            self._city, replace(frame, rows=rows, position_m=frame.position_m[:1], source=frame.source[:1]), (),
            instant_s, live=False,
        )  # fmt: skip

    def warm(self, instant_s: float) -> None:
        self.warmed.append(instant_s)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def past(small_city: City) -> MadeUpPast:
    return MadeUpPast(small_city)


@pytest.fixture
def live(qtbot: QtBot, small_city: City) -> Iterator[LiveWorld]:
    world = LiveWorld()
    world.open(small_city)
    yield world
    world.close()


@pytest.fixture
def look_back(live: LiveWorld, past: MadeUpPast) -> Iterator[LookBack]:
    back = LookBack(live)
    back.open(past)
    yield back
    past.free.set()
    back.close()


def test_only_the_newest_instant_is_answered(live: LiveWorld, look_back: LookBack, past: MadeUpPast) -> None:
    past.free.clear()
    for second in range(100):
        look_back.go_to(BEGIN_S + second)
    past.free.set()
    until(lambda: live.world is not None and live.world.at_s == BEGIN_S + 99)
    assert past.asked == [BEGIN_S, BEGIN_S + 99]
    assert live.world is not None
    assert not live.world.live


def test_what_comes_next_is_read_ahead_the_way_the_handle_goes(
    live: LiveWorld, look_back: LookBack, past: MadeUpPast
) -> None:
    for second in (5000, 5100, 4800):
        look_back.go_to(BEGIN_S + second)
        until(lambda second=second: live.world is not None and live.world.at_s == BEGIN_S + second)  # type: ignore[misc]  # bound early
    until(lambda: len(past.warmed) == 3)
    assert past.warmed[1:] == [BEGIN_S + 5400, BEGIN_S + 4500]


def test_an_answer_that_comes_after_going_back_to_now_is_dropped(
    live: LiveWorld, look_back: LookBack, past: MadeUpPast
) -> None:
    past.free.clear()
    look_back.go_to(BEGIN_S)
    until(lambda: bool(past.asked))
    assert look_back.stand is not None
    assert look_back.stand.reading
    look_back.back_to_now()
    past.free.set()
    look_back.go_to(BEGIN_S + 5)
    until(lambda: live.world is not None and live.world.at_s == BEGIN_S + 5)
    assert live.world is not None
    assert not look_back.stand.reading
    look_back.back_to_now()
    assert live.world.live


def test_time_goes_on_at_its_speed_and_stops_at_the_end(look_back: LookBack, live: LiveWorld) -> None:
    known: list[Recorded] = []
    look_back.known.connect(known.append)
    look_back.ask_day(BEGIN_S)
    until(lambda: bool(known))
    look_back.set_speed(1000.0)
    look_back.go_to(BEGIN_S + 79_900.0)
    look_back.play()
    assert look_back.pace == 1000.0
    until(lambda: look_back.stand == Stand(BEGIN_S + 80_000.0, False, 1000.0))
    assert look_back.pace == 0.0
    until(lambda: live.world is not None and live.world.at_s == BEGIN_S + 80_000.0)


def test_time_runs_back_as_well_and_stops_at_the_begin(look_back: LookBack, live: LiveWorld) -> None:
    known: list[Recorded] = []
    look_back.known.connect(known.append)
    look_back.ask_day(BEGIN_S)
    until(lambda: bool(known))
    look_back.set_speed(1000.0)
    look_back.go_to(BEGIN_S + 100.0)
    look_back.play(-1)
    assert look_back.pace == -1000.0
    until(lambda: look_back.stand is not None and look_back.stand.at_s == BEGIN_S)
    assert look_back.pace == 0.0
    until(lambda: live.world is not None and live.world.at_s == BEGIN_S)


def test_one_steps_and_stands_still(look_back: LookBack) -> None:
    look_back.go_to(BEGIN_S + 100.0)
    look_back.play()
    look_back.step(-1.0)
    assert look_back.stand is not None
    assert not look_back.stand.playing
    assert look_back.stand.at_s == pytest.approx(BEGIN_S + 99.0, abs=0.5)


def test_one_goes_from_alarm_to_alarm_and_is_told_when_there_is_no_more(look_back: LookBack) -> None:
    arrived: list[Happening] = []
    failed: list[Exception] = []
    look_back.arrived.connect(arrived.append)
    look_back.failed.connect(failed.append)
    look_back.go_to_happening(-1)
    until(lambda: arrived == [CALLS[1]])
    look_back.go_to_happening(-1)
    until(lambda: arrived == [CALLS[1], CALLS[0]])
    look_back.go_to_happening(-1)
    until(lambda: bool(failed))
    assert look_back.stand is not None
    assert look_back.stand.at_s == CALLS[0].at_s


def test_nothing_before_or_after_what_is_recorded_can_be_looked_at(look_back: LookBack) -> None:
    known: list[Recorded] = []
    look_back.known.connect(known.append)
    look_back.ask_day(BEGIN_S)
    until(lambda: bool(known))
    look_back.go_to(BEGIN_S - 1e6)
    assert look_back.stand is not None
    assert look_back.stand.at_s == BEGIN_S


def test_a_past_that_cannot_be_read_is_told_and_now_is_shown(look_back: LookBack, past: MadeUpPast) -> None:
    told: list[Exception] = []
    look_back.failed.connect(told.append)
    past.broken = True
    look_back.go_to(BEGIN_S)
    until(lambda: bool(told))
    assert look_back.stand is None


def test_another_twin_begins_now_and_lets_go_of_the_old_past(look_back: LookBack, past: MadeUpPast) -> None:
    look_back.go_to(BEGIN_S)
    look_back.open(None)
    assert look_back.stand is None
    until(lambda: past.closed)


def test_the_whole_window_follows(window: MainWindow) -> None:
    assert window.live.city is not None
    window.look_back.open(MadeUpPast(window.live.city))
    window.time_bar.forget()
    until(window.time_bar.strip.isEnabled)
    assert window.stage.property("framed") == "false"
    window.time_bar.day.before.click()
    window.time_bar.strip.setSliderDown(True)
    for hour in (3, 9, 12):
        window.time_bar.strip.setSliderPosition(hour * 3600)
    window.time_bar.strip.setSliderDown(False)
    at_s = BEGIN_S + 12 * 3600.0
    until(lambda: window.live.world is not None and window.live.world.at_s == at_s)
    until(lambda: window.top.clock.mode == "past")
    assert window.stage.property("framed") == "true"
    assert window.time_bar.clock.text() == "12:00:00"
    assert "非现在" in window.time_bar.notice.text()
    assert window.acts.by_id["history.now"].isEnabled()
    until(lambda: (shown := window.map.shown_symbols()) is not None and not np.any(shown.velocity_mps))
    window.time_bar.play.click()
    until(lambda: window.look_back.stand is not None and window.look_back.stand.at_s > at_s)
    window.time_bar.now.click()
    assert window.live.world is not None
    assert window.live.world.live
    assert window.stage.property("framed") == "false"
    until(lambda: window.top.clock.mode != "past")


class AtOnce(Executor):
    """Has an answer before anybody can wait for it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


def test_who_called_is_arrived_at_however_soon_the_instant_is_read(
    look_back: LookBack, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Happening] = []
    look_back.arrived.connect(found.append)
    with monkeypatch.context() as patch:
        patch.setattr(look_back, "_thread", AtOnce())
        look_back.go_to_happening(-1)
        until(lambda: found)
    assert found == [CALLS[-1]]


def test_escape_brings_the_window_back_to_now(window: MainWindow, small_city: City) -> None:
    window.look_back.open(MadeUpPast(small_city))
    window.acts.run("history.previous_event")
    until(lambda: bool(window.selection.picks))  # who called is found and selected
    assert window.look_back.shows_past
    for docked in ("layers", "details"):
        until(lambda name=docked: "15:00:00" in window.arrangement.docks[name]._title.past.text())  # type: ignore[misc]  # bound early
    window.acts.by_id["selection.clear"].trigger()
    assert window.look_back.shows_past
    window.acts.by_id["selection.clear"].trigger()
    assert window.look_back.stand is None
    until(lambda: not window.arrangement.docks["layers"]._title.past.text())


def test_the_strip_is_clicked_where_something_happened(window: MainWindow, small_city: City) -> None:
    window.look_back.open(MadeUpPast(small_city))
    bar = window.time_bar
    bar.forget()
    until(bar.strip.isEnabled)
    bar.day.before.click()
    until(lambda: len(bar.strip._marks) == 2)
    x = bar.strip._x(CALLS[0].at_s) + 3
    QTest.mouseClick(bar.strip, Qt.MouseButton.LeftButton, pos=QPoint(round(x), 10))
    assert window.look_back.stand is not None
    assert window.look_back.stand.at_s == CALLS[0].at_s
    window.look_back.back_to_now()


def test_a_recording_and_the_history_share_the_bar(window: MainWindow, small_city: City) -> None:
    window.look_back.open(MadeUpPast(small_city))
    bar = window.time_bar
    bar.forget()
    until(bar.strip.isEnabled)
    asked: list[tuple[str, float]] = []
    window.time_bar.steered.connect(lambda order, value: asked.append((order, value)))
    bar.set_playback(Playback(1000.0, 2000.0, 1500.0, 20.0, False), "drive.gpx")
    assert bar.about == "recording"
    assert (bar.strip.begin_s, bar.strip.at_s, bar.strip.end_s) == (1000.0, 1500.0, 2000.0)
    assert bar.speed.currentText() == "20×"
    listed = [float(bar.speed.itemData(row)) for row in range(bar.speed.count())]
    assert listed == sorted(listed)
    bar.recording.click()
    assert bar.about == "history"
    until(lambda: window.look_back.stand is not None and not window.look_back.stand.reading)
    assert asked[-1][0] == "history.look"
    assert bar.recording.isVisible()
    bar.now.click()
    assert bar.about == "recording"
    assert window.look_back.stand is None
    bar.set_playback(None)
    assert bar.about == "history"
    assert not bar.recording.isVisible()


def test_only_presses_and_releases_are_on_record(window: MainWindow, small_city: City) -> None:
    audit = window.session.commands.audit
    assert isinstance(audit, Audit)
    window.look_back.open(MadeUpPast(small_city))
    window.time_bar.forget()
    until(window.time_bar.strip.isEnabled)
    window.time_bar.day.before.click()
    entries = audit.entries
    before = len(entries)
    window.time_bar.strip.setSliderDown(True)
    for second in range(0, 30_000, 500):
        window.time_bar.strip.setSliderPosition(second)
    window.time_bar.strip.setSliderDown(False)
    assert [entry.resource.kind for entry in entries[before:]] == ["history.look", "history.look"]


def test_playing_without_a_time_says_what_to_do(window: MainWindow) -> None:
    told: list[str] = []
    window.acts.refused.connect(lambda _command, words: told.append(words))
    window.acts.run("history.now")
    window.acts.run("history.play")
    assert told
