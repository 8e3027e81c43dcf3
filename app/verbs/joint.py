"""``zhian joint``: the cases of the joint duty room, 8+X, from a script."""

from __future__ import annotations

import argparse
import time
from typing import Any

from app.commands import Call, Command
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from data.operations.plans import agencies_of
from data.operations.store import SqlOperations
from twin.operations.deeds import CallIn, OpenJoint, TurnJoint, WriteMinutes
from twin.operations.joint import known
from twin.operations.records import JOINT_KINDS, JointCase, Minutes
from twin.operations.states import JOINT

TURNS = tuple(state for state in JOINT.ways if state not in (JOINT.first, "mediating"))


def add_parser(verbs: Any) -> None:
    """Add ``zhian joint``."""
    parser = verbs.add_parser("joint", help="the joint duty room, 8+X: list, show, open, call in, minutes, turn")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list cases, the newest first")
    listing.add_argument("--state", action="append", choices=list(JOINT.ways), help="default: all")
    opening = actions.add_parser("open", help="bring a case to the room")
    opening.add_argument("kind", choices=JOINT_KINDS)
    opening.add_argument("title", metavar="TITLE", help="what happened, in a few words")
    opening.add_argument(
        "--party", action="append", required=True, metavar="NAME", help="who is at odds; may be repeated"
    )
    opening.add_argument("--yuan", type=float, default=0.0, help="what it is about, in yuan")
    opening.add_argument("--place", default="", help="where, in words")
    calling = actions.add_parser("call", help="call other agencies in")
    writing = actions.add_parser("minutes", help="keep the minutes of a mediation")
    turning = actions.add_parser("turn", help="agree, look after it, refer, close")
    turning.add_argument("state", choices=TURNS)
    turning.add_argument("--days", type=float, default=0.0, help="after how many days an agreement is looked after")
    for one in (opening, calling, writing):
        one.add_argument(
            "--agency", action="append", required=True, metavar="AGENCY", help="who takes part; may be repeated"
        )
    for one in (writing, turning):
        one.add_argument("--text", default="", help="what was said, agreed or found")
    showing = actions.add_parser("show", help="a case and its minutes")
    for one in (calling, writing, turning, showing):
        one.add_argument("--case", required=True, metavar="ID", help="which one")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def found(store: SqlOperations, call: Call) -> tuple[JointCase | Minutes, ...]:
        wanted = call.arguments.get("case")
        if wanted:
            return (store.one(JointCase, wanted), *store.find(Minutes, case=wanted))
        return store.find(JointCase, call.arguments["states"], SHOWN)

    return (asks(session, "joint.list", OpenJoint.permission, found), does(session, "joint.do", OpenJoint.permission))


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("joint.list", states=tuple(arguments.state or ())))


def _show(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("joint.list", about=arguments.case, case=arguments.case))


def _open(arguments: argparse.Namespace, session: Session) -> int:
    partners = known(arguments.agency, agencies_of(session.home))
    deed = OpenJoint(arguments.kind, arguments.title, tuple(arguments.party), partners, arguments.place,
                     amount_fen=round(arguments.yuan * 100))  # fmt: skip
    return _do(session, arguments.kind, deed)


def _call(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.case, CallIn(arguments.case, known(arguments.agency, agencies_of(session.home))))


def _minutes(arguments: argparse.Namespace, session: Session) -> int:
    return _do(session, arguments.case, WriteMinutes(arguments.case, tuple(arguments.agency), arguments.text))


def _turn(arguments: argparse.Namespace, session: Session) -> int:
    follow_s = time.time() + arguments.days * 86_400.0
    return _do(session, arguments.case, TurnJoint(arguments.case, arguments.state, arguments.text, follow_s))


def _do(session: Session, about: str, deed: OpenJoint | CallIn | WriteMinutes | TurnJoint) -> int:
    return tell_done(session, session.commands.run("joint.do", about=about, deeds=(deed,)))


_RUNS = {"list": _list, "show": _show, "open": _open, "call": _call, "minutes": _minutes, "turn": _turn}
