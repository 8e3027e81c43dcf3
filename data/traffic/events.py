"""What people and scenarios told that may explain a jam, from the records of the day's work."""

from __future__ import annotations

import contextlib

import numpy as np

from data.home import Home
from data.operations.opening import open_operations
from twin.city.city import City
from twin.operations.records import Alert
from twin.traffic.causes import Event
from twin.traffic.jams import DAY_S

KINDS = {"parking": "parking", "fire-lane": "parking", "construction": "works", "one-key": "incident"}
"""What alerts of a scenario are to traffic, by the last part of its id."""
DISMISSED = "dismissed"


def events_of(home: Home, city: City, begin_s: float) -> tuple[Event, ...]:
    """Return the events of the day that begins then; what was dismissed by somebody is none."""
    with contextlib.closing(open_operations(home)) as store:
        alerts = store.find(Alert)
    told = [
        (KINDS[alert.scenario.rsplit("/", 1)[-1]], alert.first_s, alert.lon_deg, alert.lat_deg)
        for alert in alerts
        if alert.scenario.rsplit("/", 1)[-1] in KINDS
        and alert.state != DISMISSED
        and begin_s <= alert.last_s < begin_s + DAY_S
    ]
    lonlat = np.array([(lon, lat) for *_, lon, lat in told], np.float64).reshape(-1, 2)
    east, north = city.frame.to_local(lonlat[:, 0], lonlat[:, 1])
    places = zip(np.atleast_1d(east).tolist(), np.atleast_1d(north).tolist(), strict=True)
    return tuple(Event(kind, at_s, place) for (kind, at_s, *_), place in zip(told, places, strict=True))
