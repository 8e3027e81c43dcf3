from __future__ import annotations

import numpy as np
import pytest

from tests.twin.signals.made import arterial_city
from twin.signals.corridor import Corridor, corridors
from twin.signals.stages import usual
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.streams import (
    ASSUMED,
    Streams,
    area,
    assumed,
    counted,
    fitted,
    kinds,
    link_rows,
    of_counts,
    of_tracks,
)


@pytest.fixture(scope="module")
def place() -> tuple[RoadGraph, Corridor]:
    city = arterial_city((0.0, 400.0, 900.0))
    return road_graph(city), corridors(city, 3)[0]


def test_assumed_flows_arrive_at_the_signals_they_were_assumed_at(place: tuple[RoadGraph, Corridor]) -> None:
    graph, corridor = place
    links = area(graph, corridor)
    flows = [usual(*three) for three in zip(corridor.junctions, corridor.out, corridor.back, strict=True)]
    found = assumed(graph, links, corridor, flows)
    assert found.origin == ASSUMED
    first = link_rows(graph)[corridor.junctions[0].movement(corridor.out[0]).come]
    on = sum(vph for way, vph in zip(found.ways, found.vph, strict=True) if way[0] == first)
    assert on == pytest.approx(flows[0][corridor.out[0]] + 40.0, rel=0.1)
    sums = dict.fromkeys(("through", "cross", "turn"), 0.0)
    for kind, vph in zip(kinds(found, graph, corridor), found.vph, strict=True):
        sums[kind] += vph
    assert sums["cross"] > sums["through"] > sums["turn"] > 0
    assert all((graph.head[way[:-1]] == graph.tail[way[1:]]).all() for way in found.ways)


def test_counts_bend_streams_without_making_any_negative() -> None:
    streams = Streams((np.array([0, 1]), np.array([2, 1])), np.array([100.0, 100.0]), "tracks")
    bent = fitted(streams, np.array([0, 1]), np.array([300.0, 320.0]))
    assert bent.vph[0] == pytest.approx(300.0, rel=0.15)
    assert bent.vph.sum() == pytest.approx(320.0, rel=0.15)
    assert (fitted(streams, np.array([0]), np.array([0.0])).vph >= 0).all()
    assert fitted(streams, np.array([9]), np.array([5.0])) is streams


def test_tracks_are_cut_at_the_edge_and_scaled() -> None:
    paths = [np.array([9, 1, 2, 8, 2, 3]), np.array([1, 2]), np.array([3])]
    found = of_tracks(paths, np.array([1, 2, 3]), hours=0.5, share=0.1)
    told = {tuple(way.tolist()): vph for way, vph in zip(found.ways, found.vph, strict=True)}
    assert told == {(1, 2): pytest.approx(40.0), (2, 3): pytest.approx(20.0)}


def test_counted_links_turn_as_the_roads_ahead_are_used(place: tuple[RoadGraph, Corridor]) -> None:
    graph, corridor = place
    links = area(graph, corridor)
    rows = link_rows(graph)
    seen = np.array([rows["a0"], rows["a1"], rows["s1"]])
    vph = counted(links, seen, np.array([40.0, 30.0, 10.0]), hours=1.0, share=0.1)
    found = of_counts(graph, links, vph)
    onward = sum(v for way, v in zip(found.ways, found.vph, strict=True) if rows["a1"] in way.tolist())
    assert found.vph.sum() == pytest.approx(400.0)
    assert onward == pytest.approx(300.0, rel=0.1)
    assert not len(of_counts(graph, links, np.zeros(len(links))))


def test_departures_follow_the_seed() -> None:
    streams = Streams((np.array([0, 1]),), np.array([3600.0]), "tracks")
    one, again, other = (streams.departures(600.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(one[1], again[1])
    assert not np.array_equal(one[1][:50], other[1][:50])
    assert len(one[0]) == pytest.approx(600, rel=0.2)
    assert (np.diff(one[1]) >= 0).all()
