"""The city as it stands: tables of features, terrain, imagery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from twin.city.tables import TABLES
from twin.geo import FloatArray, LocalFrame
from twin.pieces import in_pieces


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights on a regular grid, north up.

    Parameters
    ----------
    height_m : (H, W) float32 array
        NaN where unknown. Row 0 is the northernmost.
    west_m, north_m : float
        Outer corner of the first cell, in the city's projected system.
    step_m : float
        Cell size.
    """

    height_m: NDArray[np.float32]
    west_m: float
    north_m: float
    step_m: float

    def sample(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """Interpolate heights bilinearly between cell centres, in metres.

        Outside the grid the nearest edge counts. A void among the four neighbours is left out and the weights of the
        others fill its place; where all four are void the answer is 0.
        """
        rows, cols = self.height_m.shape
        col = np.clip((np.asarray(east_m, dtype=np.float64) - self.west_m) / self.step_m - 0.5, 0, cols - 1)
        row = np.clip((self.north_m - np.asarray(north_m, dtype=np.float64)) / self.step_m - 0.5, 0, rows - 1)
        left, top = (
            np.minimum(col.astype(np.int64), max(cols - 2, 0)),
            np.minimum(row.astype(np.int64), max(rows - 2, 0)),
        )
        fx, fy = col - left, row - top
        total = np.zeros_like(fx)
        weight = np.zeros_like(fx)
        for down in (0, 1):
            for right in (0, 1):
                z = self.height_m[np.minimum(top + down, rows - 1), np.minimum(left + right, cols - 1)].astype(
                    np.float64
                )
                w = (fy if down else 1 - fy) * (fx if right else 1 - fx)
                known = np.isfinite(z)
                total += np.where(known, z, 0.0) * w
                weight += np.where(known, w, 0.0)
        return np.divide(total, weight, out=np.zeros_like(total), where=weight > 0)


class Imagery(Protocol):
    """An orthophoto that is read a window at a time."""

    bounds_m: tuple[float, float, float, float]
    """West, south, east, north in the city's projected system."""
    size_px: tuple[int, int]
    """Width and height at full resolution."""

    def read(self, bounds_m: tuple[float, float, float, float], size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return an (H, W, 4) RGBA picture of a window; transparent where there is no data."""
        ...


@dataclass(frozen=True, slots=True)
class City:
    """A place as it stands, without what moves in it.

    Parameters
    ----------
    name, name_en : str
        What people call it.
    frame : LocalFrame
        The frame all geometry is in.
    tables : mapping of str to GeoDataFrame
        One for each entry of :data:`twin.city.tables.TABLES`; missing ones read as empty.
    invented : bool
        True for a simulated place: the screen and every export must say so.
    credit : str
        Who made the data and under which licence.
    """

    name: str
    name_en: str
    frame: LocalFrame
    tables: Mapping[str, gpd.GeoDataFrame]
    terrain: Terrain | None = None
    imagery: Imagery | None = None
    invented: bool = False
    credit: str = ""

    def table(self, name: str) -> gpd.GeoDataFrame:
        """Return a table by name, empty with the right columns if the city has none."""
        found = self.tables.get(name)
        return empty_table(name, self.frame.crs) if found is None else found

    def bounds_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of everything, in the projected system; zeros for an empty city."""
        boxes: list[tuple[float, ...]] = [box for table in self.tables.values() for box in _box_m(table)]
        if self.terrain is not None:
            rows, cols = self.terrain.height_m.shape
            t = self.terrain
            boxes.append((t.west_m, t.north_m - rows * t.step_m, t.west_m + cols * t.step_m, t.north_m))
        if self.imagery is not None:
            boxes.append(self.imagery.bounds_m)
        if not boxes:
            return (0.0, 0.0, 0.0, 0.0)
        west, south, east, north = zip(*boxes, strict=True)
        return (float(min(west)), float(min(south)), float(max(east)), float(max(north)))

    def ground_m(self, east_m: ArrayLike, north_m: ArrayLike) -> FloatArray:
        """Return the height of the ground, in metres; 0 where there is no terrain."""
        if self.terrain is None:
            return np.zeros(np.shape(east_m), dtype=np.float64)
        return self.terrain.sample(east_m, north_m)


def _box_m(table: gpd.GeoDataFrame) -> list[tuple[float, ...]]:
    """Return the one box around a table; none where it has no shape."""
    boxes = in_pieces(shapely.bounds, np.asarray(table.geometry.array, dtype=object))
    boxes = boxes[~np.isnan(boxes).any(axis=1)]
    return [(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))] if len(boxes) else []


def empty_table(name: str, crs: str) -> gpd.GeoDataFrame:
    """Return a table of no rows with the columns of its specification."""
    columns = {column.name: pd.Series([], dtype=column.dtype) for column in TABLES[name].columns}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=crs), crs=crs)
