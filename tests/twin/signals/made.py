"""A crossing of two roads, and the plan of three stages that it runs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import City
from twin.geo import LocalFrame
from twin.signals.layout import SignalLayout
from twin.signals.plan import Junction, Plan, Stage
from twin.traffic.graph import road_graph

MAIN = frozenset({"west.through", "east.through"})
LEFTS = frozenset({"west.left", "east.left"})
CROSS = frozenset({"north.through", "south.through", "north.left", "south.left"})
GREENS = (MAIN, LEFTS, CROSS)


def arterial_city(at_m: Sequence[float] = (0.0, 400.0), walk_width_m: float = 21.0) -> City:
    """Return a city that has nothing but an arterial from west to east, crossed by a street at each signal."""
    frame = LocalFrame.around(120.9, 30.8)
    east, north = frame.origin_m
    stations = [at_m[0] - 300.0, *at_m, at_m[-1] + 300.0]
    roads: list[tuple[str, str, int, int, shapely.LineString]] = []
    for row, (a, b) in enumerate(pairwise(stations)):
        roads.append((f"a{row}", "中山路", row, row + 1, shapely.LineString([(a, 0), (b, 0)])))
    for row, x in enumerate(at_m, start=1):
        roads.append((f"n{row}", f"{row}街", 100 + row, row, shapely.LineString([(x, 300), (x, 0)])))
        roads.append((f"s{row}", f"{row}街", row, 200 + row, shapely.LineString([(x, 0), (x, -300)])))
    lines = shapely.transform(np.array([road[4] for road in roads]), lambda xy: xy + frame.origin_m)
    main = [road[0].startswith("a") for road in roads]
    table = pd.DataFrame({
        "id": [road[0] for road in roads], "name": [road[1] for road in roads], "name_en": "",
        "road_class": np.where(main, "primary", "secondary"), "lanes": np.where(main, 6, 4), "oneway": False,
        "speed_kmh": np.float32(60.0), "width_m": np.float32(walk_width_m), "bridge": False,
        "from_node": [road[2] for road in roads], "to_node": [road[3] for road in roads],
    })  # fmt: skip
    nodes = pd.DataFrame({
        "id": range(1, len(at_m) + 1), "name": [f"中山路—{row}街" for row in range(1, len(at_m) + 1)], "signal": True,
        "cycle_s": np.float32(80.0), "offset_s": np.float32(0.0),
    })  # fmt: skip
    points = shapely.points([(east + x, north) for x in at_m])
    tables = {
        "roads": gpd.GeoDataFrame(table, geometry=lines, crs=frame.crs),
        "junctions": gpd.GeoDataFrame(nodes, geometry=points, crs=frame.crs),
    }
    return City("试验", "Trial", frame, tables, invented=True)


def crossing(walkers: bool = False) -> Junction:
    """Return a crossing with four legs."""
    city = arterial_city()
    junction = SignalLayout(city, road_graph(city)).junction(1)
    return junction if walkers else junction.without_walkers()


def plan(*green_s: float, offset_s: float = 0.0, greens: Sequence[frozenset[str]] = GREENS) -> Plan:
    """Return a plan of stages with so much green each and 5 s between them."""
    stages = tuple(Stage(names, green) for names, green in zip(greens, green_s, strict=True))
    return Plan(1, sum(stage.long_s for stage in stages), offset_s, stages)
