"""Jams through the real window, on traffic that was kept."""

from __future__ import annotations

import numpy as np
import pytest

from app.main_window import MainWindow
from app.workbenches.traffic.drawing import measured
from app.workbenches.traffic.jams import JAM, MEASURED, Jams
from data.traffic.days import day_of
from data.traffic.store import TrafficStore
from layers.catalogue import layer_by_name
from layers.measured import MEASURES
from tests.app.conftest import until
from tests.data.traffic.made import stretch_of, traffic
from twin.city.city import City
from twin.traffic.graph import road_graph
from twin.traffic.jams import DAY_S
from twin.traffic.measured import Measured

TODAY = day_of(1_790_035_200.0)


@pytest.fixture(scope="module")
def jams(only_window: MainWindow, small_city: City) -> Jams:
    """Return the feature with two days that were measured."""
    graph = road_graph(small_city)
    store = TrafficStore.of(only_window.session.home, "small", graph)
    for back in range(2):
        slots = traffic(
            graph, stretch_of(small_city, graph), TODAY - back * DAY_S, range(100, 106 + 2 * back), range(90, 120)
        )
        store.add(slots)
    only_window.arrangement.show("traffic")
    return next(feature for feature in only_window.features if isinstance(feature, Jams))


def read(window: MainWindow, jams: Jams) -> None:
    window.acts.run("jams.read")
    until(lambda: jams._read is not None and jams._slot >= 0)


def test_the_newest_day_is_read_and_its_worst_jam_shown(window: MainWindow, jams: Jams) -> None:
    read(window, jams)
    panel = jams.panel
    assert panel.table.shown_rows() == 1
    assert "1" in panel.summary.text()
    assert panel.title.text()
    assert "08:20" in panel.story.text()
    assert "<b>" in panel.why.text()
    assert jams._slot == 100
    assert JAM in window.map.extras.drawings
    assert MEASURED in window.map.extras.drawings


def test_the_day_is_replayed_and_the_measure_changed(window: MainWindow, jams: Jams) -> None:
    read(window, jams)
    jams.panel.slider.setValue(95)
    assert jams._slot == 95
    assert jams.panel.at.text() == "07:55"
    window.acts.run("jams.replay")
    until(lambda: jams._slot >= 97)
    window.acts.run("jams.replay")
    assert not jams.panel.play.isChecked()
    world = window.live.world
    assert world is not None
    for measure in ("speed", "index", "delay"):
        rows = layer_by_name(f"measured_{measure}").rows(world)
        assert len(rows)
        assert (rows.columns["mean_kmh"] > 0).all()
    assert not len(layer_by_name("measured_queue").rows(world))
    jams.panel.measure_wanted.emit("delay")
    jams.panel.slider.setValue(0)
    assert MEASURED not in window.map.extras.drawings


def test_another_day_is_read_by_its_date(window: MainWindow, jams: Jams) -> None:
    read(window, jams)
    jams.panel.before.click()
    until(lambda: jams._read is not None and jams._read.day.begin_s == TODAY - DAY_S)
    assert "09:00" in jams.panel.story.text()
    jams.panel.before.click()
    until(lambda: jams._read is not None and jams._read.day.begin_s == TODAY - 2 * DAY_S)
    assert jams.panel.table.shown_rows() == 0
    assert not jams.panel.page.widget().isVisible()


def test_each_measure_has_its_colours(small_city: City) -> None:
    graph = road_graph(small_city)
    slots = traffic(graph, stretch_of(small_city, graph), TODAY, range(100, 101), range(100, 101))
    slots.queue_m[:], slots.halted[:] = 20.0, 5.0
    classes = small_city.table("roads")["road_class"].to_numpy(object)
    names = np.full(len(graph), "", object)
    seen = Measured(graph, slots, slots.grades(graph, classes), slots.sure(graph, classes), names, names)
    for measure in MEASURES:
        drawing = measured(seen, measure)
        assert drawing is not None
        assert len(drawing.rows) == len(slots)
    queue = measured(seen, "queue")
    assert queue is not None
    assert queue.rows.geometry is not None
    assert all(line.length < 40 for line in queue.rows.geometry)
    none = np.zeros(0, np.bool_)
    empty = Measured(graph, slots.take(np.zeros(len(slots), np.bool_)), seen.grades[:0], none, names, names)
    assert measured(empty, "speed") is None
