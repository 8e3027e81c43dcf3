"""Measures of layout and works: proposed where a queue and the land beside the road speak for them, and costed.

What a measure costs or wins is the difference of two equilibria, in vehicle-hours of the busy hour: drivers change
their ways, so more room can make it worse (Braess), and then, or when it wins less than the solver is unsure of, the
advice is to leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.traffic.assignment import (
    GAP,
    Assigner,
    Demand,
    Drivers,
    Network,
    NoWayError,
    Volumes,
    vehicle_hours,
    volumes,
)
from twin.traffic.graph import IntArray
from twin.traffic.hours import ByHour
from twin.traffic.model import GREEN, LANES_FOR, SATURATION_H, STRAIGHT, RoadModel
from twin.traffic.roadside import at_its_side

KINDS = ("pocket", "lane_use", "bus_bay", "parking_ban", "one_way", "works")
FULL, EMPTY = 0.85, 0.55
"""Volume to capacity from which a stream needs room, and below which it can give some."""
LANE_M = 3.0
MOVED_LANES = 0.6
PAIR_M, PAIR_DEG, PAIR_LENGTH = (50.0, 260.0), 20.0, 0.6
MOST_EACH = 3
WORKS_LEFT = 0.5
NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that speaks for a measure: its name, value, and whether it is assumed rather than known."""

    name: str
    value: float
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that could be done.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    links : (K,) int array
        Of the graph. Of a one-way pair those that are kept; ``shut`` those that go.
    turn : int
        ``LEFT``, ``STRAIGHT`` or ``RIGHT`` that gets room; of lane use ``other`` gives it.
    left : float
        Of works: the share of the capacity that stays.
    """

    kind: str
    links: IntArray
    reasons: tuple[Number, ...] = ()
    turn: int = -1
    other: int = -1
    shut: IntArray | None = None
    left: float = WORKS_LEFT


@dataclass(frozen=True, slots=True)
class Costed:
    """A measure and what it wins.

    Parameters
    ----------
    won_h : float
        Vehicle-hours in the busy hour; below 0 it costs. NaN if it cannot be, because some could not get home.
    sure_h : float
        Less than this is not told apart from nothing.
    by_hour : ByHour or None
        Of works what they cost in each hour of the day, where that was asked.
    """

    measure: Measure
    won_h: float
    sure_h: float
    by_hour: ByHour | None = None

    @property
    def worth_it(self) -> bool:
        """Whether it wins more than nothing."""
        return bool(self.won_h > self.sure_h)


def applied(model: RoadModel, measure: Measure) -> Network:
    """Return the network with a measure."""
    network, rows = model.network, model.rows_of(measure.links)
    if measure.kind == "works":
        return network.with_capacity(np.where(rows, measure.left, 1.0))
    if measure.kind == "bus_bay":
        return network.with_capacity(_without(model, rows, buses=True))
    if measure.kind == "parking_ban":
        return network.with_capacity(_without(model, rows, buses=False))
    if measure.kind == "one_way":
        return _one_way(model, rows, measure)
    return _turn_room(model, rows, measure)


def shut_by(model: RoadModel, measure: Measure) -> BoolArray | None:
    """Return which rows of the network a measure closes, if any."""
    return None if measure.shut is None else model.rows_of(measure.shut)


def _without(model: RoadModel, rows: BoolArray, *, buses: bool) -> FloatArray:
    """Return the capacity with the buses, or the parked vehicles, of some rows out of the lane, to that of now."""
    lanes = np.maximum(model.lanes, 1.0)
    now = at_its_side(lanes, model.buses, model.parked)
    gone = np.where(rows & buses, 0.0, model.buses), model.parked & ~(rows & (not buses))
    share: FloatArray = at_its_side(lanes, *gone) / now
    return share


def _one_way(model: RoadModel, rows: BoolArray, measure: Measure) -> Network:
    """Give the links that are kept the lanes of those that go; their turns grow with them."""
    network, turns = model.network.with_capacity(np.where(rows, 2.0, 1.0)), model.network.turns
    return replace(network, turns=replace(turns, delay=turns.delay.scaled(np.where(rows[turns.before], 2.0, 1.0))))


def _turn_room(model: RoadModel, rows: BoolArray, measure: Measure) -> Network:
    turns = model.network.turns
    mine = rows[turns.before]
    more = turns.delay.capacity.copy()
    if measure.kind == "pocket":
        more[mine & (model.kind == measure.turn)] += SATURATION_H * GREEN[measure.turn]
    else:
        for kind, lanes in ((measure.turn, MOVED_LANES), (measure.other, -MOVED_LANES)):
            at = mine & (model.kind == kind)
            more[at] = np.maximum(more[at] + lanes * SATURATION_H * GREEN[kind], 0.2 * more[at])
    return replace(model.network, turns=replace(turns, delay=replace(turns.delay, capacity=more)))


def proposals(model: RoadModel, load: Volumes, city: City, each: int = MOST_EACH) -> tuple[Measure, ...]:
    """Return what could be tried, the most pressing of each kind first.

    Parameters
    ----------
    load : Volumes
        As it is without any measure.
    """
    full = load.link / model.network.delay.capacity
    turn = load.turn / model.network.turns.delay.capacity
    found: list[Measure] = []
    for made in (
        _pockets(model, load, turn, city), _lane_uses(model, turn), _bus_bays(model, full, load),
        _parking_bans(model, full, load), _one_ways(model, full, load, city),
    ):  # fmt: skip
        found += [measure for measure, _ in zip(made, range(each), strict=False)]
    return tuple(found)


def _worst(weight: FloatArray) -> Iterator[int]:
    """Yield the rows of a weight above nothing, the greatest first."""
    order = np.argsort(-weight, kind="stable")
    yield from order[weight[order] > 0].tolist()


def _pockets(model: RoadModel, load: Volumes, turn: FloatArray, city: City) -> Iterator[Measure]:
    """Yield turn pockets where a turn is full and the road is wide enough for one lane more."""
    turns = model.network.turns
    links = model.link[turns.before]
    width = city.table("roads")["width_m"].to_numpy(np.float64)[model.graph.road[links]]
    lanes = city.table("roads")["lanes"].to_numpy(np.float64)[model.graph.road[links]]
    spare = width - LANE_M * lanes
    lost = load.turn * (turns.delay.seconds(load.turn) - turns.delay.free_s) / 3600.0
    for row in _worst(np.where((turn > FULL) & (model.kind != STRAIGHT) & (spare >= LANE_M), lost, 0.0)):
        yield Measure(
            "pocket", links[[row]],
            (Number("turn_full", float(turn[row])), Number("turn_h", float(load.turn[row])),
             Number("queue_lost_h", float(lost[row])), Number("spare_m", float(spare[row]), assumed=True)),
            int(model.kind[row]),
        )  # fmt: skip


def _lane_uses(model: RoadModel, turn: FloatArray) -> Iterator[Measure]:
    """Yield lanes to give to a full stream from one that leaves room, on approaches of two lanes or more."""
    before = model.network.turns.before
    of_link = np.zeros((len(model.link), 3))
    np.maximum.at(of_link, (before, model.kind), turn)
    full, spare = of_link.argmax(axis=1), np.where(of_link > 0, of_link, np.inf).argmin(axis=1)
    rows = np.arange(len(of_link))
    most, least = of_link[rows, full], of_link[rows, spare]
    room = LANES_FOR[np.clip(np.floor(model.lanes), 1, 3).astype(np.int64) - 1, spare]
    can = (model.lanes >= 2) & (most > FULL) & (least < EMPTY) & (least > 0) & (full != spare) & (room > MOVED_LANES)
    for row in _worst(np.where(can, most - least, 0.0)):
        yield Measure(
            "lane_use", model.link[[row]],
            (Number("full", float(most[row])), Number("gives", float(least[row])),
             Number("lanes", float(model.lanes[row]))),
            int(full[row]), int(spare[row]),
        )  # fmt: skip


def _bus_bays(model: RoadModel, full: FloatArray, load: Volumes) -> Iterator[Measure]:
    for row in _worst(np.where((full > FULL) & (model.buses > 0), full * model.buses / np.maximum(model.lanes, 1), 0)):
        reasons = (
            Number("full", float(full[row])), Number("buses_h", float(model.buses[row]), assumed=True),
            Number("lanes", float(model.lanes[row])), Number("volume_h", float(load.link[row])),
        )  # fmt: skip
        yield Measure("bus_bay", model.link[[row]], reasons)


def _parking_bans(model: RoadModel, full: FloatArray, load: Volumes) -> Iterator[Measure]:
    for row in _worst(np.where((full > FULL) & model.parked, full, 0.0)):
        reasons = (
            Number("full", float(full[row])), Number("shops", 1.0, assumed=True),
            Number("volume_h", float(load.link[row])),
        )  # fmt: skip
        yield Measure("parking_ban", model.link[[row]], reasons)


def _one_ways(model: RoadModel, full: FloatArray, load: Volumes, city: City) -> Iterator[Measure]:
    """Yield pairs of two-way streets of one lane each way, beside each other: to be one-way, each against the other."""
    names = city.table("roads")["name"].to_numpy(object)
    both = np.all(model.graph.links_of >= 0, axis=1)
    lanes = city.table("roads")["lanes"].to_numpy(np.float64)
    used = np.unique(model.graph.road[model.link[(model.link >= 0)]])
    roads = used[both[used] & (lanes[used] <= 2) & (names[used] != "")]
    heavy = np.zeros(len(names))
    np.maximum.at(heavy, model.graph.road[model.link[model.link >= 0]], full[model.link >= 0])
    told: set[frozenset[str]] = set()
    for one in sorted(roads.tolist(), key=lambda road: -heavy[road]):
        if heavy[one] < FULL:
            return
        other = _beside(model, one, roads, names)
        pair = frozenset((str(names[one]), str(names[other]))) if other >= 0 else frozenset()
        if other < 0 or pair in told:
            continue
        told.add(pair)
        yield _pair(model, load, names, roads, (one, other), float(heavy[one]))


def _beside(model: RoadModel, road: int, roads: IntArray, names: NDArray[np.object_]) -> int:
    """Return the nearest road that runs beside one, by another name; -1 if none does."""
    lines = model.graph.lines
    away = shapely.distance(shapely.line_interpolate_point(lines[roads], 0.5, normalized=True), lines[road])
    turn = np.abs((_bearing(lines[roads]) - _bearing(lines[[road]]) + 90.0) % 180.0 - 90.0)
    ratio = shapely.length(lines[roads]) / shapely.length(lines[road])
    fits = (away > PAIR_M[0]) & (away < PAIR_M[1]) & (turn < PAIR_DEG) & (names[roads] != names[road])
    fits &= (ratio > PAIR_LENGTH) & (ratio < 1 / PAIR_LENGTH)
    return int(roads[np.argmin(np.where(fits, away, np.inf))]) if fits.any() else -1


def _bearing(lines: NDArray[np.object_]) -> FloatArray:
    ends = [shapely.get_coordinates(shapely.get_point(lines, end)) for end in (0, -1)]
    told: FloatArray = np.degrees(np.arctan2(*(ends[1] - ends[0]).T))
    return told


def _pair(
    model: RoadModel, load: Volumes, names: NDArray[np.object_], roads: IntArray, pair: tuple[int, int], full: float
) -> Measure:
    """Return two streets, by their names, as a one-way pair: the first the way most now drive on it."""
    graph = model.graph
    of_link = np.zeros(len(graph))
    of_link[model.link[model.link >= 0]] = load.link[model.link >= 0]
    streets = [roads[names[roads] == names[road]] for road in pair]
    bearing = np.radians(_bearing(graph.lines[[pair[0]]])[0])
    way = np.array([np.sin(bearing), np.cos(bearing)])
    ahead, back = _sides(model, streets[0], way)
    if of_link[ahead].sum() < of_link[back].sum():
        ahead, back, way = back, ahead, -way
    shut, kept = _sides(model, streets[1], way)
    return Measure("one_way", np.concatenate([ahead, kept]), (Number("full", full),), shut=np.concatenate([back, shut]))


def _sides(model: RoadModel, street: IntArray, way: FloatArray) -> tuple[IntArray, IntArray]:
    """Return the links of a street that run along a direction, and those against it."""
    links = model.graph.links_of[street].ravel()
    run = model.graph.node_m[model.graph.head[links]] - model.graph.node_m[model.graph.tail[links]]
    along = run @ way >= 0
    return links[along], links[~along]


def costed(
    assign: Assigner, model: RoadModel, demand: Demand, measures: Sequence[Measure], base: Volumes | None = None,
    gap: float = GAP, progress: Callable[[float], None] | None = None,
) -> tuple[Costed, ...]:  # fmt: skip
    """Return what each measure wins, the best first."""
    if base is None:
        base = volumes(model.network, assign(model.network, [Drivers(demand)], None, gap).routes[0])
    now_h = vehicle_hours(model.network, base)
    told = []
    for number, measure in enumerate(measures):
        told.append(Costed(measure, now_h - _hours(assign, model, demand, measure, gap), gap * now_h))
        if progress is not None:
            progress((number + 1) / len(measures))
    return tuple(sorted(told, key=lambda one: -np.nan_to_num(one.won_h, nan=-np.inf)))


def _hours(assign: Assigner, model: RoadModel, demand: Demand, measure: Measure, gap: float) -> float:
    network, shut = applied(model, measure), shut_by(model, measure)
    drivers = Drivers(demand, allowed=None if shut is None else ~shut)
    try:
        (routes,) = assign(network, [drivers], None, gap).routes
    except NoWayError:
        return float("nan")
    return vehicle_hours(network, volumes(network, routes))


def works_by_hour(
    assign: Assigner, model: RoadModel, demand: Demand, works: Measure, profile: FloatArray, gap: float = GAP,
    levels: Sequence[float] = (0.25, 0.6, 1.0),
) -> FloatArray:  # fmt: skip
    """Return what works cost in each hour, (H,) vehicle-hours: worked out at some levels of demand, drawn between them.

    Parameters
    ----------
    profile : (H,) array
        The demand of each hour, to that of the busiest.
    """
    costs = [-costed(assign, model, demand.times(level), [works], None, gap)[0].won_h for level in levels]
    told: FloatArray = np.interp(profile, [0.0, *levels], [0.0, *np.maximum(costs, 0.0)])
    return told


def quietest(cost_h: FloatArray, hours: int) -> int:
    """Return the hour at which works of so many hours, over midnight too, cost the least."""
    around = np.concatenate([cost_h, cost_h[: hours - 1]])
    return int(np.argmin(np.convolve(around, np.ones(hours), "valid")[: len(cost_h)]))
