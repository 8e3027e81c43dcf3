"""``zhian alert``: what the scenarios saw, and what a person says of it."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import Any

import msgspec

from app.commands import Call, Command
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from data.operations.opening import Starts
from data.operations.plans import agencies_of
from data.operations.store import SqlOperations
from twin.access import mask_plate
from twin.cql2.read import no_such
from twin.errors import UsageError
from twin.operations.deeds import ConfirmAlerts, DismissAlerts, PassAlerts, RestoreAlerts
from twin.operations.records import Alert
from twin.operations.states import ALERT, DISMISSALS
from twin.rules.hit import CONTROL, Hit


def add_parser(verbs: Any) -> None:
    """Add ``zhian alert``."""
    parser = verbs.add_parser("alert", help="what the scenarios saw: list, show, confirm, dismiss")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list alerts, the newest first")
    listing.add_argument("--state", action="append", choices=list(ALERT.ways), help="default: all")
    showing = actions.add_parser("show", help="what an alert rests on")
    confirming = actions.add_parser("confirm", help="say that alerts are real: an incident is opened, or joined")
    confirming.add_argument("--incident", default="", metavar="ID", help="join this one instead of opening another")
    dismissing = actions.add_parser("dismiss", help="say that alerts need nothing, and why")
    dismissing.add_argument("--reason", required=True, choices=DISMISSALS)
    restoring = actions.add_parser("restore", help="take an answer back, while nobody was sent")
    passing = actions.add_parser("pass", help="put alerts into another desk's queue")
    passing.add_argument(
        "--to", required=True, metavar="DESK", help="control, or a role or agency as scenarios tell it"
    )
    passing.add_argument("--why", required=True, help="a line for the record")
    for one in (confirming, dismissing, restoring, passing):
        one.add_argument("alerts", nargs="+", metavar="ALERT")
    for one in (confirming, dismissing):
        one.add_argument("--note", default="", help="a line for the record")
    showing.add_argument("alert", metavar="ALERT")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def found(store: SqlOperations, call: Call) -> tuple[Alert, ...]:
        return store.find(Alert, call.arguments["states"], SHOWN)

    def rests_on(store: SqlOperations, call: Call) -> tuple[tuple[Hit, ...], bool]:
        return store.hits(call.arguments["alert"]), call.unmask

    return (
        asks(session, "alert.list", "alert.read", found),
        replace(asks(session, "alert.show", "alert.read", rests_on), sensitive=True),
        does(session, "alert.answer", "alert.answer"),
    )


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("alert.list", states=tuple(arguments.state or ())))


def _show(arguments: argparse.Namespace, session: Session) -> int:
    hits, unmask = session.commands.run("alert.show", about=arguments.alert, alert=arguments.alert)
    for hit in hits:
        print(json.dumps(_plain(hit, unmask), ensure_ascii=False))
    return 0


def _plain(hit: Hit, unmask: bool) -> dict[str, Any]:
    """Return a hit as plain values, plates and what lists say under a mask."""
    plain: dict[str, Any] = msgspec.to_builtins(hit)
    if not unmask:
        for subject in plain["subjects"]:
            subject["label"] = mask_plate(subject["label"])
        for entry in plain["entries"]:
            entry["key"], entry["note"] = mask_plate(entry["key"]), "*" * bool(entry["note"])
    return plain


def _confirm(arguments: argparse.Namespace, session: Session) -> int:
    found = {alert.id: alert for alert in session.commands.run("alert.list", states=("new",))}
    first = found.get(arguments.alerts[0])
    start = Starts.of(session.home, session.texts.language)(first.scenario if first else arguments.alerts[0])
    deed = ConfirmAlerts(tuple(arguments.alerts), start, arguments.incident, arguments.note)
    return tell_done(session, session.commands.run("alert.answer", about=arguments.alerts[0], deeds=(deed,)))


def _dismiss(arguments: argparse.Namespace, session: Session) -> int:
    deed = DismissAlerts(tuple(arguments.alerts), arguments.reason, arguments.note)
    return tell_done(session, session.commands.run("alert.answer", about=arguments.alerts[0], deeds=(deed,)))


def _pass(arguments: argparse.Namespace, session: Session) -> int:
    desks = sorted({CONTROL, *session.commands.rules.roles, *agencies_of(session.home)})
    if arguments.to not in desks:
        raise UsageError(no_such(arguments.to, desks))
    deed = PassAlerts(tuple(arguments.alerts), arguments.to, arguments.why)
    return tell_done(session, session.commands.run("alert.answer", about=arguments.alerts[0], deeds=(deed,)))


def _restore(arguments: argparse.Namespace, session: Session) -> int:
    deed = RestoreAlerts(tuple(arguments.alerts))
    return tell_done(session, session.commands.run("alert.answer", about=arguments.alerts[0], deeds=(deed,)))


_RUNS = {
    "list": _list, "show": _show, "confirm": _confirm, "dismiss": _dismiss, "restore": _restore, "pass": _pass,
}  # fmt: skip
