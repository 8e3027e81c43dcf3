"""The small county with a picture and something that moves, for round trips through files."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import rasterio
import shapely
from rasterio.transform import from_origin

from app.commands import Call
from data.simulate.county.build import build_county
from data.store.imagery import GeoTiffImagery
from tests.data.traffic.made import traffic
from tests.layers.tiny import tiny_kept
from twin.access import DEMO_ACTOR, Purpose
from twin.city.city import City
from twin.live.frame import TrackFrame
from twin.live.observation import Observation, batch
from twin.traffic.graph import road_graph
from twin.traffic.measured import Measured
from twin.world import SourceState, World

AT_S = 1_780_000_000.0
PURPOSE = Purpose("查找失踪老人", "A-2026-1")
IMAGE_PX = (700, 500)
DAY_S = 86_400.0
KINDS = ("car", "bus", "police_car", "officer", "guard", "drone", "air_sensor", "noise_sensor", "gate")


def call(unmask: bool = False) -> Call:
    return Call(DEMO_ACTOR, PURPOSE if unmask else None, unmask, {})


def county_world(folder: Path) -> World:
    city = build_county(seed=1, small=True)
    city = dataclasses.replace(city, imagery=picture(city, folder / "imagery.tif"))
    sources = (SourceState("演示", "demo-life", True, "", AT_S, 1.0),)
    return World(city, frame(city), sources, AT_S, live=True, kept=tiny_kept(), measured=measured(city))


def measured(city: City) -> Measured:
    """Traffic on the first eighty links, every other one jammed with a queue before it."""
    graph, begin_s = road_graph(city), AT_S - AT_S % DAY_S
    slots = traffic(graph, np.arange(80), begin_s, range(0), range(1))
    slots.seconds[::2] *= 6.0
    slots.queue_m[::2], slots.halted[::2] = np.minimum(20.0, graph.length_m[slots.link[::2]]), 5.0
    classes, names = city.table("roads")["road_class"].to_numpy(object), np.full(len(graph), "中山路", object)
    return Measured(graph, slots, slots.grades(graph, classes), slots.sure(graph, classes), names, names)


def picture(city: City, path: Path) -> GeoTiffImagery:
    """An orthophoto of a pattern, one corner of it transparent."""
    width, height = IMAGE_PX
    west, _, _, north = city.bounds_m()
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 255, (4, height, width), dtype=np.uint8)
    pixels[3] = 255
    pixels[:, :40, :60] = 0
    kind: dict[str, Any] = {"driver": "GTiff", "width": width, "height": height, "count": 4, "dtype": "uint8"}
    with rasterio.open(path, "w", crs=city.frame.crs, transform=from_origin(west, north, 2.0, 2.0), **kind) as file:
        file.write(pixels)
    return GeoTiffImagery(path)


def frame(city: City) -> TrackFrame:
    """Twenty of each kind, on the roads, some in alarm, with Chinese labels and some unknowns."""
    lines = np.asarray(city.table("roads").geometry.array, dtype=object)
    spots = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    observations = []
    for number in range(20 * len(KINDS)):
        kind = KINDS[number % len(KINDS)]
        east, north = spots[number % len(spots)]
        lon, lat = city.frame.to_lonlat(east - city.frame.origin_m[0], north - city.frame.origin_m[1])
        observations.append(
            Observation(
                f"e{number}", kind, AT_S - number / 7, float(lon), float(lat), f"浙F·{number:05d}",
                "alarm" if number % 20 == 7 else "moving",
                height_m=60.0 if kind == "drone" else 0.0, speed_mps=number % 17 + 0.1,
                heading_deg=number * 7.0 % 360 if number % 3 else float("nan"), value=number / 3,
            )
        )  # fmt: skip
    rows = batch("demo", observations).rows
    x_m, y_m = city.frame.to_local(rows["lon_deg"], rows["lat_deg"])
    position_m = np.column_stack([x_m, y_m, rows["height_m"] + 3.25]).astype(np.float32)
    return TrackFrame(rows, position_m, np.zeros(len(rows), np.uint8), version=1, at_s=AT_S)
