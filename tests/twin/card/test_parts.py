from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import Point, Polygon, box

from data.router.times import RoadTimes
from tests.data.router.grid import grid
from tests.twin.small import FRAME, frame, table
from twin.card.parts import Scenery, cameras_seeing, nearest_units, open_alerts, what_is_inside, where_it_is
from twin.card.target import Target, target_of
from twin.city.city import City
from twin.live.frame import TrackFrame, empty_frame
from twin.live.kinds import STATE_CODE
from twin.operations.standing import Standing
from twin.traffic.graph import road_graph
from twin.world import World


def town() -> City:
    """Return a grid of streets with one house between two cameras, and a school."""
    house = box(140, 20, 160, 80)
    devices = table(
        [Point(100, 50), Point(200, 50), Point(150, 350)], id=["c1", "c2", "c3"], name=["西侧", "东侧", "远处"],
        kind=["camera"] * 3, heading_deg=[90.0, 270.0, 180.0], view_deg=[90.0] * 3, range_m=[120.0] * 3,
        height_m=[5.0] * 3,
    )  # fmt: skip
    buildings = table(
        [house], id=["b1"], name=["大楼"], use=["office"], floors=[4], height_m=[20.0], base_m=[0.0], roof=["flat"]
    )
    sites = table(
        [house], id=["s1"], name=["第一小学"], name_en=["First School"], kind=["school"], status=["open"],
        capacity=[100], building_id=["b1"],
    )  # fmt: skip
    boundaries = table([box(-10, -10, 310, 310)], id=["a1"], name=["方镇"], name_en=["Square"], kind=["town"])
    places = table([Point(150, 150)], id=["p1"], name=["方镇"], name_en=["Square"], kind=["town"], rank=[1])
    base = grid()
    tables = {"devices": devices, "buildings": buildings, "sites": sites, "boundaries": boundaries, "places": places}
    return City("方格", "Grid", FRAME, {**base.tables, **tables})


def world(tracks: TrackFrame | None = None) -> World:
    return World(town(), empty_frame() if tracks is None else tracks, (), 1000.0, live=True)


def at(world: World, x: float, y: float) -> Target:
    return target_of(world, "point", "", (x, y, 0.0))


def names(lines: tuple[object, ...]) -> list[str]:
    return [getattr(line, "key", "") for line in lines]


def test_a_camera_behind_a_house_does_not_see() -> None:
    here = world()
    scenery = Scenery(here.city)
    assert names(cameras_seeing(here.city, scenery, at(here, 130, 50)).lines) == ["c1"]
    assert names(cameras_seeing(here.city, scenery, at(here, 170, 50)).lines) == ["c2"]
    assert cameras_seeing(here.city, scenery, at(here, 150, 5)).total == 2


def test_a_house_is_seen_by_those_that_see_one_of_its_walls() -> None:
    here = world()
    house = target_of(here, "buildings", "b1", (0.0, 0.0, 0.0))
    part = cameras_seeing(here.city, Scenery(here.city), house)
    assert sorted(names(part.lines)) == ["c1", "c2"]


def test_a_camera_does_not_see_itself() -> None:
    here = world()
    camera = target_of(here, "cameras", "c1", (0.0, 0.0, 0.0))
    assert "c1" not in names(cameras_seeing(here.city, Scenery(here.city), camera).lines)
    assert camera.position_m[:2].tolist() == [100.0, 50.0]


def test_the_nearest_unit_is_the_one_that_is_there_first() -> None:
    units = frame(
        ("far", "police_car", 300.0, 300.0, 0.0, 0.0), ("near", "police_car", 0.0, 100.0, 0.0, 0.0),
        ("foot", "officer", 0.0, 40.0, 0.0, 0.0), ("bus", "bus", 0.0, 1.0, 0.0, 0.0),
        ("drone", "drone", 180.0, 0.0, 0.0, 0.0), ("away", "police_car", 9000.0, 9000.0, 0.0, 0.0),
    )  # fmt: skip
    here = world(units)
    drive, walk = RoadTimes(road_graph(here.city)), RoadTimes(road_graph(here.city, "walk"))
    part = nearest_units(here, at(here, 0, 0), drive, walk)
    assert names(part.lines) == ["near", "drone", "foot", "far"]
    assert part.lines[0].seconds == pytest.approx(10.0, abs=0.1)
    assert (part.total, part.unreachable) == (4, 1)


def test_units_off_duty_or_silent_are_not_sent() -> None:
    off = frame(("a", "police_car", 0.0, 0.0, 0.0, 0.0), state="off_duty")
    here = world(off)
    drive = RoadTimes(road_graph(here.city))
    assert nearest_units(here, at(here, 0, 0), drive, drive).total == 0
    late = World(here.city, frame(("a", "police_car", 0.0, 0.0, 0.0, 0.0)), (), 5000.0, live=True)
    assert nearest_units(late, at(late, 0, 0), drive, drive).total == 0


def test_alarms_nearby_are_open_alerts() -> None:
    wrong = frame(("a", "bus", 100.0, 0.0, 0.0, 0.0), ("b", "bus", 5000.0, 0.0, 0.0, 0.0), state="alarm")
    here = world(wrong)
    part = open_alerts(here, at(here, 0, 0))
    assert names(part.lines) == ["a"]
    assert part.lines[0].state == "alarm"


def test_what_is_inside_a_house_a_town_and_beside_a_place() -> None:
    here = world()
    assert names(what_is_inside(here, target_of(here, "buildings", "b1", (0, 0, 0))).lines) == ["s1"]
    assert names(what_is_inside(here, target_of(here, "sites", "s1", (0, 0, 0))).lines) == ["b1"]
    counted = {
        (line.layer, line.kind): line.count
        for line in what_is_inside(here, target_of(here, "places", "p1", (0, 0, 0))).lines
    }
    assert counted == {("buildings", ""): 1, ("sites", "school"): 1, ("devices", "camera"): 2}
    assert set(names(what_is_inside(here, at(here, 130, 50)).lines)) == {"s1", "c1"}


def test_where_it_is_names_the_smallest_area() -> None:
    here = world()
    assert [line.name for line in where_it_is(here, at(here, 5, 5)).lines] == ["方镇"]


@pytest.mark.parametrize("layer", ["point", "vehicles", "buildings", "nonsense"])
def test_what_is_gone_or_nowhere_has_an_empty_card(layer: str) -> None:
    here = World(City("空", "Empty", FRAME, {}), empty_frame(), (), 0.0, live=True)
    target = target_of(here, layer, "gone", (float("nan"), 0.0, 0.0))
    drive = RoadTimes(road_graph(here.city))
    assert nearest_units(here, target, drive, drive).total == 0
    assert cameras_seeing(here.city, Scenery(here.city), target).total == 0
    assert what_is_inside(here, target).total == 0
    assert where_it_is(here, target).lines == ()
    assert open_alerts(here, target).total == 0


def test_a_polygon_with_a_hole_is_looked_at_all_round() -> None:
    here = world()
    ring = Polygon([(0, 0), (90, 0), (90, 90), (0, 90)], [[(30, 30), (60, 30), (60, 60), (30, 60)]])
    place = City(
        "",
        "",
        FRAME,
        {
            "sites": table(
                [ring], id=["x"], name=[""], name_en=[""], kind=["market"], status=[""], capacity=[0], building_id=[""]
            )
        },
    )
    target = target_of(World(place, here.tracks, (), 0.0, live=True), "sites", "x", (0, 0, 0))
    assert len(target.points_m) == 8
    assert np.isfinite(target.points_m).all()


def test_what_scenarios_found_comes_first_and_is_told_once() -> None:
    cars = frame(
        ("bad", "car", 10.0, 0.0, 0.0, 0.0), ("worse", "car", 20.0, 0.0, 0.0, 0.0),
        ("broken", "car", 5.0, 0.0, 0.0, 0.0),
    )  # fmt: skip
    cars.rows["state"][:2], cars.rows["state"][2] = STATE_CODE["alarm"], STATE_CODE["fault"]
    lon, lat = FRAME.to_lonlat([20.0, 9000.0], [0.0, 9000.0])
    found = Standing("A1", "smoke", "冒烟", "Smoke", 1, "worse", "car", float(lon[0]), float(lat[0]), 900.0)
    far = replace(found, id="A2", subject="away", severity=2, lon_deg=float(lon[1]), lat_deg=float(lat[1]))
    nowhere = replace(found, id="A3", subject="", lon_deg=np.nan, lat_deg=np.nan)
    here = replace(world(cars), alerts=(far, found, nowhere))
    part = open_alerts(here, at(here, 0, 0))
    assert [(line.key, line.state, line.severity) for line in part.lines] == [
        ("worse", "alert", 1), ("bad", "alarm", 0), ("broken", "fault", 0),
    ]  # fmt: skip
    assert (part.total, part.lines[0].name_en) == (3, "Smoke")
    about = open_alerts(here, replace(at(here, 0, 0), key="away"))
    assert [line.severity for line in about.lines[:2]] == [1, 2], "what is about the thing itself counts wherever it is"


def test_units_at_the_pole_or_nowhere_are_not_the_nearest_and_break_nothing() -> None:
    units = frame(*((f"u{number}", "police_car", 0.0, 0.0, 0.0, 0.0) for number in range(5)))
    units.rows["state"][4] = STATE_CODE["alarm"]
    units.position_m[1:] = [(np.nan, np.nan, np.nan), (0.0, 9.3e6, 0.0), (-1.2e7, -3.4e6, 60_000.0), (np.inf, 0.0, 0.0)]
    here = world(units)
    drive, walk = (RoadTimes(road_graph(here.city, mode)) for mode in ("drive", "walk"))
    assert names(nearest_units(here, at(here, 10, 0), drive, walk).lines) == ["u0"]
    assert open_alerts(here, at(here, 10, 0)).total == 0
    nowhere = at(here, np.nan, np.nan)
    assert nearest_units(here, nowhere, drive, walk).total == 0
    assert cameras_seeing(here.city, Scenery(here.city), nowhere).total == 0
