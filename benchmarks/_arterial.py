"""An arterial in SUMO: its net, its traffic, its lights, and what its vehicles met.

Conditions: Krauss, speed factor N(1, 0.1) within 0.8 to 1.2, steps of a second, no people on foot, 60 km/h across
streets of 50 km/h, three lanes on each leg; 380 and 320 vehicles an hour all the way (at the peak 760 and 480), 180
across at each junction, 40 for each turn.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import sumolib

from data.traffic.sumo_net import program
from data.traffic.sumo_run import met_by, read_trips
from twin.city.city import City
from twin.geo import LocalFrame
from twin.signals.corridor import Corridor, corridors
from twin.signals.plan import Plan
from twin.traffic.rehearsal import Met

CROSS_VPH, TURN_VPH = 180.0, 40.0
OFF_PEAK, PEAK = (380.0, 320.0), (760.0, 480.0)
"""Vehicles an hour all the way, out and back."""
BASE_M = (0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)
"""Where the signals of the arterial stand that peaks are judged on."""
ENDS_M, SIDES_M = 400.0, 300.0
WARM_S = 300.0
DRIVERS = {"free": "normc(1,0.1,0.8,1.2)", "advised": "normc(0.95,0.04,0.8,1.2)"}


def gaps_m(seed: int) -> tuple[float, ...]:
    """Return where six signals stand, 280 to 670 m apart."""
    gaps = np.random.default_rng(seed).uniform(280.0, 670.0, 5).round()
    return tuple(float(at) for at in np.concatenate([[0.0], np.cumsum(gaps)]))


def corridor(at_m: Sequence[float], walkers: bool = False) -> Corridor:
    """Return the arterial as the twin has it, running east; people on foot have their minimum greens if asked for."""
    frame = LocalFrame.around(120.9, 30.8)
    origin = np.asarray(frame.origin_m)
    stations = [at_m[0] - ENDS_M, *at_m, at_m[-1] + ENDS_M]
    rows = [("中山路", "primary", 6, 60.0, row, row + 1, (stations[row], 0.0), (stations[row + 1], 0.0))
            for row in range(len(stations) - 1)]  # fmt: skip
    for row, x in enumerate(at_m, start=1):
        rows.append((f"{row}街", "secondary", 6, 50.0, 100 + row, row, (x, SIDES_M), (x, 0.0)))
        rows.append((f"{row}街", "secondary", 6, 50.0, row, 200 + row, (x, 0.0), (x, -SIDES_M)))
    names = ["name", "road_class", "lanes", "speed_kmh", "from_node", "to_node"]
    table = pd.DataFrame([row[:6] for row in rows], columns=names).assign(name_en="", oneway=False, width_m=20.0)
    table["id"] = [f"r{row}" for row in range(len(rows))]
    lines = [shapely.LineString([origin + row[6], origin + row[7]]) for row in rows]
    lit = pd.DataFrame({"id": range(1, len(at_m) + 1), "signal": True, "cycle_s": 80.0, "offset_s": 0.0})
    lit["name"] = [f"中山路—{row}街" for row in lit["id"]]
    points = [shapely.Point(origin[0] + x, origin[1]) for x in at_m]
    tables = {
        "roads": gpd.GeoDataFrame(table, geometry=lines, crs=frame.crs),
        "junctions": gpd.GeoDataFrame(lit, geometry=points, crs=frame.crs),
    }
    found = corridors(City("", "", frame, tables))[0]
    assert found.out[0] == "west.through"
    return found if walkers else found.without_walkers()


def flows(road: Corridor, through: tuple[float, float] = OFF_PEAK) -> list[dict[str, float]]:
    """Return the traffic of each movement; who turns right shares lanes and light with who goes straight on."""
    busy = {"west.through": through[0] + 2 * TURN_VPH, "east.through": through[1] + 2 * TURN_VPH}
    busy |= {"north.through": CROSS_VPH + TURN_VPH, "south.through": CROSS_VPH + TURN_VPH}
    return [{m.name: busy.get(m.name, TURN_VPH) for m in junction.movements} for junction in road.junctions]


def make_net(folder: Path, at_m: Sequence[float], plans: Sequence[Plan] = ()) -> Path:
    """Make the net; with plans of one order of stages they are its own programs, for ``tlsCoordinator``."""
    n = len(at_m)
    nodes = [("W", at_m[0] - ENDS_M, 0.0, "priority"), ("E", at_m[-1] + ENDS_M, 0.0, "priority")]
    edges: list[tuple[str, str, int, float]] = []
    for row, x in enumerate(at_m):
        nodes += [(f"J{row}", x, 0.0, "traffic_light"), (f"N{row}", x, SIDES_M, "priority"),
                  (f"S{row}", x, -SIDES_M, "priority")]  # fmt: skip
        edges += [(f"N{row}", f"J{row}", 3, 13.89), (f"S{row}", f"J{row}", 3, 13.89)]
    stations = ["W", *(f"J{row}" for row in range(n)), "E"]
    edges += [(stations[row], stations[row + 1], 3, 16.67) for row in range(n + 1)]
    text = "".join(f'<node id="{i}" x="{x}" y="{y}" type="{kind}"/>' for i, x, y, kind in nodes)
    (folder / "a.nod.xml").write_text(f"<nodes>{text}</nodes>")
    text = "".join(
        f'<edge id="{a}{b}" from="{a}" to="{b}" numLanes="{lanes}" speed="{speed}"/>'
        for one, other, lanes, speed in edges for a, b in ((one, other), (other, one))
    )  # fmt: skip
    (folder / "a.edg.xml").write_text(f"<edges>{text}</edges>")
    (folder / "a.con.xml").write_text(f"<connections>{''.join(_connections(n))}</connections>")
    net = folder / "a.net.xml"
    made = [program("netconvert"), "-n", folder / "a.nod.xml", "-e", folder / "a.edg.xml", "-x", folder / "a.con.xml",
            "-o", net, "--no-turnarounds"]  # fmt: skip
    _run(made)
    if plans:
        lights = folder / "own.add.xml"
        write_lights(lights, net, plans, "0")
        text = net.read_text()
        cut, end = text.index("<tlLogic"), text.rindex("</tlLogic>") + len("</tlLogic>")
        inner = lights.read_text().removeprefix("<additional>").removesuffix("</additional>")
        net.write_text(text[:cut] + inner + text[end:])
    return net


def _connections(n: int) -> Iterator[str]:
    """Yield who may turn from which lane: right and straight, straight, left."""
    stations = ["W", *(f"J{row}" for row in range(n)), "E"]
    for row in range(n):
        here, west, east, north, south = f"J{row}", stations[row], stations[row + 2], f"N{row}", f"S{row}"
        for come, straight, left, right, lanes in (
            (west, east, north, south, 3), (east, west, south, north, 3), (north, south, east, west, 3),
            (south, north, west, east, 3),
        ):  # fmt: skip
            pairs = [(right, 0, 0), *((straight, lane, lane) for lane in range(lanes - 1)), (left, lanes - 1, 2)]
            for go, lane, to in pairs:
                yield f'<connection from="{come}{here}" to="{here}{go}" fromLane="{lane}" toLane="{to}"/>'


def write_lights(file: Path, net: Path, plans: Sequence[Plan], program: str) -> None:
    """Write plans as programs of SUMO, the offset turned into the order of their seconds."""
    read = sumolib.net.readNet(str(net))
    parts = []
    for row, plan in enumerate(plans):
        links = _links(read.getTLS(f"J{row}"), row)
        seconds = _seconds(plan, links)
        shift = int(plan.offset_s) if program != "0" else 0
        turned = seconds[-shift:] + seconds[:-shift] if shift else seconds
        phases = "".join(f'<phase duration="{count}" state="{state}"/>' for state, count in _runs(turned))
        parts.append(f'<tlLogic id="J{row}" type="static" programID="{program}" offset="0">{phases}</tlLogic>')
    file.write_text(f"<additional>{''.join(parts)}</additional>")


def _links(light: sumolib.net.TLS, row: int) -> list[tuple[str, bool]]:
    """Return for each link of a light whose movement it belongs to, and whether it turns right."""
    sides = {f"N{row}": "north", f"S{row}": "south"}
    found: dict[int, tuple[str, bool]] = {}
    for come, go, number in light.getConnections():
        start = come.getEdge().getFromNode()
        here = come.getEdge().getToNode().getCoord()[0]
        side = sides.get(start.getID(), "west" if start.getCoord()[0] < here else "east")
        turn = next(c.getDirection() for c in come.getOutgoing() if c.getToLane() == go)
        found[number] = (f"{side}.{'left' if turn == 'l' else 'through'}", turn == "r")
    return [found[number] for number in sorted(found)]


def _seconds(plan: Plan, links: Sequence[tuple[str, bool]]) -> list[str]:
    """Return the state of all links in each second of the cycle."""
    found = []
    for stage, after in zip(plan.stages, (*plan.stages[1:], plan.stages[0]), strict=True):
        found += [_state(links, stage.greens, frozenset())] * int(stage.green_s)
        stay, leave = stage.greens & after.greens, stage.greens - after.greens
        found += [_state(links, stay, leave)] * int(stage.amber_s)
        found += [_state(links, stay, frozenset())] * int(stage.all_red_s)
    return found


def _state(links: Sequence[tuple[str, bool]], green: frozenset[str], amber: frozenset[str]) -> str:
    letters = []
    for name, right in links:
        side, turn = name.split(".")
        across = {"north": "south", "south": "north", "east": "west", "west": "east"}[side]
        yields = right or (turn == "left" and f"{across}.through" in green)
        letters.append(("g" if yields else "G") if name in green else "y" if name in amber else "r")
    return "".join(letters)


def _runs(states: Sequence[str]) -> Iterator[tuple[str, int]]:
    begin = 0
    for at in range(1, len(states) + 1):
        if at == len(states) or states[at] != states[begin]:
            yield states[begin], at - begin
            begin = at


def write_traffic(
    file: Path, n: int, seed: int, seconds: float, drivers: str, through: tuple[float, float] = OFF_PEAK
) -> None:
    """Write the vehicles of a seed; the kind of trip is the beginning of each name."""
    stations = ["W", *(f"J{row}" for row in range(n)), "E"]
    east = [a + b for a, b in pairwise(stations)]
    west = [b + a for a, b in pairwise(stations)][::-1]
    routes: list[tuple[str, float, list[str]]] = [("out", through[0], east), ("back", through[1], west)]
    for row in range(n):
        here, before, after = f"J{row}", stations[row], stations[row + 2]
        north, south = f"N{row}", f"S{row}"
        on, off = ([f"J{row + 1}{side}{row + 1}" for side in "SN"] if row + 1 < n else ["", ""],
                   [f"J{row - 1}{side}{row - 1}" for side in "NS"] if row else ["", ""])  # fmt: skip
        routes += [
            ("cross", CROSS_VPH, [north + here, here + south]), ("cross", CROSS_VPH, [south + here, here + north]),
            ("turn", TURN_VPH, [north + here, here + after, on[0]]),
            ("turn", TURN_VPH, [south + here, here + before, off[0]]),
            ("turn", TURN_VPH, [north + here, here + before, off[1]]),
            ("turn", TURN_VPH, [south + here, here + after, on[1]]),
        ]  # fmt: skip
    routes += [("turn", TURN_VPH, ["WJ0", "J0N0"]), ("turn", TURN_VPH, [f"EJ{n - 1}", f"J{n - 1}S{n - 1}"])]
    rng = np.random.default_rng([seed, 7])
    rows = []
    for number, (kind, vph, edges) in enumerate(routes):
        departs = np.cumsum(rng.exponential(3600.0 / vph, int(seconds * vph / 3600.0 * 1.5) + 20))
        path = " ".join(edge for edge in edges if edge)
        rows += [(float(at), f"{kind}.{number}.{i}", path) for i, at in enumerate(departs[departs < seconds])]
    text = "".join(
        f'<vehicle id="{name}" type="car" depart="{at:.2f}" departLane="best" departSpeed="max">'
        f'<route edges="{path}"/></vehicle>'
        for at, name, path in sorted(rows)
    )
    file.write_text(f'<routes><vType id="car" speedFactor="{DRIVERS[drivers]}"/>{text}</routes>')


def coordinated(folder: Path, net: Path, traffic: Path) -> Path:
    """Return the offsets that SUMO's own coordinator finds for the programs of a net."""
    import sumo

    lights = folder / "coordinated.add.xml"
    tool = Path(sumo.SUMO_HOME) / "tools" / "tlsCoordinator.py"
    _run([sys.executable, tool, "-n", net, "-r", traffic, "-o", lights])
    return lights


def simulate(folder: Path, net: Path, traffic: Path, lights: Path | None, seed: int, seconds: float) -> Met:
    """Run SUMO until all have arrived, or twenty minutes more."""
    trips = folder / "trips.xml"
    more = ["-a", lights] if lights else []
    _run([program("sumo"), "-n", net, "-r", traffic, *more, "--seed", str(seed), "--tripinfo-output", trips,
          "--tripinfo-output.write-unfinished",
          "--tripinfo-output.write-undeparted", "--end", str(seconds + 1200), "--no-step-log", "--no-warnings",
          "--time-to-teleport", "-1"])  # fmt: skip
    return met_of(trips)


def met_of(file: Path) -> Met:
    """Return what the vehicles of a run met, those that came in the first minutes left out."""
    trips = read_trips(file, WARM_S)
    return met_by([replace(trip, name="through." if trip.name.startswith(("out.", "back.")) else trip.name)
                   for trip in trips])  # fmt: skip


def _run(command: Sequence[object]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:] or done.stdout[-2000:])
