"""``zhian county``: make the demo county, list the twins kept here, choose one, count what is in it, draw it anew."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from typing import Any, cast

from app.commands import Call, Command
from app.making import Progress, Teller, prepare_scene
from app.session import Session
from data.home import Home
from data.search.of_city import names_path, open_names
from data.simulate.county.build import build_county
from data.store.twin_folder import open_city, save_city
from twin.city.city import City
from twin.city.tables import TABLES
from twin.errors import CancelledError, UsageError
from twin.words import say

BUILT, SAVED = 0.55, 0.7
"""Shares of the whole when the county is built, and when it is on disk; the rest prepares the 3D scene."""


def add_parser(verbs: Any) -> None:
    """Add ``zhian county build|list|use|info|draw``."""
    parser = verbs.add_parser("county", help="make the invented demo county; list or choose twins")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    building = actions.add_parser("build", help="make the demo county and make it the current twin")
    building.add_argument("--name", default="", help="default: demo, or small with --small")
    building.add_argument("--seed", type=int, default=1, help="another seed, another county (default 1)")
    building.add_argument("--small", action="store_true", help="one town, 2 km², about 500 buildings")
    building.add_argument("--replace", action="store_true", help="build over a twin of this name")
    building.set_defaults(run=_build)
    actions.add_parser("list", help="list the twins kept here").set_defaults(run=_list)
    using = actions.add_parser("use", help="make a twin the one that opens by default")
    using.add_argument("name")
    using.set_defaults(run=_use)
    telling = actions.add_parser("info", help="count what is in a twin")
    telling.add_argument("name", nargs="?", default="", help="default: the current twin")
    telling.set_defaults(run=_info)
    drawing = actions.add_parser("draw", help="prepare what the map draws of a twin; a window does it by itself")
    drawing.add_argument("name")
    drawing.set_defaults(run=_draw)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home
    return (
        Command("county.build", lambda call: _make(home, call), "twin.write", in_palette=False),
        Command("county.list", lambda call: home.twins(), "twin.read", in_palette=False),
        Command("county.use", lambda call: _choose(home, call.arguments["name"]), "twin.write", in_palette=False),
        Command(
            "county.info", lambda call: open_city(_kept(home, call.arguments["name"])), "twin.read", in_palette=False
        ),
        Command("county.draw", lambda call: _prepare(home, call), "twin.read", in_palette=False),
    )


def _make(home: Home, call: Call) -> City:
    name, progress = str(call.arguments["name"]), cast(Progress, call.arguments["progress"])
    folder = home.twin(name)
    if folder.exists() and not call.arguments["replace"]:
        raise UsageError(say("there is a twin named {name} already: give another --name, or --replace", name=name))
    city = build_county(call.arguments["seed"], call.arguments["small"], _first_part(progress))
    progress(BUILT, "save")
    save_city(city, folder)
    home.set_current(name)
    progress(SAVED, "scene")
    prepare_scene(city, home, name, lambda share, _: progress(SAVED + share * (1 - SAVED), "scene"))
    open_names(city, folder, names_path(home, name)).close()
    return city


def _prepare(home: Home, call: Call) -> None:
    name, progress = str(call.arguments["name"]), cast(Progress, call.arguments["progress"])
    folder = _kept(home, name)
    city = open_city(folder)
    prepare_scene(city, home, name, lambda share, _: progress(share, "scene"))
    open_names(city, folder, names_path(home, name)).close()


def _first_part(progress: Progress) -> Progress:
    def tell(share: float, stage: str) -> None:
        if stage != "done":
            progress(share * BUILT, stage)

    return tell


def _kept(home: Home, name: str) -> Any:
    if name not in home.twins():
        raise UsageError(say("there is no twin named {name}: `zhian county list` shows those kept here", name=name))
    return home.twin(name)


def _choose(home: Home, name: str) -> None:
    _kept(home, name)
    home.set_current(name)


def _build(arguments: argparse.Namespace, session: Session) -> int:
    name = arguments.name or ("small" if arguments.small else "demo")
    started = time.monotonic()
    tell = _stoppable(Teller(session, "county.stage"))
    city = session.commands.run(
        "county.build", about=name, name=name, seed=arguments.seed, small=arguments.small, replace=arguments.replace,
        progress=tell,
    )  # fmt: skip
    tell(1.0, "done")
    counts = {table: len(city.table(table)) for table in TABLES}
    if session.as_json:
        seconds = round(time.monotonic() - started, 1)
        print(json.dumps({"done": name, **counts, "seconds": seconds}, ensure_ascii=False), flush=True)
    else:
        print(
            session.texts("county.built", name=name, place=_title(city, session), buildings=f"{counts['buildings']:,}")
        )
    return 0


def _stoppable(tell: Progress) -> Progress:
    """Return ``tell``, which from now on ends the work on Ctrl+C or when a window ends this child by SIGTERM."""
    stopped = threading.Event()

    def stop(number: int, frame: object) -> None:
        stopped.set()
        raise KeyboardInterrupt

    def tell_or_stop(share: float, stage: str) -> None:
        # An interrupt raised inside a callback of a library can be lost there; the event is not.
        if stopped.is_set():
            raise CancelledError("interrupted")
        tell(share, stage)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return tell_or_stop


def _title(city: City, session: Session) -> str:
    return city.name if session.texts.language == "zh" else city.name_en


def _list(arguments: argparse.Namespace, session: Session) -> int:
    names = session.commands.run("county.list")
    current = session.home.current() if names and (session.home.data / "current").exists() else ""
    for name in names:
        if session.as_json:
            print(json.dumps({"name": name, "current": name == current}, ensure_ascii=False))
        else:
            print(f"{'*' if name == current else ' '} {name}")
    if not names and not session.as_json:
        print(session.texts("county.none"))
    return 0


def _use(arguments: argparse.Namespace, session: Session) -> int:
    session.commands.run("county.use", about=arguments.name, name=arguments.name)
    if not session.as_json:
        print(session.texts("county.used", name=arguments.name))
    return 0


def _info(arguments: argparse.Namespace, session: Session) -> int:
    name = arguments.name or session.home.current()
    city = session.commands.run("county.info", about=name, name=name)
    counts = {table: len(city.table(table)) for table in TABLES}
    if session.as_json:
        about = {"name": name, "title": city.name, "title_en": city.name_en, "crs": city.frame.crs}
        print(json.dumps({**about, "invented": city.invented, "credit": city.credit, **counts}, ensure_ascii=False))
        return 0
    print(f"{name}: {_title(city, session)} · {city.frame.crs}")
    print(city.credit)
    for table, count in counts.items():
        print(f"{count:>10,}  {session.texts(f'county.table.{table}')}")
    return 0


def _draw(arguments: argparse.Namespace, session: Session) -> int:
    tell = _stoppable(Teller(session, "county.stage"))
    session.commands.run("county.draw", about=arguments.name, name=arguments.name, progress=tell)
    tell(1.0, "done")
    return 0
