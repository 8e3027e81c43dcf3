"""Positions of terminals as rows of the twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data.connectors.contract import Record
from data.connectors.jt808.bulk import Ints
from data.connectors.jt808.decoder import EMERGENCY, FIXED, Position
from data.connectors.jt808.gaps import Serials
from data.connectors.jt808.options import Terminal
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray, clip_utf8


class Unit:
    """One terminal as the platform knows it; ``id``, ``label`` and ``kind`` as they stand in a row."""

    __slots__ = ("_known", "device", "id", "kind", "label", "serials")

    def __init__(self, device: str, known: Terminal, kind: str, serials: Serials) -> None:
        self.device, self.serials, self._known = device, serials, known
        self.id = clip_utf8(known.id or f"jt808:{device}", 32)
        self.label = clip_utf8(known.label, 48)
        self.kind = CODE[kind]

    def name(self, plate: str) -> None:
        """Take the plate that the terminal registered with, unless the settings say another label."""
        if not self._known.label:
            self.label = clip_utf8(plate, 48)


class Told(NamedTuple):
    """A position that was read, and who told it; units as in :class:`data.connectors.jt808.decoder.Position`."""

    record: Record
    unit: Unit
    alarm: int
    status: int
    lon_deg: float
    lat_deg: float
    speed_kmh: float
    direction_deg: int


def told(record: Record, unit: Unit, position: Position) -> Told:
    """Return a position that was decoded alone."""
    return Told(
        *(record, unit, position.alarm, position.status, position.lon_deg, position.lat_deg),
        *(position.speed_kmh, position.direction_deg),
    )


def rows_of(positions: Sequence[Told]) -> tuple[ObservationArray, Ints]:
    """Return the rows of those positions that are fixes, and all positions' places in an order that has them first.

    A terminal without a fix sends its last position, or none: that is kept, and moves nothing.
    """
    status = np.fromiter((t.status for t in positions), np.int64, len(positions))
    fixed = (status & FIXED) != 0
    order = np.concatenate([np.flatnonzero(fixed), np.flatnonzero(~fixed)])
    fixes = [positions[i] for i in order[: int(np.count_nonzero(fixed))].tolist()]
    rows = np.zeros(len(fixes), OBSERVATION_DTYPE)
    if not fixes:
        return rows, order
    records, units, alarm, _, lon, lat, speed_kmh, direction = zip(*fixes, strict=True)
    heading, speed = np.asarray(direction, np.float32), np.asarray(speed_kmh, np.float32)
    rows["id"] = [unit.id for unit in units]
    rows["label"] = [unit.label for unit in units]
    rows["kind"] = [unit.kind for unit in units]
    state = np.where(speed > 0, STATE_CODE["moving"], STATE_CODE["stopped"])
    rows["state"] = np.where(np.asarray(alarm, np.int64) & EMERGENCY, STATE_CODE["alarm"], state)
    rows["time_s"] = [record.source_s for record in records]
    rows["lon_deg"], rows["lat_deg"] = lon, lat
    rows["heading_deg"] = np.where(heading <= 360, heading, np.nan)  # a wrong direction does not cost the position
    rows["speed_mps"] = speed / 3.6
    rows["value"] = rows["accuracy_m"] = np.nan
    return rows, order
