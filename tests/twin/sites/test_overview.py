from __future__ import annotations

from tests.twin.small import city, frame, points, table
from twin.live.frame import empty_frame
from twin.sites.overview import nearest_units, sites


def test_a_site_knows_its_town() -> None:
    places = table(
        points((0, 0), (2000, 0)),
        id=["p1", "p2"],
        name=["西塘镇", "大云镇"],
        name_en=["Xitang", "Dayun"],
        kind=["town", "town"],
        rank=[1, 1],
    )
    site = table(
        points((1900, 50)),
        id=["s1"],
        name=["医院"],
        name_en=["Hospital"],
        kind=["hospital"],
        status=["open"],
        capacity=[300],
        building_id=[""],
    )
    rows = sites(city(places=places, sites=site))
    assert rows.town.tolist() == ["大云镇"]
    assert rows.town_en.tolist() == ["Dayun"]
    assert rows.position_m.tolist() == [[1900.0, 50.0]]


def test_a_city_without_sites_has_no_rows() -> None:
    assert len(sites(city())) == 0


def test_the_nearest_units_come_first_and_cars_of_the_public_never() -> None:
    seen = frame(
        ("far", "officer", 900.0, 0.0, 0.0, 1.0),
        ("near", "police_car", 100.0, 0.0, 0.0, 1.0),
        ("public", "car", 1.0, 0.0, 0.0, 1.0),
    )
    found = nearest_units(seen, (0.0, 0.0))
    assert [seen.rows["id"][unit.row] for unit in found] == [b"near", b"far"]
    assert found[0].distance_m == 100.0


def test_with_nobody_about_there_is_no_unit() -> None:
    assert nearest_units(empty_frame(), (0.0, 0.0)) == ()
