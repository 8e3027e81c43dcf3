"""The compactor: seals the journal's chunks into the lake, and merges what came in small pieces.

It may be killed at any point. Files are written beside their place, put on disk and renamed; then one transaction of
the manifest lists them and says up to which chunk the journal is sealed. Before that transaction nothing has happened:
files that are not listed are swept away, and the same chunks are sealed again.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from data.alone import lock
from data.history import manifest as table
from data.history.entities import Entities
from data.history.files import ENTITY, PLACE, Step, Written, nothing, read, write
from data.history.lean import DAY_MS, HOUR_MS, LEAN_DTYPE, LeanArray, by_entity, by_place, day_of, lean_of
from data.history.manifest import FILES, Entity, File, Manifest
from data.sync.chunks import Chunk, DamagedChunkError, chunks, journal_id
from twin.errors import IntegrityError, ZhianError
from twin.words import say

ROWS_AT_ONCE = 1_000_000
"""Rows that are sealed in one transaction: about 100 MB of memory."""
PARTS = 48
"""So many pieces of a day are merged, also before the day is over."""
RANGE_ROWS = 2_000_000
"""Rows of a file in the order of entities; an hour is a file in the other."""
OVER_S = 3600.0
"""A day is merged for good so long after its end."""
GONE_S = 600.0
"""What was replaced stays so long for those who are reading it."""

Clock = Callable[[], float]


class BusyLakeError(ZhianError):
    """Another compactor works on this lake."""


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one who changes a lake; the lock ends with its process, however it ends.

    Raises
    ------
    BusyLakeError
    """
    held = lock(folder / "lock.sqlite")
    if held is None:
        raise BusyLakeError("the history is being compacted already: try again later")
    with contextlib.closing(held):
        yield


@dataclass(slots=True)
class Account:
    """What a run did."""

    chunks: int = 0
    rows: int = 0
    merged_days: int = 0
    damaged_chunks: int = 0


class Compactor:
    """Works on one lake; who runs it is :func:`alone`.

    Parameters
    ----------
    folder, journal : Path
        The lake, and the journal of the same twin.
    step : callable
        Told the name of each step before it is taken.
    """

    def __init__(self, folder: Path, journal: Path, clock: Clock = time.time, step: Step = nothing) -> None:
        self.folder, self.journal, self._clock, self._step = folder, journal, clock, step
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # it holds who was where
        self.manifest = Manifest(folder)
        with self.manifest.look() as connection:
            self._entities = Entities(table.entities(connection))
        self.account = Account()

    def close(self) -> None:
        """Let go of the manifest."""
        self.manifest.close()

    def run(self) -> Account:
        """Seal all there is, merge what is due, and sweep; return what was done.

        Raises
        ------
        twin.errors.ZhianError, OSError, sqlalchemy.exc.DatabaseError
            If the disk does not let it; what was finished is kept.
        """
        self.sweep()
        if self.journal.exists():
            self.seal()
        self.merge()
        return self.account

    def sweep(self) -> None:
        """Remove what is not listed, and what was replaced long enough ago."""
        now_s = self._clock()
        with self.manifest.change() as connection:
            old = sa.select(FILES.c.id).where(sa.func.abs(now_s - FILES.c.gone_s) > GONE_S)
            connection.execute(sa.delete(FILES).where(FILES.c.id.in_(old)))
            listed = {name for (name,) in connection.execute(sa.select(FILES.c.name))}
        for path in (*self.folder.glob("day=*/*.parquet"), *self.folder.glob("day=*/*.new")):
            if path.relative_to(self.folder).as_posix() not in listed:
                self._step("sweep")
                path.unlink()

    def seal(self) -> None:
        """Take over the chunks that are new."""
        journal = journal_id(self.journal)
        while True:
            with self.manifest.look() as connection:
                after = table.sealed_upto(connection, journal)
            upto, found = self._gather(after)
            if upto == after:
                return
            self._take(journal, upto, found)

    def _gather(self, after: int) -> tuple[int, list[Chunk]]:
        """Return up to where chunks were read, and those of them that are sound."""
        found, rows, upto = list[Chunk](), 0, after
        while rows < ROWS_AT_ONCE:
            before = upto
            try:
                for chunk in chunks(self.journal, upto):
                    found.append(chunk)
                    rows, upto = rows + len(chunk.rows), chunk.at
            except DamagedChunkError as error:
                upto = error.at
                self.account.damaged_chunks += 1
            if upto == before:
                break
        return upto, found

    def _take(self, journal: str, upto: int, found: Sequence[Chunk]) -> None:
        fresh, parts = list[Entity](), [np.empty(0, LEAN_DTYPE)]
        for chunk in found:
            numbers, unknown = self._entities.numbers(chunk)
            fresh += unknown
            parts.append(lean_of(chunk.rows, numbers))
        lean = np.concatenate(parts)
        written = [one for rows in _days(lean) for one in self._write_both(rows)]
        self._step("list")
        with self.manifest.change() as connection:
            table.add_entities(connection, fresh)
            table.add_files(connection, written)
            table.set_sealed(connection, journal, upto)
        self._step("sealed")
        self.account.chunks += len(found)
        self.account.rows += len(lean)

    def _write_both(self, lean: LeanArray) -> Iterator[Written]:
        once = by_entity(lean)
        yield self._write_by_entity(once, part=True)
        yield write(self.folder, PLACE, by_place(once), part=True, step=self._step)

    def _write_by_entity(self, lean: LeanArray, *, part: bool) -> Written:
        numbers, counts = np.unique(lean["entity"], return_counts=True)
        tally: Counter[tuple[str, str]] = Counter()
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            tally[self._entities.held_as(number)] += count
        return write(self.folder, ENTITY, lean, part=part, step=self._step)._replace(tally=tally)

    def merge(self) -> None:
        """Merge the days that are over, and those in many pieces."""
        with self.manifest.look() as connection:
            parts = connection.execute(
                sa.select(FILES.c.day, sa.func.count())
                .where(FILES.c.part, FILES.c.gone_s.is_(None), FILES.c.order == PLACE)
                .group_by(FILES.c.day)
            ).all()
        for day, count in parts:
            if count >= PARTS or self._clock() > (day + 1) * DAY_MS / 1000 + OVER_S:
                self.rewrite(day)
                self.account.merged_days += 1

    def numbers_of(self, layer: str, classification: str) -> NDArray[np.int32]:
        """Return the numbers of a layer's entities of a classification."""
        held = (layer, classification)
        found = [entity.number for entity in self._entities if self._entities.held_as(entity.number) == held]
        return np.array(found, np.int32)

    def rewrite(self, day: int, leave_out: NDArray[np.int32] | None = None, *, keep_replaced: bool = True) -> int:
        """Write a day's files anew in both orders, each row once, and return how many rows it has.

        Parameters
        ----------
        leave_out : (N,) int32 array, optional
            Entities whose rows are not to be in it any more.
        keep_replaced : bool
            False to remove at once what is replaced or was before: what is to be deleted must not lie about.

        Raises
        ------
        twin.errors.IntegrityError
            If the two orders do not hold the same number of rows; nothing is changed then.
        """
        with self.manifest.look() as connection:
            by = {order: table.files(connection, order, day=day) for order in (PLACE, ENTITY)}
        without = np.empty(0, np.int32) if leave_out is None else leave_out
        written = [*self._by_place(day, by[PLACE], without), *self._by_entity(by[ENTITY], without)]
        rows = {order: sum(one.rows for one in written if one.order == order) for order in (PLACE, ENTITY)}
        if rows[PLACE] != rows[ENTITY]:
            raise IntegrityError(
                say("the history's two orders of {day} differ: {a} and {b} rows", day=day, a=rows["a"], b=rows["b"])
            )
        self._step("list")
        with self.manifest.change() as connection:
            table.drop_files(connection, [file.id for files in by.values() for file in files], self._clock())
            table.add_files(connection, written)
        self._step("merged")
        if not keep_replaced:
            self._remove_replaced(day)
        return rows[PLACE]

    def _remove_replaced(self, day: int) -> None:
        """Remove a day's files that no longer count; one who reads them now asks again."""
        replaced = sa.and_(FILES.c.day == day, FILES.c.gone_s.is_not(None))
        with self.manifest.look() as connection:
            names = connection.scalars(sa.select(FILES.c.name).where(replaced)).all()
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
        with self.manifest.change() as connection:
            connection.execute(sa.delete(FILES).where(replaced))

    def _by_place(self, day: int, files: Sequence[File], without: NDArray[np.int32]) -> Iterator[Written]:
        for begin_ms in range(day * DAY_MS, (day + 1) * DAY_MS, HOUR_MS):
            end_ms = begin_ms + HOUR_MS - 1
            names = [file.name for file in files if file.begin_ms <= end_ms and file.end_ms >= begin_ms]
            lean = _without(read(self.folder, names, begin_ms, end_ms), without)
            if len(lean):
                yield write(self.folder, PLACE, by_place(by_entity(lean)), part=False, step=self._step)

    def _by_entity(self, files: Sequence[File], without: NDArray[np.int32]) -> Iterator[Written]:
        if not files:
            return
        begin_ms, end_ms = min(file.begin_ms for file in files), max(file.end_ms for file in files)
        for first, last in self._ranges(files):
            names = [file.name for file in files if file.first_entity <= last and file.last_entity >= first]
            lean = _without(read(self.folder, names, begin_ms, end_ms, (first, last)), without)
            if len(lean):
                yield self._write_by_entity(by_entity(lean), part=False)

    def _ranges(self, files: Sequence[File]) -> Iterator[tuple[int, int]]:
        """Cut the entities into ranges of about :data:`RANGE_ROWS` rows, by what the files say of themselves."""
        first, last = min(file.first_entity for file in files), max(file.last_entity for file in files)
        rows = np.zeros(last - first + 2)
        for file in files:
            share = file.rows / (file.last_entity - file.first_entity + 1)
            rows[file.first_entity - first] += share
            rows[file.last_entity - first + 1] -= share
        piece = (np.cumsum(np.cumsum(rows)) // RANGE_ROWS)[:-1]
        begins = np.flatnonzero(np.append(True, piece[1:] != piece[:-1])) + first
        ends = np.append(begins[1:] - 1, last)
        yield from zip(begins.tolist(), ends.tolist(), strict=True)


def _days(lean: LeanArray) -> Iterator[LeanArray]:
    days = day_of(lean["t"])
    for day in np.unique(days):
        yield lean[days == day]


def _without(lean: LeanArray, entities: NDArray[np.int32]) -> LeanArray:
    return lean[~np.isin(lean["entity"], entities)] if len(entities) else lean
