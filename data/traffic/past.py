"""Positions of the vehicles in traffic out of the history, for questions about an hour that has passed."""

from __future__ import annotations

from contextlib import closing

import numpy as np

from data.history.day import within
from data.history.reader import History
from data.home import Home
from twin.city.city import City
from twin.live.kinds import CODE
from twin.traffic.speeds import COUNTED, numbers
from twin.traffic.trips import Fixes

Box = tuple[float, float, float, float]
"""West, south, east, north in the local frame, metres."""
HOUR_S = 3600.0


def fixes_between(home: Home, twin: str, city: City, begin_s: float, end_s: float, box_m: Box | None = None) -> Fixes:
    """Return what was told of vehicles in a twin, or in a box of it, between two times; no id is kept."""
    with closing(History.of(home, twin)) as history:
        return _fixes(history, city, begin_s, end_s, box_m)


def newest_fixes(home: Home, twin: str, city: City, until_s: float, box_m: Box | None = None) -> Fixes:
    """Return the same of the newest hour that is kept, before a time."""
    with closing(History.of(home, twin)) as history:
        span = history.span()
        end_s = min(until_s, span[1]) if span else until_s
        return _fixes(history, city, end_s - HOUR_S, end_s, box_m)


def _fixes(history: History, city: City, begin_s: float, end_s: float, box_m: Box | None) -> Fixes:
    whole = np.reshape(city.bounds_m(), (2, 2)) - np.asarray(city.frame.origin_m)
    edges = whole if box_m is None else np.reshape(box_m, (2, 2))
    lon, lat = city.frame.to_lonlat(edges[:, 0], edges[:, 1])
    rows = within(history, (float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])), begin_s, end_s)
    rows = rows[np.isin(rows["kind"], [CODE[name] for name in COUNTED])]
    at = np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"])).reshape(-1, 2)
    return Fixes(numbers(np.ascontiguousarray(rows["id"])), rows["time_s"].copy(), at)
