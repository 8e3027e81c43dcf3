from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import shapely

from data.router.times import AWAY_MPS, RoadTimes
from tests.data.router.grid import grid, street, town
from tests.small_county import small_county
from twin.city.city import City
from twin.geo import FloatArray
from twin.traffic.graph import road_graph
from twin.traffic.lines import reached_area, reached_lines
from twin.traffic.travel import NOWHERE, OFF_ROAD, REACHED, TOO_LONG, UNREACHABLE


def times(city: City) -> RoadTimes:
    return RoadTimes(road_graph(city))


def at(*places: tuple[float, float]) -> FloatArray:
    return np.array(places, np.float64)


def test_units_are_timed_along_the_streets() -> None:
    travel = times(grid()).to_one(at((50, 0), (100, 50), (300, 300)), at((0, 0))[0])
    assert travel.seconds.tolist() == pytest.approx([5.0, 15.0, 60.0])
    assert (travel.answer == REACHED).all()


def test_a_place_beside_the_road_takes_longer() -> None:
    travel = times(grid()).to_one(at((50, 20)), at((0, 0))[0])
    assert travel.seconds[0] == pytest.approx(5.0 + 20.0 / AWAY_MPS)


def test_a_one_way_street_is_used_one_way_only() -> None:
    place = times(
        town(
            street("a", (0, 0), (4, 0), oneway=True),
            street("b", (4, 0), (4, 1)),
            street("c", (4, 1), (0, 1)),
            street("d", (0, 1), (0, 0)),
        )
    )
    assert place.from_one(at((100, 0))[0], at((300, 0))).seconds[0] == pytest.approx(20.0)
    assert place.from_one(at((300, 0))[0], at((100, 0))).seconds[0] == pytest.approx(10 + 10 + 40 + 10 + 10)
    assert place.to_one(at((300, 0)), at((100, 0))[0]).seconds[0] == pytest.approx(80.0)
    assert place.graph.names(place.route(at((300, 0))[0], at((100, 0))[0]).links) == ["a", "b", "c", "d", "a"]


def test_a_forbidden_turn_is_gone_around() -> None:
    free, banned = times(grid()), times(grid(turns=[("no", "h00", 100, "v10")]))
    start, goal = at((50, 0))[0], at((100, 50))[0]
    assert free.route(start, goal).seconds == pytest.approx(10.0)
    around = banned.route(start, goal)
    assert banned.graph.names(around.links) != ["h00", "v10"]
    assert around.seconds == pytest.approx(30.0)  # round the block
    assert banned.to_one(at((50, 0)), goal).seconds[0] == pytest.approx(30.0)
    assert banned.from_one(start, at((100, 50))).seconds[0] == pytest.approx(30.0)
    assert banned.to_one(at((100, 50)), start).seconds[0] == pytest.approx(10.0)


def test_the_only_turn_allowed_bans_all_others() -> None:
    place = times(grid(turns=[("only", "h00", 100, "h10")]))
    straight_on = place.route(at((50, 0))[0], at((150, 0))[0])
    assert straight_on.seconds == pytest.approx(10.0)
    assert place.route(at((50, 0))[0], at((100, 50))[0]).seconds > 10.0


def test_what_cannot_be_answered_says_why() -> None:
    island = town(street("a", (0, 0), (1, 0)), street("b", (5, 0), (6, 0)))
    travel = times(island).to_one(at((0, 0), (600, 0), (5000, 5000), (np.nan, 0), (np.inf, 0)), at((50, 0))[0])
    assert travel.answer.tolist() == [REACHED, UNREACHABLE, OFF_ROAD, NOWHERE, NOWHERE]
    assert np.isinf(travel.seconds[1:]).all()
    assert times(grid()).to_one(at((300, 300)), at((0, 0))[0], limit_s=30.0).answer.tolist() == [TOO_LONG]
    assert times(grid()).to_one(at((0, 0)), at((np.nan, 0))[0]).answer.tolist() == [NOWHERE]
    assert times(island).route(at((0, 0))[0], at((600, 0))[0]).answer == UNREACHABLE
    assert times(grid()).route(at((0, 0))[0], at((9e5, 0))[0]).answer == OFF_ROAD
    assert times(grid()).reach(at((np.nan, 0))[0], 60.0).answer == NOWHERE


def test_a_city_without_roads_answers_too() -> None:
    empty = times(City("空", "Empty", grid().frame, {}))
    assert empty.to_one(at((0, 0)), at((1, 1))[0]).answer.tolist() == [OFF_ROAD]
    assert len(empty.to_one(np.zeros((0, 2)), at((1, 1))[0]).seconds) == 0


def test_from_a_crossing_every_road_goes_on() -> None:
    place = times(
        town(street("a", (0, 0), (4, 0), oneway=True), street("b", (0, 0), (0, 4)), street("c", (4, 0), (4, 4)))
    )
    assert place.to_one(at((0, 0)), at((0, 200))[0]).seconds[0] == pytest.approx(20.0)
    assert place.from_one(at((400, 0))[0], at((400, 300))).seconds[0] == pytest.approx(30.0)
    assert place.route(at((0, 0))[0], at((400, 300))[0]).seconds == pytest.approx(70.0)
    here = place.route(at((0, 0))[0], at((0, 0))[0])
    assert here.answer == REACHED
    assert (here.seconds, here.line.length) == pytest.approx((0.0, 0.0))


def test_fresh_speeds_count_and_zero_closes_a_road() -> None:
    place = times(grid(2))
    kmh = np.full(len(place.graph), np.nan)
    kmh[place.graph.road == 0] = 3.6
    assert place.with_speeds(kmh).to_one(at((0, 0)), at((100, 0))[0]).seconds[0] == pytest.approx(30.0)
    shut = np.full(len(place.graph), 0.0)
    assert place.with_speeds(shut).to_one(at((0, 0)), at((50, 0))[0]).answer.tolist() == [UNREACHABLE]
    with pytest.raises(ValueError, match="links"):
        place.with_speeds(np.ones(3))


def test_reach_is_a_stretch_of_each_street() -> None:
    place = times(grid())
    reach = place.reach(at((150, 0))[0], 60.0)
    lines = reached_lines(place.graph, reach, 10.0)
    origin = np.asarray(place.graph.origin_m)
    local = shapely.transform(shapely.union_all(lines), lambda xy: xy - origin)
    assert local.length == pytest.approx(200 + 50 + 50)
    area = reached_area(place.graph, reach, 10.0)
    assert shapely.covers(area, shapely.union_all(lines))
    assert shapely.area(area) < 4 * 200 * 200
    nothing = reached_area(place.graph, place.reach(at((9e6, 0))[0], 60.0), 10.0)
    assert shapely.is_empty(nothing)


@pytest.mark.parametrize(("blocks", "open_inside"), [(8, 0), (14, 1)])
def test_fields_between_roads_are_reached_a_lake_is_not(blocks: int, open_inside: int) -> None:
    corners = [(0, 0), (blocks, 0), (blocks, blocks), (0, blocks)]
    ring = [street(f"s{side}", corners[side], corners[(side + 1) % 4]) for side in range(4)]
    place = times(town(*ring))
    area = reached_area(place.graph, place.reach(at((0, 0))[0], 600.0), 600.0)
    assert shapely.get_num_interior_rings(area) == open_inside


def test_reach_towards_a_place_respects_one_way() -> None:
    place = times(town(street("a", (0, 0), (4, 0), oneway=True)))
    inward = reached_lines(place.graph, place.reach(at((200, 0))[0], 60.0, inward=True), 10.0)
    outward = reached_lines(place.graph, place.reach(at((200, 0))[0], 60.0), 10.0)
    west = place.graph.origin_m[0]
    assert (shapely.bounds(inward[0])[[0, 2]] - west).tolist() == pytest.approx([100, 200])
    assert (shapely.bounds(outward[0])[[0, 2]] - west).tolist() == pytest.approx([200, 300])


def test_a_route_is_as_long_as_its_line() -> None:
    place, rng = times(small_county()), np.random.default_rng(3)
    nodes = place.graph.node_m - np.asarray(place.graph.origin_m)
    for start, goal in nodes[rng.integers(len(nodes), size=(20, 2))]:
        route = place.route(start, goal)
        if route.answer == REACHED:
            assert route.line.length == pytest.approx(route.metres, abs=0.5)
            assert route.seconds == pytest.approx(place.to_one(start[None], goal).seconds[0])
            tails, heads = place.graph.tail[route.links], place.graph.head[route.links]
            assert (heads[:-1] == tails[1:]).all()


def test_times_are_those_of_networkx() -> None:
    place = times(small_county())
    graph = place.graph
    peer: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    peer.add_weighted_edges_from(zip(graph.tail.tolist(), graph.head.tolist(), place.link_s.tolist(), strict=True))
    goal = int(graph.head[len(graph) // 2])
    truth = nx.single_source_dijkstra_path_length(peer.reverse(), goal)
    nodes = graph.node_m - np.asarray(graph.origin_m)
    travel = place.to_one(nodes, nodes[goal])
    wanted = np.array([truth.get(node, np.inf) for node in range(len(nodes))])
    assert travel.seconds == pytest.approx(wanted, abs=1e-3)
