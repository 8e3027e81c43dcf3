"""The user equilibrium by pytraf: path flows by gradient projection, with delays and bans of turns.

pytraf is young. It is asked through :class:`twin.traffic.assignment.Assigner` alone, its version is pinned, and an own
bi-conjugate Frank–Wolfe in the tests watches over it (docs/decisions/assignment.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytraf

from twin.errors import ZhianError
from twin.geo import FloatArray
from twin.traffic.assignment import GAP, LEAST_S, Delay, Drivers, Loading, Network, NoWayError, Routes, Volumes
from twin.traffic.graph import IntArray
from twin.words import say

MOST_SWEEPS = 500


def equilibrium(
    network: Network, drivers: Sequence[Drivers], given: Volumes | None = None, gap: float = GAP
) -> Loading:
    """Find the user equilibrium; :class:`twin.traffic.assignment.Assigner`.

    Raises
    ------
    twin.traffic.assignment.NoWayError
        If some cannot get where they want to go.
    twin.errors.ZhianError
        If the gap was not reached.
    """
    net = _network(network)
    classes = [_drivers(network, one) for one in drivers]
    link = None if given is None else np.ascontiguousarray(given.link, np.float64)
    turn = None if given is None else _at_turns(net, network, given.turn)
    found = pytraf.assign(
        net, classes, gap=gap, max_iter=MOST_SWEEPS, link_preload=link, turn_preload=turn, unreachable="skip"
    )
    if len(found.unrouted):
        lost = found.unrouted.arrays()
        raise NoWayError(np.column_stack([lost["origin"], lost["destination"]]).astype(np.int64))
    if not found.converged:
        raise ZhianError(
            say(
                "no equilibrium was found: after {sweeps} rounds the gap is still {gap}; is the demand far more than "
                "the roads carry?",
                sweeps=found.iterations, gap=f"{found.relative_gap:.1e}",
            )
        )  # fmt: skip
    routes = tuple(_routes(found.paths.arrays(number)) for number in range(len(drivers)))
    return Loading(routes, float(found.relative_gap))


def _network(network: Network) -> pytraf.Network:
    return pytraf.Network.from_tables(
        {"from_node": network.tail, "to_node": network.head, **_delay(network.delay)},
        _turns(network),
        num_nodes=network.nodes,
        is_centroid=network.zone,
    )


def _delay(delay: Delay, before: str = "") -> dict[str, FloatArray]:
    names = ("delay_free_flow", "delay_capacity", "delay_b", "delay_power") if before else (
        "free_flow_time", "capacity", "b", "power")  # fmt: skip
    return dict(zip(names, (np.maximum(delay.free_s, LEAST_S), delay.capacity, delay.b, delay.power), strict=True))


def _turns(network: Network) -> dict[str, FloatArray | IntArray]:
    turns, bans = network.turns, network.turns.bans
    timed = _delay(turns.delay, "turns")
    idle = np.ones(len(bans))
    return {
        "from_link": np.concatenate([turns.before, bans[:, 0]]),
        "to_link": np.concatenate([turns.after, bans[:, 1]]),
        "banned": np.arange(len(turns.before) + len(bans)) >= len(turns.before),
        **{name: np.concatenate([values, idle]) for name, values in timed.items()},
    }


def _drivers(network: Network, drivers: Drivers) -> pytraf.TrafficClass:
    demand = drivers.demand
    trips = pytraf.Demand(
        network.nodes,
        np.ascontiguousarray(demand.origin, np.int64),
        np.ascontiguousarray(demand.destination, np.int64),
        np.ascontiguousarray(demand.trips, np.float64),
    )
    return pytraf.TrafficClass(trips, pce=drivers.pcu, extra_link_cost=drivers.extra_s, allowed_links=drivers.allowed)


def _at_turns(net: pytraf.Network, network: Network, volume: FloatArray) -> FloatArray:
    """Return volumes of our turns at theirs."""
    one, other = net.turn_links()
    size = len(network.tail)
    theirs = one.astype(np.int64) * size + other.astype(np.int64)
    ours = network.turns.before * size + network.turns.after
    order = np.argsort(ours)
    at = np.minimum(np.searchsorted(ours[order], theirs), max(len(ours) - 1, 0))
    told = np.zeros(len(theirs))
    if len(ours):
        same = ours[order][at] == theirs
        told[same] = volume[order[at[same]]]
    return told


def _routes(paths: dict[str, IntArray | FloatArray]) -> Routes:
    whole = {name: paths[name].astype(np.int64) for name in ("origin", "destination", "link_offsets", "links")}
    return Routes(
        whole["origin"], whole["destination"], paths["flow"].astype(np.float64), whole["link_offsets"], whole["links"]
    )
