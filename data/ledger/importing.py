"""Files of transfers into a ledger: nothing lost, nothing doubled, all or nothing of a file.

A file is read as a stream and spilt by the paying account into parts that fit into memory; each part is freed of
doubles, sorted and written, and only then is everything listed in one transaction. What is killed before has not
happened, and the file is imported again.
"""

from __future__ import annotations

import csv
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.alone import lock
from data.ledger import index as indexing
from data.ledger import record
from data.ledger.cleaning import BEIJING_S, Rules, clean
from data.ledger.index import MOST_NUMBER, Index
from data.ledger.manifest import INDEX, RECORD, File, Manifest, Piece
from data.ledger.reading import Broken, Chunk, Reading
from data.ledger.statements import Joined
from twin.errors import BadInputError, UsageError, ZhianError
from twin.words import say

PART_BYTES = 64 << 20
MOST_PARTS = 64
INDEX_LEGS = 4_000_000
"""Transfers that are sorted in memory at once: about half a gigabyte."""
SPILT = pa.schema([
    ("number", pa.int64()), ("time_s", pa.int64()), ("source", pa.int64()), ("target", pa.int64()),
    ("amount_fen", pa.int64()), ("after_fen", pa.int64()), ("serial", pa.string()), ("channel", pa.string()),
    ("note", pa.string()), ("line", pa.int64()),
])  # fmt: skip

Progress = Callable[[int], None]
Step = Callable[[str], None]


class BusyLedgerError(ZhianError):
    """Another import or merge works on this ledger."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one who changes a ledger.

    Raises
    ------
    BusyLedgerError
    """
    held = lock(folder / "lock.sqlite")
    if held is None:
        raise BusyLedgerError("the ledger is being changed by another import or merge: try again when it is done")
    with closing(held):
        yield


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be imported; ``columns`` by the names of :data:`data.ledger.columns.NAMES`, empty to guess."""

    path: Path
    bank: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    ahead_of_utc_s: int = BEIJING_S
    keep_equal: bool = False


class Report(NamedTuple):
    """What became of the lines of a file; ``file`` is 0 if all of it was there before, as that of ``seen``."""

    file: int
    name: str
    lines: int
    taken: int
    doubled: int
    broken: dict[str, int]
    rounded: int
    kept: str
    seen: str = ""


def nothing(_: object) -> None:
    """Do nothing between the steps."""


class Importer:
    """Imports files into one ledger; who runs it is :func:`alone`.

    Parameters
    ----------
    folder : Path
    clock : callable
    step : callable
        Told the name of each step before it is taken.
    """

    def __init__(
        self, folder: Path, clock: Callable[[], float] = time.time, step: Step = nothing, told: Progress = nothing
    ) -> None:
        self._folder, self._clock, self._step, self._told = folder, clock, step, told
        self._manifest = Manifest(folder)

    def close(self) -> None:
        """Let go of the manifest."""
        self._manifest.close()

    def take(self, asked: Asked) -> Report:
        """Import one file.

        Raises
        ------
        twin.errors.BadInputError
            If it is no file of transfers, or none of its lines is one.
        """
        sweep(self._folder, self._manifest)
        before = self._seen_before(asked.path)
        if before is not None:
            return Report(0, asked.path.name, before.lines, 0, before.lines, {}, 0, "", before.name)
        with self._manifest.change():
            return self._taken(asked)

    def _seen_before(self, path: Path) -> File | None:
        """Tell whether the very same bytes were imported already; they are read only if the size is the same."""
        size = path.stat().st_size
        alike = [file for file in self._manifest.files() if file.bytes == size]
        if not alike:
            return None
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return next((file for file in alike if file.sha256 == digest), None)

    def _taken(self, asked: Asked) -> Report:
        number, file = self._manifest.next()
        size = asked.path.stat().st_size
        parts = min(max(size // PART_BYTES, 1), MOST_PARTS)
        with ExitStack() as stack:
            scratch = stack.enter_context(_scratch(self._folder))
            spill = stack.enter_context(closing(_Spill(scratch, parts)))
            broken = stack.enter_context(closing(_BrokenLines(self._folder, file)))
            reading = Reading(asked.path, asked.columns)
            rounded = self._read(reading, asked, number, spill, broken)
            keep_equal = asked.keep_equal or reading.columns.in_days  # a day does not tell two payments apart
            self._step("read")
            if not spill.rows:
                reasons = ", ".join(f"{name} {count}" for name, count in broken.counts.most_common(3))
                raise BadInputError(
                    asked.path.name, say("none of its {lines} lines is a transfer ({reasons})", lines=reading.lines,
                                         reasons=reasons or "-"), "Check its columns and its encoding",
                )  # fmt: skip
            spill.finish()
            pieces, doubled, span = self._sorted(spill, scratch, file, keep_equal=keep_equal)
        broken.finish()
        taken = sum(piece.rows for piece in pieces if piece.kind == RECORD)
        self._step("list")
        self._manifest.add_pieces(pieces)
        digest = reading.sha256 if asked.path.suffix not in (".gz", ".tgz") else _digest(asked.path)
        lost = sum(broken.counts.values())
        self._manifest.add_file(
            File(file, asked.path.name, digest, size, self._clock(), reading.lines, taken, doubled, lost, number, *span)
        )
        self._manifest.set_next(number + reading.lines, file + 1)
        return Report(file, asked.path.name, reading.lines, taken, doubled, dict(broken.counts), rounded, broken.name)

    def _read(self, reading: Reading, asked: Asked, number: int, spill: _Spill, broken: _BrokenLines) -> int:
        rounded = 0
        for chunk in reading.chunks():
            in_days = reading.columns.in_days
            rules = Rules(asked.bank, self._clock(), asked.ahead_of_utc_s, in_days)
            broken.add(chunk.broken)
            if chunk.lines:
                rounded += self._chunk(chunk, rules, number, spill, broken)
            if number + reading.lines > MOST_NUMBER:
                raise UsageError("the ledger would have more than 4.29 billion lines: begin another one")
            number += len(chunk.lines)
            self._told(reading.lines)
        return rounded

    def _chunk(self, chunk: Chunk, rules: Rules, number: int, spill: _Spill, broken: _BrokenLines) -> int:
        cleaned = clean(chunk.fields, rules)
        broken.add([Broken(chunk.lines[at], why, chunk.raw[at]) for at, why in cleaned.broken.items()])
        table = cleaned.table
        if len(table):
            ends = self._manifest.numbers_made(pd.concat([table["source"], table["target"]], ignore_index=True))
            table["source"], table["target"] = ends[: len(table)], ends[len(table) :]
            at = table["at"].to_numpy(np.int64)
            table["number"], table["line"] = number + at, np.array(chunk.lines, np.int64)[at]
            spill.add(table)
        return cleaned.rounded

    def _sorted(
        self, spill: _Spill, scratch: Path, file: int, *, keep_equal: bool
    ) -> tuple[list[Piece], int, tuple[int, int]]:
        """Write the parts without doubles, and one index over them."""
        pieces, doubled, begin_s, end_s = list[Piece](), 0, 2**62, 0
        with closing(Ledger(self._folder, self._manifest, scratch)) as known, closing(_Indexer(scratch)) as indexer:
            for place, frame in spill.parts():
                frame["file"], frame["key"] = file, record.keys(frame)
                once = frame if keep_equal else frame.drop_duplicates(list(SAME))
                once = once[~known.holds(once)].sort_values(["source", "time_s", "number"])
                doubled += len(frame) - len(once)
                if not len(once):
                    continue
                name = f"record-{file:06d}-{place:02d}.parquet"
                record.write(self._folder / name, once)
                pieces.append(Piece(name, RECORD, len(once), False))
                begin_s, end_s = min(begin_s, int(once["time_s"].min())), max(end_s, int(once["time_s"].max()))
                indexer.add(once)
            self._step("index")
            if pieces:
                name = f"index-{file:06d}"
                indexer.finish(self._folder / name)
                pieces.append(Piece(name, INDEX, sum(piece.rows for piece in pieces), False))
        return pieces, doubled, (min(begin_s, end_s), end_s)


SAME = ("source", "target", "time_s", "amount_fen", "key")
"""Two lines that are alike in these tell of one transfer."""


class Ledger:
    """What was imported before, asked whether it holds a transfer already."""

    def __init__(self, folder: Path, manifest: Manifest, scratch: Path) -> None:
        self._indexes = [Index(folder / piece.name) for piece in manifest.pieces(INDEX)]
        self._paths = [folder / piece.name for piece in manifest.pieces(RECORD)]
        self._statements, self._scratch = Joined(self._indexes), scratch

    def close(self) -> None:
        """Let go of the files."""
        for index in self._indexes:
            index.close()

    def holds(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Mark the rows that are there already: the index finds who paid then, the record compares the rest."""
        if not self._indexes:
            return pd.Series(False, index=frame.index)
        ends = zip(frame["source"].tolist(), frame["time_s"].tolist(), strict=True)
        then = np.array([self._statements.count(source, time_s, time_s) > 0 for source, time_s in ends], bool)
        if not then.any():
            return pd.Series(False, index=frame.index)
        sql = (
            f"select {', '.join(SAME)} from record where source in (select unnest(?)) and time_s in (select unnest(?))"  # noqa: S608
        )
        with closing(record.Record(self._paths, self._scratch)) as base:
            some = frame[then]
            found = base.ask(sql, [some["source"].unique().tolist(), some["time_s"].unique().tolist()]).to_pandas()
        known = pd.MultiIndex.from_frame(found)
        return pd.Series(pd.MultiIndex.from_frame(frame[list(SAME)]).isin(known), index=frame.index)


class _Spill:
    """Rows by the paying account, on disk until the file is read."""

    def __init__(self, folder: Path, parts: int) -> None:
        self._parts = parts
        self._paths = [folder / f"part-{part:02d}.parquet" for part in range(parts)]
        self._writers = [pq.ParquetWriter(path, SPILT, compression="lz4") for path in self._paths]
        self.rows = 0

    def add(self, table: pd.DataFrame) -> None:
        self.rows += len(table)
        part = table["source"].to_numpy() % self._parts
        for place, writer in enumerate(self._writers):
            some = table[part == place] if self._parts > 1 else table
            if len(some):
                writer.write_table(pa.Table.from_pandas(some[SPILT.names], SPILT, preserve_index=False))

    def finish(self) -> None:
        for writer in self._writers:
            writer.close()

    close = finish

    def parts(self) -> Iterator[tuple[int, pd.DataFrame]]:
        for place, path in enumerate(self._paths):
            frame = pq.read_table(path).to_pandas()
            frame["after_fen"] = frame["after_fen"].astype("Int64")
            yield place, frame


class _Indexer:
    """Builds one index out of parts: those that fit into memory at once, then merged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: list[indexing.Legs] = []
        self._built: list[Index] = []

    def add(self, frame: pd.DataFrame) -> None:
        self._waiting.append(record.legs_of(frame))
        if sum(len(legs) for legs in self._waiting) >= INDEX_LEGS:
            self._build(self._folder / f"index-{len(self._built)}")

    def _build(self, path: Path) -> None:
        legs = indexing.Legs(*(np.concatenate(columns) for columns in zip(*self._waiting, strict=True)))
        self._waiting = []
        indexing.build(path, legs)
        self._built.append(Index(path))

    def finish(self, path: Path) -> None:
        if not self._built:
            indexing.build(path, indexing.Legs(*(np.concatenate(c) for c in zip(*self._waiting, strict=True))))
            return
        if self._waiting:
            self._build(self._folder / f"index-{len(self._built)}")
        indexing.merge(path, self._built)

    def close(self) -> None:
        for index in self._built:
            index.close()


class _BrokenLines:
    """The lines that could not be read, kept beside the ledger with their numbers and reasons."""

    def __init__(self, folder: Path, file: int) -> None:
        self.name = f"broken-{file:06d}.csv"
        self.counts: Counter[str] = Counter()
        self._path = folder / self.name
        self._file = self._path.with_suffix(".new").open("w", encoding="utf-8-sig", newline="")
        self._write = csv.writer(self._file)
        self._write.writerow(("line", "reason", "text"))

    def add(self, broken: list[Broken]) -> None:
        self._write.writerows(broken)
        self.counts.update(one.reason for one in broken)

    def finish(self) -> None:
        self._file.close()
        if self.counts:
            self._path.with_suffix(".new").replace(self._path)
        else:
            self.name = ""
            self._path.with_suffix(".new").unlink()

    def close(self) -> None:
        self._file.close()


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """Give a folder for what lies about while a file is imported."""
    path = folder / "scratch"
    _clear(path)
    path.mkdir()
    try:
        yield path
    finally:
        _clear(path)


def _clear(path: Path) -> None:
    for file in path.glob("*"):
        file.unlink()
    if path.exists():
        path.rmdir()


def sweep(folder: Path, manifest: Manifest) -> None:
    """Remove what is not listed: what an import or a merge left that did not come to its end, or replaced."""
    listed = {piece.name for kind in (RECORD, INDEX) for piece in manifest.pieces(kind)}
    _clear(folder / "scratch")
    for path in folder.iterdir():
        ours = path.name.startswith(("record-", "index-")) or path.suffix == ".new"
        if ours and path.name not in listed:
            with suppress(PermissionError):  # Windows keeps what somebody reads: the next sweep takes it
                path.unlink()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
