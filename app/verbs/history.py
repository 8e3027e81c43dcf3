"""``zhian history``: what is remembered, and what the past is asked."""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.commands import Call, Command
from app.session import Session
from app.times import parse_time, show_time
from app.verbs.export import parse_box
from app.verbs.sync import RECORDING, play_in
from data.audit.desk import open_desk
from data.connectors.contract import SourceSettings
from data.history.engines import engine_of
from data.history.manifest import lake_path
from data.history.policy import policy_of
from data.history.questions import Cells, Questions
from data.history.reader import History
from data.history.state import State, state_of
from data.history.upkeep import Round, forget, make_round
from data.home import Home
from data.store.twin_folder import open_city
from data.sync.journal import journal_path
from twin.access import masked
from twin.errors import BadInputError, UsageError
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray
from twin.reach import reach_of, seen_from
from twin.words import say

HOUR_S = 3600.0
TOP = 20


class Visit(NamedTuple):
    """One entity in an area: when first and last, and how many states."""

    id: str
    label: str
    kind: str
    first_s: float
    last_s: float
    states: int


def add_parser(verbs: Any) -> None:
    """Add ``zhian history status|compact|forget|replay|ask``."""
    history = verbs.add_parser("history", help="what is remembered, and questions to it")
    actions = history.add_subparsers(dest="action", required=True, metavar="ACTION")
    status = actions.add_parser("status", help="from when to when, how much, what is deleted when")
    compact = actions.add_parser("compact", help="seal what was recorded now, and delete what is due")
    forget_ = actions.add_parser("forget", help="delete what a tombstone of another network names")
    forget_.add_argument("file", type=Path, metavar="FILE")
    replay = actions.add_parser("replay", help="play the past into the live world, framed as a look back")
    replay.add_argument("--speed", type=float, default=1.0, metavar="X", help="times real time, 0.01 to 1000")
    ask = actions.add_parser("ask", help="who was in an area, where one was, where most was told")
    questions = ask.add_subparsers(dest="question", required=True, metavar="QUESTION")
    area = questions.add_parser("area", help="who was in an area, by default in the last hour")
    shape = area.add_mutually_exclusive_group(required=True)
    shape.add_argument("--bbox", default="", metavar="W,S,E,N", help="in degrees")
    shape.add_argument("--polygon", type=Path, metavar="FILE", help="GeoJSON with one polygon, in degrees")
    track = questions.add_parser("track", help="where one entity was; needs --purpose")
    track.add_argument("entity", help="its id, or with --label the plate or call sign that it bore")
    track.add_argument("--label", action="store_true", help="ENTITY is a plate or call sign")
    heat = questions.add_parser("heat", help="where most was told")
    heat.add_argument("--cell", type=float, default=0.01, metavar="DEGREES", help="default 0.01")
    heat.add_argument("--top", type=int, default=TOP, metavar="N", help=f"how many cells (default {TOP}); 0 for all")
    for parser in (area, track, heat, replay):
        parser.add_argument("--from", dest="begin", default="", metavar="TIME", help="as 2026-11-22T08:30:00")
        parser.add_argument("--until", default="", metavar="TIME", help="default: now")
    for parser, run in ((status, _status), (compact, _compact), (forget_, _forget), (area, _area), (track, _track),
                        (heat, _heat), (replay, _replay)):  # fmt: skip
        parser.add_argument("--twin", default="", help="which twin (default: the current one)")
        parser.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def compact(call: Call) -> Round:
        with open_desk(session.home) as audit:
            return make_round(session.home, call.arguments["twin"], audit)

    def bury(call: Call) -> int:
        with open_desk(session.home) as audit:
            return forget(session.home, call.arguments["twin"], call.arguments["file"], audit)

    def area(call: Call) -> list[Visit]:
        with _questions(session.home, call.arguments["twin"]) as (_, questions):
            found = questions.within(*(call.arguments[name] for name in ("area", "begin_s", "end_s")))
        return visits(found[_seen(session.home, call, found)], unmask=call.unmask)

    def track(call: Call) -> ObservationArray:
        with _questions(session.home, call.arguments["twin"]) as (history, questions):
            keys = _ids(history, call.arguments["entity"], by_label=call.arguments["by_label"])
            times = call.arguments["begin_s"], call.arguments["end_s"]
            found = np.concatenate([questions.track(key, *times) for key in keys])
        found = found[_seen(session.home, call, found)]
        return found[np.argsort(found["time_s"], kind="stable")]

    def heat(call: Call) -> Cells:
        with _questions(session.home, call.arguments["twin"]) as (_, questions):
            width_deg = call.arguments["cell_deg"]
            cells = questions.heat(call.arguments["begin_s"], call.arguments["end_s"], width_deg)
        keep = _places_seen(session.home, call, cells.lon_deg + width_deg / 2, cells.lat_deg + width_deg / 2)
        return Cells(cells.lon_deg[keep], cells.lat_deg[keep], cells.rows[keep])

    return (
        Command("history.status", lambda call: state_of(session.home, call.arguments["twin"]), "history.read",
                in_palette=False),
        Command("history.compact", compact, "history.compact", in_palette=False),
        Command("history.forget", bury, "history.forget", in_palette=False, told=_buried),
        Command("history.area", area, "history.ask", sensitive=True, in_palette=False, shows=True),
        Command("history.track", track, "history.ask", needs_purpose=True, sensitive=True, in_palette=False,
                shows=True),
        Command("history.replay", lambda call: play_in(session, call.arguments["twin"], call.arguments["settings"]),
                "recording.play", sensitive=True, in_palette=False),
        Command("history.heat", heat, "history.ask", in_palette=False),
    )  # fmt: skip


def _seen(home: Home, call: Call, rows: ObservationArray) -> BoolArray:
    """Mark what was told from where the account reaches."""
    return _places_seen(home, call, rows["lon_deg"], rows["lat_deg"])


def _places_seen(home: Home, call: Call, lon_deg: FloatArray, lat_deg: FloatArray) -> BoolArray:
    scope = call.actor.scope
    if not scope.districts and not scope.streets:
        return np.ones(len(lon_deg), dtype=bool)
    city = open_city(home.twin(call.arguments["twin"]), ("boundaries",))
    return seen_from(city, reach_of(city, scope), lon_deg, lat_deg)


def _buried(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Tell the second person which tombstone it is, by its content."""
    file = Path(arguments["file"])
    content = file.read_bytes() if file.is_file() else b""
    return {"twin": arguments["twin"], "file": file.name, "sha256": hashlib.sha256(content).hexdigest()}


@contextlib.contextmanager
def _questions(home: Home, twin: str) -> Iterator[tuple[History, Questions]]:
    asking = policy_of(home).ask
    with contextlib.closing(History.of(home, twin)) as history, contextlib.closing(engine_of(asking)) as engine:
        yield history, Questions(history, engine)


def _ids(history: History, entity: str, *, by_label: bool) -> list[str]:
    found = history.ids_labelled(entity) if by_label else [entity]
    if not found:
        raise BadInputError(say("history"), "nothing was ever told of this plate or call sign", "check it")
    return found


def visits(rows: ObservationArray, *, unmask: bool) -> list[Visit]:
    """Return the entities of some states in the order of time, one line each."""
    _, first, place, count = np.unique(rows["id"], return_index=True, return_inverse=True, return_counts=True)
    last = np.zeros(len(first), np.int64)
    last[place] = np.arange(len(rows))
    labels = np.char.decode(rows["label"][last], "utf-8", "replace") if len(rows) else np.empty(0, "U1")
    shown = labels if unmask else masked(labels, "plate")
    found = [
        Visit(
            bytes(rows["id"][begin]).decode(errors="replace"), str(label), KINDS[int(rows["kind"][begin])].name,
            float(rows["time_s"][begin]), float(rows["time_s"][end]), int(states),
        )
        for begin, end, label, states in zip(first, last, shown, count, strict=True)
    ]  # fmt: skip
    return sorted(found, key=lambda visit: (visit.first_s, visit.id))


def _status(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    state: State = session.commands.run("history.status", about=twin, twin=twin)
    if session.as_json:
        print(json.dumps({**state._asdict(), "held": [held._asdict() for held in state.held]}, ensure_ascii=False))
        return 0
    texts = session.texts
    if state.begin_s is None or state.end_s is None:
        print(texts("history.nothing"))
    else:
        print(texts("history.span", begin=show_time(state.begin_s), end=show_time(state.end_s)))
    size = {"megabytes": f"{state.bytes / 1e6:,.1f}", "quota": f"{state.quota_gb:g}"}
    print(texts("history.size", rows=f"{state.rows:,}", files=state.files, waiting=f"{state.waiting:,}", **size))
    for held in state.held:
        days = (
            texts("history.for_ever") if held.keep_days is None else texts("history.days", days=f"{held.keep_days:g}")
        )
        print(texts("history.held", layer=held.layer, classification=held.classification or "-", rows=f"{held.rows:,}",
                    days=held.days, keep=days))  # fmt: skip
    if state.deletions:
        print(texts("history.deletions", count=state.deletions))
    return 0


def _compact(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    done: Round = session.commands.run("history.compact", about=twin, twin=twin)
    told = {"rows": done.sealed.rows, "merged": done.sealed.merged_days, "damaged": done.sealed.damaged_chunks,
            "deleted": len(done.deleted), "chunks": done.pruned.chunks, "records": done.pruned.records}  # fmt: skip
    print(json.dumps(told) if session.as_json else session.texts("history.compacted", **told))
    return 0


def _forget(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    rows = session.commands.run("history.forget", about=twin, twin=twin, file=arguments.file)
    print(json.dumps({"rows": rows}) if session.as_json else session.texts("history.forgotten", rows=f"{rows:,}"))
    return 0


def _replay(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    paths = {"lake": str(lake_path(session.home, twin)), "journal": str(journal_path(session.home, twin))}
    settings = SourceSettings(RECORDING, "history", {**paths, "speed": arguments.speed, **_window(arguments)})
    session.commands.run("history.replay", about=twin, twin=twin, settings=settings)
    return 0


def _window(arguments: argparse.Namespace) -> dict[str, float]:
    end_s = parse_time(arguments.until) if arguments.until else time.time()
    return {"begin_s": parse_time(arguments.begin) if arguments.begin else end_s - HOUR_S, "end_s": end_s}


def _area(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    box = parse_box(arguments.bbox)
    area = shapely.box(*box) if box is not None else read_area(arguments.polygon)
    found: list[Visit] = session.commands.run("history.area", about=twin, twin=twin, area=area, **_window(arguments))
    for visit in found:
        words = {**visit._asdict(), "first": show_time(visit.first_s), "last": show_time(visit.last_s)}
        print(json.dumps(visit._asdict(), ensure_ascii=False) if session.as_json else
              session.texts("history.visit", **words))  # fmt: skip
    if not session.as_json:
        print(session.texts("history.visits", count=len(found)))
    return 0


def read_area(path: Path) -> BaseGeometry:
    """Read the one area of a GeoJSON file.

    Raises
    ------
    twin.errors.BadInputError
        If there is none in it.
    """
    try:
        told = json.loads(path.read_bytes())
        for _ in range(2):  # a collection of one feature, a feature, or the geometry itself
            told = told.get("features", [told])[0] if isinstance(told, dict) else told
            told = told.get("geometry", told) if isinstance(told, dict) else told
        area = shapely.from_geojson(json.dumps(told))
    except (OSError, ValueError, IndexError, AttributeError, shapely.errors.GEOSException) as error:
        raise BadInputError(str(path), say("no GeoJSON: {error}", error=error), "give one polygon in degrees") from None
    if area is None or area.geom_type not in ("Polygon", "MultiPolygon"):
        raise BadInputError(str(path), "it holds no polygon", "give one polygon in degrees")
    return area


def _track(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    about = twin if arguments.label else f"{twin}/{arguments.entity}"  # a plate does not go on record
    found = session.commands.run(
        "history.track", about=about, twin=twin, entity=arguments.entity, by_label=arguments.label, **_window(arguments)
    )
    for row in found:
        place = {"lon_deg": round(float(row["lon_deg"]), 7), "lat_deg": round(float(row["lat_deg"]), 7)}
        time_s = round(float(row["time_s"]), 3)
        told = {"time_s": time_s, **place, "speed_mps": _number(row["speed_mps"])}
        print(json.dumps(told) if session.as_json else session.texts(
            "history.state", time=show_time(time_s), lon=f"{place['lon_deg']:.6f}",
            lat=f"{place['lat_deg']:.6f}"))  # fmt: skip
    return 0


def _number(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None


def _heat(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    if arguments.top < 0:
        raise UsageError("--top counts cells: give 0 or more")
    cells: Cells = session.commands.run(
        "history.heat", about=twin, twin=twin, cell_deg=arguments.cell, **_window(arguments)
    )
    most = np.argsort(-cells.rows, kind="stable")[: arguments.top or None]
    for lon, lat, rows in zip(*(column[most].tolist() for column in cells), strict=True):
        told = {"lon_deg": round(lon, 7), "lat_deg": round(lat, 7), "rows": rows}
        print(json.dumps(told) if session.as_json else session.texts("history.cell", **told))
    return 0
