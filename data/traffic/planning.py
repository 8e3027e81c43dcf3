"""One question to the whole: what goes on, who should do what, what do screens and navigation say, what is it worth.

Joins the rules in ``twin/traffic`` and the solver, for the window and the command line alike.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.traffic.equilibrium import equilibrium
from twin.city.city import City
from twin.errors import UsageError
from twin.geo import BoolArray, FloatArray
from twin.traffic.assignment import (
    GAP,
    Demand,
    Drivers,
    NoWayError,
    Routes,
    Volumes,
    check_carries,
    vehicle_hours,
    volumes,
)
from twin.traffic.graph import IntArray
from twin.traffic.guidance import Guidance, Progress, Situation, guide
from twin.traffic.hours import USUAL, ByHour
from twin.traffic.measures import Costed, Measure, costed, proposals, works_by_hour
from twin.traffic.messages import Message, messages, screens_for
from twin.traffic.model import RoadModel, assumed_demand, road_model
from twin.traffic.staggering import Staggered, staggered, without_shifts
from twin.words import say

BEYOND = 2.5
"""Textbook capacities are guesses: only what is so far beyond them is refused."""
MOST_ZONES, MOST_STAGGERED = 40, 12
RISE = (0.7, 0.95, 1.35, 1.0)
"""Demand in each quarter of the busy hour to its mean: assumed."""
REACH = 1
LORRY_PCU = 2.5


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Parameters
    ----------
    roads : tuple of str
        Names of roads on which something happened; none for an ordinary busy hour.
    links : tuple of int
        Links of the graph besides: one stretch, chosen on the map.
    left : float
        How much of their capacity is left; 0 closes them.
    trips : float
        In the busy hour; 0 for what is assumed.
    evening : bool
        From work to home.
    times : bool
        Advice when to set out, not only which way.
    lorries : float
        Share of lorries among all.
    lorry_free : tuple of str
        Names of roads where lorries may not go.
    """

    roads: tuple[str, ...] = ()
    left: float = 0.0
    trips: float = 0.0
    evening: bool = False
    times: bool = False
    lorries: float = 0.0
    lorry_free: tuple[str, ...] = ()
    links: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; hours are those of one hour's traffic.

    Parameters
    ----------
    before, after : (L,) arrays
        Cars an hour on the links of ``model`` without advice, and if all follow it.
    wished, set_out : (K,) arrays
        Trips an hour by quarter of an hour, where times were asked for; else empty.
    """

    question: Question
    model: RoadModel
    guidance: Guidance
    messages: tuple[Message, ...]
    before: FloatArray
    after: FloatArray
    wished: FloatArray
    set_out: FloatArray

    def hours(self, compliance: float, *, reacting: bool = False) -> float:
        """Return what all spend on the road, in vehicle-hours."""
        effect = self.guidance.effect
        return float(np.interp(compliance, effect.compliance, effect.reacting_h if reacting else effect.habit_h))


class Planning:
    """Answers questions about one city; may be asked from any thread."""

    def __init__(self, city: City) -> None:
        self.city = city
        roads = city.table("roads")
        self.names: NDArray[np.object_] = roads["name"].to_numpy(object)
        self._english: NDArray[np.object_] = roads["name_en"].to_numpy(object)
        self._models: dict[int, RoadModel] = {}
        self._making = threading.Lock()

    def model(self, zones: int = MOST_ZONES) -> RoadModel:
        """Return the model of the city, made once."""
        with self._making:
            if zones not in self._models:
                self._models[zones] = road_model(self.city, zones)
            return self._models[zones]

    def demand(self, model: RoadModel, trips: float = 0.0, *, evening: bool = False) -> Demand:
        """Return the assumed demand, if roads can carry it."""
        demand = assumed_demand(model, trips, evening)
        check_carries(model.network, demand, model.node_names(), BEYOND)
        return demand

    def roads(self, names: tuple[str, ...]) -> IntArray:
        """Return the links of roads by their names, Chinese or English.

        Raises
        ------
        twin.errors.UsageError
            If there is no such road.
        """
        found = []
        for name in names:
            rows = np.flatnonzero((self.names == name) | (self._english == name))
            if not name or not len(rows):
                raise UsageError(say("there is no road named {name} in this twin", name=name))
            found.append(rows)
        links = self.model().graph.links_of[np.concatenate(found)].ravel() if found else np.zeros(0, np.int64)
        return np.asarray(links[links >= 0], np.int64)

    def flows(self, question: Question, *, optimum: bool = False) -> tuple[RoadModel, Volumes, float]:
        """Return who drives where, and the vehicle-hours: everyone for himself, or at the optimum of all."""
        model = self.model()
        situation = self._situation(model, question)
        network = situation.network.marginal() if optimum else situation.network
        try:
            found = equilibrium(network, situation.now).routes
        except NoWayError as error:
            raise error.named(model.node_names()) from error
        load = _load(model, found, situation.drivers)
        return model, load, vehicle_hours(situation.network, load)

    def answer(self, question: Question, progress: Progress | None = None, gap: float = GAP) -> Answer:
        """Work out advice, and what screens and navigation say.

        Raises
        ------
        twin.errors.ZhianError
            If a road is unknown, some have no way left, or no road carries the demand.
        """
        model = self.model(MOST_STAGGERED if question.times else MOST_ZONES)
        situation = self._situation(model, question)
        shape = None
        if question.times:
            shape, situation = _spread(model, situation)
        try:
            found = guide(equilibrium, situation, gap, progress)
        except NoWayError as error:
            raise error.named(model.node_names() if shape is None else ()) from error
        if shape is not None:
            return self._staggered(question, model, found, shape)
        loads = [_load(model, routes, situation.drivers) for routes in (found.kept, found.advised)]
        told = messages(
            model, found, screens_for(model, found, self.names), self.names, loads[0], situation.closed
        )  # fmt: skip
        none = np.zeros(0)
        return Answer(question, model, found, tuple(told), loads[0].link, loads[1].link, none, none)

    def measures(
        self, question: Question, wanted: tuple[Measure, ...] = (), progress: Callable[[float], None] | None = None,
        gap: float = GAP,
    ) -> tuple[Costed, ...]:  # fmt: skip
        """Return what could be built or ruled, costed; of ``wanted`` only those, else what is proposed."""
        model = self.model()
        demand = self.demand(model, question.trips, evening=question.evening)
        (routes,) = equilibrium(model.network, [Drivers(demand)], None, gap).routes
        load = volumes(model.network, routes)
        tried = wanted or proposals(model, load, self.city, 2)
        return costed(equilibrium, model, demand, tried, load, gap, progress)

    def with_hours(self, question: Question, works: Costed, measured: FloatArray | None, gap: float = GAP) -> Costed:
        """Return works with what they cost in each hour, on the measured course of the day (24,) or the usual one."""
        model = self.model()
        demand = self.demand(model, question.trips, evening=question.evening)
        hours = USUAL if measured is None else measured
        cost = works_by_hour(equilibrium, model, demand, works.measure, hours, gap)
        return replace(works, by_hour=ByHour(tuple(cost.tolist()), measured is not None))

    def _situation(self, model: RoadModel, question: Question) -> Situation:
        demand = self.demand(model, question.trips, evening=question.evening)
        drivers = [Drivers(demand.times(1.0 - question.lorries))]
        if question.lorries:
            kept_off = model.rows_of(self.roads(question.lorry_free))
            drivers.append(Drivers(demand.times(question.lorries), LORRY_PCU, ~kept_off))
        named = np.array(question.links, np.int64)
        hit = model.rows_of(np.concatenate([self.roads(question.roads), named]))
        if (question.roads or len(named)) and not hit.any():
            names = question.roads or tuple(str(name) for name in self.names[model.graph.road[named[:1]]])
            raise UsageError(say("{name} is no through road: nobody is led over it", name=", ".join(names)))
        network, closed = model.network, None
        if hit.any() and question.left > 0:
            network = network.with_capacity(np.where(hit, question.left, 1.0))
        elif hit.any():
            closed = hit
        return Situation(network, tuple(drivers), model.network if hit.any() else None, closed)

    def _staggered(self, question: Question, model: RoadModel, found: Guidance, shape: Staggered) -> Answer:
        links, count = len(model.network.tail), shape.slices
        loads = []
        for routes in (found.kept, found.advised):
            whole = sum((volumes(shape.network, one).link for one in routes), start=np.zeros(len(shape.network.tail)))
            loads.append(whole[: links * count].reshape(count, links).mean(axis=0))
        wished, _ = shape.set_out(found.kept[0])
        _, set_out = shape.set_out(found.advised[0])
        scaled = replace(
            found, effect=replace(found.effect, habit_h=found.effect.habit_h / count,
                                  reacting_h=found.effect.reacting_h / count),
            equilibrium_h=found.equilibrium_h / count, optimum_h=found.optimum_h / count,
        )  # fmt: skip
        return Answer(question, model, scaled, (), loads[0], loads[1], wished, set_out)


def _spread(model: RoadModel, situation: Situation) -> tuple[Staggered, Situation]:
    """Return a situation once for each quarter of an hour; nobody sets out at another time by himself."""
    slices = [situation.drivers[0].demand.times(share) for share in RISE]
    shape = staggered(situation.network, slices, REACH)
    shut: BoolArray | None = None
    if situation.closed is not None:
        shut = np.zeros(len(shape.network.tail), np.bool_)
        shut[: shape.first_shift] = np.tile(situation.closed, shape.slices)
    return shape, Situation(shape.network, (Drivers(shape.demand),), without_shifts(shape), shut)


def _load(model: RoadModel, routes: tuple[Routes, ...], drivers: tuple[Drivers, ...]) -> Volumes:
    parts = [volumes(model.network, one, group.pcu) for one, group in zip(routes, drivers, strict=True)]
    return Volumes(np.sum([part.link for part in parts], axis=0), np.sum([part.turn for part in parts], axis=0))
