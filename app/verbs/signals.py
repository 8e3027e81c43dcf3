"""``zhian signals``: arterials of a twin, a green wave for one, and simulated controllers that run plans."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app import rehearsals
from app.commands import Call, Command
from app.session import Session
from app.workbenches.traffic import day_plans
from data.signals.controller import Controller
from data.signals.gateway import PORT
from data.signals.server import Server
from data.signals.spelled import spelled_capture
from data.store.twin_folder import open_city
from data.traffic.demand import Known, wished
from twin.errors import BadInputError, UsageError
from twin.signals.corridor import Corridor, corridors
from twin.signals.plan import whole
from twin.signals.stages import options, usual
from twin.signals.wave import Candidate, each_wave, told
from twin.traffic.graph import road_graph
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian signals list|wave|rehearse|day|serve|read``."""
    parser = verbs.add_parser("signals", help="signal plans: arterials, green waves, simulated controllers")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list arterials with six signals in a row or more")
    planning = actions.add_parser("wave", help="plan a green wave for an arterial")
    planning.add_argument("road", metavar="ROAD", help="its name, as `zhian signals list` has it")
    rehearsals.add_parser(actions)
    day_plans.add_action(actions)
    serving = actions.add_parser("serve", help="play controllers of all arterials over GB/T 20999, TCP and UDP")
    serving.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    serving.add_argument(
        "--seconds", type=float, default=0.0, metavar="S", help="for how long (default: until stopped)"
    )
    reading = actions.add_parser("read", help="put a captured exchange with a controller into words")
    reading.add_argument("file", type=Path, help="a line a write: > or <, and the bytes in hex")
    reading.set_defaults(run=_read)
    for action, run in ((listing, _list), (planning, _wave), (serving, _serve)):
        action.add_argument("--twin", default="", help="default: the current one")
        action.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def twin_of(call: Call) -> str:
        return call.arguments["twin"] or session.home.current()

    def roads(call: Call) -> tuple[Corridor, ...]:
        return corridors(open_city(session.home.twin(twin_of(call)), only=TABLES))

    def wave(call: Call) -> Candidate:
        road, city = call.arguments["road"], open_city(session.home.twin(twin_of(call)), only=TABLES)
        corridor = next(iter(corridors(city, only=road)), None)
        if corridor is None:
            raise UsageError(say("{road} is no arterial of this twin: `zhian signals list` has them", road=road))
        streams, wish = wished(city, road_graph(city), corridor, Known(session.home, twin_of(call), time.time()))
        if not session.as_json:
            told_of = session.texts(f"rehearsal.demand.{streams.origin}")
            print(session.texts("waves.traffic", demand=told_of), file=sys.stderr, flush=True)
        found = []
        for share, candidate in each_wave(wish):
            found.append(candidate)
            if not session.as_json:
                print(f"{share:4.0%}  {_line(candidate, session)}", file=sys.stderr, flush=True)
        return max(found, key=lambda candidate: candidate.score)

    def serve(call: Call) -> int:
        controllers = {one.junction.id: one for road in roads(call) for one in _controllers(road)}
        print(json.dumps({"controllers": len(controllers), "port": call.arguments["port"]}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_play(controllers, call.arguments["port"], call.arguments["seconds"]))
        return len(controllers)

    return (
        Command("signals.list", roads, "signal.plan", in_palette=False),
        Command("signals.wave", wave, "signal.plan", in_palette=False),
        Command("signals.read", lambda call: _words(call.arguments["file"]), "signal.plan", in_palette=False),
        Command("signals.serve", serve, "simulation.run", in_palette=False),
        *rehearsals.commands(session),
        *day_plans.commands(session),
    )


TABLES = ("roads", "turns", "junctions")
CYCLES_S = range(80, 601, 20)


def _controllers(road: Corridor) -> Iterator[Controller]:
    """Yield a controller for each junction, with a plan that fits its usual traffic."""
    for junction, out, back in zip(road.junctions, road.out, road.back, strict=True):
        flows = usual(junction, out, back)
        found = (options(junction, out, back, flows, float(cycle)) for cycle in CYCLES_S)
        yield Controller(junction, whole(next(iter(next(plans for plans in found if plans).values()))), gentle=True)


async def _play(controllers: dict[int, Controller], port: int, seconds: float) -> None:
    server = Server(controllers)
    await server.open(port=port)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds or None):
                await asyncio.Event().wait()
    finally:
        await server.close()


def _list(arguments: argparse.Namespace, session: Session) -> int:
    for road in session.commands.run("signals.list", about=arguments.twin, twin=arguments.twin):
        length_km = float(road.at_m[-1]) / 1000.0
        if session.as_json:
            print(
                json.dumps(
                    {"road": road.name, "signals": len(road.junctions), "km": round(length_km, 2)}, ensure_ascii=False
                )
            )
        else:
            print(f"{road.name}  {len(road.junctions)}  {length_km:.1f} km")
    return 0


def _wave(arguments: argparse.Namespace, session: Session) -> int:
    found = session.commands.run("signals.wave", about=arguments.road, twin=arguments.twin, road=arguments.road)
    if session.as_json:
        plans = [{"junction": plan.junction, "cycle_s": plan.cycle_s, "offset_s": plan.offset_s,
                  "stages": [{"greens": sorted(stage.greens), "green_s": stage.green_s} for stage in plan.stages]}
                 for plan in found.plans]  # fmt: skip
        print(
            json.dumps({"cycle_s": found.cycle_s, "band_s": found.band_s, "one_stop": found.one_stop, "plans": plans})
        )
        return 0
    print(_line(found, session))
    print(session.texts.said(told(found)))
    for plan, order in zip(found.plans, found.orders, strict=True):
        greens = " + ".join(f"{stage.green_s:.0f}" for stage in plan.stages)
        print(f"{plan.junction:>8}  {plan.offset_s:>4.0f} s  {greens}  {session.texts(f'waves.order.{order}')}")
    return 0


def _line(found: Candidate, session: Session) -> str:
    return session.texts("waves.line", cycle=f"{found.cycle_s:.0f}", out=f"{found.band_s[0]:.0f}",
                         back=f"{found.band_s[1]:.0f}", share=f"{found.one_stop:.0%}")  # fmt: skip


def _serve(arguments: argparse.Namespace, session: Session) -> int:
    session.commands.run(
        "signals.serve", about=arguments.twin, twin=arguments.twin, port=arguments.port, seconds=arguments.seconds
    )
    return 0


def _words(file: Path) -> str:
    try:
        return "\n".join(spelled_capture(file.read_text("utf-8")))
    except (OSError, ValueError) as error:
        remedy = say("A line a write is needed: > or <, and the bytes in hex")
        raise BadInputError(file.name, say("it is no capture: {why}", why=str(error)[:120]), remedy) from error


def _read(arguments: argparse.Namespace, session: Session) -> int:
    print(session.commands.run("signals.read", about=arguments.file.name, file=arguments.file))
    return 0
