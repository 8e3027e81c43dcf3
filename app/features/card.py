"""The card of what is selected: who sees it, who is near, what is wrong, what is inside, how its day was."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from app.card.about import About, day_at_place, day_of_entity
from app.card.reach import ReachCommands
from app.card.words import write_day, write_line, write_moment
from app.commands import Call, Command
from app.facts import is_live
from app.features.feature import Context, Entry, Feature
from app.map.events import Pick
from app.opening import Opened
from layers.layer import Lines, Rows
from twin.card.day import Day, Moment
from twin.card.parts import Line, Part, cameras_seeing, nearest_units, open_alerts, what_is_inside, where_it_is
from twin.card.target import Target, target_of
from twin.city.city import City
from twin.errors import UsageError
from twin.traffic.travel import REACHED, Route
from twin.world import World

AGAIN_S = 3.0
"""What moves is worked out anew so often."""
ROUTE = "card-route"
LIVE_PARTS = ("units", "alerts")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a part is worked out from."""

    about: About
    world: World
    pick: Pick

    def target(self) -> Target:
        return target_of(self.world, self.pick.layer, self.pick.key, self.pick.position_m)


Work = Callable[[_Asked, Target], Part]
WORK: Mapping[str, Work] = {
    "where": lambda asked, target: where_it_is(asked.world, target),
    "cameras": lambda asked, target: cameras_seeing(asked.about.city, asked.about.scenery, target),
    "units": lambda asked, target: nearest_units(
        asked.world, target, asked.about.driving(asked.world), asked.about.walk
    ),
    "alerts": lambda asked, target: open_alerts(asked.world, target),
    "inside": lambda asked, target: what_is_inside(asked.world, target),
}


class CardFeature(Feature):
    """Fills the parts below the details of the selection, each as soon as it is known."""

    def __init__(self, context: Context) -> None:
        self._context, self._desk = context, context.desk
        self.sections = context.details.sections
        self._about: About | None = None
        self._twin = ""
        self._pick: Pick | None = None
        self._again_s, self._stated = 0.0, False
        self._told: dict[str, Part] = {}
        self._day: Day | None = None
        self._desk.selection.changed.connect(self._on_selected)
        self._desk.live.panels_due.connect(self._on_panels_due)
        self._desk.look.language_changed.connect(self._write_all)
        self._desk.look.theme_changed.connect(self._write_all)
        context.opening.opened.connect(self._on_opened)
        self.sections.chosen.connect(self._on_chosen)

    def entries(self) -> Iterator[Entry]:
        """Return the steps of the card itself, and how far one comes from what it is about."""
        go = Command("card.go", self._go, "view", in_palette=False)
        entity_day = Command(
            "card.entity_day", self._entity_day, "history.ask", needs_purpose=True, sensitive=True, in_palette=False
        )
        place_day = Command("card.place_day", self._place_day, "history.ask", sensitive=True, in_palette=False)
        for command in (go, entity_day, place_day):
            yield Entry(command, told=False)
        yield from ReachCommands(self._context, lambda: self._about).entries()

    def close(self) -> None:
        """Take the way from the map."""
        self._context.map.extras.remove(ROUTE)

    # What is asked

    def _on_opened(self, opened: Opened) -> None:
        self._about, self._twin = None, opened.name
        city = opened.city
        self._desk.jobs.submit("job.card", lambda *_: About.of(city), self._on_about, key="card.about", quiet=True)

    def _on_about(self, about: About) -> None:
        self._about = about
        self._on_selected(self._desk.selection.picks)

    def _on_selected(self, picks: tuple[Pick, ...]) -> None:
        self._context.map.extras.remove(ROUTE)
        self._pick = picks[0] if picks else None
        self._told, self._day = {}, None
        self._stated = self._desk.session.commands.purpose is not None
        self.sections.setVisible(self._pick is not None)
        if self._pick is None:
            return
        self.sections.begin()
        for name in WORK:
            self._ask(name)
        self._ask_day()

    def _on_panels_due(self, world: World) -> None:
        if self._pick is None or not self.sections.isVisible():
            return
        self.sections.tell_ages(self._now(world))
        self._look_at_purpose()
        if time.monotonic() - self._again_s < AGAIN_S:
            return
        self._again_s = time.monotonic()
        moved = is_live(self._pick.layer)
        for name in (*LIVE_PARTS, *(("cameras", "where") if moved else ())):
            if not self._desk.jobs.is_running(f"card.{name}"):
                self._ask(name)

    def _look_at_purpose(self) -> None:
        """Write names in full or masked, and ask for the day, once a purpose was stated or has ended."""
        stated = self._desk.session.commands.purpose is not None
        if stated != self._stated:
            self._stated = stated
            self._write_all()
            self._ask_day()

    def _now(self, world: World) -> float:
        return time.time() if world.live else world.at_s

    def _ask(self, name: str) -> None:
        world = self._desk.live.world
        if self._about is None or world is None or self._pick is None or world.city is not self._about.city:
            return
        asked, work = _Asked(self._about, world, self._pick), WORK[name]

        def told(part: Part) -> None:
            if self._pick is asked.pick:
                self._told[name] = part
                self._write(name, self._now(world) if name in LIVE_PARTS else 0.0)

        self._desk.jobs.submit("job.card", lambda *_: work(asked, asked.target()), told, key=f"card.{name}", quiet=True)

    def _ask_day(self) -> None:
        world, pick = self._desk.live.world, self._pick
        if world is None or pick is None or self._about is None:
            return
        if not is_live(pick.layer):
            self._desk.run("card.place_day", about=pick.key)
        elif self._desk.session.commands.purpose is not None:
            self._desk.run("card.entity_day", about=pick.key)
        else:
            self._day = None
            self.sections.parts["day"].show_lines((), self._desk.look.texts("card.day_purpose"), "", 0.0)

    def _entity_day(self, _call: Call) -> None:
        home = self._desk.session.home
        self._work_day(lambda twin, pick, world: day_of_entity(home, twin, world, pick.key))

    def _place_day(self, _call: Call) -> None:
        home = self._desk.session.home

        def day(twin: str, pick: Pick, world: World) -> Day:
            return day_at_place(home, twin, world, target_of(world, pick.layer, pick.key, pick.position_m))

        self._work_day(day)

    def _work_day(self, day: Callable[[str, Pick, World], Day]) -> None:
        world, pick, twin = self._desk.live.world, self._pick, self._twin
        if world is None or pick is None:
            raise UsageError(self._desk.look.texts("details.nothing"))

        def told(known: Day) -> None:
            if self._pick is pick:
                self._day = known
                self._write_day()

        def failed(error: Exception) -> None:
            if self._pick is pick:
                words = self._desk.look.texts.error(error)
                self.sections.parts["day"].show_lines((), words, "", 0.0)

        self._desk.jobs.submit(
            "job.card_day", lambda *_: day(twin, pick, world), told, failed, key="card.day", quiet=True
        )

    # What is shown

    def _write_all(self, *_: object) -> None:
        if self._pick is None:
            return
        for name in self._told:
            self._write(name, self.sections.parts[name].at_s)
        self._write_day()

    def _write(self, name: str, at_s: float) -> None:
        part, texts = self._told[name], self._desk.look.texts
        unmask = self._desk.session.commands.purpose is not None
        lines = [write_line(line, self._desk.look, unmask) for line in part.lines]
        notes = [texts("card.total", count=part.total)] if part.total > len(part.lines) else []
        if part.unreachable:
            notes.append(texts("card.unreachable", count=part.unreachable))
        self.sections.parts[name].show_lines(lines, texts(f"card.no_{name}"), " · ".join(notes), at_s)

    def _write_day(self) -> None:
        if self._day is None:
            return
        look, texts = self._desk.look, self._desk.look.texts
        lines = [write_moment(moment, look) for moment in self._day.moments]
        self.sections.parts["day"].show_lines(lines, texts("card.no_day"), write_day(self._day, look), 0.0)

    # What is done with a line

    def _on_chosen(self, value: Line | Moment) -> None:
        if isinstance(value, Moment):
            self._desk.run("history.look", value=value.begin_s)
        else:
            self._desk.run("card.go", about=value.key, line=value)

    def _go(self, call: Call) -> None:
        """Fly to what a line tells of and select it; a unit is followed, with its way to where it was asked from."""
        line: Line = call.arguments["line"]
        city, before = self._desk.live.city, self._pick
        if city is None:
            raise UsageError(self._desk.look.texts("details.nothing"))
        if math.isfinite(line.position_m[0]):
            self._context.map.fly_to(*self._lonlat(city, line), 400.0)
        self._desk.selection.select([Pick(line.layer, line.key, line.position_m)])
        if is_live(line.layer) and not line.severity:
            self._desk.run("selection.follow")
        if line.seconds == line.seconds and before is not None and line.layer != "drones":
            self._ask_route(line, before)

    @staticmethod
    def _lonlat(city: City, line: Line) -> tuple[float, float]:
        lon, lat = city.frame.to_lonlat(line.position_m[0], line.position_m[1])
        return float(lon), float(lat)

    def _ask_route(self, line: Line, pick: Pick) -> None:
        about, world = self._about, self._desk.live.world
        if about is None or world is None:
            return

        def way(*_: Any) -> Route:
            target = target_of(world, pick.layer, pick.key, pick.position_m)
            unit = target_of(world, line.layer, line.key, line.position_m)
            times = about.walk if line.layer == "people" else about.driving(world)
            return times.route(unit.position_m, target.position_m)

        self._desk.jobs.submit("job.card", way, self._show_route, key="card.route", quiet=True)

    def _show_route(self, route: Route) -> None:
        if route.answer != REACHED or shapely.is_empty(route.line):
            return
        rows = Rows(1, {"id": np.array([ROUTE], object)}, np.array([route.line], object))
        self._context.map.extras.draw(ROUTE, Lines(rows, np.full(1, 6.0, np.float32), np.array(["result"])))
