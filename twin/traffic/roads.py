"""The roads of a city as people name them: segments of one name and class together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import FloatArray
from twin.traffic.speeds import RoadSpeeds, grade, road_index


@dataclass(frozen=True, slots=True)
class NamedRoads:
    """Named roads, one row for each name and class.

    Parameters
    ----------
    name, name_en, road_class : (R,) object arrays
    length_km : (R,) float array
    mean_kmh : (R,) float array
        Over all vehicles on the road; NaN where none is seen.
    vehicles : (R,) int array
    grade : (R,) int8 array
        Index into :data:`twin.traffic.speeds.GRADES`.
    position_m : (R, 2) float array
        The middle of the slowest stretch, or of the longest where none is seen; east and north in the local frame.
    """

    name: NDArray[np.object_]
    name_en: NDArray[np.object_]
    road_class: NDArray[np.object_]
    length_km: FloatArray
    mean_kmh: FloatArray
    vehicles: NDArray[np.int64]
    grade: NDArray[np.int8]
    position_m: FloatArray

    def __len__(self) -> int:
        return len(self.name)


def named_roads(city: City, speeds: RoadSpeeds) -> NamedRoads:
    """Put the speeds of segments together by the road's name; roads without a name are left out."""
    index, roads = road_index(city), city.table("roads")
    table = pd.DataFrame(
        {
            "name": roads["name"].to_numpy(),
            "name_en": roads["name_en"].to_numpy(),
            "road_class": roads["road_class"].to_numpy(),
            "length": shapely.length(index.lines),
            "vehicles": speeds.vehicles,
            "sum": np.nan_to_num(speeds.mean_kmh) * speeds.vehicles,
            "group": index.group,
            "row": np.arange(len(roads)),
        }
    )
    table["worth"] = np.where(speeds.vehicles > 0, 1e6 - speeds.mean_kmh, table["length"] * 1e-6)
    table = table[table["name"].astype(str).str.len() > 0].sort_values("worth", ascending=False, kind="stable")
    rows = table.groupby(["name", "road_class"], sort=True).agg(
        name_en=("name_en", "first"), length=("length", "sum"), vehicles=("vehicles", "sum"), total=("sum", "sum"),
        group=("group", "first"), row=("row", "first"),
    ).reset_index()  # fmt: skip
    vehicles = rows["vehicles"].to_numpy(np.int64)
    mean = np.divide(rows["total"].to_numpy(float), vehicles, out=np.full(len(rows), np.nan), where=vehicles > 0)
    middle = shapely.line_interpolate_point(index.lines[rows["row"].to_numpy()], 0.5, normalized=True)
    return NamedRoads(
        rows["name"].to_numpy(object),
        rows["name_en"].to_numpy(object),
        rows["road_class"].to_numpy(object),
        rows["length"].to_numpy(float) / 1000.0,
        mean,
        vehicles,
        grade(mean, rows["group"].to_numpy(np.int8)),
        shapely.get_coordinates(middle) - np.asarray(index.origin_m, dtype=np.float64),
    )
