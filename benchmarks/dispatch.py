"""Proposing units for an incident on the demo county's roads, against networkx.

    python -m benchmarks.dispatch [--incidents 200]

200 units, a quarter of them on foot, with load, skills and shifts; speeds of now are put on the roads once. Ours
answers with the whole order and its reasons; networkx does one search over its own reversed graph (vehicles) and a
second one (on foot), and the sorting. Processor time of one thread; the aim is a 99th percentile of 50 ms.
"""

from __future__ import annotations

import argparse

import networkx as nx
import numpy as np

from benchmarks._county import bare_folder
from benchmarks.routing import each, line
from data.router.times import RoadTimes
from data.store.twin_folder import open_city
from twin.geo import FloatArray
from twin.operations.proposal import Need, propose
from twin.operations.records import Unit
from twin.traffic.graph import RoadGraph, road_graph

UNITS, PEER_INCIDENTS, NOW_S = 200, 15, 1_790_000_000.0


def units(rng: np.random.Generator) -> tuple[Unit, ...]:
    """Return units as they are in the middle of a shift."""
    return tuple(
        Unit(
            f"U{n}", 1, "free", f"巡组{n}", "officer" if n % 4 == 0 else "police_car", "police",
            ("patrol", "traffic")[: int(rng.integers(1, 3))], until_s=NOW_S + float(rng.uniform(600.0, 28_800.0)),
            load=int(rng.integers(8)),
        )
        for n in range(UNITS)
    )  # fmt: skip


def peer(graph: RoadGraph, times: RoadTimes) -> nx.DiGraph[int]:
    """Return the same roads, reversed, for networkx."""
    made: nx.DiGraph[int] = nx.DiGraph()
    made.add_nodes_from(range(len(graph.node_m)))
    order = np.argsort(-times.link_s, kind="stable")  # of parallel links the quickest is written last
    made.add_weighted_edges_from((int(graph.head[i]), int(graph.tail[i]), float(times.link_s[i])) for i in order)
    return made


def main() -> None:
    """Build, ask, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=200)
    asked = parser.parse_args()
    rng = np.random.default_rng(7)
    city = open_city(bare_folder(), only=("roads", "turns"))
    graph, on_foot = (road_graph(city, mode) for mode in ("drive", "walk"))
    drive, walk = RoadTimes(graph).with_speeds(graph.free_kmh * rng.uniform(0.3, 1.0, len(graph))), RoadTimes(on_foot)
    nodes = graph.node_m - np.asarray(graph.origin_m)
    some, need = units(rng), Need(("traffic",), frozenset({"U3"}))
    jobs = [
        (nodes[rng.integers(len(nodes), size=UNITS)], nodes[rng.integers(len(nodes))]) for _ in range(asked.incidents)
    ]

    def ours(job: tuple[FloatArray, FloatArray]) -> object:
        return propose(some, *job, drive, walk, NOW_S, need)

    taken = each(jobs, ours)
    line(f"{UNITS} units proposed for one incident", taken)
    print(f"{len(graph):,} links to drive, {len(on_foot):,} to walk")
    by_car, by_foot = peer(graph, drive), peer(on_foot, walk)
    goals = rng.integers(min(len(by_car), len(by_foot)), size=PEER_INCIDENTS).tolist()

    def theirs(goal: int) -> object:
        car = nx.single_source_dijkstra_path_length(by_car, goal)
        foot = nx.single_source_dijkstra_path_length(by_foot, goal)
        return sorted(min(car.get(n, np.inf), foot.get(n, np.inf)) for n in range(UNITS))

    line("networkx, two searches and a sort", each(goals, theirs), sorted(taken)[len(taken) // 2])


if __name__ == "__main__":
    main()
