"""The kinds of condition, each over a whole batch at once; what they keep of an entity is an array, not an object.

A condition is given the watched rows of a batch, at most one an entity, and answers with those for which it began to
hold. None of them loops over entities: those loops are numpy's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.cql2.rows import chosen, hour_of, truth
from twin.cql2.tree import Node
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import CODE, KINDS
from twin.rules.batch import Batch, Watched
from twin.rules.ground import Ground
from twin.rules.lists import RefList
from twin.rules.memory import IntArray, Memory, of_kinds

NOBODY = -1
QUEUE_M, STANDS_MPS, FRESH_S = 40.0, 1.0, 60.0
"""Vehicles that stand so near each other, and were heard of lately, wait for the same."""
VEHICLES = np.array([CODE[kind.name] for kind in KINDS if kind.layer == "vehicles"], np.int64)


@dataclass(frozen=True)
class Found:
    """For whom a condition began to hold: K of them.

    Parameters
    ----------
    slot : (K,) int array
    at_s : (K,) float array
    figures : mapping of str to (K,) float array
        What was worked out: ``dwell_s``, ``count`` …
    area : (K,) int array
        Number of the area in the condition's ground, -1 for none.
    others : sequence of (K,) int array
        Slots of others whom it is about too, -1 for nobody.
    entry : (K,) int array
        Number of the list's entry, -1 for none.
    """

    slot: IntArray
    at_s: FloatArray
    figures: dict[str, FloatArray] = field(default_factory=dict)
    area: IntArray | None = None
    others: Sequence[IntArray] = ()
    entry: IntArray | None = None

    def __len__(self) -> int:
        return len(self.slot)

    def part(self, mask: BoolArray) -> Found:
        """Return some of them."""
        return Found(
            self.slot[mask],
            self.at_s[mask],
            {name: values[mask] for name, values in self.figures.items()},
            None if self.area is None else self.area[mask],
            [other[mask] for other in self.others],
            None if self.entry is None else self.entry[mask],
        )


def nothing() -> Found:
    """Return that it began for nobody."""
    return Found(np.empty(0, np.int64), np.empty(0))


class Condition(Protocol):
    """One condition with what it remembers."""

    def step(self, batch: Batch) -> Found:
        """Take the watched rows of a batch."""
        ...


def _in(batch: Batch, ground: Ground | None) -> IntArray:
    """Return the area of each row; 0 for all where the condition has none."""
    return batch.within(ground) if ground is not None else np.zeros(len(batch), np.int64)


def _named(area: IntArray, ground: Ground | None) -> IntArray | None:
    return area if ground is not None else None


class _Lasting:
    """Begins once something held for long enough, and ends with it: the memory that several conditions share."""

    def __init__(self, memory: Memory, for_s: float) -> None:
        self._on = memory.keep(np.bool_, False)
        self._since = memory.keep(np.float64, np.nan)
        self._for_s = for_s

    def begun(
        self, slot: IntArray, time_s: FloatArray, holds: BoolArray, ends: BoolArray
    ) -> tuple[BoolArray, FloatArray]:
        """Mark for whom it begins, and return for how long it has held, (N,)."""
        on, since = self._on.values[slot], self._since.values[slot]
        since = np.where(on, since, np.where(holds, np.where(np.isnan(since), time_s, since), np.nan))
        lasted = time_s - since
        begins = ~on & holds & (lasted >= self._for_s)
        still = on & ~(ends & ~holds)
        self._on.values[slot] = begins | still
        self._since.values[slot] = np.where(begins | still | (holds & ~on), since, np.nan)
        return begins, lasted


class Holding:
    """``holds``: a filter, with hysteresis, for some time."""

    def __init__(
        self, memory: Memory, holds: Node, until: Node | None, for_s: float, ground: Ground | None = None
    ) -> None:
        self._holds, self._until, self._ground = holds, until, ground
        self._lasting = _Lasting(memory, for_s)
        self._for_s = for_s

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        area = _in(batch, self._ground)
        held = truth(self._holds, batch.rows)
        ends = chosen(self._until, batch.rows) if self._until is not None else ~held.yes
        begins, lasted = self._lasting.begun(
            batch.slot, batch.rows["time_s"], held.yes & (area >= 0), ends | (area < 0)
        )
        figures = {"lasted_s": lasted[begins]} if self._for_s else {}
        return Found(batch.slot[begins], batch.rows["time_s"][begins], figures, _named(area[begins], self._ground))


class Crossing:
    """``enters`` and ``leaves``: the side of an area's edge changes; where one was first seen is no crossing."""

    UNSEEN = -2

    def __init__(self, memory: Memory, ground: Ground, inward: bool) -> None:
        self._area = memory.keep(np.int64, self.UNSEEN)
        self._ground, self._inward = ground, inward

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        before, now = self._area.values[batch.slot], batch.within(self._ground)
        self._area.values[batch.slot] = now
        crossed = (before != self.UNSEEN) & (before != now)
        told = now if self._inward else before
        begins = crossed & (told >= 0)
        return Found(batch.slot[begins], batch.rows["time_s"][begins], {}, told[begins])


class Staying:
    """``stays``: in one area for longer than a time."""

    def __init__(self, memory: Memory, ground: Ground, for_s: float) -> None:
        self._area = memory.keep(np.int64, NOBODY)
        self._since = memory.keep(np.float64, np.nan)
        self._told = memory.keep(np.bool_, False)
        self._ground, self._for_s = ground, for_s

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        slot, time_s, area = batch.slot, batch.rows["time_s"], batch.within(self._ground)
        same = (area == self._area.values[slot]) & (area >= 0)
        since = np.where(same, self._since.values[slot], time_s)
        dwell = time_s - since
        told = self._told.values[slot] & same
        begins = same & ~told & (dwell >= self._for_s)
        self._area.values[slot], self._since.values[slot], self._told.values[slot] = area, since, told | begins
        return Found(slot[begins], time_s[begins], {"dwell_s": dwell[begins]}, area[begins])


class Standing:
    """``stands``: does not get away from where it stopped."""

    def __init__(self, memory: Memory, for_s: float, within_m: float, ground: Ground | None, queue: int = 0) -> None:
        self._memory, self._queue = memory, queue
        self._east, self._north = memory.keep(np.float64, np.inf), memory.keep(np.float64, np.inf)
        self._since = memory.keep(np.float64, np.nan)
        self._told = memory.keep(np.bool_, False)
        self._for_s, self._within_m, self._ground = for_s, within_m, ground

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        slot, time_s = batch.slot, batch.rows["time_s"]
        east, north = batch.place_m.T
        gone = np.hypot(east - self._east.values[slot], north - self._north.values[slot]) > self._within_m
        area = np.full(len(batch), NOBODY)
        area[~gone] = _in(batch.part(~gone), self._ground)  # most drive: where they are need not be asked
        gone |= area < 0
        self._east.values[slot] = np.where(gone, east, self._east.values[slot])
        self._north.values[slot] = np.where(gone, north, self._north.values[slot])
        since = np.where(gone, time_s, self._since.values[slot])
        told = self._told.values[slot] & ~gone
        begins = ~gone & ~told & (time_s - since >= self._for_s)
        figures = {}
        if self._queue and begins.any():
            others = self._standing_beside(batch, np.flatnonzero(begins))
            begins[begins] = others < self._queue
            figures["others"] = others[others < self._queue].astype(np.float64)
        self._since.values[slot], self._told.values[slot] = since, told | begins
        figures["dwell_s"] = (time_s - since)[begins]
        return Found(slot[begins], time_s[begins], figures, _named(area[begins], self._ground))

    def _standing_beside(self, batch: Batch, some: IntArray) -> IntArray:
        """Return how many other vehicles stand around some rows of a batch."""
        rows = self._memory.rows[: self._memory.known]
        stand = (rows["speed_mps"] < STANDS_MPS) & (rows["time_s"] > batch.now_s - FRESH_S)
        stand &= of_kinds(rows, VEHICLES)
        tree = cKDTree(self._memory.place_m[: self._memory.known][stand])
        beside = tree.query_ball_point(batch.place_m[some], QUEUE_M, return_length=True)
        return np.asarray(beside - stand[batch.slot[some]], np.int64)


class Straying:
    """``off_permit``: moves off its route or outside its hours."""

    def __init__(
        self,
        memory: Memory,
        route: Ground | None,
        hours: Sequence[tuple[float, float]],
        moving_mps: float,
        for_s: float,
    ) -> None:
        self._lasting = _Lasting(memory, for_s)
        self._route, self._hours, self._moving_mps = route, hours, moving_mps

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        rows = batch.rows
        bad = np.zeros(len(rows), np.bool_)
        if self._route is not None:
            bad |= batch.within(self._route) < 0
        if self._hours:
            bad |= ~permitted(hour_of(rows["time_s"]), self._hours)
        bad &= rows["speed_mps"] > self._moving_mps  # what is unknown does not move
        begins, lasted = self._lasting.begun(batch.slot, rows["time_s"], bad, ~bad)
        figures = {"hour": hour_of(rows["time_s"])[begins], "lasted_s": lasted[begins]}
        return Found(batch.slot[begins], rows["time_s"][begins], figures)


def permitted(hour: FloatArray, hours: Sequence[tuple[float, float]]) -> BoolArray:
    """Mark which hours of the day lie in one of the spans; a span may go over midnight."""
    inside = np.zeros(len(hour), np.bool_)
    for begin, end in hours:
        inside |= (hour >= begin) & (hour < end) if begin <= end else (hour >= begin) | (hour < end)
    return inside


class OnList:
    """``listed``: what identifies itself is on a list, or is not on it though it should be."""

    UNASKED = -2

    def __init__(
        self, memory: Memory, listed: RefList, missing: bool, holds: Node | None, ground: Ground | None
    ) -> None:
        self._memory, self._missing, self._holds, self._ground = memory, missing, holds, ground
        self._entry = memory.keep(np.int64, self.UNASKED)
        self.replace(listed)

    def replace(self, listed: RefList) -> None:
        """Ask another state of the list from now on."""
        self.list, self._ends_s = listed, listed.ends_s()
        self._entry.values[:] = self.UNASKED

    def step(self, batch: Batch) -> Found:
        """Take the rows; each of one who is listed is a sighting."""
        slot, time_s = batch.slot, batch.rows["time_s"]
        ask = batch.fresh | (self._entry.values[slot] == self.UNASKED)
        if ask.any():
            self._entry.values[slot[ask]] = self.list.find(batch.rows["label"][ask])
        entry = self._entry.values[slot]
        if len(self._ends_s):
            entry = np.where((entry >= 0) & (time_s < self._ends_s[entry]), entry, NOBODY)
        identified = batch.rows["label"] != b""
        sighted = identified & ((entry < 0) if self._missing else (entry >= 0))
        if self._holds is not None and sighted.any():
            sighted[sighted] = chosen(self._holds, batch.rows[sighted])
        area = _in(batch, self._ground)
        sighted &= area >= 0
        told = None if self._missing else entry[sighted]
        return Found(slot[sighted], time_s[sighted], {}, _named(area[sighted], self._ground), (), told)


class Crowding:
    """``crowd``: more than so many in one area, or in one cell of a grid."""

    NOWHERE = np.iinfo(np.int64).min

    def __init__(self, memory: Memory, most: int, ground: Ground | None, cell_m: float, fresh_s: float) -> None:
        self._memory, self._most, self._ground, self._cell_m, self._fresh_s = memory, most, ground, cell_m, fresh_s
        self.quiet_s = 0.0
        """One place is told again after so long at the earliest."""
        self._told_s: dict[int, float] = {}
        self._place = memory.keep(np.int64, self.NOWHERE)
        self._crowded = np.empty(0, np.int64)

    def step(self, batch: Batch) -> Found:
        """Take the rows; the one who came last into a place stands for it."""
        memory = self._memory
        self._place.values[batch.slot] = self._places(batch)
        used = slice(0, memory.known)
        here = (self._place.values[used] != self.NOWHERE) & (memory.rows["time_s"][used] > batch.now_s - self._fresh_s)
        slot = np.flatnonzero(here)
        place, which, count = np.unique(self._place.values[slot], return_inverse=True, return_counts=True)
        crowded = place[count > self._most]
        begins = np.isin(place, crowded) & ~np.isin(place, self._crowded)
        self._crowded = crowded
        begins[begins] = [self._quiet(one, batch.now_s) for one in place[begins].tolist()]
        if not begins.any():
            return nothing()
        self._told_s.update(dict.fromkeys(place[begins].tolist(), batch.now_s))
        newest = np.zeros(len(place), np.int64)
        order = np.argsort(memory.rows["time_s"][slot], kind="stable")
        newest[which[order]] = slot[order]
        area = place[begins] if self._ground is not None else None
        last = newest[begins]
        return Found(last, memory.rows["time_s"][last], {"count": count[begins].astype(np.float64)}, area)

    def beside(self) -> dict[str, NDArray[np.generic]]:
        """Return what is remembered of places, not of entities."""
        told = self._told_s
        return {
            "crowded": self._crowded.copy(), "told_place": np.array(list(told), np.int64),
            "told_s": np.array(list(told.values()), np.float64),
        }  # fmt: skip

    def recall(self, beside: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on with what :meth:`beside` gave."""
        self._crowded = beside["crowded"].astype(np.int64)
        self._told_s = dict(zip(beside["told_place"].tolist(), beside["told_s"].tolist(), strict=True))

    def _quiet(self, place: int, now_s: float) -> bool:
        return now_s - self._told_s.get(place, -np.inf) >= self.quiet_s

    def _places(self, batch: Batch) -> IntArray:
        if self._ground is not None:
            area = batch.within(self._ground)
            return np.where(area >= 0, area, self.NOWHERE)
        cell = np.floor(batch.place_m / self._cell_m).astype(np.int64)
        return np.asarray((cell[:, 0] << 32) ^ (cell[:, 1] & 0xFFFFFFFF))


class Nearing:
    """``near``: one of another kind is nearer than so far."""

    def __init__(self, memory: Memory, to: Watched, within_m: float, fresh_s: float) -> None:
        self._memory, self._to, self._within_m, self._fresh_s = memory, to, within_m, fresh_s
        self._near = memory.keep(np.bool_, False)

    def step(self, batch: Batch) -> Found:
        """Take the rows."""
        if not len(batch):
            return nothing()
        rows = self._memory.rows[: self._memory.known]
        fresh = np.flatnonzero(self._to.marks(rows) & (rows["time_s"] > batch.now_s - self._fresh_s))
        if not len(fresh):
            self._near.values[batch.slot] = False
            return nothing()
        away, place = cKDTree(self._memory.place_m[fresh]).query(batch.place_m, k=min(2, len(fresh)))
        away, place = away.reshape(len(batch), -1), place.reshape(len(batch), -1)
        itself = fresh[place] == batch.slot[:, None]  # of two kinds that overlap nobody is near himself
        away = np.where(itself, np.inf, away)
        nearest = away.argmin(axis=1)
        line = np.arange(len(batch))
        distance, other = away[line, nearest], fresh[place[line, nearest]]
        near = distance <= self._within_m
        begins = near & ~self._near.values[batch.slot]
        self._near.values[batch.slot] = near
        return Found(
            batch.slot[begins], batch.rows["time_s"][begins], {"distance_m": distance[begins]}, None, (other[begins],)
        )


class Silence:
    """``silent``: what spoke says nothing any more; it is asked of time, not of rows."""

    def __init__(self, memory: Memory, for_s: float) -> None:
        self._memory, self._for_s = memory, for_s
        self._spoke = memory.keep(np.bool_, False)

    def step(self, batch: Batch) -> Found:
        """Take the rows, and the time."""
        self._spoke.values[batch.slot] = True
        used = slice(0, self._memory.known)
        silent = batch.now_s - self._memory.rows["time_s"][used]
        begins = np.flatnonzero(self._spoke.values[used] & (silent > self._for_s))
        self._spoke.values[begins] = False
        at_s = self._memory.rows["time_s"][begins] + self._for_s
        return Found(begins, at_s, {"silent_s": silent[begins]})


class Following:
    """``sequence``: filters that hold one after the other."""

    def __init__(self, memory: Memory, steps: Sequence[Node], within_s: float, ground: Ground | None) -> None:
        self._steps, self._within_s, self._ground = steps, within_s, ground
        self._done = memory.keep(np.int64, 0)
        self._begun = memory.keep(np.float64, np.nan)

    def step(self, batch: Batch) -> Found:
        """Take the rows; a row makes one step at most, and the first step that is made again begins anew."""
        slot, time_s, area = batch.slot, batch.rows["time_s"], _in(batch, self._ground)
        done, begun = self._done.values[slot], self._begun.values[slot]
        done = np.where(time_s - begun > self._within_s, 0, done)
        fits = np.array([chosen(step, batch.rows) & (area >= 0) for step in self._steps])
        onward = fits[np.minimum(done, len(self._steps) - 1), np.arange(len(batch))]
        again = fits[0] & (done == 1) & ~onward
        begun = np.where((onward & (done == 0)) | again, time_s, begun)
        done = done + onward
        ends = done == len(self._steps)
        took = (time_s - begun)[ends]
        self._done.values[slot] = np.where(ends, 0, done)
        self._begun.values[slot] = np.where(ends, np.nan, begun)
        return Found(slot[ends], time_s[ends], {"took_s": took}, _named(area[ends], self._ground))


def hours_of(words: Sequence[str]) -> list[tuple[float, float]]:
    """Return spans of the day as hours: ``06:00-20:30`` is (6.0, 20.5).

    Raises
    ------
    ValueError
        If one is none.
    """
    return [_span(word) for word in words]


def _span(word: str) -> tuple[float, float]:
    begin, _, end = word.partition("-")
    spans = []
    for text in (begin, end):
        hour, _, minute = text.strip().partition(":")
        if not (0 <= int(hour) <= 24 and 0 <= int(minute or 0) < 60):
            raise ValueError(word)
        spans.append(int(hour) + int(minute or 0) / 60)
    return spans[0], spans[1]
