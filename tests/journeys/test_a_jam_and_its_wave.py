"""A day of the traffic bench through the real window: from a jam that was found to a plan whose effect was measured."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.features.hints import HintCard
from app.main_window import MainWindow
from app.shell import grab
from app.workbenches.traffic.jams import JAM, Jams
from app.workbenches.traffic.waves import MEASURES, Waves
from data.signals import releases
from data.signals.controller import Controller
from data.traffic.days import day_of
from data.traffic.store import TrafficStore
from tests.app.conftest import made_home, only_window, small_city, until, window
from tests.data.signals.test_gateway import served
from tests.data.traffic.made import traffic
from twin.access import Purpose
from twin.city.city import City
from twin.signals.corridor import corridors
from twin.signals.plan import whole
from twin.signals.stages import options, usual
from twin.traffic.graph import road_graph
from twin.traffic.jams import DAY_S
from twin.traffic.slots import Slots, together

PICTURES = os.environ.get("ZHIAN_PICTURES", "")
"""A folder for a picture of each station, on a real display; empty for none."""
__all__ = ["made_home", "only_window", "small_city", "window"]
ROAD = "人民大道"
TODAY_S = day_of(1_790_035_200.0)
RELEASE_S = TODAY_S + 13 * 3600.0
JAMMED, SEEN = range(128, 140), range(120, 150)


def day(city: City, begin_s: float, jammed: range) -> Slots:
    """Return a morning on the road; where it is jammed, before one signal, half of the vehicles stop twice."""
    graph = road_graph(city)
    road = corridors(city, only=ROAD)[0]
    before = road.junctions[3].movement(road.out[3]).come
    links = np.flatnonzero((city.table("roads")["name"].to_numpy(object) == ROAD)[graph.road])
    head = links[np.array(graph.names(links)) == before]
    parts = [
        traffic(graph, np.setdiff1d(links, head), begin_s, range(0), SEEN),
        traffic(graph, head, begin_s, jammed, SEEN),
    ]
    slots = together(parts)
    stuck = (slots.link == head[0]) & np.isin(slots.slot - round(begin_s / 300.0), np.array(jammed))
    often = np.where(stuck, 8.0, 1.0)
    return replace(slots, stops=2 * often, again=np.where(stuck, 5.0, 0.0), halted=often, stopped_s=40.0 * often)


def drawn() -> None:
    """Let everything be drawn."""
    end = time.monotonic() + 3.0
    until(lambda: time.monotonic() > end)


def station(window: MainWindow, name: str) -> None:
    """Take a picture of the window, if pictures are wanted."""
    if PICTURES:
        for card in window.findChildren(HintCard):
            card.hide()
        for look in ("dark", "light"):
            drawn()
            grab(window, Path(PICTURES) / f"{name}-{look}.png")
            window.acts.run("theme.toggle")


def test_a_jam_is_found_its_cause_named_a_wave_planned_released_and_its_effect_measured(
    window: MainWindow, small_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = TrafficStore.of(window.session.home, "small", road_graph(small_city))
    for back in range(5):
        store.add(day(small_city, TODAY_S - back * DAY_S, JAMMED))
    jams = next(feature for feature in window.features if isinstance(feature, Jams))
    waves = next(feature for feature in window.features if isinstance(feature, Waves))
    monkeypatch.setattr("app.workbenches.traffic.waves.time", SimpleNamespace(time=lambda: RELEASE_S))

    window.arrangement.show("traffic")
    window.acts.run("jams.read", at_s=TODAY_S)
    until(lambda: jams._read is not None and jams._slot >= 0, 60.0)
    assert ROAD in jams.panel.title.text()
    assert jams.panel.why.text().startswith(f"<b>{window.look.texts('traffic.cause.plan')}")
    assert JAM in window.map.extras.drawings
    station(window, "1-jam")

    panel = waves.panel
    window.arrangement.docks["waves"].show()
    window.arrangement.docks["waves"].raise_()
    until(panel.plan.isEnabled, 60.0)
    window.acts.run("wave.plan", road=ROAD)
    until(lambda: len(panel._waves) >= 1, 120.0)
    window.jobs.cancel(next(job.number for job in window.jobs.running() if job.title == "job.wave"))
    shown = panel.shown
    assert shown is not None
    assert panel.road == ROAD
    station(window, "2-wave")

    window.acts.run("wave.rehearse", about=ROAD, minutes=2.0, choosing=1, verdict=1)
    until(panel.rehearsed.isVisible, 240.0)
    for mode in MEASURES:
        assert window.look.texts(f"rehearsal.mode.{mode}") in panel.rehearsed.text()
    station(window, "3-rehearsed")

    corridor = shown.drawn.corridor
    controllers = []
    for junction, one, other in zip(corridor.junctions, corridor.out, corridor.back, strict=True):
        plans = options(junction, one, other, usual(junction, one, other), 90.0)
        controllers.append(Controller(junction, whole(next(iter(plans.values()))), gentle=True))
    with served(*controllers) as address:
        monkeypatch.setattr("data.signals.gateway.gateway_of", lambda _home: address)
        window.session.commands.purpose = Purpose("拥堵治理", "")
        window.acts.run("wave.release", about=ROAD)
        until(panel.back.isEnabled, 60.0)
        assert [controller.plan for controller in controllers] == list(panel.shown.drawn.plans if panel.shown else ())
        assert ROAD in panel.state.text()
        station(window, "4-released")

        window.acts.run("wave.effect", about=ROAD)
        until(lambda: "半小时" in panel.measured.text(), 60.0)
        store.add(day(small_city, TODAY_S + DAY_S, range(0)))
        window.acts.run("wave.effect", about=ROAD)
        until(lambda: "km/h" in panel.measured.text(), 60.0)
        assert "150" in panel.measured.text()
        assert "+" in panel.measured.text().splitlines()[1]
        station(window, "5-effect")

        window.acts.run("wave.back", about=ROAD)
        until(lambda: not panel.back.isEnabled(), 60.0)
    assert all(controller.running == 1 for controller in controllers)
    assert [kept.back_s for kept in releases.releases(window.session.home, "small")] == [RELEASE_S]
    window.session.commands.purpose = None
