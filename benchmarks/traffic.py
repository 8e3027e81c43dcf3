"""Floating cars against the truth: SUMO's own trajectories, edge speeds and queues on a part of the demo county.

    python -m benchmarks.traffic [--keep FOLDER]

SUMO drives 45 minutes on 5 × 5 km around the most signals; demand and seed are fixed and not chosen by results. One
vehicle in ten tells its position, 5 s (noise 8 m) or 30 s (15 m) apart. Mismatch is the length of links driven and not
found and of links found and not driven, to the length driven. Grades are compared where three vehicles or more tell
one, per link and five minutes, and where the 90 % interval of the speed lies within one grade. Queues are SUMO's
(first to last vehicle that stands, the longest of five minutes) against the interval from floating cars. Leuven's
matcher, if installed, gets the first tracks of 5 s.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import numpy as np
import shapely

from benchmarks._county import bare_folder
from data.router.matching import HmmMatcher
from data.store.twin_folder import open_city
from data.traffic.sumo_net import Box, links_within, program, write_net
from twin.city.city import City
from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph, road_graph
from twin.traffic.slots import SLOT_S, Slots, groups_of, slots_of
from twin.traffic.speeds import grade
from twin.traffic.travel import Matches
from twin.traffic.trips import Fixes, Trips, trips_of

SEED, SHARE, END_S, TRIPS, HALF_M, PEER_TRACKS = 42, 0.1, 2700, 4000, 2500.0, 20
DEMAND_SEED = 7


class Truth(NamedTuple):
    """What SUMO tells: fixes each second of the vehicles that report, and the ways of those."""

    vehicle: IntArray
    time_s: FloatArray
    position_m: FloatArray
    routes: dict[int, list[str]]


def busiest(city: City, graph: RoadGraph) -> Box:
    """Return the square of the county with the most signals."""
    table = city.table("junctions")
    xy = shapely.get_coordinates(np.asarray(table[table["signal"]].geometry.array)) - np.asarray(graph.origin_m)
    cells, many = np.unique(np.floor(xy / 1000.0), axis=0, return_counts=True)
    around = [many[(np.abs(cells - cell) <= 2).all(axis=1)].sum() for cell in cells]
    east, north = (cells[int(np.argmax(around))] + 0.5) * 1000.0
    return east - HALF_M, north - HALF_M, east + HALF_M, north + HALF_M


def write_trips(graph: RoadGraph, links: IntArray, path: Path) -> None:
    """Write random trips: more where roads are long and fast, and more towards the middle."""
    rng = np.random.default_rng(DEMAND_SEED)
    weight = graph.length_m[links] * graph.free_kmh[links]
    at = graph.node_m[graph.tail[links]]
    pull = weight * np.exp(-np.hypot(*(at - at.mean(axis=0)).T) / 1500.0)
    begin = rng.choice(links, TRIPS, p=weight / weight.sum())
    goal = rng.choice(links, TRIPS, p=pull / pull.sum())
    depart = np.sort(rng.uniform(0, END_S - 300, TRIPS))
    lines = [
        f'<trip id="{n}" depart="{at_s:.1f}" from="{a}" to="{b}" departLane="best" departSpeed="max"/>'
        for n, (at_s, a, b) in enumerate(zip(depart, graph.names(begin), graph.names(goal), strict=True))
    ]
    path.write_text("\n".join(["<routes>", *lines, "</routes>"]), "utf-8")


def simulate(city: City, graph: RoadGraph, folder: Path) -> None:
    """Run SUMO, once for a folder."""
    if (folder / "done").exists():
        return
    box = busiest(city, graph)
    links = links_within(graph, box)
    net = write_net(city, graph, folder, links)
    write_trips(graph, links, folder / "trips.xml")
    (folder / "edges.add.xml").write_text(
        f'<additional><edgeData id="e" file="edges.xml" period="{SLOT_S:g}" excludeEmpty="true"/></additional>', "utf-8"
    )
    subprocess.run(
        [
            program("sumo"), f"--net-file={net}", f"--route-files={folder / 'trips.xml'}", "--no-step-log",
            "--no-warnings",
            f"--additional-files={folder / 'signals.add.xml'},{folder / 'edges.add.xml'}", f"--seed={SEED}",
            f"--end={END_S}", "--ignore-route-errors", f"--fcd-output={folder / 'fcd.xml'}",
            "--fcd-output.attributes=x,y", f"--device.fcd.probability={SHARE}", "--device.fcd.deterministic",
            f"--vehroute-output={folder / 'ways.xml'}", "--vehroute-output.write-unfinished",
            f"--queue-output={folder / 'queues.xml'}", "--queue-output.period=5", "--time-to-teleport=600",
            "--device.rerouting.probability=1", "--device.rerouting.period=300", "--xml-validation=never",
        ],
        check=True,
    )  # fmt: skip
    (folder / "done").touch()


def _parts(path: Path) -> Iterator[tuple[str, ET.Element]]:
    """Yield the beginnings and ends of a file's elements; SUMO wrote it just now."""
    yield from ET.iterparse(path, events=("start", "end"))  # noqa: S314


def truth(folder: Path) -> Truth:
    """Read what SUMO told."""
    vehicle, when, place = [], [], []
    now = 0.0
    for event, tag in _parts(folder / "fcd.xml"):
        if event == "start" and tag.tag == "timestep":
            now = float(tag.get("time", "0"))
        elif event == "end" and tag.tag == "vehicle":
            vehicle.append(int(tag.get("id", "")))
            when.append(now)
            place.append((float(tag.get("x", "nan")), float(tag.get("y", "nan"))))
        elif event == "end":
            tag.clear()
    seen, routes = set(vehicle), {}
    for event, tag in _parts(folder / "ways.xml"):
        if event == "end" and tag.tag == "vehicle" and int(tag.get("id", "")) in seen:
            routes[int(tag.get("id", ""))] = tag.findall(".//route")[-1].get("edges", "").split()
            tag.clear()
    return Truth(np.array(vehicle), np.array(when), np.array(place), routes)


def told(true: Truth, every_s: float, noise_m: float, seed: int) -> Fixes:
    """Return what receivers would tell: each at its own phase."""
    rng = np.random.default_rng(seed)
    phase = rng.integers(0, int(every_s), int(true.vehicle.max()) + 1)
    rows = (true.time_s.astype(np.int64) + phase[true.vehicle]) % int(every_s) == 0
    at = true.position_m[rows] + rng.normal(0, noise_m, (int(rows.sum()), 2))
    return Fixes(true.vehicle[rows].astype(np.uint64), true.time_s[rows], at)


def mismatch(graph: RoadGraph, true: Truth, trips: Trips, found: Matches, name: str) -> None:
    """Print how much of the length driven is wrong."""
    link_of = {key: link for link, key in enumerate(graph.names(np.arange(len(graph))))}
    missed = extra = driven = 0.0
    parts = {int(v): set[int]() for v in trips.vehicle}
    for number, vehicle in enumerate(trips.vehicle.tolist()):
        parts[vehicle] |= set(
            found.way[found.first[trips.first[number]] : found.first[trips.first[number + 1]]].tolist()
        )
    last = np.full(int(true.vehicle.max()) + 1, 0.0)
    np.maximum.at(last, true.vehicle, true.time_s)
    for vehicle, links in parts.items():
        if last[vehicle] >= END_S - 2:
            continue  # still under way: the way that SUMO writes was not driven to its end
        way = [link_of[key] for key in true.routes[vehicle]]
        inner, every = set(way[1:-1]), set(way)
        missed += float(graph.length_m[list(inner - links)].sum())
        extra += float(graph.length_m[list(links - every)].sum())
        driven += float(graph.length_m[list(inner)].sum())
    print(
        f"{name}: {len(trips.time_s):,} fixes, mismatch {100 * (missed + extra) / driven:.1f} % "
        f"(missed {100 * missed / driven:.1f}, wrongly told {100 * extra / driven:.1f})"
    )


def matched(matcher: HmmMatcher, fixes: Fixes, name: str) -> tuple[Trips, Matches]:
    """Clean and match, and print points a second of one core."""
    trips = trips_of(fixes)
    for how in ("tables made on the way", "tables made before"):
        start = time.thread_time()
        found = matcher.match_many(trips.position_m, trips.time_s, trips.first)
        print(f"{name}, {how}: {len(trips.time_s) / (time.thread_time() - start):,.0f} points/s")
    return trips, found


def grades(city: City, graph: RoadGraph, folder: Path, slots: Slots) -> None:
    """Print how often our grades are those of SUMO's own speeds."""
    link_of = {key: link for link, key in enumerate(graph.names(np.arange(len(graph))))}
    classes = city.table("roads")["road_class"].to_numpy(object)
    group = groups_of(graph, classes)
    true = np.zeros((END_S // int(SLOT_S) + 1, len(graph)))
    for begin, tag in _edges(folder / "edges.xml"):
        true[int(begin // SLOT_S), link_of[tag.get("id", "")]] = 3.6 * float(tag.get("speed", "nan"))
    kmh = true[slots.slot, slots.link]
    ours, theirs = slots.grades(graph, classes), grade(kmh, group[slots.link], np.full(len(slots), 9))
    sure = slots.sure(graph, classes)
    for name, rows in (("three vehicles", ours > 0), ("and sure of the grade", (ours > 0) & sure)):
        rows = rows & (kmh > 0)
        same, near = ours[rows] == theirs[rows], np.abs(ours[rows] - theirs[rows]) <= 1
        jam = (ours[rows] >= 4) == (theirs[rows] >= 4)
        off = np.median(np.abs(slots.kmh[rows] / kmh[rows] - 1))
        print(
            f"grades, {name}: {rows.sum():,} of {len(slots):,} links in five minutes, speed off by {off:.0%} (median)"
        )
        print(
            f"  the same {100 * same.mean():.1f} %, within one {100 * near.mean():.1f} %, "
            f"congested or not the same {100 * jam.mean():.1f} %"
        )


def _edges(path: Path) -> Iterator[tuple[float, ET.Element]]:
    begin = 0.0
    for event, tag in _parts(path):
        if event == "start" and tag.tag == "interval":
            begin = float(tag.get("begin", "0"))
        elif event == "end" and tag.tag == "edge":
            yield begin, tag


def queues(graph: RoadGraph, folder: Path, slots: Slots) -> None:
    """Print how often the interval of a queue covers SUMO's."""
    link_of = {key: link for link, key in enumerate(graph.names(np.arange(len(graph))))}
    true = np.zeros((END_S // int(SLOT_S) + 1, len(graph)))
    now = 0
    for event, tag in _parts(folder / "queues.xml"):
        if event == "start" and tag.tag == "data":
            now = int(float(tag.get("timestep", "0")) // SLOT_S)
        elif event == "end" and tag.tag == "lane":
            link = link_of.get(tag.get("id", "").rsplit("_", 1)[0])
            if link is not None:
                true[now, link] = max(true[now, link], float(tag.get("queueing_length", "0")))
        if event == "end":
            tag.clear()
    rows = slots.halted > 0
    least, most = (side[rows] for side in slots.queue_between_m(graph))
    length = true[slots.slot[rows], slots.link[rows]]
    covered = (length >= least - 15.0) & (length <= most + 15.0)
    print(
        f"queues: {rows.sum():,} with a halt seen; the interval (median {np.median(most - least):.0f} m wide) "
        f"covers SUMO's (median {np.median(length):.0f} m) in {100 * covered.mean():.0f} % give or take two vehicles; "
        f"longer than it {100 * (length > most + 15).mean():.0f} %, shorter {100 * (length < least - 15).mean():.0f} %"
    )


def leuven(graph: RoadGraph, links: IntArray, trips: Trips) -> None:
    """Print points a second of leuvenmapmatching on the first tracks, if it is installed."""
    try:
        maps: Any = importlib.import_module("leuvenmapmatching.map.inmem")
        matchers: Any = importlib.import_module("leuvenmapmatching.matcher.distance")
    except ImportError:
        print("leuvenmapmatching is not installed")
        return
    net = maps.InMemMap("county", use_latlon=False, use_rtree=True, index_edges=True)
    at = graph.node_m - np.asarray(graph.origin_m)
    for node in np.unique([graph.tail[links], graph.head[links]]).tolist():
        net.add_node(node, tuple(at[node]))
    for tail, head in zip(graph.tail[links].tolist(), graph.head[links].tolist(), strict=True):
        net.add_edge(tail, head)
    start, points = time.thread_time(), 0
    for one in range(PEER_TRACKS):
        track = trips.position_m[trips.first[one] : trips.first[one + 1]]
        matcher = matchers.DistanceMatcher(
            net, max_dist=100, obs_noise=8, obs_noise_ne=16, non_emitting_states=True, max_lattice_width=6
        )
        matcher.match([tuple(place) for place in track.tolist()])
        points += len(track)
    print(f"leuvenmapmatching, {PEER_TRACKS} tracks: {points / (time.thread_time() - start):,.0f} points/s")


def main() -> None:
    """Simulate, match and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="keep SUMO's files here, and use those that are there")
    keep = parser.parse_args().keep
    city = open_city(bare_folder(), only=("roads", "turns", "junctions"))
    graph = road_graph(city)
    with tempfile.TemporaryDirectory() as fresh:
        folder = keep or Path(fresh)
        simulate(city, graph, folder)
        true = truth(folder)
        print(f"{len(true.routes):,} vehicles of {TRIPS:,} report, {len(true.time_s):,} seconds", file=sys.stderr)
        fixes = told(true, 5.0, 8.0, 1)
        trips, found = matched(HmmMatcher(graph, noise_m=8.0), fixes, "5 s apart, noise 8 m")
        mismatch(graph, true, trips, found, "5 s")
        slots = slots_of(graph, trips, found)
        grades(city, graph, folder, slots)
        queues(graph, folder, slots)
        leuven(graph, links_within(graph, busiest(city, graph)), trips)
        sparse = told(true, 30.0, 15.0, 2)
        mismatch(graph, true, *matched(HmmMatcher(graph, noise_m=15.0), sparse, "30 s apart, noise 15 m"), "30 s")


if __name__ == "__main__":
    main()
