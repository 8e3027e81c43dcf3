"""Traffic lights of the demo county: fixed time, two stages, amber and all-red between them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from data.connectors.demo_life.ways import UNSET, IntArray, Ways
from twin.geo import FloatArray

GREEN, AMBER, RED = 0, 1, 2
AMBER_S, ALL_RED_S = 4.0, 2.0


@dataclass(frozen=True, slots=True)
class Signals:
    """Which light each way meets at its end.

    Parameters
    ----------
    way : (L,) int array
        Ways with a light.
    cycle_s, offset_s : (L,) arrays
        Of the light's junction; the first stage turns green ``offset_s`` after each full cycle since 1970.
    second : (L,) bool array
        True where the way has its green in the second stage: it crosses the junction's main road.
    count : int
        Number of ways.
    """

    way: IntArray
    cycle_s: FloatArray
    offset_s: FloatArray
    second: NDArray[np.bool_]
    count: int

    def aspects(self, time_s: float) -> NDArray[np.int8]:
        """Return what each way shows: ``GREEN`` (also where there is no light), ``AMBER`` or ``RED``; shape (E,)."""
        half = self.cycle_s / 2
        at = np.mod(time_s - self.offset_s - np.where(self.second, half, 0.0), self.cycle_s)
        shown = np.full(self.count, GREEN, np.int8)
        green = at < half - AMBER_S - ALL_RED_S
        amber = ~green & (at < half - ALL_RED_S)
        shown[self.way] = np.where(green, GREEN, np.where(amber, AMBER, RED))
        return shown


@dataclass(frozen=True, slots=True)
class Lights:
    """The signal junctions, sorted by id, with the direction of the main road through each."""

    id: IntArray
    cycle_s: FloatArray
    offset_s: FloatArray
    main_deg: FloatArray

    def place(self, node: IntArray) -> IntArray:
        """Return where each node stands among the lights, -1 for one without."""
        if not len(self.id):
            return np.full(len(node), UNSET)
        place = np.minimum(np.searchsorted(self.id, node), len(self.id) - 1)
        return np.where(self.id[place] == node, place, UNSET)


def lights_of(ways: Ways, junctions: gpd.GeoDataFrame) -> Lights:
    """Find the signal junctions; the main road of each is the heaviest that leads to it."""
    lit = junctions[junctions["signal"].to_numpy(dtype=bool)].sort_values("id")
    cycle = np.maximum(np.nan_to_num(lit["cycle_s"].to_numpy(dtype=np.float64), nan=90.0), 30.0)
    offset = np.nan_to_num(lit["offset_s"].to_numpy(dtype=np.float64))
    lights = Lights(lit["id"].to_numpy(dtype=np.int64), cycle, offset, np.zeros(len(lit)))
    place = lights.place(ways.end)
    order = np.lexsort((np.arange(len(ways)), ways.weight))  # the heaviest comes last and stays
    order = order[place[order] >= 0]
    lights.main_deg[place[order]] = ways.last_heading()[order]
    return lights


def signals_at(lights: Lights, ways: Ways, node: IntArray) -> Signals:
    """Give each way the stage of the light at its end, by the direction it comes from.

    Parameters
    ----------
    node : (E,) int array
        The junction at the end of each way.
    """
    place = lights.place(node)
    way = np.flatnonzero(place >= 0)
    at = place[way]
    off = np.abs((ways.last_heading()[way] - lights.main_deg[at] + 90.0) % 180.0 - 90.0)
    return Signals(way, lights.cycle_s[at], lights.offset_s[at], off > 45.0, len(ways))
