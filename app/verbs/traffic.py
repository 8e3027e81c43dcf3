"""``zhian traffic``: how fast the roads ran, the jams of a day, and their causes."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from app import formats, traffic_planning
from app.commands import Call, Command
from app.session import Session
from app.times import parse_time, show_time
from app.workbenches.traffic.wording import number_line
from data.home import Home
from data.router.matching import HmmMatcher
from data.store.twin_folder import open_city
from data.sync.attached import Attached
from data.sync.companion import when_parent_ends
from data.traffic.days import Day, Days, Told, day_of
from data.traffic.events import events_of
from data.traffic.floating import read_fixes
from data.traffic.store import TrafficStore
from data.traffic.watching import TrafficWatching
from twin.city.city import City
from twin.datums import COORDINATES
from twin.traffic.causes import likely
from twin.traffic.graph import road_graph
from twin.traffic.slots import slots_of
from twin.traffic.trips import trips_of

TABLES = ("roads", "turns", "junctions", "sites")
BY_ITSELF = "auto"


class Matched(NamedTuple):
    """What became of a file: fixes, trips, how many fixes were left out and why, on how many links in five minutes."""

    fixes: int
    trips: int
    left_out: dict[str, int]
    off_road: int
    slots: int


def add_parser(verbs: Any) -> None:
    """Add ``zhian traffic match|watch|jams``."""
    parser = verbs.add_parser("traffic", help="how fast the roads ran, and the jams of a day with their causes")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    matching = actions.add_parser("match", help="match a file of vehicles' positions to the roads and keep the speeds")
    matching.add_argument("file", type=Path, help="CSV or Parquet with vehicle, time, lon, lat")
    matching.add_argument(
        "--coordinates",
        choices=(BY_ITSELF, *COORDINATES),
        default=BY_ITSELF,
        help="the datum (default: seen on the roads)",
    )
    matching.add_argument(
        "--noise", type=float, default=10.0, metavar="M", help="usual error of a position (default 10)"
    )
    matching.add_argument(
        "--add", action="store_true", help="add to what is kept of those hours instead of replacing it"
    )
    watching = actions.add_parser("watch", help="follow the live world and keep the speeds, until told to end")
    watching.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    jams = actions.add_parser("jams", help="list the jams of a day, the worst first")
    jams.add_argument(
        "--day", default="", metavar="TIME", help="any time of the day (default: the newest that is kept)"
    )
    traffic_planning.add_actions(actions)
    for one, run in ((matching, _match), (watching, _watch), (jams, _jams)):
        one.add_argument("--twin", default="", help="which twin (default: the current one)")
        one.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home

    def match(call: Call) -> Matched:
        return matched(home, **call.arguments)

    def told(call: Call) -> tuple[Day, City]:
        return day_told(home, call.arguments["twin"], call.arguments["day_s"])

    return (
        Command("traffic.match", match, "traffic.keep", in_palette=False),
        Command("traffic.told", told, "traffic.read", in_palette=False),
        *traffic_planning.commands(session),
        Command("traffic.watch", lambda call: _run(session, **call.arguments), "engine.run", in_palette=False),
    )


def matched(home: Home, twin: str, file: Path, coordinates: str, noise_m: float, add: bool) -> Matched:
    """Match a file and keep what it tells."""
    city = open_city(home.twin(twin), TABLES)
    graph = road_graph(city)
    datum = next((name for name in COORDINATES if name == coordinates), None)
    fixes = read_fixes(file, city.frame, graph, datum)
    trips = trips_of(fixes)
    found = HmmMatcher(graph, noise_m=noise_m).match_many(trips.position_m, trips.time_s, trips.first)
    slots = slots_of(graph, trips, found)
    store = TrafficStore.of(home, twin, graph)
    (store.add if add else store.replace)(slots)
    return Matched(len(fixes), len(trips), dict(trips.left_out), int((found.link < 0).sum()), len(slots))


def day_told(home: Home, twin: str, day_s: float | None) -> tuple[Day, City]:
    """Tell of a day; without one, of the newest that is kept."""
    city = open_city(home.twin(twin), TABLES)
    store = TrafficStore.of(home, twin, road_graph(city))
    at_s = day_s if day_s is not None else store.newest_s() or time.time()
    begin_s = day_of(at_s)
    return Days(store, city).day(begin_s, events_of(home, city, begin_s)), city


def _run(session: Session, twin: str, watched: bool) -> None:
    stop, home = threading.Event(), session.home
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    if watched:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to answer
        when_parent_ends(stop.set)
    graph = road_graph(open_city(home.twin(twin), TABLES))

    def tell(problem: str) -> None:
        print(session.texts.said(problem), flush=True)

    TrafficWatching(Attached(home, twin), TrafficStore.of(home, twin, graph), tell).run(stop)


def _match(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    found = session.commands.run(
        "traffic.match", about=arguments.file.name, twin=twin, file=arguments.file, coordinates=arguments.coordinates,
        noise_m=arguments.noise, add=arguments.add,
    )  # fmt: skip
    if session.as_json:
        print(json.dumps(found._asdict()))
        return 0
    print(session.texts("traffic.matched", fixes=found.fixes, trips=found.trips, slots=found.slots))
    for reason, count in {**found.left_out, "off_road": found.off_road}.items():
        if count:
            print("  " + session.texts(f"traffic.left_out.{reason}", count=count))
    return 0


def _watch(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    session.commands.run("traffic.watch", about=twin, twin=twin, watched=arguments.watched)
    return 0


def _jams(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    day_s = parse_time(arguments.day) if arguments.day else None
    day, city = session.commands.run("traffic.told", about=twin, twin=twin, day_s=day_s)
    if session.as_json:
        for told in day.jams:
            print(json.dumps(_line(told, city), ensure_ascii=False))
        return 0
    print(session.texts("traffic.jams_of", day=show_time(day.begin_s)[:10], count=len(day.jams)))
    for place, told in enumerate(day.jams, 1):
        print("\n".join(_shown(place, told, session)))
    return 0


def _line(told: Told, city: City) -> dict[str, Any]:
    jam = told.jam
    return {
        "road": told.name, "road_en": told.name_en, "begin": show_time(jam.begin_s), "end": show_time(jam.end_s),
        "longest_m": round(float(jam.length_m.max())), "kmh": round(jam.kmh, 1),
        "lost_vehicle_hours": round(jam.lost_h, 2),
        "seen_days": told.seen, "of_days": told.days, "cause": likely(told.causes),
        "causes": {cause.name: {"score": cause.score, **{one.name: _plain(one.value) for one in cause.numbers}}
                   for cause in told.causes},
    }  # fmt: skip


def _plain(value: float) -> float | None:
    return round(value, 3) if np.isfinite(value) else None


def _shown(place: int, told: Told, session: Session) -> Iterator[str]:
    texts, jam = session.texts, told.jam
    english = texts.language == "en"
    cause = likely(told.causes)
    yield texts(
        "traffic.jam_line", place=place, road=(told.name_en if english else told.name) or texts("traffic.unnamed"),
        begin=formats.clock(jam.begin_s)[:5], end=formats.clock(jam.end_s)[:5],
        length=formats.distance(float(jam.length_m.max())),
        lost=f"{jam.lost_h:.1f}", cause=texts(f"traffic.cause.{cause or 'unknown'}"),
    )  # fmt: skip
    for one in told.causes[0].numbers if cause else ():
        yield f"    {number_line(one, texts)}"
