"""Alarms and faults of the past: rows in urgent states, found by what row groups say of themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.history.entities import Entities
from data.history.lean import SCHEMA, LeanArray, joined, lean_of_table, taken
from data.history.manifest import File
from data.history.sealing import to_read
from twin.live.happening import URGENT_CODES, Happening, beginnings
from twin.live.kinds import KINDS, STATES


def urgent_rows(folder: Path, files: Sequence[File], begin_ms: int, end_ms: int) -> LeanArray:
    """Return the rows of a time (both ends included) in urgent states; groups of rows without any are not read.

    Raises
    ------
    FileNotFoundError
        If one of the files was deleted meanwhile.
    """
    filters = [("t", ">=", begin_ms), ("t", "<=", end_ms), ("state", "in", URGENT_CODES.tolist())]
    opened = to_read(folder)
    tables = [
        pq.read_table(
            folder / file.name, schema=SCHEMA, filters=filters, partitioning=None, decryption_properties=opened
        )
        for file in files
    ]
    return lean_of_table(pa.concat_tables(tables)) if tables else joined([])


def happenings_of(rows: LeanArray, entities: Entities) -> tuple[Happening, ...]:
    """Return what began with some of the rows, oldest first; rows in other states do not count."""
    rows = taken(rows, np.flatnonzero(np.isin(rows["state"], URGENT_CODES)))
    begins = beginnings(entities.same()[rows["entity"]], rows["t"] / 1000.0, rows["state"])
    rows = taken(rows, np.flatnonzero(begins))
    rows = taken(rows, np.argsort(rows["t"], kind="stable"))
    told = entities.told_of(rows["entity"])
    return tuple(
        Happening(t / 1000.0, STATES[state], key.decode(errors="replace"), KINDS[min(kind, len(KINDS) - 1)].name)
        for t, state, key, kind in zip(
            rows["t"].tolist(), rows["state"].tolist(), told["id"].tolist(), told["kind"].tolist(), strict=True
        )
    )
