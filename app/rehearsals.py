"""``zhian signals rehearse``: ways to run an arterial's signals, tried in SUMO on its present traffic."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.making import Teller
from app.session import Session
from data.home import Home
from data.store.twin_folder import open_city
from data.traffic.demand import Known, wished
from data.traffic.picking import pick
from data.traffic.rehearsing import Request, rehearse
from twin.errors import UsageError
from twin.signals.corridor import corridors
from twin.signals.wave import waves
from twin.traffic.graph import road_graph
from twin.traffic.rehearsal import FIGURES, LEAVE, MODES, Interval, Rehearsed
from twin.words import say

SHARES = ("one_stop",)
ASKED = ("twin", "road", "fixes", "counts", "share", "modes", "minutes", "choosing", "verdict")


def add_parser(actions: Any) -> None:
    """Add ``zhian signals rehearse``."""
    parser = actions.add_parser("rehearse", help="try ways to run an arterial's signals in SUMO, and say which is best")
    parser.add_argument("road", metavar="ROAD", help="its name, as `zhian signals list` has it")
    parser.add_argument("--fixes", type=Path, metavar="FILE", help="positions of vehicles, as `zhian traffic match` "
                        "takes them (default: the newest hour of the history or of counts, else assumed "
                        "traffic)")  # fmt: skip
    parser.add_argument(
        "--counts", type=Path, metavar="FILE", help="CSV with link and vph, to which the traffic is bent"
    )
    parser.add_argument("--share", type=float, default=1.0, help="of all vehicles, those that tell where they are")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES), help="which to try (default: all)")
    parser.add_argument("--minutes", type=float, default=30.0, metavar="MIN", help="of each run (default 30)")
    parser.add_argument("--choosing", type=int, default=3, metavar="N", help="seeds for choosing (default 3)")
    parser.add_argument("--verdict", type=int, default=5, metavar="N", help="seeds for the verdict (default 5)")
    parser.add_argument("--twin", default="", help="default: the current one")
    parser.set_defaults(run=_rehearse)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def work(call: Call) -> Rehearsed:
        tell: Callable[[float, str], None] = Teller(session, "rehearsal.mode")
        return rehearse(request_for(session.home, **call.arguments, report=tell), tell)

    return (Command("signals.rehearse", work, "simulation.run", in_palette=False),)


def request_for(
    home: Home, twin: str, road: str, fixes: Path | None, counts: Path | None, share: float, modes: Sequence[str],
    minutes: float, choosing: int, verdict: int, watch: tuple[str, ...] = (),
    report: Callable[[float, str], None] = lambda share, mode: None, cancelled: Callable[[], bool] = lambda: False,
) -> Request:  # fmt: skip
    """Return what is rehearsed for an arterial, by default the longest: the wave that simulation picks, on its traffic.

    Raises
    ------
    twin.errors.UsageError, twin.errors.BadInputError
        If there is no such arterial, or a number makes no sense.
    """
    if not (0 < share <= 1 and minutes > 0 and choosing >= 2 and verdict >= 2):
        raise UsageError(say("give a share up to 1, minutes above 0, and two seeds or more of each kind"))
    city = open_city(home.twin(twin or home.current()))
    corridor = next(iter(corridors(city, only=road)), None)
    if corridor is None:
        raise UsageError(say("{road} is no arterial of this twin: `zhian signals list` has them", road=road))
    graph = road_graph(city)
    known = Known(home, twin or home.current(), time.time(), fixes, counts, share)
    streams, wish = wished(city, graph, corridor, known)
    found = waves(wish)
    every = tuple(mode for mode in MODES if mode == LEAVE or mode in modes)
    request = Request(
        city, graph, wish.corridor, found[0].plans, streams, every, watch, choosing, verdict, minutes * 60.0
    )
    return replace(request, plans=pick(request, wish, found, report, cancelled).plans)


def _rehearse(arguments: argparse.Namespace, session: Session) -> int:
    asked = {name: getattr(arguments, name) for name in ASKED}
    found = session.commands.run("signals.rehearse", about=arguments.road, **asked)
    print(json.dumps(_told(found), ensure_ascii=False) if session.as_json else "\n".join(_lines(found, session)))
    return 0


def _told(found: Rehearsed) -> dict[str, Any]:
    modes = {mode: {figure: _plain(found.figure(mode, figure)) for figure in FIGURES} for mode in found.modes}
    change = {mode: _plain(found.change(mode, "all_s")) for mode in found.modes}
    return {
        "road": found.name, "demand": found.demand, "best": found.best, "borne_out": found.borne_out, "modes": modes,
        "change": change, "faster": round(found.faster, 1), "runs": [asdict(run) for run in found.runs],
    }  # fmt: skip


def _plain(one: Interval) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else round(value, 4) for name, value in asdict(one).items()}


def _lines(found: Rehearsed, session: Session) -> Iterator[str]:
    texts, (best, reason) = session.texts, found.advice
    yield texts("rehearsal.head", road=found.name, demand=texts(f"rehearsal.demand.{found.demand}"))
    for mode in found.modes:
        parts = [f"{texts(f'rehearsal.figure.{figure}')} {shown(found.figure(mode, figure), figure)}"
                 for figure in FIGURES]  # fmt: skip
        yield f"{'→' if mode == best else ' '} {texts(f'rehearsal.mode.{mode}')}: {' · '.join(parts)}"
    yield texts("rehearsal.best", mode=texts(f"rehearsal.mode.{best}"), why=texts.said(reason))
    if not found.borne_out:
        yield texts("rehearsal.not_borne_out")
    yield texts("rehearsal.faster", times=f"{found.faster:.0f}", took=f"{found.took_s:.0f}")


def shown(one: Interval, figure: str) -> str:
    """Return a figure as it is read: the mean, and the half width of its interval."""
    if math.isnan(one.mean):
        return "–"
    half = one.high - one.mean
    if figure in SHARES:
        return f"{one.mean:.0%}" if math.isnan(half) else f"{one.mean:.0%} ± {half:.0%}"
    return f"{one.mean:.1f}" if math.isnan(half) else f"{one.mean:.1f} ± {half:.1f}"
