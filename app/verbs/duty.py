"""``zhian duty``: the roster and patrols, from a script."""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from typing import Any

from app.commands import Command
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from twin.errors import UsageError
from twin.operations.deeds import PlanPatrol, PlanWatch, ReportPatrol, TurnWatch
from twin.operations.records import Patrol, Stop, Watch
from twin.words import say

WHEN = "as 2026-11-22T20:00, in local time"


def add_parser(verbs: Any) -> None:
    """Add ``zhian duty``."""
    parser = verbs.add_parser("duty", help="the roster and patrols: list, plan, turn, patrol, reached")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="list the roster and the patrols, the newest first")
    planning = actions.add_parser("plan", help="put a shift on the roster, on so many days in a row")
    planning.add_argument("person", metavar="ACCOUNT")
    planning.add_argument("--role", required=True, metavar="ROLE", help="what the person does in it")
    planning.add_argument("--days", type=int, default=1, metavar="N", help="on so many days in a row (default 1)")
    planning.add_argument("--device", default="", help="the number of the terminal in hand")
    planning.add_argument("--source", default="", help="the source its terminal is connected to")
    turning = actions.add_parser("turn", help="a shift begins (on), ends (off) or is cancelled")
    turning.add_argument("watch", metavar="SHIFT")
    turning.add_argument("state", choices=("on", "off", "cancelled"))
    turning.add_argument("--note", default="", help="what is handed over to the next shift")
    walking = actions.add_parser("patrol", help="say what a unit is to look at")
    walking.add_argument("name", metavar="NAME")
    walking.add_argument(
        "--stop", nargs=4, action="append", required=True, metavar=("NAME", "LON", "LAT", "MINUTES"),
        help="a place, in degrees, and minutes after the begin; may be repeated",
    )  # fmt: skip
    for one in (planning, walking):
        one.add_argument("--unit", default="", metavar="UNIT", help="which unit")
        one.add_argument("--from", dest="begin", required=True, metavar="TIME", help=WHEN)
        one.add_argument("--hours", type=float, default=8.0, help="how long it is (default 8)")
    reaching = actions.add_parser("reached", help="say that a stop of a patrol was reached")
    reaching.add_argument("patrol", metavar="PATROL")
    reaching.add_argument("stop", type=int, metavar="STOP", help="its number in the list, from 1")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    return (
        asks(session, "duty.list", TurnWatch.permission, lambda store, _: store.find(Watch, (), SHOWN)),
        asks(session, "duty.patrols", TurnWatch.permission, lambda store, _: store.find(Patrol, (), SHOWN)),
        does(session, "duty.plan", PlanWatch.permission),
        does(session, "duty.turned", TurnWatch.permission),
    )


def begin_of(text: str) -> datetime:
    """Return a time that somebody typed, in local time unless it says otherwise.

    Raises
    ------
    twin.errors.UsageError
    """
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError, OSError):
        raise UsageError(say("{text!r} is no time: write it as 2026-11-22T20:00", text=text)) from None


def _list(_arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, [*session.commands.run("duty.list"), *session.commands.run("duty.patrols")])


def _plan(arguments: argparse.Namespace, session: Session) -> int:
    begin = begin_of(arguments.begin)
    days = [(begin + timedelta(days=day)).timestamp() for day in range(arguments.days)]
    deeds = [
        PlanWatch(arguments.person, arguments.role, at_s, at_s + arguments.hours * 3600.0, arguments.unit,
                  "jt808" if arguments.device else "", arguments.source, arguments.device)
        for at_s in days
    ]  # fmt: skip
    return tell_done(session, session.commands.run("duty.plan", about=arguments.person, deeds=deeds))


def _turn(arguments: argparse.Namespace, session: Session) -> int:
    deed = TurnWatch(arguments.watch, arguments.state, arguments.note)
    return tell_done(session, session.commands.run("duty.turned", about=arguments.watch, deeds=(deed,)))


def _patrol(arguments: argparse.Namespace, session: Session) -> int:
    begin_s = begin_of(arguments.begin).timestamp()
    try:
        stops = [
            Stop(name, float(lon), float(lat), begin_s + 60.0 * float(late)) for name, lon, lat, late in arguments.stop
        ]
    except ValueError:
        raise UsageError("a stop is a name, a longitude, a latitude and minutes after the begin") from None
    deed = PlanPatrol(arguments.name, arguments.unit, begin_s, begin_s + arguments.hours * 3600.0, tuple(stops))
    return tell_done(session, session.commands.run("duty.plan", about=arguments.name, deeds=(deed,)))


def _reached(arguments: argparse.Namespace, session: Session) -> int:
    deed = ReportPatrol(arguments.patrol, arguments.stop - 1)
    return tell_done(session, session.commands.run("duty.turned", about=arguments.patrol, deeds=(deed,)))


_RUNS = {"list": _list, "plan": _plan, "turn": _turn, "patrol": _patrol, "reached": _reached}
