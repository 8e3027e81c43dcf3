"""How far one comes from what is selected or clicked, in minutes or along the roads: results like measures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely

from app import formats
from app.card.about import About
from app.commands import Call, Command
from app.features.feature import Context, Entry
from app.instruments.book import fresh_id
from app.instruments.kinds import PLACE
from app.instruments.pen import Pen
from app.map.events import Pick
from twin.card.target import Target, target_of
from twin.errors import UsageError
from twin.geo import FloatArray
from twin.kept import Result
from twin.measure import extent
from twin.traffic.lines import reached_area
from twin.traffic.travel import REACHED
from twin.words import say
from twin.world import World

EVEN_KMH = 36.0
"""At this speed everywhere ten metres take a second, so that time is length."""
METRES_A_SECOND = EVEN_KMH / 3.6


@dataclass(frozen=True, slots=True)
class Ask:
    """One way to ask: ``steps`` in minutes or metres, outward or towards the place."""

    name: str
    steps: tuple[float, ...]
    unit: str
    inward: bool = False
    shortcut: str = ""


ASKS = (
    Ask("minutes", (15.0, 10.0, 5.0), "min", shortcut="I"),
    Ask("inward", (15.0, 10.0, 5.0), "min", inward=True, shortcut="Shift+I"),
    Ask("metres", (1000.0, 500.0), "m"),
)
Shape = tuple[float, shapely.Geometry, float]
"""Minutes or metres, the area in the projected system, and how large it is in square metres."""


class ReachCommands:
    """Works out areas off the window's thread and hands them on as results, which can be kept, named and exported."""

    def __init__(self, context: Context, about: Callable[[], About | None]) -> None:
        self._context, self._desk, self._about = context, context.desk, about
        self._ask = ASKS[0]
        self._pen = Pen(PLACE, context.map.extras.repaint.emit, self._on_clicked)

    def entries(self) -> Iterator[Entry]:
        """Return one command a way to ask."""
        for ask in ASKS:
            command = Command(f"reach.{ask.name}", partial(self._run, ask), "view", ask.shortcut)
            yield Entry(command, "instruments", "path")

    def _run(self, ask: Ask, _call: Call) -> None:
        """Ask from the selection; without one, from where is clicked next."""
        picks = self._desk.selection.picks
        if picks:
            self._from(ask, picks[0])
            return
        self._ask = ask
        self._context.map.set_tool(self._pen)
        self._context.map.setFocus()

    def _on_clicked(self, points_m: FloatArray) -> None:
        city = self._desk.live.city
        self._context.map.set_tool(None)
        if city is None:
            return
        east, north, up = (float(value) for value in points_m[0])
        lon, lat = city.frame.to_lonlat(east, north)
        self._from(self._ask, Pick("point", formats.coordinates(float(lon), float(lat)), (east, north, up)))

    def _from(self, ask: Ask, pick: Pick) -> None:
        about, world = self._about(), self._desk.live.world
        if about is None or world is None:
            raise UsageError(self._desk.look.texts("card.working"))
        target = partial(target_of, world, pick.layer, pick.key, pick.position_m)
        self._desk.jobs.submit(
            "job.reach",
            lambda *_: shapes(about, world, target(), ask),
            lambda found: self._show(ask, self._title(pick), found, (world.at_s, world.live)),
            lambda error: self._context.acts.refused.emit(f"reach.{ask.name}", self._desk.look.texts.error(error)),
            key="reach",
        )

    def _title(self, pick: Pick) -> str:
        """Return what a thing is called, by now: its card may have been known later than what was asked."""
        details, picks = self._context.details, self._desk.selection.picks
        if picks and picks[0] is pick and details.facts is not None and details.facts.pick.key == pick.key:
            return details.title.text()
        return pick.key if pick.layer == "point" else self._desk.look.texts(f"layer.{pick.layer}")

    def _show(self, ask: Ask, title: str, found: list[Shape], shows: tuple[float, bool]) -> None:
        texts, city = self._desk.look.texts, self._desk.live.city
        source = "demo" if city is not None and city.invented else "city"
        for step, shape, area_m2 in found:
            told = f"minutes={step:g};speeds=traffic" if ask.unit == "min" else f"range_m={step:g}"
            name = texts(f"reach.{ask.name}", step=f"{step:g}", place=title)
            result = Result(
                fresh_id("r"), "isochrone" if ask.unit == "min" else "network", name, shape, area_m2, "m2",
                time.time(), *shows, source, told, self._desk.session.commands.actor.id,
            )  # fmt: skip
            self._desk.run("result.add", about=result.id, result=result)


def shapes(about: About, world: World, target: Target, ask: Ask) -> list[Shape]:
    """Return the area of each step, the widest first; minutes by road are at the speeds of the world that is shown.

    Raises
    ------
    twin.errors.UsageError
        If no road is near.
    """
    times = about.walk if target.layer == "people" else about.driving(world) if ask.unit == "min" else about.drive
    if ask.unit == "m":
        times = times.with_speeds(np.full(len(times.graph), EVEN_KMH))
    seconds = [step * 60.0 if ask.unit == "min" else step / METRES_A_SECOND for step in ask.steps]
    reach = times.reach(target.position_m[:2], max(seconds), ask.inward)
    if reach.answer != REACHED:
        raise UsageError(say("no road is within 1 km of this place"))
    areas = [reached_area(times.graph, reach, within) for within in seconds]
    return [(step, area, extent(about.city.frame, area).area_m2) for step, area in zip(ask.steps, areas, strict=True)]
