"""A city of a few rows in every table, and a frame of a few entities, for tests of layers and of what is exported."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from twin.city.city import City, Terrain
from twin.city.tables import TABLES
from twin.geo import LocalFrame
from twin.kept import Geofence, Kept, Result
from twin.live.frame import TrackFrame
from twin.live.observation import Observation, batch
from twin.world import SourceState, World

CRS = "EPSG:4549"
EAST, NORTH = 587_000.0, 3_412_000.0  # a place in Jiashan
AT_S = 1_780_000_000.0


def square(x: float, y: float, size: float = 10.0) -> Polygon:
    return box(EAST + x, NORTH + y, EAST + x + size, NORTH + y + size)


def table(spec_name: str, geometry: list[Any], /, **columns: list[Any]) -> gpd.GeoDataFrame:
    spec = {c.name: pd.Series(columns[c.name], dtype=c.dtype) for c in TABLES[spec_name].columns}
    return gpd.GeoDataFrame(spec, geometry=geometry, crs=CRS)


def tiny_city() -> City:
    holed = Polygon(square(40, 0, 20).exterior, [square(45, 5, 5).exterior])
    twins = MultiPolygon([square(80, 0), square(95, 0)])
    tables = {
        "buildings": table(
            "buildings", [square(0, 0), holed, twins, square(0, 40)], id=["b1", "b2", "b3", "b4"],
            name=["人民医院", "", "=cmd|' /C calc'!A0", "学校“东”,\"校\""],
            use=["hospital", "residential", "office", "school"],
            floors=[6, 2, 30, 4], height_m=[21.5, 6.4, 99.0, np.nan], base_m=[3.1, 3.0, 2.9, 3.0], roof=["flat"] * 4,
        ),
        "surfaces": table(
            "surfaces",
            [Polygon([(EAST, NORTH, z), (EAST + 10, NORTH, z), (EAST + 10, NORTH + 10, z), (EAST, NORTH + 10, z)])
             for z in (3.1, 24.6)],
            building_id=["b1", "b1"], kind=["GroundSurface", "RoofSurface"],
        ),
        "roads": table(
            "roads",
            [LineString([(EAST - 100, NORTH - 5), (EAST + 200, NORTH - 5)]),
             LineString([(EAST - 5, NORTH), (EAST - 5, NORTH + 90)])],
            id=["r1", "r2"], name=["解放路", ""], name_en=["Jiefang Road", ""], road_class=["primary", "service"],
            lanes=[4, 1], oneway=[False, True], speed_kmh=[60.0, 20.0], width_m=[16.0, np.nan], bridge=[False, False],
            from_node=[1, 2], to_node=[2, 3],
        ),
        "junctions": table(
            "junctions", [Point(EAST - 5, NORTH - 5), Point(EAST - 5, NORTH + 90)], id=[2, 3], name=["解放路口", ""],
            signal=[True, False], cycle_s=[90.0, np.nan], offset_s=[12.0, np.nan],
        ),
        "water": table("water", [square(120, 0, 60)], id=["w1"], name=["汾湖"], kind=["lake"]),
        "land": table("land", [square(120, 90, 60), square(0, 90, 60)], id=["l1", "l2"], kind=["paddy", "park"]),
        "places": table(
            "places", [Point(EAST, NORTH), Point(EAST + 90, NORTH + 90)], id=["p1", "p2"], name=["西塘", "北村"],
            name_en=["Xitang", ""], kind=["town", "village"], rank=[2, 4],
        ),
        "boundaries": table(
            "boundaries", [square(-200, -200, 500)], id=["y1"], name=["西塘镇"], name_en=["Xitang Town"], kind=["town"]
        ),
        "sites": table(
            "sites", [square(0, 0), Point(EAST + 50, NORTH + 50)], id=["s1", "s2"], name=["人民医院", "工地"],
            name_en=["Hospital", ""], kind=["hospital", "zoo"], status=["open", ""], capacity=[400, 0],
            building_id=["b1", ""],
        ),
        "devices": table(
            "devices", [Point(EAST + 3, NORTH - 3), Point(EAST + 30, NORTH - 3)], id=["c1", "a1"],
            name=["路口摄像机", "空气站"], kind=["camera", "air_sensor"],
            heading_deg=[90.0, np.nan], view_deg=[60.0, np.nan], range_m=[80.0, np.nan], height_m=[6.0, 3.0],
        ),
    }  # fmt: skip
    height_m = np.linspace(1.0, 5.0, 40 * 60, dtype=np.float32).reshape(40, 60)
    height_m[0, 0] = np.nan
    terrain = Terrain(height_m, EAST - 200, NORTH + 200, 10.0)
    frame = LocalFrame(CRS, (587_000, 3_412_000))
    return City("测试镇", "Testing Town", frame, tables, terrain, invented=True, credit="测试数据 · test data")


OBSERVATIONS: tuple[tuple[str, str, float, float, dict[str, Any]], ...] = (
    ("car", "浙F·8K2Q6", 20.0, -4.0, {"speed_mps": 12.5, "heading_deg": 90.0, "state": "moving", "accuracy_m": 3.0}),
    ("bus", "浙F·00001D", 60.0, -6.0, {"speed_mps": 10.0, "heading_deg": 270.0}),
    ("boat", "浙嘉善货0001", 130.0, 20.0, {"speed_mps": 2.0}),
    ("officer", "王小明", 10.0, 20.0, {"speed_mps": 1.2, "state": "free"}),
    ("guard", "李雷", 30.0, 20.0, {"time_s": AT_S - 3600}),
    ("drone", "巡一", 50.0, 50.0, {"height_m": 80.0, "heading_deg": 10.0, "speed_mps": 8.0}),
    ("air_sensor", "空气站", 30.0, -3.0, {"value": 35.5}),
    ("gate", "东门", 31.0, -3.0, {"value": 12.0, "state": "alarm"}),
)


def tiny_frame(city: City, at_s: float = AT_S) -> TrackFrame:
    observations = []
    for number, (kind, label, x, y, more) in enumerate(OBSERVATIONS):
        lon, lat = city.frame.to_lonlat(x, y)
        told: dict[str, Any] = {"time_s": at_s - 1.25, **more}
        observations.append(
            Observation(f"e{number}", kind, lon_deg=float(lon), lat_deg=float(lat), label=label, **told)
        )
    rows = batch("demo-life", observations).rows
    x_m, y_m = city.frame.to_local(rows["lon_deg"], rows["lat_deg"])
    position_m = np.column_stack([x_m, y_m, rows["height_m"] + 3.0]).astype(np.float32)
    return TrackFrame(rows, position_m, np.zeros(len(rows), np.uint8), version=1, at_s=at_s)


def tiny_world(city: City | None = None, up: bool = True, reason: str = "") -> World:
    city = city or tiny_city()
    sources = (SourceState("demo-life", "demo-life", up, reason, AT_S, 8.0),)
    return World(city, tiny_frame(city), sources, AT_S, live=True, kept=tiny_kept())


def tiny_kept() -> Kept:
    """Return an area that is seen, a line of sight that meets a wall, and two geofences."""
    seen = shapely.box(EAST, NORTH, EAST + 20, NORTH + 20)
    sight = shapely.MultiLineString([[(EAST, NORTH), (EAST + 30, NORTH)], [(EAST + 30, NORTH), (EAST + 50, NORTH)]])
    about = (AT_S, AT_S, True, "demo")
    return Kept(
        (
            Result("r1", "viewshed", "视域 1", seen, 400.0, "m2", *about),
            Result("r2", "sight", "通视 1", sight, 30.0, "m", *about),
        ),
        (
            Geofence("f1", "码头", "keep_out", "罗星派出所", seen, AT_S, AT_S + 3600),
            Geofence("f2", "工地", "stay_in", "交警", seen.buffer(30), AT_S),
        ),
    )
