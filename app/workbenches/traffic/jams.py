"""Jams: the days that were measured, read off the window's thread; the map follows the jam that is looked at."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.opening import Opened
from app.workbenches.traffic.drawing import extent, measured
from app.workbenches.traffic.jams_panel import JamsPanel
from app.workbenches.traffic.strips import DAY_SLOTS
from data.home import Home
from data.traffic.days import Day, Days, day_of, local_time
from data.traffic.events import events_of
from data.traffic.store import TrafficStore
from layers.measured import MEASURES
from twin.city.city import City
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.indices import network_index, strips
from twin.traffic.jams import DAY_S
from twin.traffic.measured import Measured
from twin.traffic.slots import SLOT_S, Slots, groups_of

JAM, MEASURED = "jam", "jam-day"
REPLAY_MS = 250
LEAST_M, WIDER = 600.0, 1.5


@dataclass(frozen=True, slots=True)
class Read:
    """What a job read."""

    days: Days
    graph: RoadGraph
    day: Day
    week: Slots
    index: float


class Jams(QObject, Feature):
    """A feature of the window: joins the panel, the days, the map and the commands."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        self.panel = JamsPanel(context.desk.look)
        self._twin, self._city = "", None if context.desk.live.city is None else context.desk.live.city
        self._read: Read | None = None
        self._measure, self._slot = MEASURES[0], -1
        self._replay = QTimer(self)
        self._replay.setInterval(REPLAY_MS)
        self._replay.timeout.connect(self._on_step)
        context.opening.opened.connect(self._on_opened)
        run = context.desk.run
        self.panel.day_wanted.connect(lambda at_s: run("jams.read", at_s=at_s))
        self.panel.jam_wanted.connect(lambda place: run("jams.look", place=place))
        self.panel.slot_wanted.connect(self._show_slot)
        self.panel.measure_wanted.connect(self._on_measure)
        self.panel.replay_wanted.connect(lambda: run("jams.replay"))

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(Command("jams.read", self._ask, "traffic.read"), "traffic", "car")
        yield Entry(Command("jams.look", self._look, "traffic.read", in_palette=False), told=False)
        yield Entry(Command("jams.replay", self._toggle, "traffic.read"), "traffic", "play", told=False)

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panel."""
        return {"jams": self.panel}

    def close(self) -> None:
        """Stop replaying, and take everything from the map."""
        self._replay.stop()
        for name in (JAM, MEASURED):
            self._context.map.extras.remove(name)

    def _on_opened(self, opened: Opened) -> None:
        self._twin, self._city, self._read = opened.name, opened.city, None
        self._replay.stop()
        for name in (JAM, MEASURED):
            self._context.map.extras.draw(name)
        if self.panel.isVisible():
            self._desk.run("jams.read")

    def _ask(self, call: Call) -> None:
        """Read a day in the background: that of ``at_s``, or the newest."""
        if self._city is None:
            return
        home, twin, city, before = self._desk.session.home, self._twin, self._city, self._read
        at_s = call.arguments.get("at_s")
        self._desk.jobs.submit(
            "job.jams", lambda *_: _read(home, twin, city, before, at_s), self._on_read, key="jams", quiet=True
        )

    def _on_read(self, read: Read) -> None:
        self._read = read
        self.panel.show_day(read.day, read.index)
        self._context.map.extras.draw(JAM)
        if read.day.jams:
            self._desk.run("jams.look", place=0)
        else:
            self._show_slot(-1)

    def _look(self, call: Call) -> None:
        """Show a jam: on its page, on the map, and at its longest."""
        place, read = int(call.arguments["place"]), self._read
        if read is None or not 0 <= place < len(read.day.jams):
            return
        jam = read.day.jams[place].jam
        self.panel.show_jam(place, *_week(read, jam.head))
        drawing = extent(read.graph, jam.links)
        self._context.map.extras.draw(JAM, *([] if drawing is None else [drawing]), opacity=0.45)
        self._show_slot(round((jam.peak_s - read.day.begin_s) / SLOT_S))
        self._fly(read.graph, jam.links)

    def _fly(self, graph: RoadGraph, links: NDArray[np.int64]) -> None:
        city = self._city
        if city is None:
            return
        west, south, east, north = shapely.total_bounds(graph.lines[graph.road[links]])
        middle = np.array([west + east, south + north]) / 2.0 - np.asarray(graph.origin_m)
        lon, lat = city.frame.to_lonlat(*middle)
        wide = max(WIDER * max(east - west, north - south), LEAST_M)
        self._context.map.fly_to(float(lon), float(lat), wide)

    def _on_measure(self, measure: str) -> None:
        self._measure = measure
        self._show_slot(self._slot)

    def _toggle(self, _call: Call) -> None:
        if self._replay.isActive() or self._read is None:
            self._replay.stop()
        else:
            self._replay.start()
        self.panel.play.setChecked(self._replay.isActive())

    def _on_step(self) -> None:
        self._show_slot((self._slot + 1) % DAY_SLOTS)

    def _show_slot(self, slot: int) -> None:
        """Draw what was measured in a slot of the day; -1 takes it away."""
        self._slot, read = slot, self._read
        self.panel.show_slot(max(slot, 0))
        if read is None or slot < 0:
            self._context.map.extras.draw(MEASURED)
            self._desk.live.look_at(None)
            return
        number = round(read.day.begin_s / SLOT_S) + slot
        rows = slice(*np.searchsorted(read.day.slots.slot, [number, number + 1]).tolist())
        part = read.day.slots.take(np.arange(rows.start, rows.stop))
        sure = part.sure(read.graph, read.days.classes)
        seen = Measured(read.graph, part, read.day.grades[rows], sure, *read.days.names)
        self._desk.live.look_at(seen)
        drawing = measured(seen, self._measure)
        self._context.map.extras.draw(MEASURED, *([] if drawing is None else [drawing]))


def _read(home: Home, twin: str, city: City, before: Read | None, at_s: float | None) -> Read:
    graph = before.graph if before is not None else road_graph(city)
    store = TrafficStore.of(home, twin, graph)
    days = before.days if before is not None else Days(store, city)
    newest = store.newest_s() if at_s is None else None
    begin_s = day_of(at_s if at_s is not None else newest if newest is not None else time.time())
    day = days.day(begin_s, events_of(home, city, begin_s))
    return Read(days, graph, day, days.week(begin_s), network_index(graph, day.slots))


def _week(read: Read, head: int) -> tuple[tuple[str, ...], NDArray[np.int8]]:
    """Return the names of seven days, and the grades on the road of a link."""
    graph, mine = read.graph, read.days.same_road(head)
    group = groups_of(graph, read.days.classes)[[head]]
    begin = round((read.day.begin_s - 6 * DAY_S) / SLOT_S)
    grades = strips(graph, read.week, np.where(mine, 0, -1), 1, group, begin, 7 * DAY_SLOTS).reshape(7, DAY_SLOTS)
    names = tuple(f"{local_time(read.day.begin_s - back * DAY_S):%m-%d}" for back in range(6, -1, -1))
    return names, grades
