"""Who drives where: a network whose links and turns grow slower as they fill, demand, and the routes that are taken.

Two answers matter. In the *user equilibrium* nobody finds a quicker way (Wardrop 1952, first principle); in the *system
optimum* all of them together lose the least time (second principle). The second is an equilibrium too, of the marginal
times. Delays are those of the Bureau of Public Roads (1964): static, without queues that spill back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from twin.errors import ZhianError
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray
from twin.words import say

GAP = 1e-4
"""A relative gap that is close enough where a difference of measures is asked for; oracles are met at 1e-6."""
LEAST_S = 1e-6
MOST_NAMED = 3
CARRIED = 0.999


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds at a volume, ``free_s · (1 + b · (volume / capacity) ** power)``, one row a link or turn.

    Parameters
    ----------
    free_s, capacity, b, power : (N,) arrays
        ``capacity`` in vehicles an hour; ``b`` 0 is a time that does not change.
    """

    free_s: FloatArray
    capacity: FloatArray
    b: FloatArray
    power: FloatArray

    def __len__(self) -> int:
        return len(self.free_s)

    def seconds(self, volume: FloatArray) -> FloatArray:
        """Return the seconds of each row at a volume an hour."""
        told: FloatArray = self.free_s * (1.0 + self.b * (volume / self.capacity) ** self.power)
        return told

    def area(self, volume: FloatArray) -> FloatArray:
        """Return the seconds summed up from no volume to this one: what Beckmann's objective is made of."""
        more = self.b * volume * (volume / self.capacity) ** self.power / (self.power + 1.0)
        told: FloatArray = self.free_s * (volume + more)
        return told

    def marginal(self) -> Delay:
        """Return what one vehicle more costs all: of the same shape, with ``b · (power + 1)`` for ``b``."""
        return replace(self, b=self.b * (self.power + 1.0))

    def scaled(self, share: FloatArray) -> Delay:
        """Return the same with so much of the capacity."""
        return replace(self, capacity=self.capacity * share)


def constant(free_s: FloatArray) -> Delay:
    """Return times that do not change with volume."""
    ones = np.ones(len(free_s))
    return Delay(np.asarray(free_s, np.float64), ones, 0.0 * ones, ones)


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns that take time, ``T`` of them, and turns that are forbidden, (B, 2); all others are free.

    Parameters
    ----------
    before, after : (T,) int arrays
        Links.
    """

    before: IntArray
    after: IntArray
    delay: Delay
    bans: IntArray


def no_turns() -> Turns:
    """Return no turn that takes time or is forbidden."""
    none = np.zeros(0, np.int64)
    return Turns(none, none, constant(np.zeros(0)), np.zeros((0, 2), np.int64))


@dataclass(frozen=True, slots=True)
class Network:
    """Directed links, ``L`` of them.

    Parameters
    ----------
    tail, head : (L,) int arrays
        Nodes, numbered from 0.
    zone : (nodes,) bool array
        Where trips begin and end; nobody drives through.
    """

    tail: IntArray
    head: IntArray
    delay: Delay
    zone: BoolArray
    turns: Turns

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return len(self.zone)

    def marginal(self) -> Network:
        """Return the network whose equilibrium is the system optimum of this one."""
        return replace(self, delay=self.delay.marginal(), turns=replace(self.turns, delay=self.turns.delay.marginal()))

    def with_capacity(self, share: FloatArray) -> Network:
        """Return the same with so much of the capacity of each link."""
        return replace(self, delay=self.delay.scaled(share))


@dataclass(frozen=True, slots=True)
class Demand:
    """Trips an hour between nodes, one row a pair."""

    origin: IntArray
    destination: IntArray
    trips: FloatArray

    def __len__(self) -> int:
        return len(self.trips)

    def times(self, share: float) -> Demand:
        """Return so much of it."""
        return replace(self, trips=self.trips * share)


@dataclass(frozen=True, slots=True)
class Drivers:
    """Some of those who drive.

    Parameters
    ----------
    pcu : float
        How many cars one of them stands for on the road: a lorry 2.5.
    allowed : (L,) bool array, optional
        Links they may use; by default all.
    extra_s : (L,) array, optional
        What a link costs them beside its time: tolls, or roads they should not be sent through.
    """

    demand: Demand
    pcu: float = 1.0
    allowed: BoolArray | None = None
    extra_s: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Routes:
    """Routes that are taken, ``P`` of them.

    Parameters
    ----------
    origin, destination : (P,) int arrays
        Nodes.
    trips : (P,) array
        An hour, on this route.
    first : (P + 1,) int array
        Where each route's links begin, and where the last one's end.
    links : (M,) int array
        In the order of travel.
    """

    origin: IntArray
    destination: IntArray
    trips: FloatArray
    first: IntArray
    links: IntArray

    def __len__(self) -> int:
        return len(self.trips)

    @property
    def route(self) -> IntArray:
        """The route of each entry of ``links``."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    def times(self, share: float) -> Routes:
        """Return the same routes with so much of their trips."""
        return replace(self, trips=self.trips * share)

    def take(self, rows: IntArray | BoolArray) -> Routes:
        """Return some of the routes."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        size = np.diff(self.first)[rows]
        first = np.append(0, np.cumsum(size))
        at = np.arange(first[-1]) + np.repeat(self.first[rows] - first[:-1], size)
        return Routes(self.origin[rows], self.destination[rows], self.trips[rows], first, self.links[at])

    def through(self, links: BoolArray) -> BoolArray:
        """Mark the routes that use one of the links that are marked, (L,)."""
        return np.bincount(self.route, weights=links[self.links], minlength=len(self)) > 0


def joined(parts: Sequence[Routes]) -> Routes:
    """Put routes one after the other."""
    sizes = np.concatenate([np.zeros(1, np.int64), *(np.diff(part.first) for part in parts)])
    columns = ("origin", "destination", "trips")
    told = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    return Routes(**told, first=np.cumsum(sizes), links=np.concatenate([part.links for part in parts]))


@dataclass(frozen=True, slots=True)
class Volumes:
    """Cars an hour (lorries as several) on links, (L,), and in the turns that take time, (T,)."""

    link: FloatArray
    turn: FloatArray

    def __add__(self, other: Volumes) -> Volumes:
        return Volumes(self.link + other.link, self.turn + other.turn)

    def times(self, share: float) -> Volumes:
        """Return so much of them."""
        return Volumes(self.link * share, self.turn * share)


def volumes(network: Network, routes: Routes, pcu: float = 1.0) -> Volumes:
    """Return the volumes that routes make."""
    trips = pcu * routes.trips[routes.route]
    link = np.bincount(routes.links, weights=trips, minlength=len(network.tail))
    turns = network.turns
    turn = np.zeros(len(turns.before))
    goes_on = np.diff(routes.route) == 0
    key = routes.links[:-1][goes_on] * len(link) + routes.links[1:][goes_on]
    known = turns.before * len(link) + turns.after
    order = np.argsort(known)
    at = np.searchsorted(known[order], key)
    found = at < len(known)
    found[found] = known[order][at[found]] == key[found]
    np.add.at(turn, order[at[found]], trips[:-1][goes_on][found])
    return Volumes(link.astype(np.float64), turn)


def vehicle_hours(network: Network, volume: Volumes) -> float:
    """Return the hours that all spend on the road, of one hour's traffic."""
    link, turn = network.delay.seconds(volume.link), network.turns.delay.seconds(volume.turn)
    return float(volume.link @ link + volume.turn @ turn) / 3600.0


def objective(network: Network, volume: Volumes) -> float:
    """Return Beckmann's objective, in vehicle-seconds: the least there is in the user equilibrium."""
    return float(network.delay.area(volume.link).sum() + network.turns.delay.area(volume.turn).sum())


def route_seconds(network: Network, routes: Routes, volume: Volumes) -> FloatArray:
    """Return how long each route takes at some volumes."""
    times = network.delay.seconds(volume.link)[routes.links]
    size = len(network.tail)
    known = {key: row for row, key in enumerate((network.turns.before * size + network.turns.after).tolist())}
    key = routes.links[:-1] * size + routes.links[1:]
    row = np.array([known.get(one, -1) for one in key.tolist()], np.int64)
    inside = (row >= 0) & (np.diff(routes.route) == 0)
    turns = np.zeros(len(times))
    turns[1:][inside] = network.turns.delay.seconds(volume.turn)[row[inside]]
    return np.bincount(routes.route, weights=times + turns, minlength=len(routes)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Loading:
    """An answer: for each group of drivers the routes they take.

    Parameters
    ----------
    gap : float
        By how much less all would spend on what are now the quickest ways, as a share.
    """

    routes: tuple[Routes, ...]
    gap: float


class Assigner(Protocol):
    """Finds the user equilibrium."""

    def __call__(
        self, network: Network, drivers: Sequence[Drivers], given: Volumes | None = None, gap: float = GAP
    ) -> Loading:
        """Return the routes of each group.

        Parameters
        ----------
        given : Volumes, optional
            Traffic that is there already and does not change its ways.

        Raises
        ------
        NoWayError
            If some cannot get where they want to go.
        """
        ...


class NoWayError(ZhianError):
    """Between some pairs of nodes there is no way.

    Parameters
    ----------
    pairs : (K, 2) int array
    names : sequence of str, optional
        Of the nodes.
    """

    def __init__(self, pairs: IntArray, names: Sequence[str] = ()) -> None:
        self.pairs = pairs
        told = [(str(names[a]) or str(a), str(names[b]) or str(b)) if names else (str(a), str(b)) for a, b in pairs]
        shown = "; ".join(f"{one} → {other}" for one, other in told[:MOST_NAMED])
        super().__init__(
            say(
                "no road that may be driven leads from where these trips begin to where they end: {pairs} ({count} in "
                "all): look there for one-way streets that lead nowhere, forbidden turns and missing roads",
                pairs=shown, count=len(pairs),
            )
        )  # fmt: skip

    def named(self, names: Sequence[str]) -> NoWayError:
        """Return the same with names for nodes."""
        return NoWayError(self.pairs, names)


def check_carries(network: Network, demand: Demand, names: Sequence[str], beyond: float = 1.0) -> None:
    """Refuse demand that no choice of routes could put on the roads.

    One flow from all origins to all destinations is looked for: less strict than pair by pair, so what it refuses is
    impossible for certain.

    Parameters
    ----------
    beyond : float
        How much more than the capacity may be asked for.

    Raises
    ------
    twin.errors.ZhianError
        If roads are too few; the error names zones whose trips do not fit.
    """
    nodes = network.nodes
    source, sink = 2 * nodes, 2 * nodes + 1
    out = np.bincount(demand.origin, weights=demand.trips, minlength=nodes)
    into = np.bincount(demand.destination, weights=demand.trips, minlength=nodes)
    begins, ends = np.flatnonzero(out > 0), np.flatnonzero(into > 0)
    arrive = network.head + np.where(network.zone[network.head], nodes, 0)  # else trips would end where they begin
    rows = np.concatenate([network.tail, np.full(len(begins), source), ends + np.where(network.zone[ends], nodes, 0)])
    columns = np.concatenate([arrive, begins, np.full(len(ends), sink)])
    room = np.ceil(np.concatenate([beyond * network.delay.capacity, out[begins], into[ends]])).astype(np.int32)
    matrix = csr_array((room, (rows.astype(np.int32), columns.astype(np.int32))), shape=(sink + 1, sink + 1))
    matrix.sum_duplicates()
    found = maximum_flow(matrix, source, sink)
    if found.flow_value >= out.sum() * CARRIED:
        return
    sent = np.asarray(found.flow.tocsr()[[source], :].todense()).ravel()[begins]
    worst = begins[np.argsort(sent - out[begins], kind="stable")][:MOST_NAMED]
    raise ZhianError(
        say(
            "no road carries this demand: of {asked} trips an hour {fit} fit; most are too many from {zones}: lower "
            "the demand, or look at the lanes of the roads there",
            asked=f"{out.sum():.0f}", fit=f"{found.flow_value:.0f}", zones=", ".join(names[node] for node in worst),
        )
    )  # fmt: skip
