"""``zhian incident``: what somebody has to do something about, from a script."""

from __future__ import annotations

import argparse
import json
import signal
import threading
import time
from dataclasses import asdict
from typing import Any

from app.commands import Call, Command
from app.live_now import running_world
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from data.operations.doors import doors_of
from data.operations.handing_on import hand_on
from data.operations.minding import mind, watch_over
from data.operations.opening import Starts
from data.operations.outbox import Outbox, carriers_of, outbox_folder
from data.operations.plans import agencies_of
from data.operations.store import SqlOperations
from data.rules.files import Folder
from data.store.twin_folder import open_city
from twin.cql2.read import no_such
from twin.errors import UsageError
from twin.operations.deeds import AskDoor, Assignment, Close, OpenIncident, ReportDispatch, Resolve, SendUnits
from twin.operations.doors import NO_DOOR, Door, doors_near
from twin.operations.following import Follower, goal_in, seen
from twin.operations.records import DOOR_WISHES, Incident, Unit
from twin.operations.states import DISPATCH, INCIDENT, OUTCOMES
from twin.words import say

ROUND_S = 2.0


def add_parser(verbs: Any) -> None:
    """Add ``zhian incident``."""
    parser = verbs.add_parser("incident", help="incidents: list, show, open, send units, resolve, close")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list incidents, the newest first")
    listing.add_argument("--state", action="append", choices=list(INCIDENT.ways), help="default: all")
    opening = actions.add_parser("open", help="open one that was reported")
    opening.add_argument("scenario", help="as in resources/scenarios, or a word of your own")
    opening.add_argument("--severity", type=int, choices=(1, 2, 3, 4), default=3, help="1: life and limb (default 3)")
    opening.add_argument("--at", nargs=2, type=float, metavar=("LON", "LAT"), help="in degrees")
    opening.add_argument("--place", default="", help="where, in words")
    sending = actions.add_parser("send", help="send units; each is told over its own channel")
    sending.add_argument("units", nargs="+", metavar="UNIT")
    sending.add_argument("--text", required=True, help="what they are told")
    reporting = actions.add_parser("report", help="say how far a unit came")
    reporting.add_argument("dispatch", metavar="DISPATCH")
    reporting.add_argument("state", choices=[state for state in DISPATCH.ways if state != DISPATCH.first])
    reporting.add_argument("--why", default="", help="of one that was refused or called back")
    resolving = actions.add_parser("resolve", help="say how it ended; units are free again")
    resolving.add_argument("outcome", choices=OUTCOMES)
    asking = actions.add_parser("door", help="list the doors around it, or ask for one to be locked or opened")
    asking.add_argument("door", nargs="?", default="", metavar="DOOR", help="as the list names it")
    asking.add_argument("wish", nargs="?", choices=DOOR_WISHES, help="what it is to do")
    asking.add_argument("--twin", default="", help="which twin (default: the current one)")
    for name, words in (("show", "all of one incident, as JSON"), ("close", "close what is resolved")):
        actions.add_parser(name, help=words)
    for name in ("show", "send", "door", "resolve", "close"):
        actions.choices[name].add_argument("--incident", required=True, metavar="ID", help="which one")
    for name in ("resolve", "close"):
        actions.choices[name].add_argument("--note", default="", help="a line for the record")
    minding = actions.add_parser("mind", help="raise what is nearly missed, give up who never answers, send what waits")
    minding.add_argument("--once", action="store_true", help="one round only")
    minding.add_argument("--twin", default="", help="which twin (default: the current one)")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def found(store: SqlOperations, call: Call) -> tuple[Incident, ...]:
        return store.find(Incident, call.arguments["states"], SHOWN)

    return (
        asks(session, "incident.list", "alert.read", found),
        asks(session, "incident.show", "alert.read", lambda store, call: store.whole(call.arguments["incident"])),
        does(session, "incident.open", "incident.open"),
        does(session, "incident.work", "incident.work"),
        does(session, "incident.close", "incident.close"),
        does(session, "unit.send", "unit.send"),
        asks(session, "incident.doors", "alert.read", lambda store, call: _doors_near(store, session, call)),
        does(session, "incident.door", AskDoor.permission),
        asks(session, "incident.mind", "unit.send", lambda store, call: _minded(store, session, call)),
    )


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("incident.list", states=tuple(arguments.state or ())))


def _show(arguments: argparse.Namespace, session: Session) -> int:
    whole = session.commands.run("incident.show", about=arguments.incident, incident=arguments.incident)
    plain = asdict(whole)
    for message in plain["messages"]:
        message["recipient"] = "***"
    print(json.dumps(plain, ensure_ascii=False))
    return 0


def _open(arguments: argparse.Namespace, session: Session) -> int:
    lon_deg, lat_deg = arguments.at or (float("nan"), float("nan"))
    start = Starts.of(session.home, session.texts.language)(arguments.scenario)
    deed = OpenIncident(
        arguments.scenario, arguments.severity, start, place=arguments.place, lon_deg=lon_deg, lat_deg=lat_deg
    )  # fmt: skip
    return tell_done(session, session.commands.run("incident.open", about=arguments.scenario, deeds=(deed,)))


def _send(arguments: argparse.Namespace, session: Session) -> int:
    deed = SendUnits(arguments.incident, tuple(map(Assignment, arguments.units)), arguments.text)
    return tell_done(session, session.commands.run("unit.send", about=arguments.incident, deeds=(deed,)))


def _report(arguments: argparse.Namespace, session: Session) -> int:
    deed = ReportDispatch(arguments.dispatch, arguments.state, arguments.why)
    return tell_done(session, session.commands.run("unit.send", about=arguments.dispatch, deeds=(deed,)))


def _door(arguments: argparse.Namespace, session: Session) -> int:
    """List the doors with how far they are, or ask for one of them."""
    twin, incident = arguments.twin or session.home.current(), arguments.incident
    found, basis = session.commands.run("incident.doors", about=incident, incident=incident, twin=twin)
    near: dict[str, tuple[Door, float]] = {door.id: (door, away_m) for door, away_m in found}
    if not arguments.door:
        for door, away_m in near.values():
            told = {"id": door.id, "name": door.chinese, "away_m": round(away_m)}
            print(json.dumps(told, ensure_ascii=False) if session.as_json else "  ".join(map(str, told.values())))
        return 0
    if arguments.door not in near:
        raise UsageError(no_such(arguments.door, list(near)) if near else NO_DOOR)
    if arguments.wish is None:
        raise UsageError(say("say what it is to do: {wishes}", wishes=", ".join(DOOR_WISHES)))
    deed = AskDoor(incident, arguments.door, near[arguments.door][0].chinese, arguments.wish, basis)
    return tell_done(session, session.commands.run("incident.door", about=arguments.door, deeds=(deed,)))


def _doors_near(store: SqlOperations, session: Session, call: Call) -> tuple[list[tuple[Door, float]], str]:
    """Return the doors around an incident, and the legal basis of its scenario."""
    home, incident = session.home, store.one(Incident, call.arguments["incident"])
    city = open_city(home.twin(call.arguments["twin"]), only=("boundaries", "sites"))
    loaded = Folder.of(home).scenarios.get(incident.scenario)
    return doors_near(doors_of(home, city), city, incident), loaded.scenario.legal_basis if loaded is not None else ""


def _resolve(arguments: argparse.Namespace, session: Session) -> int:
    deed = Resolve(arguments.incident, arguments.outcome, arguments.note)
    return tell_done(session, session.commands.run("incident.work", about=arguments.incident, deeds=(deed,)))


def _close(arguments: argparse.Namespace, session: Session) -> int:
    deed = Close(arguments.incident, arguments.note)
    return tell_done(session, session.commands.run("incident.close", about=arguments.incident, deeds=(deed,)))


def _mind(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    minded, sent = session.commands.run("incident.mind", about=twin, twin=twin, once=arguments.once)
    if session.as_json:
        print(json.dumps({"minded": minded, "sent": sent}))
    else:
        print(session.texts("incident.minded", minded=minded, sent=sent))
    return 0


def _minded(store: SqlOperations, session: Session, call: Call) -> tuple[int, int]:
    """Mind, follow and send until told to stop; return how many deeds and messages that were."""
    home, twin = session.home, str(call.arguments["twin"])
    outbox, follower = Outbox(store, carriers_of(home, twin), call.actor.id, folder=outbox_folder(home)), Follower()
    city = open_city(home.twin(twin), only=("boundaries",)) if home.twin(twin).exists() else None
    starts, agencies = Starts.of(home), agencies_of(home)
    stop, minded, sent = threading.Event(), 0, 0
    if not call.arguments["once"]:
        signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    while True:
        minded += mind(store, time.time()) + hand_on(store, starts, agencies, time.time())
        world = running_world(home, twin, city) if city is not None else None
        if world is not None and world.live:
            watch_over(store, follower, seen(world, store.find(Unit, ("assigned",))), goal_in(world), time.time())
        sent += outbox.round()
        if call.arguments["once"] or stop.wait(ROUND_S):
            return minded, sent


_RUNS = {
    "list": _list, "show": _show, "open": _open, "send": _send, "report": _report, "door": _door, "resolve": _resolve,
    "close": _close, "mind": _mind,
}  # fmt: skip
