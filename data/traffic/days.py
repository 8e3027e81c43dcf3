"""One day's traffic, told: its jams, how usual each is, and why it may have come about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from data.traffic.store import TrafficStore
from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.traffic.causes import Cause, Event, Known, causes_of, moved
from twin.traffic.graph import IntArray
from twin.traffic.jams import DAY_S, Jam, jams_of, recurring
from twin.traffic.slots import Slots, no_slots, together

CHINA = timezone(timedelta(hours=8))
BACK_DAYS = 14
"""Earlier days of the same kind are looked for so far back."""
MOST_DAYS = 5


@dataclass(frozen=True, slots=True)
class Told:
    """A jam with its names, on how many of how many earlier days there was such a one, and the causes."""

    jam: Jam
    name: str
    name_en: str
    seen: int
    days: int
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One day.

    Parameters
    ----------
    begin_s : float
        Midnight in China.
    slots : Slots
    grades : (K,) int8 array
    jams : tuple of Told
        The worst first.
    """

    begin_s: float
    slots: Slots
    grades: NDArray[np.int8]
    jams: tuple[Told, ...]


class Days:
    """Reads days of one twin; may be asked from any thread, by one at a time."""

    def __init__(self, store: TrafficStore, city: City) -> None:
        self._store, self._city = store, city
        roads = city.table("roads")
        self.classes = roads["road_class"].to_numpy(object)
        self._names = roads["name"].to_numpy(object), roads["name_en"].to_numpy(object)
        self._signals = _signals(store, city)
        self._schools_m, self._works_m = (_sites(city, kind) for kind in ("school", "construction"))

    def day(self, begin_s: float, events: Sequence[Event] = (), most: int = 40) -> Day:
        """Tell of a day; causes are worked out for so many of the worst jams."""
        slots, grades, jams = self._jams(begin_s)
        earlier = self._earlier(begin_s)
        usual = together([no_slots(), *(moved(part, begin_s - at_s) for at_s, part, _ in earlier)])
        known_days = [found for _, _, found in earlier]
        told = [self._told(jam, slots, usual, known_days, events) for jam in jams[:most]]
        return Day(begin_s, slots, grades, tuple(told))

    def week(self, begin_s: float) -> Slots:
        """Return what was measured on the seven days that end with the one that begins then."""
        return self._store.between(begin_s - 6 * DAY_S, begin_s + DAY_S)

    @property
    def names(self) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Return what the road of each link of the graph is called, in Chinese and in English."""
        one, other = (names[self._store.graph.road] for names in self._names)
        return one, other

    def same_road(self, link: int) -> BoolArray:
        """Mark the links of the road that a link is of, by name and class; without a name, of that segment alone."""
        graph, row = self._store.graph, self._store.graph.road[link]
        same: BoolArray = (self._names[0] == self._names[0][row]) & (self.classes == self.classes[row])
        if not self._names[0][row]:
            same = np.arange(len(self.classes)) == row
        return same[graph.road]

    def _jams(self, begin_s: float) -> tuple[Slots, NDArray[np.int8], tuple[Jam, ...]]:
        slots = self._store.between(begin_s, begin_s + DAY_S)
        grades = slots.grades(self._store.graph, self.classes)
        return slots, grades, jams_of(self._store.graph, slots, grades)

    def _earlier(self, begin_s: float) -> list[tuple[float, Slots, tuple[Jam, ...]]]:
        """Return the last days of the same kind on which something was measured."""
        kind, found = is_working_day(begin_s), list[tuple[float, Slots, tuple[Jam, ...]]]()
        for back in range(1, BACK_DAYS + 1):
            at_s = begin_s - back * DAY_S
            if is_working_day(at_s) == kind and len(found) < MOST_DAYS:
                slots, _, jams = self._jams(at_s)
                found += [(at_s, slots, jams)] if len(slots) else []
        return found

    def _told(
        self, jam: Jam, slots: Slots, usual: Slots, days: Sequence[Sequence[Jam]], events: Sequence[Event]
    ) -> Told:
        graph = self._store.graph
        seen, count = recurring(graph, jam, days)
        at = local_time(jam.begin_s)
        known = Known(
            slots, usual, count, seen, self._signals, self._schools_m, self._works_m, events,
            at.hour + at.minute / 60.0, is_working_day(jam.begin_s),
        )  # fmt: skip
        zh, en = (names[graph.road[jam.head]] or "" for names in self._names)
        return Told(jam, str(zh), str(en or zh), seen, count, causes_of(graph, jam, known))


def local_time(at_s: float) -> datetime:
    """Return a time by the clocks of the county."""
    return datetime.fromtimestamp(at_s, CHINA)


def day_of(at_s: float) -> float:
    """Return when the local day of a time begins."""
    at = local_time(at_s)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight.timestamp()


def is_working_day(at_s: float) -> bool:
    """Say whether a day is Monday to Friday; holidays are not known."""
    return local_time(at_s).weekday() < 5


def _signals(store: TrafficStore, city: City) -> IntArray:
    table = city.table("junctions")
    table = table[table["signal"].to_numpy(bool)]
    if not len(table):
        return np.zeros(0, np.int64)
    xy = shapely.get_coordinates(np.asarray(table.geometry.array, dtype=object))
    away, node = cKDTree(store.graph.node_m).query(xy)
    return np.asarray(node[away < 1.0], np.int64)


def _sites(city: City, kind: str) -> FloatArray:
    """Return the middles of the sites of a kind, in the local frame."""
    table = city.table("sites")
    table = table[table["kind"].to_numpy(object) == kind]
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(table.geometry.array, dtype=object)))
    local: FloatArray = middles.reshape(-1, 2) - np.asarray(city.frame.origin_m, np.float64)
    return local
