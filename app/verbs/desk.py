"""``zhian desk`` lets other desks read along with an engine, or lets this one; ``zhian fanout`` publishes by itself."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.fanout import child
from data.fanout.accounts import DEFAULT_AT, Accounts, Grant, Join, joined, joined_path, read_join, write_join
from data.fanout.frames import token
from data.fanout.link import checked
from data.sync.messages import Log, Message
from twin.errors import BadInputError, UsageError
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian desk`` and ``zhian fanout``."""
    desk = verbs.add_parser("desk", help="many desks on one engine")
    actions = desk.add_subparsers(dest="action", required=True, metavar="ACTION")
    opening = actions.add_parser("open", help="on the engine's machine: where the NATS server listens")
    opening.add_argument("at", nargs="?", default=DEFAULT_AT, metavar="HOST:PORT", help=f"default {DEFAULT_AT}")
    adding = actions.add_parser("add", help="on the engine's machine: let a desk in, and write what it needs")
    adding.add_argument("name", help="small letters, digits, dashes")
    adding.add_argument("--zone", action="append", default=[], help="that it may see; may be repeated (default all)")
    adding.add_argument("--classification", action="append", default=[], help="may be repeated (default all)")
    adding.add_argument("--layer", action="append", default=[], help="may be repeated (default all)")
    adding.add_argument("--out", default="", metavar="FILE", help="default NAME.desk; it holds the desk's key")
    removing = actions.add_parser("remove", help="on the engine's machine: let a desk in no longer")
    removing.add_argument("name")
    actions.add_parser("list", help="on the engine's machine: who is let in, and to what")
    joining = actions.add_parser("join", help="on the desk: read along, from now on, with the engine FILE is of")
    joining.add_argument("file", metavar="FILE", help="of `zhian desk add`, or nats://127.0.0.1:PORT")
    actions.add_parser("leave", help="on the desk: run an engine of its own again")
    for name, run in (
        ("open", _open), ("add", _add), ("remove", _remove), ("list", _list), ("join", _join), ("leave", _leave)
    ):  # fmt: skip
        actions.choices[name].add_argument("--twin", default="", help="which twin (default: the current one)")
        actions.choices[name].set_defaults(run=run)
    alone = verbs.add_parser("fanout", help="publish a running engine to desks")
    alone.add_argument("url", metavar="URL", help="of the NATS server, tls://HOST:PORT")
    alone.add_argument("--twin", default="", help="which twin (default: the current one)")
    alone.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    alone.set_defaults(run=_fanout)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""

    def accounts(call: Call) -> Accounts:
        return Accounts(session.home, call.arguments["twin"])

    def opened(call: Call) -> Path:
        accounts(call).open(call.arguments["at"])
        return accounts(call).settings

    def join(call: Call) -> None:
        write_join(joined_path(session.home, call.arguments["twin"]), call.arguments["join"])

    def leave(call: Call) -> None:
        joined_path(session.home, call.arguments["twin"]).unlink()

    table: tuple[tuple[str, Callable[[Call], Any], str], ...] = (
        ("desk.open", opened, "desk.manage"),
        ("desk.add", lambda call: accounts(call).add(call.arguments["grant"]), "desk.manage"),
        ("desk.remove", lambda call: accounts(call).remove(call.arguments["name"]), "desk.manage"),
        ("desk.list", lambda call: accounts(call).desks(), "desk.manage"),
        ("desk.join", join, "desk.join"),
        ("desk.leave", leave, "desk.join"),
        ("engine.publish", lambda call: _publish(session, **call.arguments), "engine.run"),
    )
    return tuple(Command(name, run, permission, in_palette=False) for name, run, permission in table)


def _twin(arguments: argparse.Namespace, session: Session) -> str:
    return arguments.twin or session.home.current()


def _open(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    settings = session.commands.run("desk.open", about=twin, twin=twin, at=arguments.at)
    print(session.texts("desk.opened", settings=str(settings), at=arguments.at))
    return 0


def _add(arguments: argparse.Namespace, session: Session) -> int:
    twin, name = _twin(arguments, session), arguments.name
    out = Path(arguments.out or f"{name}.desk")
    if not out.parent.is_dir():
        raise BadInputError(str(out), "there is no such file or folder", "give a folder that is there")
    grant = Grant(name, arguments.zone, arguments.classification, arguments.layer)
    join = session.commands.run("desk.add", about=f"{twin}/{name}", twin=twin, grant=grant)
    write_join(out, join)
    print(session.texts("desk.added", file=str(out), settings=str(Accounts(session.home, twin).settings)))
    return 0


def _remove(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    session.commands.run("desk.remove", about=f"{twin}/{arguments.name}", twin=twin, name=arguments.name)
    print(session.texts("desk.removed", settings=str(Accounts(session.home, twin).settings)))
    return 0


def _list(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    for grant in session.commands.run("desk.list", about=twin, twin=twin):
        parts = {"zones": grant.zones, "classifications": grant.classifications, "layers": grant.layers}
        if session.as_json:
            print(json.dumps({"name": grant.name, **{key: list(value) for key, value in parts.items()}}))
        else:
            every = session.texts("desk.all")
            words = {key: ", ".join(value) or every for key, value in parts.items()}
            print(session.texts("desk.line", name=grant.name, **words))
    return 0


def _join(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    join = _join_of(arguments.file, twin)
    checked(join.url, join.credential)
    session.commands.run("desk.join", about=twin, twin=twin, join=join)
    print(session.texts("desk.joined", url=join.url, twin=twin))
    return 0


def _join_of(file: str, twin: str) -> Join:
    if file.startswith("nats:"):
        return Join(file, twin, "here", [f"zhian.{token(twin)}.beat", f"zhian.{token(twin)}.live.>"])
    return read_join(Path(file))


def _leave(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    if joined(session.home, twin) is None:
        raise UsageError(say("{twin} has an engine of its own already", twin=twin))
    session.commands.run("desk.leave", about=twin, twin=twin)
    print(session.texts("desk.left", twin=twin))
    return 0


def _fanout(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    session.commands.run("engine.publish", about=twin, twin=twin, url=arguments.url, watched=arguments.watched)
    return 0


def _publish(session: Session, twin: str, url: str, watched: bool) -> None:
    def tell(message: Message) -> None:
        if isinstance(message, Log):
            values = {name: session.texts.said(value) for name, value in message.values.items()}
            print(session.texts(f"engine.log.{message.key}", **values), flush=True)

    publishing = child.publisher(session.home, twin, url, tell)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if watched:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the engine's to answer
    asyncio.run(child.publish(publishing, watched))
