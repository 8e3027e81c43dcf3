"""``zhian simulate``: invented terminals that speak a real protocol to an engine, with faults on request."""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict, fields
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.connectors.jt808.client import Faults
from data.simulate.terminals import Fleet, Outcome, Simulation
from data.store.twin_folder import read_manifest
from twin.errors import BadInputError, UsageError
from twin.geo import LocalFrame
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian simulate``."""
    parser = verbs.add_parser("simulate", help="play invented terminals over a real protocol / 模拟终端")
    parser.add_argument("--jt808", required=True, metavar="HOST:PORT", help="the JT/T 808 listener to speak to")
    parser.add_argument("--terminals", type=int, default=20, metavar="N", help="how many (default 20)")
    parser.add_argument(
        "--rate", type=float, default=20.0, metavar="R", help="reports a second of all together (default 20)"
    )
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for how long (default 60)")
    parser.add_argument(
        "--faults", default="", metavar="LIST",
        help="shares of messages, clock in seconds: loss=0.01,duplicate=0.01,disorder=0.01,corrupt=0.01,clock=5",
    )  # fmt: skip
    parser.add_argument("--around", default="", metavar="LON,LAT", help="where they drive (default: the current twin)")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same drives and faults (default 1)"
    )
    parser.set_defaults(run=_simulate)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def simulate(call: Call) -> Outcome:
        arguments = call.arguments
        return asyncio.run(Simulation(arguments["fleet"]).run(arguments["host"], arguments["port"]))

    return (Command("simulation.run", simulate, permission="simulation.run", in_palette=False),)


def _simulate(arguments: argparse.Namespace, session: Session) -> int:
    host, port = _address(arguments.jt808)
    if arguments.terminals < 1 or arguments.rate <= 0 or arguments.seconds <= 0:
        raise UsageError("--terminals, --rate and --seconds must be above 0")
    lon, lat = _place(arguments.around, session)
    fleet = Fleet(
        terminals=arguments.terminals, rate_hz=arguments.rate, seconds=arguments.seconds, lon_deg=lon, lat_deg=lat,
        faults=read_faults(arguments.faults), seed=arguments.seed,
    )  # fmt: skip
    outcome = session.commands.run("simulation.run", about=arguments.jt808, fleet=fleet, host=host, port=port)
    print(json.dumps(asdict(outcome)) if session.as_json else session.texts("simulate.outcome", **asdict(outcome)))
    return 1 if outcome.unanswered else 0


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(say("--jt808 {text}: write HOST:PORT, as 127.0.0.1:6808", text=text))
    return host.strip("[]"), int(port)


def read_faults(text: str) -> Faults:
    """Read ``loss=0.01,clock=5``.

    Raises
    ------
    twin.errors.UsageError
        If one of them is unknown or out of range.
    """
    known = {field.name.removesuffix("_s"): field.name for field in fields(Faults)}
    values: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            raise UsageError(say("--faults {part}: write a number, as loss=0.01", part=part)) from None
        if name.strip() not in known or not 0 <= number <= (86400 if name.strip() == "clock" else 1):
            raise UsageError(
                say("--faults {part}: there are {known}; shares are 0 to 1", part=part, known=", ".join(known))
            )
        values[known[name.strip()]] = number
    return Faults(**values)


def _place(text: str, session: Session) -> tuple[float, float]:
    if text:
        try:
            lon, lat = map(float, text.split(","))
        except ValueError:
            raise UsageError(say("--around {text}: write LON,LAT in degrees, as 120.92,30.84", text=text)) from None
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise UsageError(say("--around {text}: longitude comes first, latitude second", text=text))
        return lon, lat
    try:
        manifest = read_manifest(session.home.twin(session.home.current()))
    except BadInputError:
        return Fleet().lon_deg, Fleet().lat_deg
    lon_deg, lat_deg = LocalFrame(manifest.crs, manifest.origin_m).to_lonlat(0.0, 0.0)
    return float(lon_deg), float(lat_deg)
