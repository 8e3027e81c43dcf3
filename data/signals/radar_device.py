"""A radar that is simulated: it sees vehicles of its lanes as far as it reaches, not quite right, and uploads them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.signals.radar import (
    FLOW_NOW,
    PASSAGE_NOW,
    RADAR,
    UPLOAD,
    Device,
    Lanes,
    Table,
    encode,
    lane_bytes,
    queue_bytes,
)
from twin.geo import FloatArray

IntArray = NDArray[np.int64]
REACH_M, NOISE_M, BLIND = 160.0, 0.8, 0.02
"""How far it sees; the noise of a place; the share of seconds in which a vehicle is not seen."""
STANDS_MPS = 1.4
"""Slower than this counts as standing, as 5 km/h do in the field."""
VEHICLE_M, GAP_M = 5.0, 2.5
SIGNAL = 1


@dataclass(slots=True)
class RadarDevice:
    """One radar for all approaches of a junction.

    Parameters
    ----------
    number, region : int
    lanes : int
        Its channels are numbered from 1.
    seed : int
    dead, stuck : bool
        It tells nothing; it tells the same again and again.
    """

    number: int
    lanes: int
    region: int = 330421
    seed: int = 0
    dead: bool = False
    stuck: bool = False
    _rng: np.random.Generator = field(init=False)
    _last: bytes = b""

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.seed, self.number])

    def upload(self, passed: IntArray, lane: IntArray, back_m: FloatArray, speed_mps: FloatArray) -> bytes:
        """Return what goes over the line in one second.

        Parameters
        ----------
        passed : (L,) int array
            Vehicles that crossed each stop line in this second.
        lane : (N,) int array
            Lane of each vehicle on the approaches, from 0.
        back_m, speed_mps : (N,) arrays
            How far its front is from the stop line; how fast it is.
        """
        seen = (back_m < REACH_M) & (self._rng.random(len(back_m)) >= BLIND)
        back = back_m + self._rng.normal(0.0, NOISE_M, len(back_m))
        if self.dead:
            return b""
        if not (self.stuck and self._last):
            self._last = self._tables(passed, lane[seen], np.maximum(back[seen], 0.0), speed_mps[seen])
        return self._last

    def _tables(self, passed: IntArray, lane: IntArray, back_m: FloatArray, speed_mps: FloatArray) -> bytes:
        rows = np.arange(self.lanes)
        count = np.bincount(lane, minlength=self.lanes)
        moving = speed_mps >= STANDS_MPS
        speed = np.bincount(lane[moving], weights=speed_mps[moving], minlength=self.lanes)
        speed_kmh = 3.6 * speed / np.maximum(np.bincount(lane[moving], minlength=self.lanes), 1)
        queue = np.zeros(self.lanes)
        np.maximum.at(queue, lane[~moving], back_m[~moving] + VEHICLE_M + GAP_M)
        none = np.zeros(self.lanes)
        flow = lane_bytes(Lanes(rows + 1, passed, np.minimum(count * VEHICLE_M / REACH_M, 1.0), speed_kmh, none, none))
        both = ((FLOW_NOW, flow), (PASSAGE_NOW, queue_bytes(rows + 1, count, queue)))
        here, there = Device(self.region, RADAR, self.number), Device(self.region, SIGNAL, self.number)
        return b"".join(encode(Table(here, there, UPLOAD, subject, content)) for subject, content in both)
