"""Why there is a jam: each possible cause with the numbers that speak for it and against it.

No cause is proved by floating cars alone. A number speaks for or against by a limit that is shown with it, and causes
are put in order by the weight of what speaks for them less what speaks against. *Split failure* (a vehicle that halts
twice before it is through) and *arrival on green* (one that does not halt) are the measures of signal performance that
``atspm`` takes from detectors, here taken from tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.jams import Jam, following, is_recurring
from twin.traffic.slots import SLOT_S, Slots, together

CAUSES = ("demand", "plan", "spill_back", "incident", "works", "parking", "school")
SCHOOL_HOURS = ((6.75, 8.25), (11.25, 12.25), (15.0, 17.75))
"""When schools begin and end, local hours."""
SCHOOL_M, WORKS_M, EVENT_M = 250.0, 60.0, 120.0
EARLY_S = 900.0
"""What happened so long before a jam may have caused it."""
BEFORE_SLOTS = 2


@dataclass(frozen=True, slots=True)
class Number:
    """One number about a cause.

    Parameters
    ----------
    name : str
        Key of a text (``traffic.number.<name>``).
    value, limit : float
        NaN as value where it is not known: then it speaks neither way.
    speaks_for : bool
        Whether it speaks for the cause.
    weight : float
    share : bool
        Shown as per cent.
    """

    name: str
    value: float
    limit: float
    speaks_for: bool
    weight: float = 1.0
    share: bool = False


@dataclass(frozen=True, slots=True)
class Cause:
    """One possible cause, by its name in :data:`CAUSES`."""

    name: str
    numbers: tuple[Number, ...]

    @property
    def score(self) -> float:
        """Weight of what speaks for it less what speaks against."""
        known = [one for one in self.numbers if np.isfinite(one.value)]
        return sum(one.weight if one.speaks_for else -one.weight for one in known)


@dataclass(frozen=True, slots=True)
class Event:
    """Something told by people or scenarios: ``kind`` is ``incident``, ``works`` or ``parking``."""

    kind: str
    time_s: float
    position_m: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Known:
    """What else is known of a day.

    Parameters
    ----------
    slots : Slots
        Of the day.
    usual : Slots
        Of earlier days of the same kind, moved to this day's clock; empty where there are none.
    days : int
        How many days ``usual`` holds.
    seen : int
        On how many of them there was such a jam.
    signals : (N,) int array
        Nodes that have one.
    schools_m, works_m : (N, 2) arrays
        Places in the local frame.
    events : sequence of Event
    local_hour : float
        The hour of the day at which the jam began, by the clocks there.
    working_day : bool
    """

    slots: Slots
    usual: Slots
    days: int
    seen: int
    signals: IntArray
    schools_m: FloatArray
    works_m: FloatArray
    events: Sequence[Event]
    local_hour: float
    working_day: bool


def causes_of(graph: RoadGraph, jam: Jam, known: Known) -> tuple[Cause, ...]:
    """Return every cause with its numbers, the likeliest first."""
    site = _Site(graph, jam, known)
    told = (
        Cause("demand", site.demand()), Cause("plan", site.plan()), Cause("spill_back", site.spill_back()),
        Cause("incident", site.incident()), Cause("works", site.works()), Cause("parking", site.parking()),
        Cause("school", site.school()),
    )  # fmt: skip
    return tuple(sorted(told, key=lambda cause: -cause.score))


def likely(causes: Sequence[Cause]) -> str:
    """Return the name of the cause that more speaks for than against, or nothing: then none is known."""
    return causes[0].name if causes and causes[0].score > 0 else ""


class _Site:
    """The numbers of one jam."""

    def __init__(self, graph: RoadGraph, jam: Jam, known: Known) -> None:
        self._graph, self._jam, self._known = graph, jam, known
        day, head = known.slots, jam.head
        self._during = (day.slot >= jam.slot[0]) & (day.slot <= jam.slot[-1])
        self._head = self._sum(day, self._during & (day.link == head))
        one, two = following(graph, np.arange(len(graph)))
        self._after, self._beside = two[one == head], one[(graph.head[one] == graph.head[head]) & (one != head)]
        self._shape = shapely.union_all(graph.lines[np.unique(graph.road[jam.links])])
        self._usual_jam = is_recurring(known.seen, known.days)

    @staticmethod
    def _sum(slots: Slots, rows: NDArray[np.bool_]) -> Slots | None:
        """Put rows into one; None where there are none."""
        part = slots.take(rows)
        if not len(part):
            return None
        part.slot[:], part.link[:] = 0, 0
        return together([part])

    def _ease(self, links: IntArray, rows: NDArray[np.bool_] | None = None) -> float:
        """Return the speed on some links as a share of the free one; NaN where nobody was seen."""
        day = self._known.slots
        rows = self._during if rows is None else rows
        part = day.take(rows & np.isin(day.link, links))
        free = float((np.maximum(part.metres, 0.0) * 3.6 / self._graph.free_kmh[part.link]).sum())
        spent = float(part.seconds.sum())
        return free / spent if spent > 0 else float("nan")

    def _ratio(self, top: str, bottom: str) -> float:
        if self._head is None or float(getattr(self._head, bottom)[0]) <= 0:
            return float("nan")
        return float(getattr(self._head, top)[0] / getattr(self._head, bottom)[0])

    def _flow(self, slots: Slots, days: int) -> float:
        hour = (slots.slot >= self._jam.slot[0] - BEFORE_SLOTS) & (slots.slot <= self._jam.slot[0] + BEFORE_SLOTS)
        told = slots.vehicles[hour & (slots.link == self._jam.head)]
        return float(told.sum()) / days if days and len(told) else float("nan")

    def demand(self) -> tuple[Number, ...]:
        """More vehicles than usual; a jam of every day without a lighter approach beside it."""
        now, usual = self._flow(self._known.slots, 1), self._flow(self._known.usual, self._known.days)
        more, beside = now / usual if usual > 0 else float("nan"), self._ease(self._beside)
        return (
            Number("flow_to_usual", more, 1.15, more >= 1.15, share=True),
            Number("seen_days", _share(self._known.seen, self._known.days), 0.5, self._usual_jam, 0.5, share=True),
            Number("beside", beside, 0.5, beside < 0.5, share=True),
        )

    def plan(self) -> tuple[Number, ...]:
        """A signal at its end, vehicles that need two greens, few that arrive on green, room behind and beside it."""
        signal = bool(np.isin(self._graph.head[self._jam.head], self._known.signals))
        failed, arrived = self._ratio("again", "vehicles"), 1.0 - self._ratio("halted", "vehicles")
        after, beside = self._ease(self._after), self._ease(self._beside)
        return (
            Number("signal", float(signal), 1.0, signal, 1.0 if signal else 4.0),
            Number("split_failures", failed, 0.2, failed >= 0.2, share=True),
            Number("arrivals_on_green", arrived, 0.4, arrived <= 0.4, 0.5, share=True),
            Number("after", after, 0.6, after >= 0.6, share=True),
            Number("beside", beside, 0.6, beside >= 0.6, 0.5, share=True),
        )

    def spill_back(self) -> tuple[Number, ...]:
        """What lies ahead was full before this began."""
        day, first = self._known.slots, self._jam.slot[0]
        before = (day.slot >= first - BEFORE_SLOTS) & (day.slot <= first)
        ahead = self._ease(self._after, before)
        rows = before & np.isin(day.link, self._after)
        full = float(np.max(day.queue_m[rows] / self._graph.length_m[day.link[rows]])) if rows.any() else float("nan")
        return (
            Number("ahead_before", ahead, 0.4, ahead < 0.4, share=True),
            Number("queue_ahead", full, 0.8, full >= 0.8, share=True),
        )

    def incident(self) -> tuple[Number, ...]:
        """Told by somebody; sudden; not on other days; free behind it."""
        day, first = self._known.slots, self._jam.slot[0]
        rows = (day.slot >= first - BEFORE_SLOTS) & (day.slot < first)
        before, then = self._ease(self._jam.links, rows), self._ease(self._jam.links, day.slot == first)
        drop, after = 1.0 - then / before if before > 0 else float("nan"), self._ease(self._after)
        told = self._events("incident")
        return (
            Number("incidents_told", float(told), 1.0, told > 0, 2.0 if told else 1.0),
            Number("drop", drop, 0.5, drop >= 0.5, share=True),
            Number("seen_days", _share(self._known.seen, self._known.days), 0.5, not self._usual_jam, 0.5, share=True),
            Number("after", after, 0.7, after >= 0.7, 0.5, share=True),
        )

    def works(self) -> tuple[Number, ...]:
        """A site beside it, or works that were told."""
        away, told = self._away_m(self._known.works_m), self._events("works")
        return (
            Number("works_away_m", away, WORKS_M, away <= WORKS_M),
            Number("works_told", float(told), 1.0, told > 0, 2.0 if told else 1.0),
        )

    def parking(self) -> tuple[Number, ...]:
        """Vehicles that stand in the lane, as the scenarios see them."""
        told = self._events("parking")
        return (Number("parking_told", float(told), 1.0, told > 0, 2.0 if told else 1.0),)

    def school(self) -> tuple[Number, ...]:
        """A school near by, at the hours of schools, on a working day."""
        away, hour = self._away_m(self._known.schools_m), self._known.local_hour
        at = any(begin <= hour <= end for begin, end in SCHOOL_HOURS)
        return (
            Number("school_away_m", away, SCHOOL_M, away <= SCHOOL_M, 1.0 if away <= SCHOOL_M else 3.0),
            Number("school_hour", hour, float("nan"), at, 1.0 if at else 3.0),
            Number("working_day", float(self._known.working_day), 1.0, self._known.working_day, 0.5),
        )

    def _away_m(self, places_m: FloatArray) -> float:
        """Return how far the nearest of some places is; infinite is told as not known."""
        if not len(places_m):
            return float("nan")
        points = shapely.points(places_m + np.asarray(self._graph.origin_m))
        return float(np.min(shapely.distance(self._shape, points)))

    def _events(self, kind: str) -> int:
        """Return how many events of a kind were near by, shortly before it or while it lasted."""
        near = [
            event.position_m for event in self._known.events
            if event.kind == kind and self._jam.begin_s - EARLY_S <= event.time_s <= self._jam.end_s
        ]  # fmt: skip
        if not near:
            return 0
        points = shapely.points(np.array(near) + np.asarray(self._graph.origin_m))
        return int((shapely.distance(self._shape, points) <= EVENT_M).sum())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def moved(slots: Slots, seconds: float) -> Slots:
    """Return slots moved by a time, as those of an earlier day to the clock of another."""
    found = slots.take(np.arange(len(slots)))
    found.slot[:] += round(seconds / SLOT_S)
    return found
