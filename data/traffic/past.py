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


def fixes_between(home: Home, twin: str, city: City, begin_s: float, end_s: float) -> Fixes:
    """Return what was told of vehicles in a twin between two times; no id is kept."""
    west, south, east, north = city.bounds_m()
    edges = np.array([[west, south], [east, north]]) - np.asarray(city.frame.origin_m)
    lon, lat = city.frame.to_lonlat(edges[:, 0], edges[:, 1])
    box = (float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1]))
    with closing(History.of(home, twin)) as history:
        rows = within(history, box, begin_s, end_s)
    rows = rows[np.isin(rows["kind"], [CODE[name] for name in COUNTED])]
    at = np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"])).reshape(-1, 2)
    return Fixes(numbers(np.ascontiguousarray(rows["id"])), rows["time_s"].copy(), at)
