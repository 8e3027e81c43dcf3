"""What stands where, and whether one can drive there."""

from __future__ import annotations

import networkx as nx
import numpy as np
import shapely

from twin.city.city import City

ARTERIAL = "人民大道"


def test_no_building_stands_on_a_road(small: City) -> None:
    roads, buildings = small.table("roads"), small.table("buildings").geometry.to_numpy()
    surface = shapely.buffer(np.asarray(roads.geometry), roads["width_m"].to_numpy() / 2, cap_style="flat")
    assert shapely.STRtree(surface).query(buildings, predicate="intersects").size == 0


def test_no_building_stands_in_water(small: City) -> None:
    water, buildings = small.table("water").geometry.to_numpy(), small.table("buildings").geometry.to_numpy()
    assert shapely.STRtree(water).query(buildings, predicate="intersects").size == 0


def test_no_building_stands_on_another(small: City) -> None:
    buildings = small.table("buildings").geometry.to_numpy()
    left, right = shapely.STRtree(buildings).query(buildings, predicate="intersects")
    assert (left == right).all()


def test_waters_and_parcels_do_not_overlap(small: City) -> None:
    for name in ("water", "land"):
        shapes = np.asarray(small.table(name).geometry)
        assert np.isclose(shapely.area(shapely.union_all(shapes)), shapely.area(shapes).sum(), rtol=1e-4), name


def test_roads_begin_and_end_at_their_junctions(small: City) -> None:
    roads, junctions = small.table("roads"), small.table("junctions")
    place = dict(zip(junctions["id"], np.asarray(junctions.geometry), strict=True))
    for column, end in (("from_node", 0), ("to_node", -1)):
        at = shapely.get_point(np.asarray(roads.geometry), end)
        assert shapely.equals(at, [place[node] for node in roads[column]]).all()
    assert set(roads["from_node"]) | set(roads["to_node"]) == set(place)


def test_each_place_can_be_driven_to_from_each(small: City) -> None:
    roads = small.table("roads")
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(zip(roads["from_node"], roads["to_node"], strict=True))
    back = roads[~roads["oneway"]]
    graph.add_edges_from(zip(back["to_node"], back["from_node"], strict=True))
    assert nx.is_strongly_connected(graph)


def test_water_under_a_road_means_a_bridge(small: City) -> None:
    roads = small.table("roads")
    dry = roads[~roads["bridge"]].geometry.to_numpy()
    water = small.table("water").geometry.to_numpy()
    row, wet = shapely.STRtree(water).query(dry, predicate="intersects")
    assert (shapely.length(shapely.intersection(dry[row], water[wet])) < 0.5).all()


def longest_run_of_signals(city: City, name: str) -> int:
    """Follow a street from end to end and count the signals in a row at the streets that cross it or meet it."""
    roads, junctions = city.table("roads"), city.table("junctions").set_index("id")
    street: nx.Graph[int] = nx.Graph()
    rows = roads[roads["name"] == name]
    street.add_edges_from(zip(rows["from_node"], rows["to_node"], strict=True))
    ends = [node for node, count in nx.degree(street) if count == 1]
    assert len(ends) == 2
    wide = roads[(roads["name"] != name) & roads["road_class"].isin(["primary", "secondary", "tertiary"])]
    met = set(wide["from_node"]) | set(wide["to_node"])
    run = best = 0
    for node in nx.shortest_path(street, *ends):
        if node in met:
            run = run + 1 if junctions.loc[node, "signal"] else 0
            best = max(best, run)
    return best


def test_the_arterial_has_six_signals_in_a_row(small: City) -> None:
    assert longest_run_of_signals(small, ARTERIAL) >= 6


def test_signals_have_a_cycle_and_an_offset_within_it(small: City) -> None:
    junctions = small.table("junctions")
    signals, others = junctions[junctions["signal"]], junctions[~junctions["signal"]]
    assert signals["cycle_s"].between(40, 180).all()
    assert (signals["offset_s"] < signals["cycle_s"]).all()
    assert (others["cycle_s"] == 0).all()


def test_routes_of_buses_keep_to_the_roads(small: City) -> None:
    routes, roads = small.table("routes"), small.table("roads")
    ground = shapely.union_all(shapely.buffer(np.asarray(roads.geometry), 0.5))
    driven = routes[routes["kind"] != "drone"].geometry
    assert driven.within(ground).all()
