"""Origins and destinations, a link that is looked at, turning ratios; and what is not told."""

from __future__ import annotations

import numpy as np
import pytest

from data.router.matching import HmmMatcher
from data.traffic.equilibrium import equilibrium
from tests.small_county import small_county
from twin.geo import FloatArray
from twin.traffic.assignment import Drivers
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.model import assumed_demand, road_model
from twin.traffic.origins import Driven, between_zones, driven, link_at, link_flows, ratios, turning, using
from twin.traffic.travel import runs
from twin.traffic.trips import Fixes, trips_of
from twin.traffic.zones import Zones, zones_of


def ways(links: list[list[int]], vehicles: list[int], ends_m: list[tuple[float, float]] | None = None) -> Driven:
    count = len(links)
    at = np.zeros((count, 2))
    ends = at + 1.0 if ends_m is None else np.array(ends_m)
    first = np.append(0, np.cumsum([len(one) for one in links])).astype(np.int64)
    return Driven(
        np.array(vehicles, np.uint64), np.zeros(count), np.ones(count), at, ends, first,
        np.array([link for one in links for link in one], np.int64),
    )  # fmt: skip


def zones_in_a_row(count: int) -> Zones:
    at = np.column_stack([1000.0 * np.arange(count), np.zeros(count)])
    names = np.array([f"Z{number}" for number in range(count)], object)
    return Zones(names, names, at, np.ones(count), np.ones(count), np.arange(count), at)


def test_cells_of_few_vehicles_are_left_out_however_often_they_drive() -> None:
    ends = [(1000.0, 0.0)] * 6 + [(2000.0, 0.0)] * 20 + [(3000.0, 0.0)] * 2 + [(4000.0, 0.0)] * 7
    vehicles = [*range(6), *([50] * 20), 60, 61, *range(70, 77)]
    told = between_zones(ways([[0]] * 35, vehicles, ends), zones_in_a_row(5))
    assert told.other.tolist() == [4, 1]
    assert told.vehicles.tolist() == [7, 6]
    assert told.hidden == 2


def test_one_hidden_cell_takes_another_with_it() -> None:
    """Else it would be what is missing from the sum."""
    ends = [(1000.0, 0.0)] * 6 + [(2000.0, 0.0)] * 2 + [(3000.0, 0.0)] * 9
    told = between_zones(ways([[0]] * 17, list(range(17)), ends), zones_in_a_row(4))
    assert told.other.tolist() == [3]
    assert told.hidden == 2


def test_a_link_is_selected_and_its_flows_are_told() -> None:
    driven_ = ways([[0, 1, 2]] * 6 + [[0, 3]] * 3 + [[4, 2]] * 8, list(range(17)))
    through = using(driven_, np.array([1]))
    assert through.sum() == 6
    assert link_flows(driven_, through, 5).tolist() == [6, 6, 6, 0, 0]
    assert link_flows(driven_, using(driven_, np.array([0])), 5).tolist() == [9, 6, 6, 0, 0]


def test_turning_ratios_are_of_what_may_be_told() -> None:
    graph = road_graph(small_county())
    node = int(np.bincount(graph.head).argmax())
    come = int(np.flatnonzero(graph.head == node)[0])
    go = np.flatnonzero((graph.tail == node) & (graph.head != graph.tail[come]))[:2].tolist()
    told = turning(ways([[come, go[0]]] * 15 + [[come, go[1]]] * 5, list(range(20))), graph, node)
    assert told.other.tolist() == go
    assert ratios(told).tolist() == [0.75, 0.25]
    assert len(turning(ways([[come]] * 9, list(range(9))), graph, node)) == 0


def test_nothing_driven_tells_nothing() -> None:
    none = ways([], [], [])
    none = Driven(none.vehicle, none.begin_s, none.end_s, np.zeros((0, 2)), np.zeros((0, 2)), none.first, none.links)
    assert len(between_zones(none, zones_in_a_row(2))) == 0
    assert link_flows(none, np.zeros(0, np.bool_), 3).tolist() == [0, 0, 0]
    assert len(ratios(between_zones(none, zones_in_a_row(2)))) == 0


def along(graph: RoadGraph, links: list[int], every_m: float) -> FloatArray:
    """Return points along links in the order of travel, in the local frame."""
    parts = []
    for link in links:
        line = graph.lines[graph.road[link]]
        at = np.arange(0.0, line.length, every_m)
        at = at if graph.forward[link] else line.length - at
        parts.append([line.interpolate(one).coords[0][:2] for one in at])
    told: FloatArray = np.concatenate(parts) - np.asarray(graph.origin_m)
    return told


def test_matched_tracks_give_back_where_they_went() -> None:
    city = small_county()
    graph, zones = road_graph(city), zones_of(city)
    model = road_model(city)
    (routes,) = equilibrium(model.network, [Drivers(assumed_demand(model))]).routes
    longest = int(np.argmax(np.diff(routes.first)))
    way = model.link[routes.links[slice(*routes.first[longest : longest + 2])]]
    points = along(graph, [link for link in way.tolist() if link >= 0], 80.0)
    count = len(points)
    fixes = Fixes(
        np.repeat(np.arange(6, dtype=np.uint64), count), np.tile(np.arange(count) * 8.0, 6), np.tile(points, (6, 1))
    )
    trips = trips_of(fixes)
    found = driven(trips, HmmMatcher(graph).match_many(trips.position_m, trips.time_s, trips.first))
    assert len(found) == 6
    asked = link_at(graph, points[count // 2])
    assert using(found, asked).all()
    told = between_zones(found, zones)
    assert (told.trips.tolist(), told.vehicles.tolist()) == ([6], [6])
    flows = link_flows(found, using(found, asked), len(graph))
    assert set(np.flatnonzero(flows)) == set(found.links[runs(found.first[:1], found.first[1:2])])


@pytest.mark.parametrize("fewest", [2, 5, 8])
def test_no_cell_ever_has_too_few(fewest: int) -> None:
    rng = np.random.default_rng(fewest)
    ends = [(1000.0 * z, 0.0) for z in rng.integers(1, 9, 120)]
    told = between_zones(ways([[0]] * 120, rng.integers(0, 60, 120).tolist(), ends), zones_in_a_row(9), None, fewest)
    assert (told.vehicles >= fewest).all()
    assert told.hidden != 1
