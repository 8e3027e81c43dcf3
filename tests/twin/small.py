"""Small cities and frames for tests of rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
from shapely.geometry import LineString, Point

from twin.city.city import City
from twin.geo import LocalFrame
from twin.live.frame import TrackFrame
from twin.live.observation import Observation, batch

FRAME = LocalFrame("EPSG:4549", (588_000, 3_412_000))


def table(geometry: Sequence[Any], **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    """Return a table in the frame's system from geometry in local metres."""
    moved = gpd.GeoSeries(list(geometry), crs=FRAME.crs).translate(*FRAME.origin_m)
    return gpd.GeoDataFrame(dict(columns), geometry=moved, crs=FRAME.crs)


def roads() -> gpd.GeoDataFrame:
    """Return two named roads that cross and one without a name beside the first."""
    lines = [
        LineString([(0, 0), (500, 0)]), LineString([(500, 0), (1000, 0)]), LineString([(250, -300), (250, 300)]),
        LineString([(0, 60), (1000, 60)]),
    ]  # fmt: skip
    count = len(lines)
    return table(
        lines,
        id=["r1", "r2", "r3", "r4"],
        name=["人民大道", "人民大道", "西塘路", ""],
        name_en=["Renmin Avenue", "Renmin Avenue", "Xitang Road", ""],
        road_class=["primary", "primary", "residential", "motorway"],
        lanes=[2] * count,
        oneway=[False] * count,
        speed_kmh=[60.0] * count,
        width_m=[12.0] * count,
        bridge=[False] * count,
        from_node=list(range(count)),
        to_node=list(range(count)),
    )


def city(**tables: gpd.GeoDataFrame) -> City:
    """Return an invented city with these tables."""
    return City("测试县", "Testshire", FRAME, {"roads": roads(), **tables}, invented=True)


def points(*places: tuple[float, float]) -> list[Point]:
    """Return points in local metres."""
    return [Point(place) for place in places]


def frame(*seen: tuple[str, str, float, float, float, float], state: str = "moving") -> TrackFrame:
    """Return a frame of (id, kind, east, north, heading, speed in m/s)."""
    lon, lat = FRAME.to_lonlat([row[2] for row in seen], [row[3] for row in seen])
    rows = batch(
        "test",
        [
            Observation(
                row[0], row[1], 1000.0, lon_deg=float(x), lat_deg=float(y), label=f"浙F·{row[0].upper()}9Z",
                state=state, heading_deg=row[4], speed_mps=row[5],
            )
            for row, x, y in zip(seen, lon, lat, strict=True)
        ],
    ).rows  # fmt: skip
    position = np.array([(row[2], row[3], 0.0) for row in seen], dtype=np.float32).reshape(-1, 3)
    return TrackFrame(rows, position, np.zeros(len(seen), np.uint8), version=1, at_s=1000.0)
