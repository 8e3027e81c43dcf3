"""Assignments against closed forms, and against a solver that shares nothing with the one in use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.traffic.equilibrium import equilibrium
from tests.frank_wolfe import frank_wolfe
from tests.twin.traffic.networks import braess, grid, two_roads
from twin.errors import ZhianError
from twin.traffic.assignment import (
    Delay,
    Demand,
    Drivers,
    NoWayError,
    Turns,
    Volumes,
    check_carries,
    constant,
    objective,
    vehicle_hours,
    volumes,
)

TIGHT = 1e-9


def test_two_roads_share_their_traffic_as_pigou_says() -> None:
    network, demand = two_roads()
    (routes,) = equilibrium(network, [Drivers(demand)], gap=TIGHT).routes
    assert volumes(network, routes).link[:2] == pytest.approx([0.0, 1000.0], abs=1e-3)
    (best,) = equilibrium(network.marginal(), [Drivers(demand)], gap=TIGHT).routes
    assert volumes(network, best).link[:2] == pytest.approx([500.0, 500.0], abs=1e-3)
    worth = [vehicle_hours(network, volumes(network, one)) for one in (routes, best)]
    assert worth[1] / worth[0] == pytest.approx(0.75, abs=1e-6)  # the price of anarchy of linear times is 4/3


def test_a_short_cut_makes_it_worse_for_all_as_braess_says() -> None:
    network, demand = braess()
    (routes,) = equilibrium(network, [Drivers(demand)], gap=TIGHT).routes
    assert vehicle_hours(network, volumes(network, routes)) * 3600.0 / 6.0 == pytest.approx(92.0, abs=1e-3)
    shut = np.arange(5) != 4
    (without,) = equilibrium(network, [Drivers(demand, allowed=shut)], gap=TIGHT).routes
    assert vehicle_hours(network, volumes(network, without)) * 3600.0 / 6.0 == pytest.approx(83.0, abs=1e-3)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_grids_agree_with_frank_wolfe(seed: int) -> None:
    network, demand = grid(seed)
    (routes,) = equilibrium(network, [Drivers(demand)], gap=1e-6).routes
    ours, theirs = volumes(network, routes), frank_wolfe(network, demand, 1e-6)
    told = objective(network, Volumes(theirs, np.zeros(0)))
    assert objective(network, ours) == pytest.approx(told, rel=1e-6)
    best = frank_wolfe(network.marginal(), demand, 1e-6)
    (routes,) = equilibrium(network.marginal(), [Drivers(demand)], gap=1e-6).routes
    least = vehicle_hours(network, Volumes(best, np.zeros(0)))
    assert vehicle_hours(network, volumes(network, routes)) == pytest.approx(least, rel=1e-6)
    assert least < vehicle_hours(network, ours)


def test_slow_turns_count_as_links_between_would() -> None:
    """The same network with each slow turn written out as a link gives the same volumes."""
    network, demand = two_roads()
    delay = Delay(np.array([30.0]), np.array([400.0]), np.array([1.0]), np.array([2.0]))
    slow = replace(network, turns=Turns(np.array([1]), np.array([2]), delay, np.zeros((0, 2), np.int64)))
    (routes,) = equilibrium(slow, [Drivers(demand)], gap=TIGHT).routes
    found = volumes(slow, routes)
    assert found.turn[0] == pytest.approx(found.link[1])
    assert 0 < found.link[0] < 1000
    times = slow.delay.seconds(found.link)
    assert times[0] == pytest.approx(times[1] + slow.turns.delay.seconds(found.turn)[0], rel=1e-6)
    given = Volumes(np.zeros(3), np.array([400.0]))
    (pushed,) = equilibrium(slow, [Drivers(demand)], given, gap=TIGHT).routes
    assert volumes(slow, pushed).link[1] < found.link[1]


def test_lorries_weigh_more_and_keep_to_their_roads() -> None:
    network, demand = two_roads()
    lorries = Drivers(demand.times(0.1), pcu=2.5, allowed=np.array([True, False, True]))
    found = equilibrium(network, [Drivers(demand.times(0.9)), lorries], gap=1e-8)
    assert volumes(network, found.routes[1], 2.5).link[0] == pytest.approx(250.0)
    assert volumes(network, found.routes[0]).link[1] == pytest.approx(900.0, abs=1.0)


def test_a_zone_behind_a_one_way_street_is_named() -> None:
    network, demand = two_roads()
    back = Demand(demand.destination, demand.origin, demand.trips)
    with pytest.raises(NoWayError) as caught:
        equilibrium(network, [Drivers(back)])
    assert "harbour → mill" in caught.value.named(("mill", "", "harbour")).sentence


def test_demand_that_no_road_carries_is_refused() -> None:
    network, demand = two_roads()
    tight = replace(network, delay=replace(network.delay, capacity=np.array([300.0, 400.0, 1e5])))
    names = ("mill", "", "harbour")
    check_carries(tight, demand.times(0.7), names)
    with pytest.raises(ZhianError, match=r"of 1000 trips an hour 700 fit; most are too many from mill"):
        check_carries(tight, demand, names)
    check_carries(tight, demand, names, beyond=1.5)


def test_times_that_do_not_change_are_taken() -> None:
    network, demand = two_roads()
    (routes,) = equilibrium(replace(network, delay=constant(np.array([2.0, 1.0, 0.0]))), [Drivers(demand)]).routes
    assert volumes(network, routes).link[:2] == pytest.approx([0.0, 1000.0])
