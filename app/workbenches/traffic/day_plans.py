"""``zhian signals day``: the plans of an arterial through a day, and their release to the controllers."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from app import formats
from app.commands import Call, Command
from app.session import Session
from data.signals import gateway, releases
from data.signals.gateway import Switched
from data.signals.releases import Release
from data.store.twin_folder import open_city
from twin.errors import UsageError
from twin.signals.corridor import Corridor, corridors
from twin.signals.day import Period, planned, timetables
from twin.signals.wave import Candidate, wish_for
from twin.words import say

TABLES = ("roads", "turns", "junctions")
Planned = dict[Period, Candidate]


def add_action(actions: Any) -> None:
    """Add ``zhian signals day``."""
    action = actions.add_parser("day", help="plan an arterial for the periods of a day")
    action.add_argument("road", metavar="ROAD", help="its name, as `zhian signals list` has it")
    action.add_argument(
        "--send", action="store_true", help="have the controllers hold the plans and run them by the clock"
    )
    action.add_argument("--twin", default="", help="default: the current one")
    action.set_defaults(run=_day)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def road(call: Call) -> Corridor:
        name = call.arguments["road"]
        folder = session.home.twin(call.arguments["twin"] or session.home.current())
        found = next(iter(corridors(open_city(folder, only=TABLES), only=name)), None)
        if found is None:
            raise UsageError(say("{road} is no arterial of this twin: `zhian signals list` has them", road=name))
        return wish_for(found).corridor

    def day(call: Call) -> tuple[Corridor, Planned]:
        corridor, found = road(call), Planned()
        for period, wave in planned(corridor):
            found[period] = wave
            if not session.as_json:
                print(_line(period, wave, session), file=sys.stderr, flush=True)
        return corridor, found

    def send(call: Call) -> Switched:
        corridor, days = call.arguments["corridor"], timetables(call.arguments["planned"])
        twin, who, now, told = call.arguments["twin"] or session.home.current(), call.actor.id, time.time(), []
        names = {junction.id: junction.name for junction in corridor.junctions}

        def remember(switched: Switched) -> None:
            told.append(Release(now, who, twin, corridor.name, names, switched, days=days))
            releases.remember(session.home, told[0])

        with releases.undone_on_failure(session.home, told, who):
            rows = tuple(zip(corridor.junctions, days, strict=True))
            return gateway.release_day(gateway.gateway_of(session.home), rows, now, remember)

    return (
        Command("signals.day", day, "signal.plan", in_palette=False),
        Command("signals.send_day", send, "signal.send", in_palette=False, needs_purpose=True, told=_particulars),
    )


def _particulars(arguments: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what exactly a second person confirms: the road, and a mark over every second of its plans."""
    plans = [wave.plans for wave in arguments["planned"].values()]
    mark = hashlib.sha256(repr(plans).encode()).hexdigest()[:16]
    return {"road": arguments["corridor"].name, "periods": str(len(plans)), "plan": mark}


def _line(period: Period, wave: Candidate, session: Session) -> str:
    begins = f"{int(period.from_s // 3600):02d}:{int(period.from_s % 3600 // 60):02d}"
    told = session.texts("waves.line", cycle=f"{wave.cycle_s:.0f}", out=f"{wave.band_s[0]:.0f}",
                         back=f"{wave.band_s[1]:.0f}", share=f"{wave.one_stop:.0%}")  # fmt: skip
    return f"{begins}  {session.texts(f'waves.period.{period.name}')}  {told}"


def _day(arguments: argparse.Namespace, session: Session) -> int:
    run = session.commands.run
    corridor, found = run("signals.day", about=arguments.road, twin=arguments.twin, road=arguments.road)
    if session.as_json:
        rows = [{"from_s": period.from_s, "period": period.name, "cycle_s": wave.cycle_s, "one_stop": wave.one_stop,
                 "offset_s": [plan.offset_s for plan in wave.plans]} for period, wave in found.items()]  # fmt: skip
        print(json.dumps({"road": corridor.name, "junctions": [j.id for j in corridor.junctions], "day": rows},
                         ensure_ascii=False))  # fmt: skip
    if arguments.send:
        switched = run("signals.send_day", about=arguments.road, twin=arguments.twin, corridor=corridor, planned=found)
        print(session.texts("waves.day_sent", count=len(switched.after), time=formats.clock(time.time())))
    return 0
