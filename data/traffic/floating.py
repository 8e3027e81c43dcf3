"""Floating cars: fixes in, speeds of links out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from data.router.matching import HmmMatcher
from twin.datums import Coordinates, to_wgs84
from twin.errors import BadInputError
from twin.geo import LocalFrame
from twin.traffic.graph import RoadGraph
from twin.traffic.slots import SLOT_S, Slots, no_slots, slots_of, together
from twin.traffic.trips import Fixes, guess_coordinates, trips_of
from twin.words import say

COLUMNS = ("vehicle", "time", "lon", "lat")
COLUMNS_WANTED = say("Columns vehicle, time (ISO 8601, or seconds since 1970), lon and lat are needed")
OVERLAP_S = 180.0
"""Fixes from so long before are matched once more, so that a way is not cut where a look ended."""
LATE_S = 60.0
"""Sources may tell so late; what comes later still is not counted."""
LOOKED_AT = 500
"""Fixes that tell a file's datum."""


def slots_from(matcher: HmmMatcher, fixes: Fixes, begin_s: float = -np.inf, end_s: float = np.inf) -> Slots:
    """Clean, match and sum up; only what ends after ``begin_s`` and not after ``end_s`` is counted."""
    trips = trips_of(fixes)
    found = matcher.match_many(trips.position_m, trips.time_s, trips.first)
    return slots_of(matcher.graph, trips, found, begin_s, end_s)


def read_fixes(path: Path, frame: LocalFrame, graph: RoadGraph, coordinates: Coordinates | None = None) -> Fixes:
    """Read a CSV or Parquet file with the columns vehicle, time (ISO 8601 or seconds since 1970), lon and lat.

    Parameters
    ----------
    coordinates : str, optional
        The datum; by default the one with which the fixes lie on the roads.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, or a column is missing.
    """
    try:
        table = pq.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        problem = say("it cannot be read as CSV or Parquet: {error}", error=str(error)[:120])
        raise BadInputError(path.name, problem, COLUMNS_WANTED) from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        problem = say("there is no column {column}", column=", ".join(missing))
        raise BadInputError(path.name, problem, COLUMNS_WANTED)
    told = table.select(COLUMNS).to_pandas()
    lon, lat = (pd.to_numeric(told[name], errors="coerce").to_numpy(np.float64) for name in ("lon", "lat"))
    some = slice(None, None, max(len(lon) // LOOKED_AT, 1))
    datum = coordinates or guess_coordinates(lon[some], lat[some], frame, graph)
    return Fixes(
        pd.util.hash_array(told["vehicle"].astype(str).to_numpy(object)),
        _seconds(told["time"]),
        np.column_stack(frame.to_local(*to_wgs84(datum, lon, lat))),
    )


def _seconds(column: pd.Series[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return times as seconds since 1970; NaN for what is none."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64)
    when = pd.to_datetime(column, utc=True, errors="coerce", format="ISO8601")
    return np.where(when.isna(), np.nan, when.to_numpy("datetime64[ms]").astype(np.float64) / 1000.0)


@dataclass(slots=True)
class Following:
    """Follows fixes as they come in: holds the last minutes, and gives slots that are complete."""

    matcher: HmmMatcher
    done_s: float = -np.inf
    _held: Fixes | None = None
    _slots: Slots | None = None

    def take(self, fixes: Iterable[Fixes], now_s: float) -> Slots:
        """Take new fixes; return the slots that nothing is added to any more."""
        held = [*([] if self._held is None else [self._held]), *fixes]
        whole = Fixes(
            *(
                np.concatenate([getattr(part, name) for part in held])
                for name in [field.name for field in fields(Fixes)]
            )
        )
        until = now_s - LATE_S
        sums = slots_from(self.matcher, whole, self.done_s, until)
        recent = whole.time_s > until - OVERLAP_S
        self._held = Fixes(whole.vehicle[recent], whole.time_s[recent], whole.position_m[recent])
        self.done_s = until
        slots = together([self._slots or no_slots(), sums])
        complete = (slots.slot + 1) * SLOT_S + LATE_S <= until  # the middle of a hop may lie in the slot before its end
        self._slots = slots.take(~complete)
        return slots.take(complete)

    def give_back(self, slots: Slots) -> None:
        """Take back what could not be kept: it is given again with the next that is complete."""
        self._slots = together([self._slots or no_slots(), slots])
