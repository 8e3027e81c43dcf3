"""``zhian traffic assign|guide|measures|origins``: who drives where, advice, layout, where they come from and go to."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.commands import Call, Command
from app.session import Session
from app.texts import Texts
from data.home import Home
from data.router.matching import HmmMatcher
from data.store.twin_folder import open_city
from data.traffic.announcing import Announced, announce
from data.traffic.floating import read_fixes
from data.traffic.planning import Answer, Planning, Question
from data.traffic.store import TrafficStore
from twin.city.city import City
from twin.traffic.graph import IntArray, RoadGraph, road_graph
from twin.traffic.guidance import TOLD
from twin.traffic.hours import ByHour
from twin.traffic.measures import Costed, Measure
from twin.traffic.model import RoadModel
from twin.traffic.origins import FEWEST, Cells, between_zones, driven, link_flows, ratios, turning, using
from twin.traffic.trips import Fixes, trips_of
from twin.traffic.zones import zones_of

TABLES = ("roads", "turns", "junctions", "sites", "places", "buildings", "routes")
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the trips of a file came from and went to; of one road only, where one was named."""

    trips: int
    zones: tuple[str, ...]
    between: Cells
    turns: tuple[tuple[str, str, float], ...]
    flows: IntArray


def add_actions(actions: Any) -> None:
    """Add the actions to ``zhian traffic``."""
    assigning = actions.add_parser("assign", help="work out who drives where in the busy hour (assumed demand)")
    assigning.add_argument("--optimum", action="store_true", help="as it would be best for all, not for each")
    guiding = actions.add_parser("guide", help="who should take another way or time, and what screens say")
    guiding.add_argument("--times", action="store_true", help="advise quarters of an hour to set out, too")
    guiding.add_argument("--send", action="store_true", help="put it into the outbox of screens and navigation")
    withdrawing = actions.add_parser("withdraw", help="make the screens dark and empty the feed")
    building = actions.add_parser("measures", help="propose turn pockets, lanes, stops, bans; what each wins")
    building.add_argument("--works", default="", metavar="ROAD", help="cost of works on this road instead")
    building.add_argument("--hours", type=int, default=8, metavar="N", help="how long the works last (default 8)")
    for one in (assigning, guiding, building):
        one.add_argument("--trips", type=float, default=0.0, metavar="N", help="in the busy hour (default: assumed)")
        one.add_argument("--evening", action="store_true", help="from work to home")
        one.add_argument("--left", type=float, default=0.0, metavar="SHARE", help="of the capacity (default 0: closed)")
    for one in (assigning, guiding):
        one.add_argument("--road", action="append", default=[], metavar="ROAD", help="where something happened")
        one.add_argument("--lorries", type=float, default=0.0, metavar="SHARE", help="of all who drive")
        one.add_argument("--no-lorries", action="append", default=[], metavar="ROAD", help="where they may not go")
    asking = actions.add_parser("origins", help="where vehicles of a file of positions came from and went to")
    asking.add_argument("file", type=Path, help="CSV or Parquet with vehicle, time, lon, lat")
    asking.add_argument("--road", default="", help="only those who used this road, and how they turned at its ends")
    for one, run in ((assigning, _assign), (guiding, _guide), (withdrawing, _withdraw), (building, _measures),
                     (asking, _origins)):  # fmt: skip
        one.add_argument("--twin", default="", help="which twin (default: the current one)")
        one.set_defaults(run=run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these actions."""
    home = session.home

    def planning(call: Call) -> Planning:
        return Planning(city_of(home, call.arguments["twin"]))

    def flows(call: Call) -> tuple[Planning, tuple[RoadModel, Any, float]]:
        plan = planning(call)
        return plan, plan.flows(call.arguments["question"], optimum=call.arguments["optimum"])

    def sent(call: Call) -> Announced:
        twin = call.arguments["twin"]
        city = city_of(home, twin)
        graph = call.arguments.get("graph") or road_graph(city)
        return announce(home, twin, city, graph, call.arguments["messages"], time.time())

    return (
        Command("traffic.assign", flows, "guidance.plan", in_palette=False),
        Command("traffic.guide", lambda call: planning(call).answer(call.arguments["question"]), "guidance.plan",
                in_palette=False),
        Command("traffic.send", sent, "guidance.send", needs_purpose=True, in_palette=False),
        Command("traffic.withdraw", sent, "guidance.send", in_palette=False),
        Command("traffic.measures", lambda call: _costed(home, planning(call), **call.arguments), "guidance.plan",
                in_palette=False),
        Command("traffic.origins", lambda call: origins(home, **call.arguments), "traffic.keep", in_palette=False),
    )  # fmt: skip


def city_of(home: Home, twin: str) -> City:
    """Return a twin with what planning needs of it."""
    return open_city(home.twin(twin), TABLES)


def origins(home: Home, twin: str, file: Path, road: str) -> Origins:
    """Match a file and tell, of no fewer than :data:`twin.traffic.origins.FEWEST` vehicles, where they went."""
    city = city_of(home, twin)
    graph = road_graph(city)
    return origins_of(Planning(city), graph, read_fixes(file, city.frame, graph), road)


def origins_of(plan: Planning, graph: RoadGraph, fixes: Fixes, road: str) -> Origins:
    """Match fixes and tell where they went."""
    zones, trips = zones_of(plan.city), trips_of(fixes)
    ways = driven(trips, HmmMatcher(graph).match_many(trips.position_m, trips.time_s, trips.first))
    links = plan.roads((road,)) if road else np.zeros(0, np.int64)
    rows = using(ways, links) if road else np.ones(len(ways), np.bool_)
    names = plan.names
    told: list[tuple[str, str, float]] = []
    for node in np.unique(graph.head[links]).tolist():
        cells = turning(ways, graph, node)
        mine = np.isin(cells.one, links)
        pairs = zip(cells.one[mine], cells.other[mine], ratios(cells)[mine], strict=True)
        told += [(str(names[graph.road[a]]), str(names[graph.road[b]]), float(share)) for a, b, share in pairs]
    flows = link_flows(ways, rows, len(graph))
    return Origins(int(rows.sum()), tuple(map(str, zones.name)), between_zones(ways, zones, rows), tuple(told), flows)


def _costed(
    home: Home, plan: Planning, twin: str, question: Question, works: str
) -> tuple[Planning, tuple[Costed, ...]]:
    if not works:
        return plan, plan.measures(question)
    (one,) = plan.measures(question, (Measure("works", plan.roads((works,)), left=max(question.left, 0.05)),))
    store = TrafficStore.of(home, twin, plan.model().graph)
    return plan, (plan.with_hours(question, one, store.hours()),)


def hours_line(found: ByHour, hours: int, texts: Texts) -> str:
    """Say when works of so many hours cost least, and when most."""
    cost = [found.of(begin, hours) for begin in range(len(found.cost_h))]
    best, worst = min(range(len(cost)), key=cost.__getitem__), max(range(len(cost)), key=cost.__getitem__)
    line = texts("planning.by_hour", hours=hours, best=f"{best:02d}:00", cost=f"{cost[best]:.0f}",
                 worst=f"{worst:02d}:00", most=f"{cost[worst]:.0f}")  # fmt: skip
    return line + ("" if found.measured else texts("planning.day_assumed"))


def _question(arguments: argparse.Namespace) -> Question:
    return Question(
        tuple(getattr(arguments, "road", ())), arguments.left, arguments.trips, arguments.evening,
        getattr(arguments, "times", False), getattr(arguments, "lorries", 0.0),
        tuple(getattr(arguments, "no_lorries", ())),
    )  # fmt: skip


def _twin(arguments: argparse.Namespace, session: Session) -> str:
    return arguments.twin or session.home.current()


def _assign(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    plan, (model, load, hours) = session.commands.run(
        "traffic.assign", about=twin, twin=twin, question=_question(arguments), optimum=arguments.optimum
    )
    full = np.where(model.link >= 0, load.link / model.network.delay.capacity, 0.0)
    rows = np.argsort(-full, kind="stable")[:MOST_SHOWN].tolist()
    names = [str(plan.names[model.graph.road[model.link[row]]]) for row in rows]
    if session.as_json:
        roads = [{"road": name, "link": model.graph.names(model.link[[row]])[0], "per_hour": round(load.link[row]),
                  "full": round(full[row], 3)} for name, row in zip(names, rows, strict=True)]  # fmt: skip
        print(json.dumps({"vehicle_hours": round(hours, 1), "left_out": model.left_out, "fullest": roads},
                         ensure_ascii=False))  # fmt: skip
        return 0
    print(session.texts("planning.assigned", hours=f"{hours:.0f}", left_out=model.left_out))
    for name, row in zip(names, rows, strict=True):
        print(f"  {name or session.texts('traffic.unnamed')}  {load.link[row]:.0f}  {full[row]:.0%}")
    return 0


def _guide(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    answer: Answer = session.commands.run("traffic.guide", about=twin, twin=twin, question=_question(arguments))
    if arguments.send:
        session.commands.run("traffic.send", about=twin, twin=twin, messages=answer.messages)
    if session.as_json:
        print(json.dumps(told(answer), ensure_ascii=False))
        return 0
    print("\n".join(lines_of(answer, session.texts)))
    return 0


def told(answer: Answer) -> dict[str, Any]:
    """Return an answer as plain values."""
    found = answer.guidance
    return {
        "says": found.says, "strength": found.strength, "losing": round(found.losing, 3),
        "equilibrium_hours": round(found.equilibrium_h, 2), "optimum_hours": round(found.optimum_h, 2),
        "effect": [{"compliance": share, "hours": round(answer.hours(share), 2),
                    "hours_if_others_react": round(answer.hours(share, reacting=True), 2),
                    "won": round(found.won(share), 4), "won_if_others_react": round(found.won(share, True), 4)}
                   for share in TOLD],
        "screens": [{"id": one.screen.id, "road": one.screen.name, "lines": list(one.lines),
                     "meant_per_hour": round(one.trips), "saved_s": round(one.saved_s)} for one in answer.messages],
        "quarters": [[round(a, 1), round(b, 1)] for a, b in zip(answer.wished, answer.set_out, strict=True)],
    }  # fmt: skip


def lines_of(answer: Answer, texts: Texts) -> Iterator[str]:
    """Say an answer."""
    found = answer.guidance
    if not found.says:
        yield texts("planning.silent")
    for share in TOLD:
        yield texts(
            "planning.effect", share=f"{share:.0%}", hours=f"{answer.hours(share):.1f}",
            reacting=f"{answer.hours(share, reacting=True):.1f}", won=f"{found.won(share):.0%}",
        )  # fmt: skip
    for one in answer.messages:
        words = " / ".join(one.lines) or texts("planning.too_small")
        yield texts("planning.screen", id=one.screen.id, road=one.screen.name, words=words, trips=f"{one.trips:.0f}")
    for number, (wished, goes) in enumerate(zip(answer.wished, answer.set_out, strict=True)):
        yield texts("planning.quarter", number=number + 1, wished=f"{wished:.0f}", goes=f"{goes:.0f}")


def _withdraw(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    gone: Announced = session.commands.run("traffic.withdraw", about=twin, twin=twin, messages=())
    print(session.texts("planning.withdrawn", count=len(gone.dark)))
    return 0


def _measures(arguments: argparse.Namespace, session: Session) -> int:
    twin, texts = _twin(arguments, session), session.texts
    plan, ranked = session.commands.run(
        "traffic.measures", about=twin, twin=twin, question=_question(arguments), works=arguments.works
    )
    if session.as_json:
        for one in ranked:
            print(json.dumps(measure_told(plan, one), ensure_ascii=False))
        return 0
    for one in ranked:
        print(measure_line(plan, one, texts))
        print("    " + "；".join(reasons_of(one.measure, texts)))
        if one.by_hour is not None:
            print("    " + hours_line(one.by_hour, arguments.hours, texts))
    if not any(one.worth_it for one in ranked):
        print(texts("planning.leave_it"))
    return 0


def measure_told(plan: Planning, one: Costed) -> dict[str, Any]:
    """Return a measure as plain values."""
    won = round(one.won_h, 2) if np.isfinite(one.won_h) else None
    return {
        "kind": one.measure.kind,
        "roads": roads_of(plan, one.measure),
        "won_vehicle_hours": won,
        "worth_it": one.worth_it,
        "reasons": {number.name: round(number.value, 2) for number in one.measure.reasons},
        "by_hour": None if one.by_hour is None else [round(cost, 2) for cost in one.by_hour.cost_h],
    }


def measure_line(plan: Planning, one: Costed, texts: Texts) -> str:
    """Say a measure in one line."""
    road = "、".join(roads_of(plan, one.measure)) or texts("traffic.unnamed")
    kind = texts(f"planning.kind.{one.measure.kind}")
    if not np.isfinite(one.won_h):
        return texts("planning.measure_cuts", kind=kind, road=road)
    verdict = texts("planning.worth" if one.worth_it else "planning.leave")
    return texts("planning.measure", kind=kind, road=road, won=f"{one.won_h:+.1f}", verdict=verdict)


def reasons_of(measure: Measure, texts: Texts) -> list[str]:
    """Say the numbers that speak for a measure."""
    return [
        texts(f"planning.number.{one.name}", value=f"{one.value:.0%}" if one.name in SHARES else f"{one.value:.1f}")
        + (texts("planning.assumed") if one.assumed else "")
        for one in measure.reasons
    ]


SHARES = ("turn_full", "full", "gives")


def roads_of(plan: Planning, measure: Measure) -> list[str]:
    """Return the names of the roads of a measure."""
    names = plan.names[plan.model().graph.road[measure.links]]
    return list(dict.fromkeys(str(name) for name in names if name))


def _origins(arguments: argparse.Namespace, session: Session) -> int:
    twin = _twin(arguments, session)
    found: Origins = session.commands.run(
        "traffic.origins", about=arguments.file.name, twin=twin, file=arguments.file, road=arguments.road
    )
    cells = found.between
    rows = [(found.zones[a], found.zones[b], int(n)) for a, b, n in
            zip(cells.one, cells.other, cells.vehicles, strict=True)]  # fmt: skip
    if session.as_json:
        turns = [{"from": a, "to": b, "share": round(share, 3)} for a, b, share in found.turns]
        print(json.dumps({"trips": found.trips, "fewest": FEWEST, "hidden": cells.hidden, "turns": turns,
                          "between": [{"from": a, "to": b, "vehicles": n} for a, b, n in rows]},
                         ensure_ascii=False))  # fmt: skip
        return 0
    print(session.texts("planning.origins", trips=found.trips, hidden=cells.hidden, fewest=FEWEST))
    for a, b, count in rows[: 2 * MOST_SHOWN]:
        print(f"  {a} → {b}  {count}")
    for a, b, share in found.turns:
        print(f"  {a} ⤳ {b}  {share:.0%}")
    return 0
