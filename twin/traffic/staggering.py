"""When to set out: the network once for each quarter of an hour, joined by the wish to leave a little earlier or later.

One assignment on that larger network chooses ways and times together, and what :mod:`twin.traffic.guidance` knows of
compliance holds for it too. What does not get through in a quarter of an hour is not carried over into the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.geo import FloatArray
from twin.traffic.assignment import LEAST_S, Delay, Demand, Network, Routes, Turns, constant
from twin.traffic.graph import IntArray

SLICE_S = 900.0
SHIFT_COST_S = 120.0
"""What leaving a quarter of an hour earlier or later is worth to people, in seconds on the road: assumed."""


@dataclass(frozen=True, slots=True)
class Staggered:
    """A network of ``K`` slices.

    Parameters
    ----------
    network : Network
        Its links: those of the first slice, of the second …; then the ways from a wished slice to another.
    demand : Demand
    wished, taken : (S,) int arrays
        Slices, of each way of the last kind; the first of them is row ``first_shift``.
    """

    network: Network
    demand: Demand
    wished: IntArray
    taken: IntArray
    first_shift: int
    slices: int

    def set_out(self, routes: Routes) -> tuple[FloatArray, FloatArray]:
        """Return trips an hour by slice, (K,) each: as they were wished for, and as they set out."""
        shift = routes.links[routes.first[:-1]] - self.first_shift
        wished, taken = (
            np.bincount(of[shift], weights=routes.trips, minlength=self.slices).astype(np.float64)
            for of in (self.wished, self.taken)
        )
        return wished, taken


def staggered(network: Network, slices: Sequence[Demand], reach: int, cost_s: float = SHIFT_COST_S) -> Staggered:
    """Return the network of several quarters of an hour.

    Nodes of slice k are those of the network plus k times their number; behind them stand, for each zone, where all
    its trips end, and for each zone and slice where those begin who wish to leave then.

    Parameters
    ----------
    slices : sequence of Demand
        As wished, in trips an hour, from zones to zones.
    reach : int
        By how many slices a departure may be moved; 0 for none.
    """
    count, nodes, links = len(slices), network.nodes, len(network.tail)
    zones = np.flatnonzero(network.zone)
    place = np.full(nodes, -1)
    place[zones] = np.arange(len(zones))
    copy = np.repeat(np.arange(count), links)
    ends_at = count * nodes + place
    begins_at = count * nodes + len(zones)
    head = np.where(np.tile(network.zone[network.head], count), np.tile(ends_at[network.head], count),
                    np.tile(network.head, count) + copy * nodes)  # fmt: skip
    wished, taken, zone = (
        axis.ravel() for axis in np.meshgrid(np.arange(count), np.arange(count), np.arange(len(zones)), indexing="ij")
    )
    near = np.abs(wished - taken) <= reach
    wished, taken, zone = wished[near], taken[near], zone[near]
    tail = np.concatenate([np.tile(network.tail, count) + copy * nodes, begins_at + wished * len(zones) + zone])
    head = np.concatenate([head, taken * nodes + zones[zone]])
    shifts = constant(np.abs(wished - taken) * cost_s + LEAST_S)
    delay = _joined([*[network.delay] * count, shifts])
    ends = np.arange(begins_at + count * len(zones)) >= count * nodes
    whole = Network(tail, head, delay, ends, _copied(network.turns, count, links))
    demand = Demand(
        np.concatenate([begins_at + k * len(zones) + place[part.origin] for k, part in enumerate(slices)]),
        np.concatenate([ends_at[part.destination] for part in slices]),
        np.concatenate([part.trips for part in slices]),
    )
    return Staggered(whole, demand, wished, taken, count * links, count)


def without_shifts(staggered_: Staggered) -> Network:
    """Return the network with shifts so costly that none is worth it: everyone leaves when he wishes to."""
    delay = staggered_.network.delay
    moved = np.zeros(len(delay), np.bool_)
    moved[staggered_.first_shift :] = staggered_.wished != staggered_.taken
    return replace(staggered_.network, delay=replace(delay, free_s=np.where(moved, 1e6, delay.free_s)))


def _copied(turns: Turns, count: int, links: int) -> Turns:
    many = len(turns.before)
    copy = np.repeat(np.arange(count), many) * links
    bans = np.concatenate([turns.bans + k * links for k in range(count)])
    return Turns(
        np.tile(turns.before, count) + copy, np.tile(turns.after, count) + copy, _joined([turns.delay] * count), bans
    )


def _joined(parts: Sequence[Delay]) -> Delay:
    return Delay(*(np.concatenate([getattr(part, name) for part in parts]) for name in Delay.__slots__))
