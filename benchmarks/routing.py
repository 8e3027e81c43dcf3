"""Travel times, ways and matched tracks on the demo county's roads, against networkx and (if it is installed) fastmm.

    python -m benchmarks.routing [--incidents 300]

Times are processor time of one thread. Two hundred units are asked to one incident, as a dispatcher does; networkx
does the same with one search over its own reversed graph. Tracks are quickest ways between random places, 2 to 15 km,
at 12 m/s with noise of 8 m, one point each 5, 15 and 30 s (15 m); wrong is the length of links that were driven and
not found, and of those found and not driven, to the length driven. The nearest road is what
`twin/traffic/speeds.py` takes.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import networkx as nx
import numpy as np
import shapely

from benchmarks._county import county_folder
from data.router.matching import HmmMatcher
from data.router.times import RoadTimes
from data.store.twin_folder import open_city
from twin.geo import FloatArray
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.lines import reached_area
from twin.traffic.travel import REACHED, Route

UNITS, PEER_INCIDENTS, TRACKS = 200, 15, 300
SPEED_MPS = 12.0
Asked = TypeVar("Asked")
Track = tuple[FloatArray, FloatArray]
Paths = Callable[[Sequence[Track]], list[set[int]]]


def each(asked: Iterable[Asked], answer: Callable[[Asked], object]) -> list[float]:
    """Return the processor time of each answer, in milliseconds."""
    taken = []
    for one in asked:
        start = time.thread_time()
        answer(one)
        taken.append(1000 * (time.thread_time() - start))
    return taken


def line(name: str, taken: Sequence[float], than: float | None = None) -> None:
    """Print one row: median, 99th percentile, and how many times longer than ours."""
    taken = sorted(taken)
    more = "" if than is None else f", {statistics.median(taken) / than:6.0f} times ours"
    print(f"{name:44} p50 {statistics.median(taken):8.2f} ms, p99 {taken[int(0.99 * (len(taken) - 1))]:8.2f}{more}")


def ask_times(times: RoadTimes, incidents: int, rng: np.random.Generator) -> None:
    """Time 200 units to one incident, ways, reach, and fresh speeds."""
    graph = times.graph
    nodes = graph.node_m - np.asarray(graph.origin_m)

    def some(count: int) -> FloatArray:
        at: FloatArray = nodes[rng.integers(len(nodes), size=count)] + rng.normal(0, 15, (count, 2))
        return at

    asked = [(some(UNITS), some(1)[0]) for _ in range(incidents)]
    ours = each(asked, lambda pair: times.to_one(*pair))
    line(f"{UNITS} units to one incident", ours)
    line("  within 15 minutes", each(asked, lambda pair: times.to_one(*pair, limit_s=900.0)))
    peer: nx.DiGraph[int] = nx.DiGraph()
    order = np.argsort(-times.link_s, kind="stable")  # of parallel links the quickest is written last
    peer.add_weighted_edges_from((int(graph.head[i]), int(graph.tail[i]), float(times.link_s[i])) for i in order)
    middle = statistics.median(ours)
    goals = rng.integers(len(nodes), size=PEER_INCIDENTS).tolist()
    line("  networkx, one search", each(goals, lambda goal: nx.single_source_dijkstra_path_length(peer, goal)), middle)
    line("one way", each(asked[:100], lambda pair: times.route(pair[0][0], pair[1])))
    line("reach of 15 minutes", each(asked[:100], lambda pair: times.reach(pair[1], 900.0)))
    reach = times.reach(asked[0][1], 900.0)
    line("  its area", each(range(3), lambda _: reached_area(graph, reach, 900.0)))
    line("fresh speeds", each(range(20), lambda _: times.with_speeds(graph.free_kmh)))


def drives(times: RoadTimes, rng: np.random.Generator) -> Iterator[Route]:
    """Yield quickest ways between random places."""
    nodes = times.graph.node_m - np.asarray(times.graph.origin_m)
    count = 0
    while count < TRACKS:
        route = times.route(*nodes[rng.integers(len(nodes), size=2)])
        if route.answer == REACHED and 2000 < route.metres < 15000:
            count += 1
            yield route


def track(route: Route, graph: RoadGraph, every_s: float, noise_m: float, rng: np.random.Generator) -> Track:
    """Return what a receiver would tell of a drive."""
    when = np.arange(0.0, route.metres / SPEED_MPS, every_s)
    at = shapely.get_coordinates(shapely.line_interpolate_point(route.line, when * SPEED_MPS))
    return at - np.asarray(graph.origin_m) + rng.normal(0, noise_m, at.shape), when


def ask_matches(times: RoadTimes, rng: np.random.Generator) -> None:
    """Match the same tracks with each matcher."""
    graph = times.graph

    def nearest(tracks: Sequence[Track]) -> list[set[int]]:
        roads = [graph.place(at).road for at, _ in tracks]
        return [{int(link) for link in graph.links_of[road[road >= 0]].ravel() if link >= 0} for road in roads]

    with muffled(), tempfile.TemporaryDirectory() as folder:
        theirs = fastmm(graph, folder)
    routes = list(drives(times, rng))
    for every_s, noise_m in ((5.0, 8.0), (15.0, 8.0), (30.0, 15.0)):
        ours = together(HmmMatcher(graph, noise_m=noise_m))
        tracks = [track(route, graph, every_s, noise_m, rng) for route in routes]
        matchers: dict[str, Paths] = {
            "ours, tables made on the way": ours, "ours": ours, "nearest road, both directions": nearest,
        }  # fmt: skip
        for name, paths in (matchers | ({} if theirs is None else {"fastmm": theirs})).items():
            print(f"matching, a point each {every_s:2.0f} s, {name:30} {judged(paths, tracks, routes, graph)}")


def together(matcher: HmmMatcher) -> Paths:
    """Return our matcher, all tracks at once."""

    def paths(tracks: Sequence[Track]) -> list[set[int]]:
        first = np.append(0, np.cumsum([len(when) for _, when in tracks]))
        at, when = (np.concatenate(part) for part in zip(*tracks, strict=True))
        found = matcher.match_many(at, when, first)
        return [set(part.tolist()) for part in np.split(found.way, found.first[first[1:-1]])]

    return paths


def judged(paths: Paths, tracks: Sequence[Track], routes: Sequence[Route], graph: RoadGraph) -> str:
    """Return points a second, and how much of the length is wrong."""
    start = time.thread_time()
    found = paths(tracks)
    rate = sum(len(at) for at, _ in tracks) / (time.thread_time() - start)
    missed = extra = driven = 0.0
    for links, route in zip(found, routes, strict=True):
        inner, every = set(route.links[1:-1].tolist()), set(route.links.tolist())
        missed += float(graph.length_m[list(inner - links)].sum())
        extra += float(graph.length_m[list(links - every)].sum())
        driven += float(graph.length_m[list(inner)].sum())
    return f"{rate:8.0f} points/s, missed {100 * missed / driven:5.1f} %, wrongly told {100 * extra / driven:5.1f} %"


@contextmanager
def muffled() -> Iterator[None]:
    """Keep what a library writes to standard output by itself from the table."""
    sys.stdout.flush()
    kept = os.dup(1)
    with open(os.devnull, "wb") as nothing:  # noqa: PTH123 - a descriptor is wanted
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def fastmm(graph: RoadGraph, folder: str) -> Paths | None:
    """Return fastmm's matcher on the same links, None if it is not installed."""
    try:
        library: Any = importlib.import_module("fastmm")
    except ImportError:
        return None
    network = library.Network()
    for link in range(len(graph)):
        xy = shapely.get_coordinates(graph.lines[graph.road[link]]) - np.asarray(graph.origin_m)
        points = [tuple(point) for point in (xy if graph.forward[link] else xy[::-1]).tolist()]
        network.add_edge(link, int(graph.tail[link]), int(graph.head[link]), points)
    network.finalize()
    mode = library.TransitionMode.SHORTEST
    matcher = library.FastMapMatch(network, mode, max_distance_between_candidates=1500.0, cache_dir=folder)

    def one(at: FloatArray, when: FloatArray) -> set[int]:
        rows = [(float(x), float(y), float(t)) for (x, y), t in zip(at, when, strict=True)]
        told = matcher.match(
            library.Trajectory.from_xyt_tuples(rows), max_candidates=8, candidate_search_radius=60.0, gps_error=10.0
        )
        return {edge.edge_id for part in told.subtrajectories for segment in part.segments for edge in segment.edges}

    return lambda tracks: [one(at, when) for at, when in tracks]


def main() -> None:
    """Build the router, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=300)
    incidents = parser.parse_args().incidents
    city, rng = open_city(county_folder(), only=("roads", "turns")), np.random.default_rng(7)
    graph = road_graph(city)
    line("graph of the county", each([city], road_graph))
    line("router on it", each([graph], RoadTimes))
    print(f"{len(graph):,} links, {len(graph.node_m):,} nodes")
    times = RoadTimes(graph)
    ask_times(times, incidents, rng)
    ask_matches(times, rng)


if __name__ == "__main__":
    main()
