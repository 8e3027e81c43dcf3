"""Extracts of a few nodes and ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.importers.osm import read_osm
from data.importers.osm_tags import area_land, area_water, read_road, read_use
from data.importers.part import Part
from data.importers.report import Watch
from tests.data.importers.samples import OsmFile
from twin.errors import BadInputError, CancelledError


def house(file: OsmFile, east: float, north: float) -> list[int]:
    """Write the nodes of a square of about 10 m and return them closed."""
    nodes = [file.node(east + x, north + y) for x, y in ((0, 0), (0.1, 0), (0.1, 0.1), (0, 0.1))]
    return [*nodes, nodes[0]]


@pytest.fixture
def town(tmp_path: Path) -> Part:
    file = OsmFile(tmp_path / "town.osm.pbf")
    plain, tall, outer, inner = house(file, 0, 0), house(file, 1, 0), house(file, 2, 0), None
    hole = [file.node(2 + x, y) for x, y in ((0.03, 0.03), (0.06, 0.03), (0.06, 0.06), (0.03, 0.06))]
    inner = [*hole, hole[0]]
    unclosed = house(file, 3, 0)[:-1]
    lent = house(file, 4, 0)
    file.node(4.05, 0.05, building="retail", building__levels="5", name="店")
    file.node(0, 2, place="town", name="Weitang", name__zh="魏塘", name__en="Weitang Town")
    file.node(1.05, 0.05, amenity="hospital", name="医院")
    street = [file.node(x, 1) for x in range(3)]
    side = [street[1], file.node(1, 1.5), file.node(1, 1.8, highway="traffic_signals"), file.node(1, 2)]
    stream = [file.node(0, 3), file.node(1, 3)]
    pond = house(file, 5, 0)
    file.way(100, plain, building="yes")
    file.way(101, tall, building="apartments", height="40 ft", building__levels="4", roof__shape="gabled")
    file.way(102, outer)
    file.way(103, inner)
    file.way(104, unclosed, building="house", height="-5")
    file.way(105, lent, building="yes", height="nine")
    file.way(200, street, highway="primary", name="Main Street", name__zh="主街", oneway="-1", maxspeed="30 mph")
    file.way(201, side, highway="residential", bridge="yes", lanes="3", width="9 m")
    file.way(300, stream, waterway="river", width="20")
    file.way(301, pond, natural="water", water="pond", name="塘")
    file.way(302, [*pond, 9_999], highway="footway")
    file.relation(1, [("w", 102, "outer"), ("w", 103, "inner")], type="multipolygon", building="school")
    file.close()
    return read_osm(tmp_path / "town.osm.pbf", Watch())


def test_buildings_come_from_ways_relations_and_outlines_left_open(town: Part) -> None:
    buildings = town.tables["buildings"].set_index("id")
    assert sorted(buildings.index) == ["r1", "w100", "w101", "w104", "w105"]
    assert buildings.loc["w101", "height_m"] == pytest.approx(12.192)
    assert (buildings.loc["w101", "use"], buildings.loc["w101", "roof"]) == ("residential", "gabled")
    assert len(buildings.loc["r1"].geometry.interiors) == 1
    assert town.report.fault_counts["not_closed"] == 1


def test_a_height_that_cannot_be_is_listed(town: Part) -> None:
    faults = {(fault.place, fault.reason) for fault in town.report.faults}
    assert {("w104", "height"), ("w105", "not_a_number")} <= faults
    unknown = town.tables["buildings"].set_index("id")["height_m"].isna()
    assert unknown["w104"]
    assert not unknown["w101"]


def test_a_building_point_lends_its_outline_what_it_knows(town: Part) -> None:
    lent = town.tables["buildings"].set_index("id").loc["w105"]
    assert (lent["floors"], lent["name"], lent["use"]) == (5, "店", "commercial")
    assert town.report.counts["buildings_with_height"] == 2


def test_roads_are_cut_where_they_meet(town: Part) -> None:
    roads = town.tables["roads"].set_index("id")
    assert town.report.counts["road_ways"] == 3
    assert set(roads.index) == {"w200-0", "w200-1", "w201-0", "w201-1", "w302-0"}
    main = roads.loc["w200-0"]
    assert (main["road_class"], main["name"], main["name_en"]) == ("primary", "主街", "Main Street")
    assert main["oneway"]
    assert main["speed_kmh"] == pytest.approx(48.28, abs=0.01)
    # Traffic runs against the way, so the road does too.
    start, end = roads["from_node"].to_dict(), roads["to_node"].to_dict()
    assert start["w200-0"] == end["w200-1"] == start["w201-0"]
    assert (roads.loc["w201-0", "lanes"], roads.loc["w201-0", "width_m"]) == (3, 9.0)
    assert roads.loc["w201-0", "bridge"]


def test_junctions_are_where_roads_meet_and_signals_stand(town: Part) -> None:
    junctions = town.tables["junctions"]
    assert len(junctions) == 2
    assert junctions["signal"].sum() == 1
    nodes = set(town.tables["roads"]["from_node"]) | set(town.tables["roads"]["to_node"])
    assert set(junctions["id"]) <= nodes


def test_a_way_cut_by_the_extract_is_taken_as_far_as_it_goes(town: Part) -> None:
    assert town.report.fault_counts["missing_nodes"] == 1


def test_water_places_and_sites_find_their_tables(town: Part) -> None:
    water = town.tables["water"].set_index("id")
    assert water["kind"].to_dict() == {"w300": "river", "w301": "pond"}
    length_m = water.loc["w300"].geometry.length / 2
    assert water.loc["w300"].geometry.area == pytest.approx(20 * (length_m - 20), rel=0.01)
    place = town.tables["places"].iloc[0]
    assert (place["name"], place["name_en"], place["kind"]) == ("魏塘", "Weitang Town", "town")
    site = town.tables["sites"].iloc[0]
    assert (site["kind"], site["building_id"]) == ("hospital", "w101")


def test_pieces_of_one_outline_are_left_out(tmp_path: Path) -> None:
    file = OsmFile(tmp_path / "a.osm.pbf")
    whole, ring = house(file, 0, 0), house(file, 1, 0)
    file.way(1, whole, building="yes")
    file.way(2, ring[:3], building="yes")
    file.way(3, ring[2:], building="yes")
    file.close()
    part = read_osm(tmp_path / "a.osm.pbf", Watch())
    assert part.tables["buildings"]["id"].tolist() == ["w1"]
    assert part.report.fault_counts == {"piece_of_outline": 2}


def test_an_extract_of_nothing_is_said(tmp_path: Path) -> None:
    file = OsmFile(tmp_path / "a.osm.pbf")
    file.node(0, 0, natural="tree")
    file.close()
    with pytest.raises(BadInputError, match="holds no buildings"):
        read_osm(tmp_path / "a.osm.pbf", Watch())


def test_a_file_cut_short_or_of_another_kind_is_said(tmp_path: Path) -> None:
    file = OsmFile(tmp_path / "a.osm.pbf")
    file.way(1, house(file, 0, 0), building="yes")
    file.close()
    content = (tmp_path / "a.osm.pbf").read_bytes()
    (tmp_path / "a.osm.pbf").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(BadInputError, match="cut short"):
        read_osm(tmp_path / "a.osm.pbf", Watch())
    (tmp_path / "a.osm.pbf").write_bytes(b"<osm version='0.6'/>")
    with pytest.raises(BadInputError, match="not that of"):
        read_osm(tmp_path / "a.osm.pbf", Watch())


def test_a_stop_is_heard(tmp_path: Path) -> None:
    file = OsmFile(tmp_path / "a.osm.pbf")
    file.way(1, house(file, 0, 0), building="yes")
    file.close()
    with pytest.raises(CancelledError):
        read_osm(tmp_path / "a.osm.pbf", Watch(cancelled=lambda: True))


@pytest.mark.parametrize(
    ("tags", "road_class", "lanes", "oneway"),
    [
        ({"highway": "motorway_link"}, "motorway", 2, True),
        ({"highway": "residential", "junction": "roundabout"}, "residential", 1, True),
        ({"highway": "residential", "lanes": "many"}, "residential", 2, False),
        ({"highway": "construction", "construction": "primary"}, "track", 1, False),
        ({"highway": "steps"}, "path", 1, False),
    ],
)
def test_what_is_not_tagged_is_as_usual(tags: dict[str, str], road_class: str, lanes: int, oneway: bool) -> None:
    road = read_road(tags)
    assert (road.road_class, road.lanes, road.oneway) == (road_class, lanes, oneway)


def test_tags_find_their_kinds() -> None:
    assert area_land({"landuse": "farmland", "crop": "rice"}) == "paddy"
    assert area_land({"natural": "wood"}) == "forest"
    assert area_land({"landuse": "military"}) == ""
    assert area_water({"landuse": "reservoir"}) == "lake"
    assert area_water({"natural": "water", "water": "canal"}) == "canal"
    assert read_use({"building": "yes", "amenity": "school"}) == "school"
    assert read_use({"building": "yes", "shop": "bakery"}) == "commercial"
