"""The lake's files: Parquet of lean rows, written beside their place, put on disk and renamed into it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.history.lean import DAY_MS, LEAN_DTYPE, NAMES, SCHEMA, SLICE_MS, LeanArray, lean_of_table, table_of
from data.history.sealing import new_key, to_read, to_write
from data.sealed import take_place, to_disk

PLACE, ENTITY = "a", "b"
"""The two orders: slice of five minutes, cell, time; and entity, time."""
GROUP_ROWS = {PLACE: 16_384, ENTITY: 65_536}
"""Rows of a row group: what a question reads at least."""
_T = NAMES.index("t")
_DELTA = ("t", "entity", "lon", "lat")
MINUTE_MS = 60_000
Step = Callable[[str], None]


class Written(NamedTuple):
    """A file that is in its place but not yet in the manifest.

    ``part`` is True for one that waits to be merged; ``tally`` counts rows by layer and classification.
    """

    day: int
    order: str
    name: str
    part: bool
    rows: int
    bytes: int
    begin_ms: int
    end_ms: int
    west: int
    south: int
    east: int
    north: int
    first_entity: int
    last_entity: int
    minutes: dict[int, int]
    tally: Mapping[tuple[str, str], int] = {}


def nothing(_: str) -> None:
    """Be told of each step that changes the disk; tests end the process there."""


def day_name(day: int) -> str:
    """Return the folder of a day, as ``day=2026-11-22``."""
    return f"day={datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%Y-%m-%d}"


def write(folder: Path, order: str, lean: LeanArray, *, part: bool, step: Step = nothing) -> Written:
    """Write rows of one day, in the order they have; on disk when this returns.

    Raises
    ------
    OSError
        If the disk does not take it; only a ``.new`` file may be left.
    """
    day = int(lean["t"][0] // DAY_MS)
    place = folder / day_name(day)
    place.mkdir(parents=True, exist_ok=True)
    final = place / f"{order}-{secrets.token_hex(8)}.parquet"
    fresh = final.with_suffix(".new")
    step("write")
    _parquet(fresh, order, lean, new_key(folder))
    to_disk(fresh)
    step("rename")
    fresh.replace(final)
    for changed in (place, folder):
        to_disk(changed)
    minutes, counts = np.unique(lean["t"] // MINUTE_MS, return_counts=True)
    (west, east), (south, north) = _edges(lean["lon"]), _edges(lean["lat"])
    return Written(
        *(day, order, f"{place.name}/{final.name}", part, len(lean), final.stat().st_size),
        *_edges(lean["t"]),
        *(west, south, east, north),
        *_edges(lean["entity"]),
        dict(zip(minutes.tolist(), counts.tolist(), strict=True)),
    )


def _edges(values: NDArray[Any]) -> tuple[int, int]:
    return int(values.min()), int(values.max())


def turn(folder: Path, name: str, key: bytes) -> int:
    """Encrypt a file of the lake by a key, or with none take it away again, and return its bytes; whole or not at all.

    Raises
    ------
    OSError
        If the disk does not take it, or the file opens by another key; it is as it was.
    """
    path = folder / name
    fresh = path.with_suffix(".new")
    order = path.name[0]
    with pq.ParquetFile(path, decryption_properties=to_read(folder)) as file, _writer(fresh, order, key) as writer:
        for group in range(file.num_row_groups):
            writer.write_table(file.read_row_group(group), row_group_size=GROUP_ROWS[order])
    take_place(fresh, path)
    return path.stat().st_size


def _parquet(path: Path, order: str, lean: LeanArray, key: bytes) -> None:
    with _writer(path, order, key) as file:
        for piece in _slices(lean) if order == PLACE else [lean]:
            file.write_table(table_of(piece), row_group_size=GROUP_ROWS[order])


def _writer(path: Path, order: str, key: bytes) -> pq.ParquetWriter:
    # The numbers' columns in differences, the narrow ones by dictionary; Spark 3.3+, DuckDB and Arrow read both.
    delta = [name for name in _DELTA if not (order == PLACE and name == "entity")]
    return pq.ParquetWriter(
        path, SCHEMA, compression="zstd", compression_level=3, version="2.6", data_page_version="1.0",
        use_dictionary=[name for name in NAMES if name not in delta],
        column_encoding=dict.fromkeys(delta, "DELTA_BINARY_PACKED"), encryption_properties=to_write(key),
    )  # fmt: skip


def _slices(lean: LeanArray) -> list[LeanArray]:
    """Cut rows where a slice ends: no row group holds rows of two, so that an instant reads those of its own only."""
    return np.split(lean, np.flatnonzero(np.diff(lean["t"] // SLICE_MS)) + 1)


def read(
    folder: Path, names: Sequence[str], begin_ms: int, end_ms: int, entities: tuple[int, int] | None = None
) -> LeanArray:
    """Return the rows of some files within a time (both ends included), and of a range of entities if given."""
    filters = [("t", ">=", begin_ms), ("t", "<=", end_ms)]
    if entities is not None:
        filters += [("entity", ">=", entities[0]), ("entity", "<=", entities[1])]
    opened = to_read(folder)
    tables = [
        pq.read_table(folder / name, schema=SCHEMA, filters=filters, partitioning=None, decryption_properties=opened)
        for name in names
    ]
    return lean_of_table(pa.concat_tables(tables)) if tables else np.empty(0, LEAN_DTYPE)


def read_slice(path: Path, number: int) -> LeanArray:
    """Return the rows of a slice (counted from 1970-01-01 UTC) of a file in the order of place.

    Reads its row groups and nothing else: half the time of a filter, which is compared with each row.
    """
    begin_ms, end_ms = number * SLICE_MS, (number + 1) * SLICE_MS - 1
    with pq.ParquetFile(path, decryption_properties=to_read(path.parent.parent)) as file:
        edges = [file.metadata.row_group(group).column(_T).statistics for group in range(file.num_row_groups)]
        groups = [group for group, edge in enumerate(edges) if edge.max >= begin_ms and edge.min <= end_ms]
        lean = lean_of_table(file.read_row_groups(groups, columns=list(NAMES)))
    inside = (lean["t"] >= begin_ms) & (lean["t"] <= end_ms)
    return lean if inside.all() else lean[inside]
