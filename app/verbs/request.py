"""``zhian request``: what needs two persons, asked for by one and confirmed by another."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from app.commands import Call, Command
from app.session import Session
from app.times import show_time
from data.accounts.opening import open_requests
from data.accounts.requests import RequestStore
from twin.requests import Request


def add_parser(verbs: Any) -> None:
    """Add ``zhian request list|show|confirm|refuse``."""
    parser = verbs.add_parser("request", help="what needs a second person's word")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list what was asked for, and what waits for you")
    listing.set_defaults(run=_list)
    for action, words, run in (
        ("show", "show exactly what was asked for", _show),
        ("confirm", "confirm what another person asked for", _confirm),
        ("refuse", "refuse it, or take back what you asked for", _refuse),
    ):
        one = actions.add_parser(action, help=words)
        one.add_argument("name", metavar="REQUEST")
        one.set_defaults(run=run)
    actions.choices["refuse"].add_argument("--reason", default="", metavar="TEXT", help="why, for who asked")


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def on_requests(act: Callable[[RequestStore, Call], Any]) -> Callable[[Call], Any]:
        def run(call: Call) -> Any:
            with contextlib.closing(open_requests(session.home, session.commands.rules)) as store:
                return act(store, call)

        return run

    table: tuple[tuple[str, Callable[[RequestStore, Call], Any], str], ...] = (
        ("request.list", lambda store, call: store.requests(call.actor), "request.read"),
        ("request.show", lambda store, call: store.seen(call.arguments["name"], call.actor), "request.read"),
        ("request.confirm", lambda store, call: store.confirm(call.arguments["name"], call.actor), "request.decide"),
        (
            "request.refuse",
            lambda store, call: store.refuse(call.arguments["name"], call.actor, call.arguments["reason"]),
            "request.decide",
        ),
    )
    return tuple(Command(name, on_requests(act), permission, in_palette=False) for name, act, permission in table)


def _list(_arguments: argparse.Namespace, session: Session) -> int:
    for request in session.commands.run("request.list"):
        print(json.dumps(_plain(request), ensure_ascii=False) if session.as_json else line(request, session))
    return 0


def _show(arguments: argparse.Namespace, session: Session) -> int:
    return _told(session.commands.run("request.show", about=arguments.name, name=arguments.name), session)


def _confirm(arguments: argparse.Namespace, session: Session) -> int:
    return _told(session.commands.run("request.confirm", about=arguments.name, name=arguments.name), session)


def _refuse(arguments: argparse.Namespace, session: Session) -> int:
    reason = arguments.reason
    return _told(
        session.commands.run("request.refuse", about=arguments.name, name=arguments.name, reason=reason), session
    )


def _told(request: Request, session: Session) -> int:
    if session.as_json:
        print(json.dumps(_plain(request), ensure_ascii=False))
        return 0
    print(line(request, session))
    for name, value in particulars(request):
        print(f"  {name}: {value}")
    return 0


def line(request: Request, session: Session) -> str:
    """Tell a request in one line."""
    texts, deed = session.texts, request.deed
    purpose = f"{deed.purpose.text} {deed.purpose.reference}".strip() if deed.purpose else ""
    state = texts(
        f"request.{request.standing(time.time())}", by=request.decided_by, until=show_time(request.expires_at_s)
    )
    parts = (request.id, request.asked_by, deed.action, deed.resource.id, purpose, state, request.reason)
    return "  ".join(part for part in parts if part)


def particulars(request: Request) -> list[tuple[str, str]]:
    """Return what a confirmation holds for, and what else helps to decide."""
    return [(name, value) for name, value in (*request.deed.shown.items(), *request.deed.what.items()) if value]


def _plain(request: Request) -> dict[str, Any]:
    return asdict(request) | {"state": request.standing(time.time())}
