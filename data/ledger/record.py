"""The record: every transfer with all that was told of it, in Parquet by account hash, sorted by account and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.ledger.index import Legs

if TYPE_CHECKING:
    import duckdb

SCHEMA = pa.schema([
    ("number", pa.int64()), ("time_s", pa.int64()), ("source", pa.int64()), ("target", pa.int64()),
    ("amount_fen", pa.int64()), ("after_fen", pa.int64()), ("serial", pa.string()), ("channel", pa.string()),
    ("note", pa.string()), ("file", pa.int32()), ("line", pa.int64()), ("key", pa.uint64()),
])  # fmt: skip
PARTS = 64
"""Accounts are numbered as they come, so the rest of a division spreads them evenly."""
ROW_GROUP = 100_000
MEMORY = "1GB"
LEGS_AT_ONCE = 2_000_000


def keys(table: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Return a number for all that tells one transfer from another: the serial where there is one, else everything."""
    serial = table["serial"].astype(str)
    rest = table["channel"].astype(str) + "\0" + table["note"].astype(str) + "\0" + table["after_fen"].astype(str)
    told = serial.where(serial != "", "\0" + rest)
    found: np.ndarray[tuple[int], np.dtype[np.uint64]] = pd.util.hash_array(told.to_numpy(object))
    return found


def table_of(frame: pd.DataFrame) -> pa.Table:
    """Return rows in the record's form."""
    return pa.Table.from_pandas(frame[SCHEMA.names], SCHEMA, preserve_index=False)


def write(path: Path, frame: pd.DataFrame) -> None:
    """Write rows, sorted by account and time."""
    pq.write_table(table_of(frame), path, compression="zstd", row_group_size=ROW_GROUP)


def legs_of(frame: pd.DataFrame) -> Legs:
    """Return rows as transfers."""
    return Legs(*(frame[name].to_numpy(np.int64) for name in ("number", "time_s", "source", "target", "amount_fen")))


class Record:
    """Asks the record's files through DuckDB."""

    def __init__(self, paths: Sequence[Path], scratch: Path) -> None:
        import duckdb  # here, as loading it takes as long as all else a command does

        self._base: duckdb.DuckDBPyConnection = duckdb.connect(
            config={"memory_limit": MEMORY, "temp_directory": str(scratch)}
        )
        if paths:
            self._base.read_parquet([str(path) for path in paths], hive_partitioning=False).create_view("record")
        else:
            self._base.from_arrow(SCHEMA.empty_table()).create_view("record")

    def close(self) -> None:
        """Let go of the memory."""
        self._base.close()

    def ask(self, sql: str, values: Sequence[object] = ()) -> pa.Table:
        """Return the answer of one statement over ``record``."""
        return self._base.sql(sql, params=list(values)).to_arrow_table()

    def rows(self, numbers: Sequence[int], accounts: Sequence[int]) -> pd.DataFrame:
        """Return transfers by their numbers; ``accounts`` are those that paid, which is where they are looked for."""
        if not numbers:
            return pd.DataFrame(columns=SCHEMA.names)
        asked = "source in (select unnest(?)) and number in (select unnest(?))"
        sql = f"select * from record where {asked} order by time_s, number"  # noqa: S608  # asked is above
        found: pd.DataFrame = self.ask(sql, [sorted(set(accounts)), list(numbers)]).to_pandas()
        return found

    def part(self, part: int, path: Path) -> int:
        """Write the transfers of one part of the accounts into a file; return how many."""
        sql = f"select * from record where source % {PARTS} = {part:d} order by source, time_s, number"  # noqa: S608  # numbers
        target = str(path).replace("'", "''")
        self._base.execute(f"copy ({sql}) to '{target}' (format parquet, compression zstd, row_group_size {ROW_GROUP})")
        return int(pq.read_metadata(path).num_rows)

    def legs(self) -> Iterator[Legs]:
        """Yield all transfers."""
        names = ("number", "time_s", "source", "target", "amount_fen")
        sql = f"select {', '.join(names)} from record"  # noqa: S608  # names are above
        reader: pa.RecordBatchReader = self._base.sql(sql).to_arrow_reader(LEGS_AT_ONCE)
        for batch in reader:
            yield Legs(*(batch.column(name).to_numpy() for name in names))
