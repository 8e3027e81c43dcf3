"""Congested links joined into areas, each with a beginning, a spreading and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.slots import SLOT_S, Slots
from twin.traffic.travel import runs

CONGESTED = 4
"""The grade from which a link belongs to a jam: ``congested`` or ``jammed``."""
FEWEST_SLOTS = 2
SHORTEST_M = 80.0
DAY_S = 86400.0
USUAL_SHARE, USUAL_DAYS, ABOUT_S = 0.5, 3, 2700.0
"""A jam is recurring if on such a share of so many earlier days half of it was jammed at about the same time."""


@dataclass(frozen=True, slots=True)
class Jam:
    """One jam.

    Parameters
    ----------
    slot, link : (K,) int arrays
        Its parts: congested links in five minutes, sorted by slot.
    head : int
        The link at which it began: of those congested first, the one that none of the others follows, or the longest.
    length_m : (S,) array
        How long it was in each five minutes from its first to its last.
    lost_h : float
        Vehicle-hours lost on it by the vehicles that report, against the free speeds.
    kmh : float
    vehicles : float
        Passages of links that this was measured on.
    """

    slot: IntArray
    link: IntArray
    head: int
    length_m: FloatArray
    lost_h: float
    kmh: float
    vehicles: float

    @property
    def begin_s(self) -> float:
        """When it began."""
        return float(self.slot[0] * SLOT_S)

    @property
    def end_s(self) -> float:
        """When it was over."""
        return float((self.slot[-1] + 1) * SLOT_S)

    @property
    def links(self) -> IntArray:
        """Every link it was on."""
        return np.unique(self.link)

    @property
    def peak_s(self) -> float:
        """When it was longest."""
        return self.begin_s + float(np.argmax(self.length_m)) * SLOT_S


def jams_of(graph: RoadGraph, slots: Slots, grades: NDArray[np.int8]) -> tuple[Jam, ...]:
    """Join what is congested at once and side by side, or one after the other; the worst jam first.

    Parameters
    ----------
    slots : Slots
        Sorted by slot and link, each pair once.
    grades : (K,) int8 array
        Of its rows.
    """
    part = slots.take(grades >= CONGESTED)
    if not len(part):
        return ()
    one, two = _neighbours(graph, part)
    web = coo_array((np.ones(len(one), np.int8), (one, two)), shape=(len(part), len(part)))
    _, label = connected_components(web, directed=False)
    lost_h = part.delay_s(graph) / 3600.0
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    jams = [_jam(graph, part, rows, lost_h) for rows in groups if np.ptp(part.slot[rows]) + 1 >= FEWEST_SLOTS]
    kept = [jam for jam in jams if jam.length_m.max() >= SHORTEST_M]
    return tuple(sorted(kept, key=lambda jam: -jam.lost_h))


def following(graph: RoadGraph, links: IntArray) -> tuple[IntArray, IntArray]:
    """Return the pairs of some links of which the second may follow the first; turning round is none."""
    order = links[np.argsort(graph.tail[links], kind="stable")]
    tails = graph.tail[order]
    begin, end = np.searchsorted(tails, graph.head[links]), np.searchsorted(tails, graph.head[links], side="right")
    one, two = np.repeat(links, end - begin), order[runs(begin, end)]
    banned = np.isin(one * len(graph) + two, graph.bans[:, 0] * len(graph) + graph.bans[:, 1])
    kept = (graph.road[one] != graph.road[two]) & ~banned
    return one[kept], two[kept]


def _neighbours(graph: RoadGraph, part: Slots) -> tuple[IntArray, IntArray]:
    """Return the pairs of rows that belong together."""
    key = part.slot * len(graph) + part.link
    pairs = following(graph, np.unique(part.link))
    by_first = np.argsort(pairs[0], kind="stable")
    ahead, after = pairs[0][by_first], pairs[1][by_first]
    begin, end = np.searchsorted(ahead, part.link), np.searchsorted(ahead, part.link, side="right")
    row, follower = np.repeat(np.arange(len(part)), end - begin), after[runs(begin, end)]
    rows, wanted = [np.arange(len(part))] * 2, [key + len(graph), key + 2 * len(graph)]  # five minutes may be missed
    for later in (0, 1, -1):  # a queue grows against the traffic, and melts with it
        rows.append(row)
        wanted.append((part.slot[row] + later) * len(graph) + follower)
    one, target = np.concatenate(rows), np.concatenate(wanted)
    at = np.minimum(np.searchsorted(key, target), len(key) - 1)
    there = key[at] == target
    return one[there], at[there]


def _jam(graph: RoadGraph, part: Slots, rows: IntArray, lost_h: FloatArray) -> Jam:
    slot, link = part.slot[rows], part.link[rows]
    length: FloatArray = np.bincount(slot - slot[0], weights=graph.length_m[link]).astype(np.float64)
    first = link[slot == slot[0]]
    before, _ = following(graph, first)
    ends = np.setdiff1d(first, before)
    ends = ends if len(ends) else first
    driven, spent = float(np.maximum(part.metres[rows], 0.0).sum()), float(part.seconds[rows].sum())
    return Jam(
        slot, link, int(ends[np.argmax(graph.length_m[ends])]), length, float(lost_h[rows].sum()),
        3.6 * driven / max(spent, 1e-9), float(part.vehicles[rows].sum()),
    )  # fmt: skip


def recurring(graph: RoadGraph, jam: Jam, days: Sequence[Sequence[Jam]]) -> tuple[int, int]:
    """Return on how many of some earlier days there was such a jam, and how many days there are.

    Parameters
    ----------
    days : sequence of sequences of Jam
        The jams of earlier days of the same kind (working days, or others), one entry a day.
    """
    mine = jam.links
    half = 0.5 * graph.length_m[mine].sum()
    seen = 0
    for day in days:
        near = [other.links for other in day if _about(jam, other)]
        both = np.intersect1d(mine, np.concatenate(near)) if near else mine[:0]
        seen += bool(graph.length_m[both].sum() >= half)
    return seen, len(days)


def is_recurring(seen: int, days: int) -> bool:
    """Say whether a jam that was seen on so many of so many days is a usual one."""
    return days >= USUAL_DAYS and seen >= USUAL_SHARE * days


def _about(one: Jam, other: Jam) -> bool:
    """Say whether two jams of different days overlap by the clock, give or take a little."""
    shift = np.round((one.begin_s - other.begin_s) / DAY_S) * DAY_S
    return bool(other.begin_s + shift - ABOUT_S < one.end_s and other.end_s + shift + ABOUT_S > one.begin_s)
