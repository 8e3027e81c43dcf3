"""Advice: what it wins at each compliance, and that it is withheld where it would do harm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from data.traffic.equilibrium import equilibrium
from tests.small_county import small_county
from tests.twin.traffic.networks import grid, two_roads
from twin.traffic.assignment import (
    Drivers,
    Loading,
    Network,
    NoWayError,
    Volumes,
    check_carries,
    constant,
    route_seconds,
    vehicle_hours,
    volumes,
)
from twin.traffic.guidance import TOLD, Effect, Situation, guide, harmless
from twin.traffic.model import LEFT, RIGHT, RoadModel, assumed_demand, road_model
from twin.traffic.staggering import staggered, without_shifts

GAP = 1e-6


@pytest.fixture(scope="module")
def model() -> RoadModel:
    return road_model(small_county())


@pytest.mark.parametrize("seed", [4, 5, 6])
def test_advice_helps_at_every_compliance_and_wins_all_at_full(seed: int) -> None:
    network, demand = grid(seed)
    told = guide(equilibrium, Situation(network, (Drivers(demand),)), GAP)
    assert told.says
    assert told.won(1.0) == pytest.approx(1.0, abs=0.01)
    for share in TOLD:
        assert told.won(share) >= share - 0.01, "hours are convex in volumes"
        assert told.won(share, reacting=True) >= 0.0
    assert (told.effect.habit_h <= told.effect.habit_h[0]).all()
    assert (told.effect.reacting_h <= told.effect.reacting_h[0]).all()


def test_where_everybody_drives_best_already_nothing_is_said() -> None:
    network, demand = two_roads()
    told = guide(equilibrium, Situation(network, (Drivers(demand.times(0.01)),)), GAP)
    assert not told.says
    assert told.advised is told.kept
    assert set(told.effect.habit_h) == {told.effect.habit_h[0]}
    assert told.won(0.6) == 0.0


def test_advice_that_harms_at_some_compliance_is_withheld() -> None:
    steps = np.array([0.0, 0.5, 1.0])
    fine, harm = np.array([10.0, 9.5, 9.0]), np.array([10.0, 10.1, 9.0])
    assert harmless(Effect(steps, fine, fine), GAP)
    assert not harmless(Effect(steps, fine, harm), GAP)
    assert not harmless(Effect(steps, harm, fine), GAP)
    assert not harmless(Effect(steps, np.full(3, 10.0), fine), GAP), "what wins nothing is not said"


def test_a_solver_that_errs_makes_nothing_be_said() -> None:
    """Whatever the routes that come back, advice that is worse than none never goes out."""
    network, demand = grid(4)

    def wrong(network: Network, drivers: Sequence[Drivers], given: Volumes | None = None, gap: float = GAP) -> Loading:
        wild = np.random.default_rng(int(network.delay.b.sum())).uniform(1.0, 99.0, len(network.tail))
        return equilibrium(replace(network, delay=constant(wild)), drivers, None, gap)

    told = guide(wrong, Situation(network, (Drivers(demand),)), GAP)
    assert not told.says


def test_habits_on_a_closed_road_are_led_round_it(model: RoadModel) -> None:
    demand = assumed_demand(model, 5000.0)
    used = volumes(model.network, equilibrium(model.network, [Drivers(demand)]).routes[0]).link
    closed = np.zeros(len(used), np.bool_)
    closed[np.argmax(used * (model.link >= 0))] = True
    told = guide(equilibrium, Situation(model.network, (Drivers(demand),), model.network, closed), 1e-5)
    assert told.says
    assert not told.kept[0].through(closed).any()
    assert not told.advised[0].through(closed).any()
    assert told.kept[0].trips.sum() == pytest.approx(demand.trips.sum())
    assert told.won(0.3) > 0.3
    assert told.effect.habit_h[0] > told.equilibrium_h >= told.optimum_h


def test_a_place_that_is_cut_off_is_named(model: RoadModel) -> None:
    network = model.network
    cut = (network.head == model.zone_node) & network.zone[network.head]
    situation = Situation(network, (Drivers(assumed_demand(model)),), None, cut)
    with pytest.raises(NoWayError) as caught:
        guide(equilibrium, situation)
    assert f"→ {model.zones.name[0]}" in caught.value.named(model.node_names()).sentence


def test_a_county_model_is_of_its_roads(model: RoadModel) -> None:
    network = model.network
    assert network.zone.sum() == len(model.zones)
    assert (model.lanes[model.link >= 0] >= 1).all()
    assert {LEFT, RIGHT} <= set(model.kind.tolist())
    assert (network.head[network.turns.before] == network.tail[network.turns.after]).all()
    demand = assumed_demand(model)
    assert (demand.origin != demand.destination).all()
    check_carries(network, demand, model.node_names())
    (routes,) = equilibrium(network, [Drivers(demand)]).routes
    load = volumes(network, routes)
    assert load.turn.sum() > 0
    hours = float(routes.trips @ route_seconds(network, routes, load)) / 3600.0
    assert hours == pytest.approx(vehicle_hours(network, load))


def test_departures_move_out_of_the_busiest_quarter(model: RoadModel) -> None:
    demand = assumed_demand(model, 5000.0)
    slices = [demand.times(share) for share in (0.4, 2.4, 0.4)]
    shape = staggered(model.network, slices, reach=1, cost_s=20.0)
    situation = Situation(shape.network, (Drivers(shape.demand),), without_shifts(shape))
    told = guide(equilibrium, situation, 1e-4)
    assert told.says
    wished, before = shape.set_out(told.kept[0])
    assert before == pytest.approx(wished)
    _, after = shape.set_out(told.advised[0])
    assert after[1] < before[1]
    assert after.sum() == pytest.approx(before.sum())
    assert told.won(0.3) >= 0.25


def test_nobody_is_moved_further_than_was_allowed(model: RoadModel) -> None:
    slices = [assumed_demand(model, 500.0)] * 4
    shape = staggered(model.network, slices, reach=1)
    assert np.abs(shape.wished - shape.taken).max() == 1
    assert shape.network.zone.sum() == (len(slices) + 1) * len(model.zones)
