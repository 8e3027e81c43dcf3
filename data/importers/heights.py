"""Heights and floors: read from text or number, kept within what stands on earth, filled in where unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.importers.report import FileReport
from twin.geo import FloatArray

FLOOR_M = 3.0
TALLEST_M = 1000.0
MOST_FLOORS = 200

# Storeys where a source says nothing: what such buildings mostly have in a county town.
DEFAULT_FLOORS = {
    "residential": 3, "commercial": 3, "office": 5, "industrial": 3, "public": 3, "school": 4, "hospital": 6,
    "farm": 1, "other": 2,
}  # fmt: skip

_FOOT_M, _INCH_M = 0.3048, 0.0254
_METRES = {"": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meter": 1.0, "meters": 1.0, "米": 1.0, "cm": 0.01,
           "ft": _FOOT_M, "feet": _FOOT_M, "foot": _FOOT_M}  # fmt: skip
_NUMBER = re.compile(r"\s*([+-]?\d+(?:[.,]\d+)?)\s*([^\d\s'\"]*)\s*")
_FEET = re.compile(r"\s*(\d+(?:\.\d+)?)\s*'\s*(?:(\d+(?:\.\d+)?)\s*\"?)?\s*")


def parse_metres(text: object) -> float:
    """Return a length in metres from ``12``, ``12.5 m``, ``40 ft``, ``7'6"`` or a number; NaN if it is none."""
    if isinstance(text, (int, float, np.number)):
        return float(text)
    if not isinstance(text, str):
        return np.nan
    feet = _FEET.fullmatch(text)
    if feet:
        return float(feet[1]) * _FOOT_M + float(feet[2] or 0) * _INCH_M
    number = _NUMBER.fullmatch(text)
    if number is None or number[2].lower() not in _METRES:
        return np.nan
    return float(number[1].replace(",", ".")) * _METRES[number[2].lower()]


def read_heights(values: Iterable[object], places: Sequence[str], report: FileReport) -> FloatArray:
    """Return heights in metres, NaN where unknown; what is no height or cannot stand is counted.

    Parameters
    ----------
    values : (N,) numbers, texts or None
    places : (N,) sequence of str
    """
    heights = np.full(len(places), np.nan)
    for row, value in enumerate(values):
        if _unknown(value):
            continue
        metres = parse_metres(value)
        if not np.isfinite(metres):
            report.fault(places[row], "not_a_number", kept=True, detail=f"height {value}")
        elif not 0 < metres <= TALLEST_M:
            report.fault(places[row], "height", kept=True, detail=f"{metres:g} m")
        else:
            heights[row] = metres
    return heights


def read_floors(values: Iterable[object], places: Sequence[str], report: FileReport) -> NDArray[np.int16]:
    """Return numbers of floors, 0 where unknown; what is no such number is counted."""
    floors = np.zeros(len(places), dtype=np.int16)
    for row, value in enumerate(values):
        if _unknown(value):
            continue
        number = parse_metres(value)
        if np.isfinite(number) and 0 < number <= MOST_FLOORS:
            floors[row] = max(1, round(number))
        elif number != 0:
            report.fault(places[row], "not_a_number", kept=True, detail=f"floors {value}")
    return floors


def _unknown(value: object) -> bool:
    if value is None or value == "":
        return True
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def fill_heights(
    height_m: ArrayLike, floors: ArrayLike, uses: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Return heights and floors without gaps: a height from the floors, else from the use; floors from the height.

    Parameters
    ----------
    height_m : (N,) array
        NaN where unknown.
    floors : (N,) array
        0 where unknown.
    uses : (N,) sequence of str
    """
    height = np.array(height_m, dtype=np.float32)
    count = np.array(floors, dtype=np.int16)
    default = np.array([DEFAULT_FLOORS.get(use, DEFAULT_FLOORS["other"]) for use in uses], dtype=np.int16)
    unknown = np.isnan(height)
    height[unknown] = FLOOR_M * np.where(count > 0, count, default)[unknown]
    return height, np.where(count > 0, count, np.clip(np.rint(height / FLOOR_M), 1, MOST_FLOORS)).astype(np.int16)
