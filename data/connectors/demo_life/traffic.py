"""Things that move along ways: all of them a step at once, by the car-following rule of Krauss.

S. Krauß, *Microscopic Modeling of Traffic Flow*, 1998: a driver goes as fast as the limit, the own engine and the
distance to what is ahead allow, so that a stop is always possible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.connectors.demo_life.signals import AMBER, GREEN, RED, Signals
from data.connectors.demo_life.ways import TURN_MPS, IntArray, Ways, turn_deg
from twin.geo import BoolArray, FloatArray

BRAKE_MPS2 = 4.5
ROOM_M = 2.0
"""Left to the one ahead when standing."""
REACTION_S = 1.0
HALTED_MPS = 0.3
SET_OFF_TURNS = 12
Aspects = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Movers:
    """What does not change about ``N`` movers: length, acceleration, own top speed, share of the limit they drive."""

    length_m: FloatArray
    accelerate_mps2: FloatArray
    top_mps: FloatArray
    zeal: FloatArray


class Traffic:
    """Movers on ways.

    Parameters
    ----------
    way : (N,) int array
    along_m : (N,) array
        Where they begin.
    rng : numpy Generator
        Which way they take; the same seed and the same steps give the same places.
    """

    def __init__(
        self,
        ways: Ways,
        signals: Signals,
        movers: Movers,
        way: IntArray,
        along_m: FloatArray,
        rng: np.random.Generator,
    ) -> None:
        self._ways, self._signals, self._movers, self._rng = ways, signals, movers, rng
        self.way = way.copy()
        self.along_m = along_m.astype(np.float64)
        self.speed_mps = np.zeros(len(way))
        self._side = rng.random(len(way))
        self._next = ways.follow(self.way, rng.random(len(way)))
        self._halted_s = np.zeros(len(way))
        self._lane_first = np.concatenate([[0], np.cumsum(ways.lanes)])
        self._turn_mps = self._turning()
        self._under_way = False

    def _turning(self) -> FloatArray:
        """Return the speed at which each mover can take the turn ahead of it."""
        ways = self._ways
        turn = turn_deg(ways.last_heading()[self.way], ways.first_heading()[self._next])
        return np.where(turn < 20.0, np.inf, np.maximum(TURN_MPS * (1.4 - turn / 180.0), 2.0))

    def lane(self, way: IntArray) -> IntArray:
        """Return the lane each mover keeps on a way, from the left."""
        return (self._side * self._ways.lanes[way]).astype(np.int64)

    def step(self, time_s: float, step_s: float) -> None:
        """Move everything on by ``step_s``; ``time_s`` is the time at its start, by which the lights stand."""
        shown = self._signals.aspects(time_s)
        if not self._under_way:
            self._set_off(shown)
        faster = self.speed_mps + self._movers.accelerate_mps2 * step_s
        self.speed_mps = self._lawful(np.minimum(faster, self._free()), shown)
        self._advance(shown, step_s)

    def _set_off(self, shown: Aspects) -> None:
        """Let all be as fast as they may, as if the day had gone on before.

        Each turn takes the speeds ahead from the one before, which are no faster: so each could still stop.
        """
        self._under_way = True
        for _ in range(SET_OFF_TURNS):
            self.speed_mps = self._lawful(self._free(), shown)

    def _lawful(self, speed: FloatArray, shown: Aspects) -> FloatArray:
        """Return no more than what gaps, lights and bends allow."""
        for gap_m, ahead_mps in (self._leader(), self._stop_line(shown), self._next_stop_line(shown), self._bend()):
            speed = np.minimum(speed, _safe(gap_m, ahead_mps))
        return np.maximum(speed, 0.0)

    def _free(self) -> FloatArray:
        return np.minimum(self._ways.limit_mps[self.way] * self._movers.zeal, self._movers.top_mps)

    def _leader(self) -> tuple[FloatArray, FloatArray]:
        """Return distance to and speed of the one ahead in the lane, or at the near end of the lane that follows."""
        lane = self._lane_first[self.way] + self.lane(self.way)
        order = np.lexsort((self.along_m, lane))
        lanes, along = lane[order], self.along_m[order]
        rear = along - self._movers.length_m[order] - ROOM_M
        gap, ahead = np.full(len(lane), np.inf), np.zeros(len(lane))
        same = lanes[1:] == lanes[:-1]
        follower, leader = order[:-1][same], order[1:][same]
        gap[follower] = rear[1:][same] - along[:-1][same]
        ahead[follower] = self.speed_mps[leader]
        head = order[np.append(~same, True)] if len(order) else order
        first = np.append(True, ~same) if len(order) else np.zeros(0, bool)
        self._look_past(head, lanes[first], rear[first], self.speed_mps[order[first]], gap, ahead)
        return gap, ahead

    def _look_past(
        self,
        head: IntArray,
        lanes: IntArray,
        rear_m: FloatArray,
        rear_mps: FloatArray,
        gap: FloatArray,
        ahead: FloatArray,
    ) -> None:
        """For the first of each lane, look at the last one in the lane that follows; ``lanes`` is sorted."""
        onward = self._next[head]
        wanted = self._lane_first[onward] + (self._side[head] * self._ways.lanes[onward]).astype(np.int64)
        place = np.minimum(np.searchsorted(lanes, wanted), max(len(lanes) - 1, 0))
        hit = lanes[place] == wanted if len(lanes) else np.zeros(0, bool)
        mover, at = head[hit], place[hit]
        gap[mover] = self._ways.length_m[self.way[mover]] - self.along_m[mover] + rear_m[at]
        ahead[mover] = rear_mps[at]

    def _stop_line(self, shown: Aspects) -> tuple[FloatArray, FloatArray]:
        """Return the distance to a stop line that holds: at red, at amber if a stop is possible, at a halt."""
        to_line = self._ways.stop_m[self.way] - self.along_m
        can_stop = to_line > self.speed_mps**2 / (2 * BRAKE_MPS2) + self.speed_mps * REACTION_S * 0.5
        light = shown[self.way]
        holds = (light == RED) | ((light == AMBER) & can_stop) | (self._halted_s < self._ways.dwell_s[self.way])
        return np.where(holds & (to_line >= 0), to_line, np.inf), np.zeros(len(self.way))

    def _next_stop_line(self, shown: Aspects) -> tuple[FloatArray, FloatArray]:
        to_line = self._ways.length_m[self.way] - self.along_m + self._ways.stop_m[self._next]
        return np.where(shown[self._next] != GREEN, to_line, np.inf), np.zeros(len(self.way))

    def _bend(self) -> tuple[FloatArray, FloatArray]:
        return self._ways.length_m[self.way] - self.along_m, self._turn_mps

    def _advance(self, shown: Aspects, step_s: float) -> None:
        ways = self._ways
        before = self.along_m
        self.along_m = before + self.speed_mps * step_s
        self._hold(shown, before)
        crossing = np.flatnonzero(self.along_m >= ways.length_m[self.way])
        while len(crossing):
            self.along_m[crossing] -= ways.length_m[self.way[crossing]]
            self.way[crossing] = self._next[crossing]
            self._next[crossing] = ways.follow(self.way[crossing], self._rng.random(len(crossing)))
            self._halted_s[crossing] = 0.0
            self._hold(shown, np.full(len(self.way), -1.0), crossing)
            crossing = crossing[self.along_m[crossing] >= ways.length_m[self.way[crossing]]]
        self._turn_mps = self._turning()
        near = ways.stop_m[self.way] - self.along_m < 2.0
        self._halted_s += np.where(near & (self.speed_mps < HALTED_MPS), step_s, 0.0)

    def _hold(self, shown: Aspects, before_m: FloatArray, rows: IntArray | None = None) -> None:
        """Never pass a red light: a way too short to brake on is braked harder."""
        rows = np.arange(len(self.way)) if rows is None else rows
        stop = self._ways.stop_m[self.way[rows]]
        over: BoolArray = (shown[self.way[rows]] == RED) & (before_m[rows] <= stop) & (self.along_m[rows] > stop)
        held = rows[over]
        self.along_m[held], self.speed_mps[held] = stop[over], 0.0

    def places(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return longitude, latitude and heading of each mover, in degrees, on its lane."""
        ways = self._ways
        right = ways.kerb_m[self.way] + self.lane(self.way) * ways.lane_m[self.way]
        return ways.places(self.way, self.along_m, right)


def _safe(gap_m: FloatArray, ahead_mps: FloatArray) -> FloatArray:
    """Return the speed from which one can still stop behind something ``gap_m`` away that goes ``ahead_mps``."""
    reach = BRAKE_MPS2 * REACTION_S
    return -reach + np.sqrt(reach**2 + ahead_mps**2 + 2 * BRAKE_MPS2 * np.maximum(gap_m, 0.0))


def spread(ways: Ways, count: int, rng: np.random.Generator, spacing_m: float = 14.0) -> tuple[IntArray, FloatArray]:
    """Choose where ``count`` movers begin: on main roads more, never two on one spot; fewer if there is no room."""
    spots = (ways.stop_m * 0.95 / spacing_m).astype(np.int64) * ways.lanes
    way = np.repeat(np.arange(len(ways)), spots)
    number = np.arange(len(way)) - np.repeat(np.cumsum(spots) - spots, spots)
    luck = rng.exponential(size=len(way)) / ways.weight[way]
    count = min(count, len(way))
    chosen = np.sort(np.argpartition(luck, count - 1)[:count]) if count else np.zeros(0, np.int64)
    along = (number[chosen] // ways.lanes[way[chosen]] + 0.5) * spacing_m
    return way[chosen], along
