"""``zhian unit``: who can be sent, and who is on duty."""

from __future__ import annotations

import argparse
import math
from typing import Any

from app.commands import Command
from app.operations import SHOWN, asks, does, tell, tell_done
from app.session import Session
from twin.operations.deeds import EnrolUnit, SetUnit
from twin.operations.records import Unit
from twin.operations.states import UNIT


def add_parser(verbs: Any) -> None:
    """Add ``zhian unit``."""
    parser = verbs.add_parser("unit", help="who can be sent: list, enrol, set")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list units")
    listing.add_argument("--state", action="append", choices=list(UNIT.ways), help="default: all")
    enrolling = actions.add_parser("enrol", help="make a unit known, or change what it is")
    enrolling.add_argument("--name", required=True, help="as it is called on the air")
    enrolling.add_argument("--kind", default="police_car", help="as on the map (default police_car)")
    enrolling.add_argument("--agency", default="police", help="whose it is (default police)")
    enrolling.add_argument("--skill", action="append", metavar="WORD", help="may be repeated")
    enrolling.add_argument(
        "--entity", default="", metavar="ID", help="its id on the map, where its place is known from"
    )
    enrolling.add_argument("--channel", default="radio", choices=("radio", "cot", "jt808"), help="how it is told")
    enrolling.add_argument("--source", default="", help="the source its terminal is connected to")
    enrolling.add_argument("--device", default="", help="its terminal's number there")
    enrolling.add_argument("--at", nargs=2, type=float, metavar=("LON", "LAT"), help="in degrees")
    setting = actions.add_parser("set", help="on duty (free), off duty, out of order")
    for one in (enrolling, setting):
        one.add_argument("unit", metavar="UNIT")
    setting.add_argument("state", choices=("free", "off_duty", "out_of_order"))
    setting.add_argument("--why", default="", help="a line for the record")
    for action, run in _RUNS.items():
        actions.choices[action].set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    return (
        asks(session, "unit.list", "alert.read", lambda store, call: store.find(Unit, call.arguments["states"], SHOWN)),
        does(session, "unit.manage", "unit.manage"),
    )


def _list(arguments: argparse.Namespace, session: Session) -> int:
    return tell(session, session.commands.run("unit.list", states=tuple(arguments.state or ())))


def _enrol(arguments: argparse.Namespace, session: Session) -> int:
    lon_deg, lat_deg = arguments.at or (math.nan, math.nan)
    unit = Unit(
        arguments.unit, 0, "", arguments.name, arguments.kind, arguments.agency, tuple(arguments.skill or ()),
        arguments.entity, arguments.channel, arguments.source, arguments.device, lon_deg=lon_deg, lat_deg=lat_deg,
    )  # fmt: skip
    return tell_done(session, session.commands.run("unit.manage", about=unit.id, deeds=(EnrolUnit(unit),)))


def _set(arguments: argparse.Namespace, session: Session) -> int:
    deed = SetUnit(arguments.unit, arguments.state, why=arguments.why)
    return tell_done(session, session.commands.run("unit.manage", about=arguments.unit, deeds=(deed,)))


_RUNS = {"list": _list, "enrol": _enrol, "set": _set}
