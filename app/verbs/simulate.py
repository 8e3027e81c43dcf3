"""``zhian simulate``: invented devices that speak real protocols to an engine, with faults on request."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from app import simulated_banks
from app.commands import Call, Command
from app.session import Session
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet, Outcome, Simulation
from data.simulate.protocols import PROTOCOLS
from data.store.twin_folder import read_manifest
from twin.errors import BadInputError, UsageError
from twin.geo import LocalFrame
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian simulate``."""
    parser = verbs.add_parser("simulate", help="play invented devices over real protocols")
    for name, spoken in PROTOCOLS.items():
        parser.add_argument(f"--{name}", default="", metavar=spoken.where, help=spoken.help)
    parser.add_argument("--terminals", type=int, default=20, metavar="N", help="how many of each (default 20)")
    parser.add_argument(
        "--rate", type=float, default=20.0, metavar="R", help="reports a second of each protocol (default 20)"
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
    simulated_banks.add_parser(parser.add_subparsers(dest="simulate_action"))


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def simulate(call: Call) -> dict[str, Outcome]:
        return asyncio.run(_play(call.arguments["simulations"]))

    return (
        Command("simulation.run", simulate, permission="simulation.run", in_palette=False),
        *simulated_banks.commands(session),
    )


async def _play(simulations: Mapping[str, Simulation]) -> dict[str, Outcome]:
    """Play all at once."""
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(simulation.run()) for name, simulation in simulations.items()}
    return {name: task.result() for name, task in tasks.items()}


def _simulate(arguments: argparse.Namespace, session: Session) -> int:
    addresses = {name: address for name in PROTOCOLS if (address := getattr(arguments, name))}
    if not addresses:
        options = ", ".join(f"--{name}" for name in PROTOCOLS)
        raise UsageError(say("say where to: give at least one of {options}", options=options))
    if arguments.terminals < 1 or arguments.rate <= 0 or arguments.seconds <= 0:
        raise UsageError("--terminals, --rate and --seconds must be above 0")
    lon, lat = _place(arguments.around, session)
    fleet = Fleet(
        terminals=arguments.terminals, rate_hz=arguments.rate, seconds=arguments.seconds, lon_deg=lon, lat_deg=lat,
        faults=read_faults(arguments.faults), seed=arguments.seed,
    )  # fmt: skip
    simulations = {name: PROTOCOLS[name].open(fleet, address) for name, address in addresses.items()}
    about = " ".join(f"{name}={address.rpartition('@')[2]}" for name, address in addresses.items())
    outcomes = session.commands.run("simulation.run", about=about, simulations=simulations)
    _print(outcomes, session)
    return 1 if any(outcome.unanswered for outcome in outcomes.values()) else 0


def _print(outcomes: Mapping[str, Outcome], session: Session) -> None:
    if session.as_json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}))
    else:
        for name, outcome in outcomes.items():
            print(session.texts("simulate.outcome", protocol=name, **asdict(outcome)))


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
