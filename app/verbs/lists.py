"""``zhian list``: reference lists that scenarios ask, such as permits, registers and watch lists."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from app.commands import Call, Command
from app.session import Session
from app.times import parse_time, show_time
from data.connectors.web import Web, asking, check_web
from data.home import Home
from data.records.database import open_records
from data.rules.carried import CarriedList, list_folder, waiting
from data.rules.lists import LARGEST, Brought, ListStore, Told, read_lines
from twin.errors import BadInputError, UsageError
from twin.words import say, why

DAY_S = 86400.0
GOOD_FOR_DAYS = 30.0
FERRY = "ferry"


def add_parser(verbs: Any) -> None:
    """Add ``zhian list import|show``."""
    parser = verbs.add_parser("list", help="reference lists that scenarios ask")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    bringing = actions.add_parser("import", help="bring a list in, from a file or an address")
    bringing.add_argument("list", help="id of the list, as scenarios name it")
    bringing.add_argument(
        "origin", metavar="FILE|URL|ferry",
        help="CSV or JSON with key, note, until, legal_basis, owner; or what came by the ferry, as it says of itself",
    )  # fmt: skip
    bringing.add_argument("--source", default="", help="where it is from")
    bringing.add_argument("--owner", default="", help="who answers for it")
    bringing.add_argument("--twin", default="", help="whose ferry (default: the current one)")
    bringing.add_argument("--as-of", default="", metavar="TIME", help="the day it is of (default: now)")
    bringing.add_argument(
        "--good-for",
        type=float,
        default=GOOD_FOR_DAYS,
        metavar="DAYS",
        help="past this age every hit says so (default 30)",
    )
    bringing.add_argument("--watch", action="store_true", help="a watch list: needs --purpose and a second person")
    bringing.add_argument("--changes", action="store_true", help="the file holds changes, not the whole list")
    bringing.add_argument("--token-file", default="", metavar="FILE", help="holds a bearer token for the address")
    bringing.set_defaults(run=_import)
    actions.add_parser("show", help="list the reference lists, their age and size").set_defaults(run=_show)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def bring(call: Call) -> Told:
        return brought_in(session.home, **call.arguments)

    def told(_: Call) -> list[Told]:
        with contextlib.closing(ListStore(open_records(session.home))) as store:
            return store.told()

    return (
        Command("list.import", bring, "list.bring", in_palette=False),
        Command("list.watch", bring, "list.watch", needs_purpose=True, in_palette=False, told=_told_of),
        Command("list.show", told, "list.read", in_palette=False),
    )


def _told_of(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Tell a watch list to the second person: by its content, and without the moment, which is another at each try."""
    told = {name: str(arguments[name]) for name in ("id", "origin", "source", "owner", "good_for_s", "changes")}
    file, came = Path(arguments["origin"]), arguments.get("came")
    raw = came.entries if came is not None else file.read_bytes() if file.is_file() else b""
    return told | {"sha256": hashlib.sha256(raw).hexdigest() if raw else ""}


def brought_in(home: Home, origin: str, token_file: str, came: CarriedList | None = None, **what: Any) -> Told:
    """Bring a list in: from a file, an address, or as it came by the ferry.

    Raises
    ------
    twin.errors.ZhianError
        If it cannot be had, read or kept; nothing of it was taken then.
    """
    now_s, brought = time.time(), Brought(**what)
    if brought.source == "" or brought.owner == "":
        raise UsageError("say with --source and --owner where the list is from and who answers for it")
    raw = came.entries if came is not None else _bytes(origin, token_file)
    lines = read_lines(origin, raw, brought, now_s)
    with contextlib.closing(ListStore(open_records(home))) as store:
        return store.bring(brought, lines, now_s)


def _bytes(origin: str, token_file: str) -> bytes:
    try:
        if origin.startswith(("http://", "https://")):
            return asyncio.run(_fetched(origin, token_file))
        with Path(origin).open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise BadInputError(origin, why(error), say("mend the list; nothing of it was taken")) from None


async def _fetched(url: str, token_file: str) -> bytes:
    web = Web(url=url, token_file=token_file, most_bytes=LARGEST)
    check_web(url, web)
    async with asking(url, web) as server:
        return (await server.get(url)).body


def _import(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.origin == FERRY:
        return _print(_from_ferry(arguments, session), session)
    as_of_s = parse_time(arguments.as_of) if arguments.as_of else time.time()
    told = session.commands.run(
        "list.watch" if arguments.watch else "list.import", about=arguments.list, origin=arguments.origin,
        token_file=arguments.token_file, id=arguments.list, source=arguments.source, owner=arguments.owner,
        as_of_s=as_of_s, good_for_s=arguments.good_for * DAY_S, watch=arguments.watch, changes=arguments.changes,
    )  # fmt: skip
    return _print(told, session)


def _from_ferry(arguments: argparse.Namespace, session: Session) -> Told:
    """Take the newest of a list that the ferry brought; a watch list asks for a second person here too."""
    folder = list_folder(session.home, arguments.twin or session.home.current())
    came = next((one for one in waiting(folder) if one.told.id == arguments.list), None)
    if came is None:
        raise BadInputError(arguments.list, "no such list came by the ferry", "unpack the medium: `zhian ferry unpack`")
    told: Told = session.commands.run(
        "list.watch" if came.told.watch else "list.import", about=arguments.list, origin=FERRY, token_file="",
        came=came, **msgspec.structs.asdict(came.told),
    )  # fmt: skip
    return told


def _show(_: argparse.Namespace, session: Session) -> int:
    for told in session.commands.run("list.show"):
        _print(told, session)
    return 0


def _print(told: Told, session: Session) -> int:
    overdue = time.time() - told.as_of_s > told.good_for_s
    if session.as_json:
        print(json.dumps({**vars(told), "overdue": overdue}, ensure_ascii=False))
        return 0
    line = session.texts(
        "list.line",
        list=told.id,
        entries=told.entries,
        source=told.source,
        owner=told.owner,
        day=show_time(told.as_of_s)[:10],
    )
    print(line + (session.texts("list.overdue") if overdue else ""))
    return 0
