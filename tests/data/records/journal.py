"""A journal with chunks in it, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from data.connectors.contract import Gap, Record
from data.sync.journal import Entry, Journal, Origin
from twin.live.kinds import CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

NOON = 1_795_320_000.0
"""2026-11-22 04:00 UTC."""
DAY_S = 86400.0


def told(first: int, count: int, time_s: float = NOON) -> ObservationArray:
    """Return rows of as many entities, with what is unknown unknown."""
    rows = np.zeros(count, OBSERVATION_DTYPE)
    rows["id"] = [f"van {number}".encode() for number in range(first, first + count)]
    rows["label"] = "浙F·8K2Q6".encode()
    rows["kind"], rows["state"], rows["time_s"] = CODE["dump_truck"], 4, time_s
    rows["lon_deg"], rows["lat_deg"], rows["speed_mps"] = 120.9, 30.8, 12.5
    rows["heading_deg"] = rows["value"] = rows["accuracy_m"] = np.nan
    return rows


def entry(serial: int, rows: ObservationArray, gaps: tuple[Gap, ...] = ()) -> Entry:
    """Return what one parcel becomes; its keys are unique to the serial."""
    records = [Record(b"%d-%d" % (serial, at), "van", "0200", NOON, b"raw") for at in range(len(rows))]
    return Entry(Origin("vans", "视频专网", "内部"), NOON, len(rows), records, rows=rows, gaps=gaps)


def write(path: Path, commits: int, rows: int) -> None:
    """Write commits to a journal."""
    journal = Journal(path)
    for serial in range(commits):
        journal.append([entry(serial, told(0, rows, NOON + serial))])
    journal.close()
