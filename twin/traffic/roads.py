"""The roads of a city as people name them: segments of one name and class together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray
from twin.traffic.speeds import Sighting, grade, mean_speeds, road_index, road_speeds


@dataclass(frozen=True, slots=True)
class NamedRoads:
    """Named roads, one row for each name and class.

    Parameters
    ----------
    name, name_en, road_class : (R,) object arrays
    length_km : (R,) float array
    mean_kmh : (R,) float array
        Over everything that was seen on the road; NaN where no vehicle was.
    vehicles : (R,) int array
        Different ones that were seen.
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


def named_roads(sightings: Sequence[Sighting]) -> NamedRoads:
    """Put the segments of one name and class together; roads without a name are left out."""
    city = sightings[0].city
    index, roads = road_index(city), city.table("roads")
    speeds = road_speeds(sightings)
    table = pd.DataFrame(
        {
            "name": roads["name"].to_numpy(),
            "name_en": roads["name_en"].to_numpy(),
            "road_class": roads["road_class"].to_numpy(),
            "length": shapely.length(index.lines),
            "group": index.group,
            "row": np.arange(len(roads)),
        }
    )
    table["worth"] = np.where(speeds.vehicles > 0, 1e6 - speeds.mean_kmh, table["length"] * 1e-6)
    table = table[table["name"].astype(str).str.len() > 0].sort_values("worth", ascending=False, kind="stable")
    groups = table.groupby(["name", "road_class"], sort=True)
    rows = groups.agg(
        name_en=("name_en", "first"), length=("length", "sum"), group=("group", "first"), row=("row", "first")
    ).reset_index()
    part = np.full(len(roads), -1)
    part[table["row"].to_numpy()] = groups.ngroup().to_numpy()
    mean, vehicles = mean_speeds(sightings, part, len(rows))
    middle = shapely.line_interpolate_point(index.lines[rows["row"].to_numpy()], 0.5, normalized=True)
    return NamedRoads(
        rows["name"].to_numpy(object),
        rows["name_en"].to_numpy(object),
        rows["road_class"].to_numpy(object),
        rows["length"].to_numpy(float) / 1000.0,
        mean,
        vehicles,
        grade(mean, rows["group"].to_numpy(np.int8), vehicles),
        shapely.get_coordinates(middle) - np.asarray(index.origin_m, dtype=np.float64),
    )
