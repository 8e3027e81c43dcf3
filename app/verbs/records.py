"""``zhian records``: the database of cases, live state and positions."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.commands import Call, Command
from app.session import Session
from data.records.database import engine_of, open_records, revisions, upgrade
from data.records.follower import Follower
from data.records.security import give_credential, secure
from data.records.settings import RecordsSettings, database_url, records_settings
from data.records.totals import totals
from data.sync.companion import when_parent_ends
from data.sync.journal import journal_path


def add_parser(verbs: Any) -> None:
    """Add ``zhian records``."""
    records = verbs.add_parser("records", help="the database of cases and positions")
    actions = records.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="where it is, of which version, and what is in it").set_defaults(run=_status)
    actions.add_parser("upgrade", help="bring it up to this program's version").set_defaults(run=_upgrade)
    securing = actions.add_parser("secure", help="limit rows by account in PostgreSQL, as access.toml says")
    securing.set_defaults(run=_secure)
    giving = actions.add_parser("credential", help="give an account a login of its own to PostgreSQL; printed once")
    giving.add_argument("name", metavar="ACCOUNT")
    giving.set_defaults(run=_credential)
    following = actions.add_parser("follow", help="bring in what the journal keeps, until told to end")
    following.add_argument("--twin", default="", help="which twin (default: the current one)")
    following.add_argument("--once", action="store_true", help="only what is there now")
    following.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    following.set_defaults(run=_follow)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""

    def brought_up(engine: sa.Engine, _: Call) -> str:
        upgrade(engine)
        return revisions(engine)[0]

    def on_database(act: Callable[[sa.Engine, Call], Any]) -> Callable[[Call], Any]:
        def run(call: Call) -> Any:
            engine = engine_of(database_url(session.home))
            try:
                return act(engine, call)
            finally:
                engine.dispose()

        return run

    rules = session.commands.rules
    return (
        Command(
            "records.secure", on_database(lambda engine, _: secure(engine, rules)), "records.manage", in_palette=False
        ),
        Command(
            "records.credential",
            on_database(lambda engine, call: give_credential(engine, call.arguments["name"])),
            "records.manage",
            in_palette=False,
        ),
        Command("records.status", on_database(lambda engine, _: totals(engine)), "records.read", in_palette=False),
        Command("records.upgrade", on_database(brought_up), "records.manage", in_palette=False),
        Command("records.follow", lambda call: _run(session, **call.arguments), "engine.run", in_palette=False),
    )


def _status(_: argparse.Namespace, session: Session) -> int:
    found = session.commands.run("records.status")
    print(json.dumps(found) if session.as_json else session.texts("records.status", **found))
    return 0


def _upgrade(_: argparse.Namespace, session: Session) -> int:
    revision = session.commands.run("records.upgrade")
    print(session.texts("records.upgraded", revision=revision))
    return 0


def _secure(_: argparse.Namespace, session: Session) -> int:
    count = session.commands.run("records.secure")
    print(json.dumps({"policies": count}) if session.as_json else session.texts("records.secured", count=count))
    return 0


def _credential(arguments: argparse.Namespace, session: Session) -> int:
    role, password = session.commands.run("records.credential", about=arguments.name, name=arguments.name)
    told = {"role": role, "password": password}
    print(json.dumps(told) if session.as_json else session.texts("records.credential", **told))
    return 0


def _follow(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    taken = session.commands.run(
        "records.follow", about=twin, twin=twin, once=arguments.once, watched=arguments.watched
    )
    if arguments.once:
        print(json.dumps({"chunks": taken}) if session.as_json else session.texts("records.followed", chunks=taken))
    return 0


def _run(session: Session, twin: str, once: bool, watched: bool) -> int:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    if watched:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to answer
        when_parent_ends(stop.set)
    settings = records_settings(session.home) or RecordsSettings()
    engine = open_records(session.home)
    try:
        follower = Follower(engine, journal_path(session.home, twin), twin, settings.position_days)
        if not once:
            follower.run(stop, lambda problem: print(session.texts.said(problem), flush=True))
            return 0
        taken = 0
        while more := follower.step():
            taken += more
        return taken
    finally:
        engine.dispose()
