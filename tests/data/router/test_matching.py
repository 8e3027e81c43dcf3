from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from data.router.matching import HmmMatcher
from data.router.times import RoadTimes
from tests.data.router.grid import grid, street, town
from tests.small_county import small_county
from twin.geo import FloatArray
from twin.traffic.graph import NO_LINK, IntArray, road_graph


def driven(places: list[tuple[float, float]], every_s: float = 10.0) -> tuple[FloatArray, FloatArray]:
    return np.array(places, np.float64), np.arange(len(places), dtype=np.float64) * every_s


def names(matcher: HmmMatcher, links: IntArray) -> list[str]:
    return matcher.graph.names(links)


def test_a_track_is_on_the_links_it_drove() -> None:
    matcher = HmmMatcher(road_graph(grid()))
    match = matcher.match(*driven([(10, 4), (90, -3), (103, 60), (98, 150)]))
    assert [names(matcher, path) for path in match.path] == [["h00", "v10", "v11"]]
    assert match.piece.tolist() == [0, 0, 0, 0]
    assert match.along_m[0] == pytest.approx(10)


def test_links_between_two_points_are_filled_in() -> None:
    matcher = HmmMatcher(road_graph(grid()))
    match = matcher.match(*driven([(10, 0), (290, 0)]))
    assert names(matcher, match.path[0]) == ["h00", "h10", "h20"]


def test_the_way_back_is_the_other_link() -> None:
    matcher = HmmMatcher(road_graph(grid()))
    assert names(matcher, matcher.match(*driven([(290, 2), (210, 2), (110, 2)])).path[0]) == ["-h20", "-h10"]


def test_a_one_way_street_is_not_driven_against() -> None:
    place = town(street("a", (0, 0), (4, 0), oneway=True), street("b", (4, 0), (4, 1)), street("c", (4, 1), (0, 1)))
    matcher = HmmMatcher(road_graph(place))
    match = matcher.match(*driven([(350, 55), (250, 55), (150, 55)]))
    assert set(names(matcher, match.path[0])) == {"c"}


def test_a_forbidden_turn_is_not_matched_when_it_could_be_driven_around() -> None:
    matcher = HmmMatcher(road_graph(grid(turns=[("no", "h00", 100, "v10")])))
    match = matcher.match(*driven([(20, 0), (80, 0), (100, 60), (100, 140)]))
    joined = [names(matcher, path) for path in match.path]
    assert not any(pair == ("h00", "v10") for path in joined for pair in pairwise(path))


def test_what_no_road_explains_has_no_link_and_the_rest_goes_on() -> None:
    matcher = HmmMatcher(road_graph(grid()))
    match = matcher.match(
        np.array([(10, 0), (np.nan, 0), (5000, 5000), (90, 0), (np.inf, 1)]), np.array([0.0, 1, 2, 3, 4])
    )
    assert (match.link == NO_LINK).tolist() == [False, True, True, False, True]
    assert match.piece.tolist() == [0, -1, -1, 0, -1]
    assert np.isnan(match.along_m[1])


def test_a_jump_begins_a_new_piece() -> None:
    place = town(street("a", (0, 0), (2, 0)), street("b", (50, 0), (52, 0)))
    matcher = HmmMatcher(road_graph(place))
    match = matcher.match(*driven([(10, 0), (60, 0), (5010, 0), (5090, 0)]))
    assert match.piece.tolist() == [0, 0, 1, 1]
    assert [names(matcher, path) for path in match.path] == [["a"], ["b"]]


@pytest.mark.parametrize("count", [0, 1])
def test_few_points_are_no_trouble(count: int) -> None:
    match = HmmMatcher(road_graph(grid())).match(np.full((count, 2), 50.0), np.zeros(count))
    assert len(match.link) == count
    assert len(match.path) == count


def test_points_that_come_out_of_order_or_twice_are_put_right() -> None:
    matcher = HmmMatcher(road_graph(grid()))
    match = matcher.match(np.array([(90, 0), (10, 0), (10, 0), (100, 80)], float), np.array([10.0, 0.0, 0.0, 20.0]))
    assert names(matcher, match.path[0]) == ["h00", "v10"]


def test_noisy_drives_of_the_county_are_found_again() -> None:
    graph = road_graph(small_county())
    times, matcher, rng = RoadTimes(graph), HmmMatcher(graph), np.random.default_rng(5)
    nodes = graph.node_m - np.asarray(graph.origin_m)
    right = total = 0.0
    for start, goal in nodes[rng.integers(len(nodes), size=(15, 2))]:
        route = times.route(start, goal)
        if not 500 < route.metres < 8000:
            continue
        measures = np.arange(0.0, route.metres, 100.0)
        xy = np.array([route.line.interpolate(at).coords[0] for at in measures]) - np.asarray(graph.origin_m)
        match = matcher.match(xy + rng.normal(0, 6, xy.shape), measures / 12)
        on = {int(link) for path in match.path for link in path}
        inner = route.links[1:-1]  # the first and the last are driven in part
        lengths = graph.length_m[inner]
        right += float(lengths[[int(link) in on for link in inner]].sum())
        total += float(lengths.sum())
    assert total > 0
    assert right / total > 0.95


def test_many_tracks_at_once_are_matched_as_each_alone() -> None:
    graph = road_graph(small_county())
    matcher, rng = HmmMatcher(graph), np.random.default_rng(2)
    nodes = graph.node_m - np.asarray(graph.origin_m)
    sizes = rng.integers(0, 30, 40)
    first = np.append(0, np.cumsum(sizes))
    starts, steps = nodes[rng.integers(len(nodes), size=40)], rng.normal(0, 60, (int(sizes.sum()), 2))
    at = np.concatenate([starts[i] + steps[first[i] : first[i + 1]].cumsum(axis=0) for i in range(40)])
    at[::17] = np.nan
    when = 5.0 * rng.permutation(len(at)).astype(np.float64)
    many = matcher.match_many(at, when, first)
    assert (many.link >= 0).sum() > 100
    for one in range(40):
        part = slice(int(first[one]), int(first[one + 1]))
        alone = matcher.match(at[part], when[part])
        assert many.link[part].tolist() == alone.link.tolist()
        whole = many.way[many.first[part.start] : many.first[part.stop]]
        assert sorted(whole.tolist()) == sorted(link for path in alone.path for link in path.tolist())


def test_a_vehicle_that_stands_in_noise_stays_where_it_is() -> None:
    graph = road_graph(grid())
    rng = np.random.default_rng(3)
    at = np.concatenate([np.linspace((110, 0), (160, 0), 6), np.tile((160.0, 0.0), (60, 1)), [(190, 0), (250, 0)]])
    match = HmmMatcher(graph).match(*driven([tuple(row) for row in at + rng.normal(0, 6, at.shape)], 5.0))
    assert [names(HmmMatcher(graph), path) for path in match.path] == [["h10", "h20"]]
