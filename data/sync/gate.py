"""The gate: each observation is checked before it becomes state; what fails is kept with the reason.

In this order, and the first that fails is the reason: what a row must be by itself (:mod:`data.sync.schema`); whether
it may come in from its network, and with which fields (:mod:`twin.networks`); where it is (:mod:`data.sync.places`),
converted to WGS 84 where its source speaks otherwise; when it is (:mod:`data.sync.clocks`); and whether it can have
come there (:mod:`data.sync.jumps`). The last two remember each entity of each source. They judge rows one after the
other as they came, so it does not matter how a source's messages were cut into batches.

A row that comes late passes: it is recorded, and the live table does not let it over what is newer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.connectors.contract import SourceSettings
from data.sync import clocks, places
from data.sync.devices import Devices
from data.sync.jumps import find_jumps
from data.sync.schema import CHECKS, top_speeds
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.observation import ObservationArray
from twin.networks import NO_BORDER, Border, Networks

AHEAD = "time ahead of now"
JUMP = "place not to be reached in this time"
REASONS = (*(name for name, _ in CHECKS), *places.PROBLEMS[1:], AHEAD, JUMP)
_OF_PLACE = len(CHECKS) - 1
_AHEAD, _JUMP = len(REASONS) - 2, len(REASONS) - 1
NOBODY = SourceSettings("", "")


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let through, and what not.

    Parameters
    ----------
    rows : (N,) structured array
        In WGS 84 and by our clock: where a source's own differs, its record keeps what it told.
    position_m : (N, 3) float32 array
        East, north, up in the city's local frame.
    failed : (M,) structured array
        As they came.
    reasons : tuple of str
        One for each failed row.
    index, failed_index : (N,) and (M,) int arrays
        Where those rows stood in what was checked.
    """

    rows: ObservationArray
    position_m: NDArray[np.float32]
    failed: ObservationArray
    reasons: tuple[str, ...]
    index: NDArray[np.int64]
    failed_index: NDArray[np.int64]


class Gate:
    """Checks rows and places them in one city."""

    def __init__(self, city: City, networks: Networks | None = None) -> None:
        self._city, self._networks = city, networks
        self._borders: dict[tuple[str, str], Border] = {}
        self._devices: dict[str, Devices] = {}

    def follow(self, networks: Networks) -> None:
        """Go by other rules from now on."""
        self._networks = networks
        self._borders.clear()

    def border(self, source: SourceSettings) -> Border:
        """Return what of a source may come in from its network."""
        if self._networks is None:
            return NO_BORDER
        place = source.zone, source.classification
        if place not in self._borders:
            self._borders[place] = self._networks.border(source.zone, "", source.classification)
        return self._borders[place]

    def check(self, rows: ObservationArray, now_s: float, source: SourceSettings = NOBODY) -> Passed:
        """Split the rows of a source into good and bad; ``now_s`` is the time at the source (a recording's own)."""
        reason, border = _of_schema(rows), self.border(source)
        sound = np.flatnonzero(reason < 0)
        barred = border.keeps_out(rows[sound])
        reason[sound[barred]] = len(REASONS) + rows["kind"][sound[barred]]
        sound = sound[~barred]
        placed = places.place(self._city, source.coordinates, rows["lon_deg"][sound], rows["lat_deg"][sound])
        reason[sound] = np.where(placed.problem == places.HERE, -1, placed.problem + _OF_PLACE)
        here = placed.problem == places.HERE
        index, taken, place_m = sound[here], rows[sound[here]], placed.place_m[here]
        taken["lon_deg"], taken["lat_deg"] = placed.lon_deg[here], placed.lat_deg[here]
        reason[index] = self._follow(taken, place_m, now_s, source.name)
        good = reason[index] < 0
        bad = np.flatnonzero(reason >= 0)
        reasons = tuple(
            REASONS[code] if code < len(REASONS) else border.refusal(border.by_kind[code - len(REASONS)])
            for code in reason[bad].tolist()
        )
        position_m = places.raise_to_ground(self._city, place_m[good], taken["height_m"][good])
        return Passed(border.withhold(taken[good]), position_m, rows[bad], reasons, index[good], bad)

    def _follow(self, rows: ObservationArray, place_m: FloatArray, now_s: float, source: str) -> NDArray[np.int16]:
        """Hold rows against what their entities told before, and put their times right; return why not, or -1."""
        devices = self._devices.setdefault(source, Devices())
        slots = devices.find(rows)
        rows["time_s"], ahead = clocks.take_back(devices, slots, rows["time_s"], now_s)
        reason = np.where(ahead, np.int16(_AHEAD), np.int16(-1))
        timely = np.flatnonzero(~ahead)
        jumped = find_jumps(devices, slots[timely], rows["time_s"][timely], place_m[timely], top_speeds(rows[timely]))
        reason[timely[jumped]] = _JUMP
        return reason

    def forget(self, source: str) -> None:
        """Forget what a source told: it was wound to another time, or is another one now."""
        self._devices.pop(source, None)

    def clocks(self, source: str) -> clocks.ClockReport:
        """Tell how the clocks of a source's entities stand against ours."""
        return clocks.report(self._devices.get(source, Devices()))


def _of_schema(rows: ObservationArray) -> NDArray[np.int16]:
    """Return which check each row fails first, or -1."""
    reason = np.full(len(rows), -1, np.int16)
    for code, (_, check) in enumerate(CHECKS):
        reason[(reason < 0) & ~check(rows)] = code
    return reason
