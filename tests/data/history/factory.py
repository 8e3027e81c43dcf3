"""Journals and lakes for tests of the history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.history.compactor import Account, Compactor, alone
from data.history.files import nothing
from data.sync.journal import Entry, Journal, Origin
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

NOON = 1_790_078_400.0
"""Midday of a Tuesday in UTC: 2026-09-22."""
LATER = NOON + 2 * 86400
LIFE = Origin("demo life", "video", "internal")
LON_DEG, LAT_DEG = 120.92, 30.84


def walk(entities: int, seconds: int, begin_s: float = NOON, every_s: float = 5.0, kind: int = 0) -> ObservationArray:
    """Return states of entities that wander, in the order of time; the same each time it is asked."""
    steps = int(seconds / every_s)
    chance = np.random.default_rng(7)
    rows = np.zeros(entities * steps, OBSERVATION_DTYPE)
    number = np.tile(np.arange(entities), steps)
    rows["id"] = np.char.mod("car %d", number).astype("S32")
    rows["label"] = np.char.mod("Z-%05d", number).astype("S48")
    rows["kind"], rows["state"] = kind, 4
    rows["time_s"] = begin_s + np.repeat(np.arange(steps), entities) * every_s + (number % 7) / 10
    east = chance.normal(0, 3e-4, (steps, entities)).cumsum(axis=0) + chance.uniform(-0.03, 0.03, entities)
    north = chance.normal(0, 3e-4, (steps, entities)).cumsum(axis=0) + chance.uniform(-0.03, 0.03, entities)
    rows["lon_deg"], rows["lat_deg"] = LON_DEG + east.ravel(), LAT_DEG + north.ravel()
    rows["heading_deg"], rows["speed_mps"] = chance.uniform(0, 360, len(rows)), chance.uniform(0, 20, len(rows))
    rows["value"] = rows["accuracy_m"] = np.nan
    return rows


def record(journal: Path, rows: ObservationArray, origin: Origin = LIFE, lump: int = 500) -> None:
    """Keep rows as chunks."""
    keeper = Journal(journal)
    for at in range(0, len(rows), lump):
        keeper.append([Entry(origin, NOON, 0, (), rows=rows[at : at + lump])])
    keeper.close()


def compact(folder: Path, journal: Path, now_s: float = NOON + 7200, step: Callable[[str], None] = nothing) -> Account:
    """Run the compactor once, at a time."""
    with alone(folder):
        compactor = Compactor(folder, journal, lambda: now_s, step)
        try:
            return compactor.run()
        finally:
            compactor.close()
