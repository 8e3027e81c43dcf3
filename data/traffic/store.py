"""Measured traffic on disk: one Parquet file an hour, in a folder a day, beside the twins.

Links are kept by the ids of their roads, so the figures outlive a twin that is made anew. Nothing in the files tells
of one vehicle.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.home import Home
from data.whole_file import write_file
from twin.errors import BadInputError
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import NO_LINK, IntArray, RoadGraph
from twin.traffic.hours import profile
from twin.traffic.slots import SLOT_S, Slots, no_slots, together
from twin.words import say

HOUR_SLOTS = int(3600 / SLOT_S)
WEEK_S = 7 * 86_400.0
SUMS = tuple(field.name for field in fields(Slots))[2:]


@dataclass(frozen=True, slots=True)
class TrafficStore:
    """The measured traffic of one twin; one process writes, any may read.

    Parameters
    ----------
    folder : Path
    graph : RoadGraph
        Of the twin; what was measured on roads that are no more is left out.
    """

    folder: Path
    graph: RoadGraph

    @classmethod
    def of(cls, home: Home, twin: str, graph: RoadGraph) -> TrafficStore:
        """Return the store of a twin."""
        return cls(home.data / "traffic" / home.twin(twin).name, graph)

    def add(self, slots: Slots) -> None:
        """Add to what is kept."""
        for hour in np.unique(slots.slot // HOUR_SLOTS).tolist():
            fresh = slots.take(slots.slot // HOUR_SLOTS == hour)
            self._write(hour, together([self._read(self._path(hour)), fresh]))

    def replace(self, slots: Slots) -> None:
        """Put in place of what is kept of the same hours."""
        for hour in np.unique(slots.slot // HOUR_SLOTS).tolist():
            self._write(hour, slots.take(slots.slot // HOUR_SLOTS == hour))

    def between(self, begin_s: float, end_s: float) -> Slots:
        """Return what was measured from one time to another, sorted by slot and link.

        Raises
        ------
        twin.errors.BadInputError
            If a file is damaged.
        """
        first, last = int(begin_s // SLOT_S), int(np.ceil(end_s / SLOT_S))
        hours = range(first // HOUR_SLOTS, (last - 1) // HOUR_SLOTS + 1)
        parts = [self._read(path) for hour in hours if (path := self._path(hour)).exists()]
        found = together([no_slots(), *parts])
        return found.take((found.slot >= first) & (found.slot < last))

    def newest_s(self) -> float | None:
        """Return when the newest kept hour begins; None if nothing is kept."""
        newest = max(
            self.folder.glob("????????/??.parquet"), key=lambda path: (path.parent.name, path.name), default=None
        )
        if newest is None:
            return None
        return pd.Timestamp(f"{newest.parent.name}T{newest.stem}", tz="UTC").timestamp()

    def hours(self) -> FloatArray | None:
        """Return the course of the day, (24,) to the busiest hour, of the newest week; None until each hour is kept."""
        newest_s = self.newest_s()
        return None if newest_s is None else profile(self.between(newest_s - WEEK_S, newest_s + 3600.0))

    def _path(self, hour: int) -> Path:
        at = pd.Timestamp(hour * 3600, unit="s", tz="UTC")
        return self.folder / f"{at:%Y%m%d}" / f"{at:%H}.parquet"

    def _write(self, hour: int, slots: Slots) -> None:
        graph = self.graph
        road = pa.array(graph.road_ids[graph.road[slots.link]].astype(str)).dictionary_encode()
        columns = {name: getattr(slots, name).astype(np.float32) for name in SUMS}
        table = pa.table({"slot": slots.slot, "road": road, "forward": graph.forward[slots.link], **columns})
        path, sink = self._path(hour), io.BytesIO()
        pq.write_table(table, sink, compression="zstd")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, sink.getvalue())

    def _read(self, path: Path) -> Slots:
        if not path.exists():
            return no_slots()
        try:
            table = pq.read_table(path)
            link = self._links(pd.Index(table.column("road").to_pandas()), table.column("forward").to_numpy())
            sums = [table.column(name).to_numpy().astype(np.float64) for name in SUMS]
            slots = Slots(table.column("slot").to_numpy().astype(np.int64), link, *sums)
        except (pa.ArrowInvalid, KeyError, OSError) as error:
            name = f"traffic/{path.parent.name}/{path.name}"
            remedy = say("Delete it; `zhian traffic match` makes it anew from the fixes")
            raise BadInputError(name, say("it is damaged"), remedy) from error
        return slots.take(link != NO_LINK)

    def _links(self, road: pd.Index[str], forward: BoolArray) -> IntArray:
        rows = pd.Index(self.graph.road_ids).get_indexer(road)
        link = self.graph.links_of[rows, (~forward.astype(bool)).astype(np.int64)]
        return np.where(rows >= 0, link, NO_LINK)
