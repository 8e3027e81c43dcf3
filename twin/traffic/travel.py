"""How long it takes on the road, and which roads were taken: what the rest of the city asks of a router.

Only the questions stand here; ``data/router`` answers them. Places are east and north in the city's local frame, in
metres. Links are rows of :class:`twin.traffic.graph.RoadGraph`, whose ``names`` gives their ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph

ANSWERS = ("reached", "unreachable", "off_road", "nowhere", "too_long")
"""What became of a question: no way leads there; too far from any road; no position; not within the limit."""
REACHED, UNREACHABLE, OFF_ROAD, NOWHERE, TOO_LONG = range(5)


@dataclass(frozen=True, slots=True)
class Travel:
    """Times between many places and one.

    Parameters
    ----------
    seconds : (N,) array
        Infinite where the answer is not ``REACHED``.
    answer : (N,) int8 array
        Index into :data:`ANSWERS`.
    """

    seconds: FloatArray
    answer: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Route:
    """The quickest way between two places.

    Parameters
    ----------
    answer : int
        Index into :data:`ANSWERS`; unless it is ``REACHED``, the times are infinite and there are no links.
    links : (K,) int array
        In the order of travel; the first and the last are used in part.
    line : shapely.LineString
        From the first place on a road to the last, in the projected system; empty where nothing was reached.
    """

    answer: int
    seconds: float
    metres: float
    links: IntArray
    line: shapely.LineString


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be reached from a place within a time, or from where the place can be reached (``inward``).

    Parameters
    ----------
    answer : int
        Index into :data:`ANSWERS`: of the place itself.
    near_s, far_s : (L,) arrays
        Seconds between the place and each link's nearer and farther end: outward these are its tail and head, inward
        its head and tail. Infinite where it is beyond the limit.
    origin_links : (M,) int array
        The links on which the place itself is.
    origin_share : (M,) array
        How much of each of them is used on the way, 0 to 1.
    origin_s : (M,) array
        How long that takes.
    """

    answer: int
    limit_s: float
    inward: bool
    near_s: FloatArray
    far_s: FloatArray
    origin_links: IntArray
    origin_share: FloatArray
    origin_s: FloatArray


class TravelTimes(Protocol):
    """Travel times on the road graph of one city, for vehicles or on foot."""

    @property
    def graph(self) -> RoadGraph:
        """The graph whose links are named in answers."""
        ...

    def with_speeds(self, kmh: FloatArray) -> TravelTimes:
        """Return the same with fresh speeds.

        Parameters
        ----------
        kmh : (L,) array
            NaN where nothing is known: the free speed counts; 0 or less closes a link.
        """
        ...

    def to_one(self, starts_m: FloatArray, goal_m: FloatArray, limit_s: float = np.inf) -> Travel:
        """Return the time from each of (N, 2) places to one, as of units to an incident."""
        ...

    def from_one(self, start_m: FloatArray, goals_m: FloatArray, limit_s: float = np.inf) -> Travel:
        """Return the time from one place to each of (N, 2), as of a unit to hospitals."""
        ...

    def route(self, start_m: FloatArray, goal_m: FloatArray) -> Route:
        """Return the quickest way from one place to another."""
        ...

    def reach(self, place_m: FloatArray, limit_s: float, inward: bool = False) -> Reach:
        """Return the cost of every link within a time of a place; ``inward`` counts towards it."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """A track on the roads.

    Parameters
    ----------
    link : (N,) int array
        The link of each point, in the order they were given; -1 for one that no road explains.
    along_m : (N,) array
        From the link's tail; NaN without a link.
    away_m : (N,) array
        Between the point and the link.
    piece : (N,) int array
        Points with the same number are joined by a way; -1 without a link. A new piece begins where no way is found.
    path : tuple of (K,) int arrays
        For each piece, all its links in the order of travel, those between two points too.
    """

    link: IntArray
    along_m: FloatArray
    away_m: FloatArray
    piece: IntArray
    path: tuple[IntArray, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """Many tracks on the roads, their points one after the other.

    Parameters
    ----------
    link, along_m, away_m, piece : (N,) arrays
        As in :class:`Match`; no two tracks share a piece.
    way : (M,) int array
        The links driven to each point since the one before it in its piece, in the order of travel: that point's own
        link is not repeated. With the first point of a piece stands its own link.
    first : (N + 1,) int array
        Where each point's part of ``way`` begins.
    """

    link: IntArray
    along_m: FloatArray
    away_m: FloatArray
    piece: IntArray
    way: IntArray
    first: IntArray


def runs(begin: IntArray, end: IntArray) -> IntArray:
    """Return the numbers from each begin up to its end, one run after the other."""
    size = end - begin
    numbers: IntArray = np.arange(size.sum()) + np.repeat(begin - np.cumsum(size) + size, size)
    return numbers


class Matcher(Protocol):
    """Says which links a track was on."""

    @property
    def graph(self) -> RoadGraph:
        """The graph whose links are named in answers."""
        ...

    def match(self, position_m: FloatArray, time_s: FloatArray) -> Match:
        """Match the points of one vehicle.

        Parameters
        ----------
        position_m : (N, 2) array
            What is not finite is left unmatched.
        time_s : (N,) array
            In any order; points of one time and place may be repeated.
        """
        ...

    def match_many(self, position_m: FloatArray, time_s: FloatArray, first: IntArray) -> Matches:
        """Match the points of many vehicles at once, which is much quicker for each.

        Parameters
        ----------
        position_m, time_s
            As in ``match``.
        first : (T + 1,) int array
            Where each vehicle's points begin, and where the last one's end.
        """
        ...
