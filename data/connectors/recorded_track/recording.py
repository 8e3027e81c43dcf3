"""A recording: what was observed once, in order of time, and what was left out of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.geo import FloatArray
from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray
from twin.words import said, say

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""
LISTED = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out: its place in the file (a line, a feature, a point) and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Recording:
    """Rows in order of time.

    Parameters
    ----------
    rows : (N,) structured array of :data:`twin.live.observation.OBSERVATION_DTYPE`
    problems : tuple of Problem
        One for each row left out.
    notes : tuple of str
        What was guessed.
    """

    rows: ObservationArray
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    def report(self, name: str) -> tuple[str, ...]:
        """Return sentences for the log: how many rows, what was guessed, and the first rows left out."""
        entities = len(np.unique(self.rows["id"]))
        count = say("{name}: {rows} rows of {entities} entities", name=name, rows=len(self.rows), entities=entities)
        if not self.problems:
            return (count, *self.notes)
        listed = say("{place}: {reason}", place=self.problems[0].place, reason=said(self.problems[0].reason))
        for problem in self.problems[1:LISTED]:
            listed = say("{before}; {place}: {reason}", before=listed, place=problem.place, reason=said(problem.reason))
        more = ", …" if len(self.problems) > LISTED else ""
        left_out = len(self.problems)
        return (
            say("{rows}; {count} left out: {listed}{more}", rows=count, count=left_out, listed=listed, more=more),
            *self.notes,
        )


def in_order(recording: Recording) -> Recording:
    """Sort by time (rows of one time stay as they were), and fill in heading and speed where a source told none."""
    rows = recording.rows[np.argsort(recording.rows["time_s"], kind="stable")]
    order = np.argsort(rows["id"], kind="stable")
    moved = rows[order]
    east_m, north_m, passed_s = _steps(moved)
    distance = np.hypot(east_m, north_m)
    with np.errstate(invalid="ignore", divide="ignore"):
        speed = distance / passed_s
    top = np.array([kind.top_speed_mps for kind in KINDS])[moved["kind"]]
    _fill(moved, "speed_mps", np.where(speed <= top, speed, np.nan))
    _fill(moved, "heading_deg", np.where(distance > 0.5, np.degrees(np.arctan2(east_m, north_m)) % 360.0, np.nan))
    rows[order] = moved
    return replace(recording, rows=rows)


def _fill(rows: ObservationArray, field: str, value: FloatArray) -> None:
    rows[field] = np.where(np.isnan(rows[field]), value, rows[field])


def _steps(rows: ObservationArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return metres east and north and seconds since the row before of the same entity, NaN for its first."""
    east, north, passed = (np.full(len(rows), np.nan) for _ in range(3))
    same = rows["id"][1:] == rows["id"][:-1]
    lat = np.radians(rows["lat_deg"])
    east[1:] = np.radians(np.diff(rows["lon_deg"])) * np.cos(lat[1:]) * EARTH_M
    north[1:] = np.diff(lat) * EARTH_M
    passed[1:] = np.diff(rows["time_s"])
    for values in (east, north, passed):
        values[1:][~same] = np.nan
    return east, north, passed


def joined(recordings: Sequence[Recording]) -> Recording:
    """Return several recordings as one, in order of time."""
    return Recording(
        np.sort(np.concatenate([part.rows for part in recordings]), order="time_s", kind="stable"),
        tuple(problem for part in recordings for problem in part.problems),
        tuple(note for part in recordings for note in part.notes),
    )


def moved_to(recording: Recording, lon_deg: float, lat_deg: float) -> Recording:
    """Return the recording with its middle moved to a place, its shape kept in metres."""
    rows = recording.rows.copy()
    lon0, lat0 = (float((rows[field].min() + rows[field].max()) / 2) for field in ("lon_deg", "lat_deg"))
    stretch = np.cos(np.radians(lat0)) / np.cos(np.radians(lat_deg))
    rows["lon_deg"] = lon_deg + (rows["lon_deg"] - lon0) * stretch
    rows["lat_deg"] = lat_deg + (rows["lat_deg"] - lat0)
    note = say(
        "moved here from {lon:.4f}, {lat:.4f}: the times and shapes are real, the place is not", lon=lon0, lat=lat0
    )
    return replace(recording, rows=rows, notes=(*recording.notes, note))
