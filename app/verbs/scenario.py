"""``zhian scenario``: the scenarios that watch, whether their files hold, and what they would have found."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from app.back_test_picture import picture_of
from app.commands import Call, Command
from app.session import Session
from app.texts import Texts
from app.times import parse_time, show_time
from data.history.filtered import FilteredHistory
from data.history.reader import History
from data.home import Home
from data.operations.opening import locate_in, open_operations
from data.operations.plans import agencies_of, plans_of
from data.records.database import open_records
from data.rules.demo import demo_fences, with_demo
from data.rules.files import Folder, Known, load
from data.rules.lists import ListStore
from data.rules.switching import switch
from data.rules.versions import before, note
from data.rules.watching import Watching
from data.store.kept import kept_path, read_kept, write_kept
from data.store.twin_folder import open_city
from data.sync.companion import when_parent_ends
from layers.catalogue import LAYERS
from twin.access import mask_plate
from twin.city.city import City
from twin.errors import BadInputError, UsageError
from twin.kept import Kept
from twin.rules.back_test import BackTest, back_test
from twin.rules.evaluate import Setting, filters_of
from twin.rules.ground import ground_of
from twin.rules.hit import Hit
from twin.rules.scenario import BOARDS, Loaded
from twin.words import say

TABLES = ("roads", "routes", "sites", "boundaries", "land", "water", "places")
DAY_S = 86400.0


class Checked(NamedTuple):
    """What became of the files: how many hold, what is wrong with the rest, and which name nothing in the twin."""

    good: int
    refused: list[str]
    nowhere: list[str]


class Tried(NamedTuple):
    """A back-test, beside another version: the one that counts, or if it is that, the one that counted before."""

    loaded: Loaded
    city: City
    now: BackTest
    before: BackTest | None


def add_parser(verbs: Any) -> None:
    """Add ``zhian scenario list|show|check|switch|backtest|watch``."""
    parser = verbs.add_parser("scenario", help="the scenarios that watch, and what they would have found")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list the scenarios")
    listing.add_argument("--board", choices=BOARDS, default="", help="of one board only")
    showing = actions.add_parser("show", help="show one scenario whole")
    checking = actions.add_parser("check", help="check the files of scenarios")
    checking.add_argument("files", nargs="*", type=Path, metavar="FILE", help="by default all that count")
    trying = actions.add_parser("backtest", help="run a scenario over recorded history; needs --purpose")
    watching = actions.add_parser("watch", help="watch the live world and raise alerts, until told to end")
    watching.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    turning = actions.add_parser("switch", help="switch a scenario on or off")
    for one in (showing, trying, turning):
        one.add_argument("scenario", help="its id")
    turning.add_argument("to", choices=("on", "off"), help="what it is to be")
    trying.add_argument(
        "--file", type=Path, metavar="FILE", help="a changed version of it, compared with the one that counts"
    )
    trying.add_argument("--from", dest="begin", default="", metavar="TIME", help="as 2026-11-22T08:30:00")
    trying.add_argument("--until", default="", metavar="TIME", help="default: now")
    trying.add_argument("--picture", type=Path, metavar="FILE", help="draw where and when they were, as SVG")
    trying.add_argument("--geojson", type=Path, metavar="FILE", help="write where they were")
    for one in (checking, trying, watching):
        one.add_argument("--twin", default="", help="which twin (default: the current one)")
    for one, run in ((listing, _list), (showing, _show), (checking, _check), (trying, _backtest), (watching, _watch),
                     (turning, _switch)):  # fmt: skip
        one.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home

    def folder() -> Folder:
        return Folder.of(home, known_words(session))

    def show(call: Call) -> Loaded:
        return _one(folder(), call.arguments["scenario"])

    def tried(call: Call) -> Tried:
        given, found = call.arguments, folder()
        loaded = _one(found, given["scenario"]) if given["file"] is None else load(given["file"], found.known)
        return tried_over(home, given["twin"], loaded, found, given["begin_s"], given["end_s"])

    def turn(call: Call) -> Path:
        return switch(home, _one(folder(), call.arguments["scenario"]), call.arguments["on"])

    return (
        Command("scenario.list", lambda _: list(folder().scenarios.values()), "scenario.read", in_palette=False),
        Command("scenario.show", show, "scenario.read", in_palette=False),
        Command(
            "scenario.check", lambda call: _checked(home, call.arguments["twin"], folder(), call.arguments["files"]),
            "scenario.read", in_palette=False,
        ),
        Command("scenario.backtest", tried, "scenario.try", needs_purpose=True, in_palette=False),
        Command("scenario.switch", turn, "scenario.switch", in_palette=False),
        Command("scenario.watch", lambda call: _run(session, **call.arguments), "engine.run", in_palette=False),
    )  # fmt: skip


def known_words(session: Session) -> Known:
    """Return what files of scenarios may name: roles and agencies, plans, and layers."""
    home = session.home
    return Known(
        frozenset({*session.commands.rules.roles, *agencies_of(home)}),
        frozenset(plans_of(home)),
        frozenset(layer.name for layer in LAYERS),
    )


def _one(folder: Folder, name: str) -> Loaded:
    if name not in folder.scenarios:
        raise UsageError(say("there is no scenario {name}: `zhian scenario list` names them", name=name))
    return folder.scenarios[name]


def _checked(home: Home, twin: str, folder: Folder, files: list[Path]) -> Checked:
    loaded = list(folder.scenarios.values())
    refused: list[str] = [error.sentence for error in folder.refused.values()]
    if files:
        loaded, refused = [], []
    for path in files:
        try:
            loaded.append(load(path, folder.known))
        except BadInputError as error:
            refused.append(error.sentence)
    return Checked(len(loaded), refused, _nowhere(home, twin, loaded))


def _nowhere(home: Home, twin: str, loaded: list[Loaded]) -> list[str]:
    """Return the scenarios whose areas are nowhere in the twin; none if there is no twin yet."""
    folder = home.twin(twin)
    if not folder.exists():
        return []
    city = open_city(folder, TABLES)
    fences = read_kept(kept_path(home, twin), city.frame).fences
    areas = {one.id: getattr(one.scenario.when, "area", None) for one in loaded}
    return [key for key, area in areas.items() if area is not None and not len(ground_of(area, city, fences).shapes)]


@contextlib.contextmanager
def setting_of(home: Home, twin: str, city: City) -> Iterator[Setting]:
    """Give what scenarios of a twin are made ready for."""
    with contextlib.closing(ListStore(open_records(home))) as store:
        lists = with_demo(store.lists, time.time()) if city.invented else store.lists
        yield Setting(city, read_kept(kept_path(home, twin), city.frame).fences, lists())


def tried_over(home: Home, twin: str, loaded: Loaded, folder: Folder, begin_s: float, end_s: float) -> Tried:
    """Run a scenario over recorded history, and the version that counts now; if it is that, the one before it."""
    note(home, folder.scenarios.values(), time.time())
    counts = folder.scenarios.get(loaded.id)
    other = before(home, loaded) if counts is None or counts.version == loaded.version else counts
    city = open_city(home.twin(twin), TABLES)
    with setting_of(home, twin, city) as setting, contextlib.closing(History.of(home, twin)) as history:
        past = FilteredHistory(history)
        now = back_test(loaded, setting, past, begin_s, end_s)
        if other is None or other.scenario.when is None:
            return Tried(loaded, city, now, None)
        return Tried(loaded, city, now, back_test(other, setting, past, begin_s, end_s))


def _run(session: Session, twin: str, watched: bool) -> None:
    stop, home = threading.Event(), session.home
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    if watched:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to answer
        when_parent_ends(stop.set)
    city = open_city(home.twin(twin), TABLES)
    with (
        contextlib.closing(ListStore(open_records(home))) as store,
        contextlib.closing(open_operations(home, locate_in(city))) as operations,
    ):
        lists = with_demo(store.lists, time.time()) if city.invented else store.lists
        if city.invented and not (kept := kept_path(home, twin)).exists():
            write_kept(kept, Kept(fences=demo_fences(city, time.time())), city.frame)

        def tell(problem: str) -> None:
            print(session.texts.said(problem), flush=True)

        Watching(home, twin, city, Folder.of(home, known_words(session)), lists, operations.take, tell).run(stop)


def _list(arguments: argparse.Namespace, session: Session) -> int:
    for loaded in session.commands.run("scenario.list"):
        if arguments.board in ("", loaded.board):
            print(json.dumps(_line(loaded), ensure_ascii=False) if session.as_json else _shown(loaded, session))
    return 0


def _line(loaded: Loaded) -> dict[str, Any]:
    told = loaded.scenario
    return {
        "id": loaded.id, "board": loaded.board, "version": loaded.version, "form": told.form, "severity": told.severity,
        "on": told.on, "chinese": told.chinese, "english": told.english,
    }  # fmt: skip


def _shown(loaded: Loaded, session: Session) -> str:
    told, texts = loaded.scenario, session.texts
    name = told.english if texts.language == "en" else told.chinese
    mark = "●" if told.on else "○"
    board, form = texts(f"scenario.board.{loaded.board}"), texts(f"scenario.form.{told.form}")
    return f"{mark} {loaded.id}  {name}  [{board} · {form} · {told.severity}]"


def _show(arguments: argparse.Namespace, session: Session) -> int:
    loaded = session.commands.run("scenario.show", about=arguments.scenario, scenario=arguments.scenario)
    whole = {**_line(loaded), **msgspec.to_builtins(loaded.scenario), "filters": filters_of(loaded.scenario)}
    if session.as_json:
        print(json.dumps(whole, ensure_ascii=False))
        return 0
    print(_shown(loaded, session))
    for key, value in whole.items():
        if value not in ("", None, [], {}):
            print(
                f"  {key}: {value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)}"
            )
    return 0


def _switch(arguments: argparse.Namespace, session: Session) -> int:
    path = session.commands.run(
        "scenario.switch", about=arguments.scenario, scenario=arguments.scenario, on=arguments.to == "on"
    )
    print(session.texts(f"scenario.turned_{arguments.to}", scenario=arguments.scenario, path=path))
    return 0


def _check(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    found = session.commands.run("scenario.check", about=twin, twin=twin, files=arguments.files)
    if session.as_json:
        print(json.dumps(found._asdict(), ensure_ascii=False))
    else:
        for sentence in found.refused:
            print(session.texts.said(sentence))
        for key in found.nowhere:
            print(session.texts("scenario.nowhere", scenario=key))
        print(session.texts("scenario.checked", good=found.good, refused=len(found.refused)))
    return BadInputError.exit_code if found.refused else 0


def _backtest(arguments: argparse.Namespace, session: Session) -> int:
    end_s = parse_time(arguments.until) if arguments.until else time.time()
    begin_s = parse_time(arguments.begin) if arguments.begin else end_s - DAY_S
    twin = arguments.twin or session.home.current()
    tried = session.commands.run(
        "scenario.backtest", about=arguments.scenario, twin=twin, scenario=arguments.scenario, file=arguments.file,
        begin_s=begin_s, end_s=end_s,
    )  # fmt: skip
    if arguments.geojson is not None:
        arguments.geojson.write_text(json.dumps(_features(tried.now.hits), ensure_ascii=False), "utf-8")
    if arguments.picture is not None:
        arguments.picture.write_text(_picture(tried, session), "utf-8")
    print(json.dumps(_figures(tried), ensure_ascii=False) if session.as_json else "\n".join(_told(tried, session)))
    return 0


def _picture(tried: Tried, session: Session) -> str:
    return picture_of(title_of(tried, session.texts), tried.now, tried.before, tried.city)


def title_of(tried: Tried, texts: Texts) -> str:
    """Return what stands over the picture of a back-test."""
    told, now = tried.loaded.scenario, tried.now
    return texts(
        "scenario.picture", scenario=told.english if texts.language == "en" else told.chinese,
        version=now.version, begin=show_time(now.begin_s)[:16], end=show_time(now.end_s)[:16], hits=len(now.hits),
    )  # fmt: skip


def _figures(tried: Tried) -> dict[str, Any]:
    now, other = tried.now, tried.before
    return {
        "scenario": now.scenario, "version": now.version, "rows": now.rows, "hits": len(now.hits),
        "by_hour": [count for _, count in now.by_hour()],
        "before": None if other is None else {"version": other.version, "hits": len(other.hits)},
        "fresh": None if other is None else len(now.fresh(other)),
        "gone": None if other is None else len(other.fresh(now)),
        "examples": [_example(hit) for hit in now.examples()],
    }  # fmt: skip


def _example(hit: Hit) -> dict[str, Any]:
    told = msgspec.to_builtins(hit)
    for subject in told["subjects"]:
        subject["label"] = mask_plate(subject["label"])
    for entry in told["entries"]:
        entry["key"], entry["note"] = mask_plate(entry["key"]), ""
    return {**told, "id": hit.id}


def _features(hits: tuple[Hit, ...]) -> dict[str, Any]:
    """Return where they were as GeoJSON; no plates and no names."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature", "geometry": {"type": "Point", "coordinates": [hit.lon_deg, hit.lat_deg]},
                "properties": {"id": hit.id, "scenario": hit.scenario, "severity": hit.severity,
                               "time": show_time(hit.at_s), "area": hit.area},
            }
            for hit in hits
        ],
    }  # fmt: skip


def _told(tried: Tried, session: Session) -> Iterator[str]:
    now, other, texts = tried.now, tried.before, session.texts
    hours = max((now.end_s - now.begin_s) / 3600.0, 1e-9)
    yield texts("scenario.tried", hits=len(now.hits), rate=len(now.hits) / hours, rows=now.rows)
    if other is not None:
        yield texts(
            "scenario.tried_before",
            version=other.version,
            before=len(other.hits),
            fresh=len(now.fresh(other)),
            gone=len(other.fresh(now)),
        )
    most = max((count for _, count in now.by_hour()), default=0)
    for begin_s, count in now.by_hour():
        if count:
            yield f"{show_time(begin_s)[:13]}  {'█' * max(round(40 * count / most), 1)} {count}"
    for hit in now.examples():
        readings = " · ".join(f"{one.name} {one.value} {one.unit}".strip() for one in hit.readings)
        yield texts(
            "scenario.example", time=show_time(hit.at_s), subject=hit.subjects[0].id if hit.subjects else "",
            area=hit.area, readings=readings, lon=hit.lon_deg, lat=hit.lat_deg,
        )  # fmt: skip


def _watch(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    if arguments.watched:  # the engine's own process, as the engine is the window's
        _run(session, twin, watched=True)
    else:
        session.commands.run("scenario.watch", about=twin, twin=twin, watched=False)
    return 0
