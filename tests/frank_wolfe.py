"""An independent oracle for assignments: bi-conjugate Frank–Wolfe over SciPy's Dijkstra, without turns.

After Mitradjieva and Lindberg, "The stiff is moving: conjugate direction Frank–Wolfe methods with applications to
traffic assignment" (Transportation Science 47, 2013).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from twin.geo import FloatArray
from twin.traffic.assignment import Demand, Network

MOST_ROUNDS = 20_000


def frank_wolfe(network: Network, demand: Demand, gap: float) -> FloatArray:
    """Return link volumes whose relative gap is below ``gap``."""
    volume = quickest(network, demand, network.delay.free_s)
    towards = [volume, volume]
    step = 1.0
    for turn in range(MOST_ROUNDS):
        seconds = network.delay.seconds(volume)
        fresh = quickest(network, demand, seconds)
        if 1.0 - (seconds @ fresh) / (seconds @ volume) < gap:
            return volume
        goal = fresh if turn < 2 else _conjugate(network, volume, fresh, towards, step)
        step = _best_step(network, volume, goal - volume)
        towards = [goal, towards[0]]
        volume = volume + step * (goal - volume)
    raise AssertionError("the gap was not reached")


def quickest(network: Network, demand: Demand, seconds: FloatArray) -> FloatArray:
    """Return the volumes when all take what is quickest now; zones are nobody's way."""
    nodes = network.nodes
    tail = network.tail + np.where(network.zone[network.tail], nodes, 0)  # one leaves a zone from its copy only
    order = np.lexsort((seconds, network.head, tail))
    first = np.flatnonzero(np.diff((tail * 2 * nodes + network.head)[order], prepend=-1))
    link = order[first]
    matrix = csr_array((seconds[link], (tail[link], network.head[link])), shape=(2 * nodes, 2 * nodes))
    link_at = csr_array((link + 1, (tail[link], network.head[link])), shape=(2 * nodes, 2 * nodes)).todok()
    volume = np.zeros(len(seconds))
    for origin in np.unique(demand.origin).tolist():
        begin = origin + (nodes if network.zone[origin] else 0)
        away, before = dijkstra(matrix, indices=begin, return_predecessors=True)
        load = np.zeros(2 * nodes)
        mine = demand.origin == origin
        np.add.at(load, demand.destination[mine], demand.trips[mine])
        load[begin] = 0.0
        for node in np.argsort(-np.where(np.isfinite(away), away, -1.0)).tolist():
            if load[node] > 0 and node != begin:
                volume[int(link_at[before[node], node]) - 1] += load[node]
                load[before[node]] += load[node]
    return volume


def _best_step(network: Network, volume: FloatArray, way: FloatArray) -> float:
    def slope(step: float) -> float:
        return float(network.delay.seconds(volume + step * way) @ way)

    if slope(1.0) <= 0:
        return 1.0
    return float(brentq(slope, 0.0, 1.0, xtol=1e-14)) if slope(0.0) < 0 else 0.0


def _conjugate(
    network: Network, volume: FloatArray, fresh: FloatArray, towards: list[FloatArray], step: float
) -> FloatArray:
    delay = network.delay
    with np.errstate(divide="ignore", invalid="ignore"):
        bend = delay.free_s * delay.b * delay.power * volume ** (delay.power - 1.0) / delay.capacity**delay.power
    last, new = towards[0] - volume, fresh - volume
    before = step * towards[0] + (1 - step) * towards[1] - volume
    below = float(before @ (bend * (towards[1] - towards[0])))
    mu = max(-float(before @ (bend * new)) / below, 0.0) if below else 0.0
    under = float(last @ (bend * last))
    nu = max(-float(last @ (bend * new)) / under + mu * step / (1.0 - step), 0.0) if under and step < 1.0 else 0.0
    goal: FloatArray = (fresh + nu * towards[0] + mu * towards[1]) / (1.0 + mu + nu)
    return goal
