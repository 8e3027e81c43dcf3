"""The panel of green waves through the real window, with an arterial of six signals and simulated controllers."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.main_window import MainWindow
from app.workbenches.traffic.time_space import _reds, walks
from app.workbenches.traffic.waves import Waves, shifted
from app.workbenches.traffic.waves_panel import Planned
from data.signals import releases
from data.signals.controller import Controller
from tests.app.conftest import until
from tests.data.signals.test_gateway import served
from tests.twin.signals.made import arterial_city
from twin.access import Purpose
from twin.signals.corridor import corridors
from twin.signals.wave import wave_at, wish_for
from twin.traffic.streams import ASSUMED

AT_M = (0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)


def test_reds_are_what_is_not_green() -> None:
    assert _reds([(10.0, 40.0)], 60.0, 120.0) == [(0.0, 10.0), (40.0, 70.0), (100.0, 120.0)]
    assert _reds([(50.0, 75.0)], 60.0, 60.0) == [(15.0, 50.0)]
    assert _reds([(0.0, 60.0)], 60.0, 60.0) == []


def test_people_are_drawn_when_they_may_cross_the_arterial() -> None:
    wish = wish_for(corridors(arterial_city(AT_M))[0])
    wave = wave_at(wish, 84.0)
    for row, (junction, plan) in enumerate(zip(wish.corridor.junctions, wave.plans, strict=True)):
        ((begin, end),) = walks(wish.corridor, row, plan)
        assert end - begin >= junction.movement("west.walk").min_green_s
        side = plan.greens()["north.through"][0]
        assert begin == plan.offset_s + side[0]


def test_a_wave_is_drawn_dragged_released_watched_and_taken_back(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    feature = next(feature for feature in window.features if isinstance(feature, Waves))
    wish = wish_for(corridors(arterial_city(AT_M))[0])
    road, wave = wish.corridor, wave_at(wish, 84.0)
    panel = feature.panel
    window.arrangement.docks["waves"].show()
    until(panel.plan.isEnabled, 60.0)  # the county's own arterials are listed first
    panel.show_corridors((road,))
    panel.show_waves(Planned(road, (wave,), ASSUMED))
    assert "84" in panel.worth.text()
    row, before = 2, panel.shown
    assert before is not None
    begin = panel.diagram.bar_of(row).toPoint()
    span_px = panel.diagram.width() - 120
    QTest.mousePress(panel.diagram, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(panel.diagram, begin + QPoint(span_px // 10, 0))
    QTest.mouseRelease(panel.diagram, Qt.MouseButton.LeftButton, pos=begin + QPoint(span_px // 10, 0))
    after = panel.shown
    assert after is not None
    assert after.by_hand
    moved = (after.drawn.plans[row].offset_s - before.drawn.plans[row].offset_s) % 84.0
    assert moved == pytest.approx(84.0 * 3 / 10, abs=2.0)
    assert shifted(before, row, after.drawn.plans[row].offset_s).band_s == after.band_s

    controllers = [
        Controller(junction, plan.shifted(5.0)) for junction, plan in zip(road.junctions, wave.plans, strict=True)
    ]
    with served(*controllers) as address:
        monkeypatch.setattr("data.signals.gateway.gateway_of", lambda _home: address)
        window.session.commands.purpose = Purpose("绿波试运行", "")
        feature._desk.run("wave.release", about=road.name)
        until(panel.back.isEnabled, 60.0)
        assert [controller.plan for controller in controllers] == list(after.drawn.plans)
        feature._watch()
        until(lambda: not window.jobs.is_running("signal-watch"), 60.0)
        assert road.name in panel.state.text()
        feature._released = None  # as after a restart: the file knows it
        feature._recall()
        until(lambda: feature._released is not None, 60.0)
        assert panel.back.isEnabled()
        feature._desk.run("wave.back", about=road.name)
        until(lambda: not panel.back.isEnabled(), 60.0)
        assert all(controller.running == 1 for controller in controllers)
    window.session.commands.purpose = None
    (kept,) = releases.releases(window.session.home, feature._twin)
    assert (kept.road, kept.back_by, kept.plans) == (road.name, kept.who, after.drawn.plans)
    assert releases.standing(window.session.home, feature._twin) is None
