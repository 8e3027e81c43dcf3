"""Brings what the journal keeps into the records database: each chunk once, whatever is killed on the way.

The rows of some chunks and the offset of the last of them go in with one transaction. The journal is asked after the
offset that is found in the database, never after one that is remembered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from data.records.database import answering
from data.records.tables import BALANCE, CHECKPOINTS, ENTITIES, GAPS, POSITIONS, SOURCES, STATES
from data.sync.chunks import Chunk, DamagedChunkError, chunks, journal_id, newest_chunk, tell_followed
from data.sync.ledger import Account, Ledger
from data.sync.tables import COUNTS
from twin.errors import IntegrityError, ZhianError
from twin.live.kinds import KINDS
from twin.live.kinds import STATES as STATE_NAMES
from twin.live.observation import ObservationArray
from twin.words import say

NAME = "records"
CHUNKS_AT_ONCE = 10
LOOK_S = 0.5
RETRY_S = 5.0
ACCOUNTS_S = 5.0
DROP_S = 3600.0
DAY_S = 86400
ACCOUNT_MINUTES = 120
"""Minutes of the balance that may still change; older ones are copied again when the follower is started."""
_IN_AT_ONCE = 500


class Follower:
    """Keeps one twin's records up to date.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        The records database, of this program's version.
    journal : Path
        Of the twin; need not be there yet.
    position_days : int
        Older positions are dropped.
    """

    def __init__(
        self, engine: sa.Engine, journal: Path, twin: str, position_days: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._journal, self._twin, self._clock = engine, journal, twin, clock
        self._position_days = position_days
        self._postgres = engine.dialect.name == "postgresql"
        self._sources: dict[tuple[str, str, str], int] = {}
        self._entities: dict[str, int] = {}
        self._days: set[int] = set()
        self._accounts_due = self._drop_due = 0.0
        self._since_minute = 0
        self.damaged = 0
        """Chunks that were passed over, as their bytes were not those that were kept."""

    def run(self, stop: threading.Event, tell: Callable[[str], None]) -> None:
        """Follow until stopped; while the database does not answer, that is told once and tried again."""
        problem = ""
        while not stop.is_set():
            try:
                taken = self.step()
                problem = ""
            except ZhianError as error:
                if error.sentence != problem:
                    tell(error.sentence)
                problem = error.sentence
                stop.wait(RETRY_S)
                continue
            if not taken:
                stop.wait(LOOK_S)

    def step(self) -> int:
        """Take the next chunks, and now and then the balance; return how many chunks.

        Raises
        ------
        twin.errors.ZhianError
            If the database does not answer; nothing of this step is kept then.
        """
        if not self._journal.exists():
            return 0
        identity, now = journal_id(self._journal), time.monotonic()
        accounts = Ledger(self._journal).balance(self._since_minute) if now >= self._accounts_due else None
        try:
            with answering(self._engine), self._engine.begin() as connection:
                after = self._checkpoint(connection, identity)
                taken, upto = self._read(after)
                for chunk in taken:
                    self._insert(connection, chunk)
                if accounts is not None:
                    self._copy_accounts(connection, accounts)
                    self._copy_gaps(connection)
                if now >= self._drop_due:
                    self._drop_old(connection)
                if upto > after:
                    self._set_checkpoint(connection, identity, upto)
        except BaseException:
            for known in (self._sources, self._entities, self._days):
                known.clear()  # what was learnt in this transaction never was
            raise
        if accounts is not None:
            self._accounts_due = now + ACCOUNTS_S
            self._since_minute = int(self._clock() // 60) - ACCOUNT_MINUTES
        if now >= self._drop_due:
            self._drop_due = now + DROP_S
        if upto > after or accounts is not None:
            tell_followed(self._journal, NAME, upto, self._clock())
        return len(taken)

    def _checkpoint(self, connection: sa.Connection, identity: str) -> int:
        """Return how far this journal is in; until the transaction ends nobody else can go on from there."""
        key = {"twin": self._twin, "journal": identity}
        connection.execute(self._insert_into(CHECKPOINTS).values(**key, at=0).on_conflict_do_nothing())
        query = sa.select(CHECKPOINTS.c.at).filter_by(**key).with_for_update()
        return int(connection.scalar(query) or 0)

    def _set_checkpoint(self, connection: sa.Connection, identity: str, at: int) -> None:
        connection.execute(sa.update(CHECKPOINTS).filter_by(twin=self._twin, journal=identity).values(at=at))

    def _read(self, after: int) -> tuple[list[Chunk], int]:
        """Return the next chunks, and the offset up to which that is all there is."""
        taken: list[Chunk] = []
        try:
            for chunk in chunks(self._journal, after, CHUNKS_AT_ONCE):
                taken.append(chunk)
        except DamagedChunkError as error:
            self.damaged += 1
            return taken, error.at
        if not taken and after > newest_chunk(self._journal):
            raise IntegrityError(
                say(
                    "the records know more of {name} than it holds: restore both from one backup",
                    name=self._journal.name,
                )
            )
        return taken, taken[-1].at if taken else after

    def _insert(self, connection: sa.Connection, chunk: Chunk) -> None:
        source = self._source(connection, (chunk.source, chunk.zone, chunk.classification))
        told = list(_rows(chunk.rows, source, chunk.commit_s))
        self._upsert_entities(connection, told)
        numbers = self._numbers(connection, [row["id"] for row in told])
        if self._postgres:
            self._make_days(connection, chunk.rows)
        keep = [column.name for column in POSITIONS.c if column is not POSITIONS.c.entity]
        positions = [{"entity": numbers[row["id"]], **{name: row[name] for name in keep}} for row in told]
        connection.execute(sa.insert(POSITIONS), positions)

    def _source(self, connection: sa.Connection, key: tuple[str, str, str]) -> int:
        if key not in self._sources:
            values = dict(zip(("twin", "name", "zone", "classification"), (self._twin, *key), strict=True))
            connection.execute(self._insert_into(SOURCES).values(values).on_conflict_do_nothing())
            self._sources[key] = connection.scalars(sa.select(SOURCES.c.number).filter_by(**values)).one()
        return self._sources[key]

    def _upsert_entities(self, connection: sa.Connection, told: Sequence[dict[str, Any]]) -> None:
        """Keep the newest state of each; one older than what is known changes nothing."""
        newest: dict[str, dict[str, Any]] = {}
        for row in told:
            if row["id"] not in newest or row["time_s"] >= newest[row["id"]]["time_s"]:
                newest[row["id"]] = row
        insert = self._insert_into(ENTITIES)
        changing = [column.name for column in ENTITIES.c if column.name not in ("number", "twin", "id")]
        upsert = insert.on_conflict_do_update(
            index_elements=["twin", "id"], set_={name: insert.excluded[name] for name in changing},
            where=insert.excluded.time_s >= ENTITIES.c.time_s,
        )  # fmt: skip
        connection.execute(upsert, [{"twin": self._twin, **newest[key]} for key in sorted(newest)])

    def _numbers(self, connection: sa.Connection, ids: Iterable[str]) -> dict[str, int]:
        missing = [key for key in dict.fromkeys(ids) if key not in self._entities]
        for at in range(0, len(missing), _IN_AT_ONCE):
            query = sa.select(ENTITIES.c.id, ENTITIES.c.number).where(
                ENTITIES.c.twin == self._twin, ENTITIES.c.id.in_(missing[at : at + _IN_AT_ONCE])
            )
            self._entities |= {row.id: row.number for row in connection.execute(query)}
        return self._entities

    def _make_days(self, connection: sa.Connection, rows: ObservationArray) -> None:
        for day in np.unique(rows["time_s"] // DAY_S).astype(int).tolist():
            if day not in self._days:
                connection.exec_driver_sql(
                    f"CREATE TABLE IF NOT EXISTS {_partition(day)} PARTITION OF position "
                    f"FOR VALUES FROM ({day * DAY_S}) TO ({(day + 1) * DAY_S})"
                )
                self._days.add(day)

    def _drop_old(self, connection: sa.Connection) -> None:
        """Drop the days that are past their time."""
        last = int(self._clock() // DAY_S) - self._position_days
        if not self._postgres:
            connection.execute(sa.delete(POSITIONS).where(POSITIONS.c.time_s < last * DAY_S))
            return
        query = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'position'::regclass"
        for (name,) in connection.exec_driver_sql(query).all():
            if name < _partition(last):
                connection.exec_driver_sql(f"DROP TABLE {name}")

    def _copy_accounts(self, connection: sa.Connection, accounts: Sequence[Account]) -> None:
        if not accounts:
            return
        insert = self._insert_into(BALANCE)
        counts = (*COUNTS, "destroyed")
        upsert = insert.on_conflict_do_update(
            index_elements=["twin", "source", "minute"], set_={name: insert.excluded[name] for name in counts}
        )
        connection.execute(upsert, [{"twin": self._twin, **account._asdict()} for account in accounts])

    def _copy_gaps(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(GAPS).where(GAPS.c.twin == self._twin))
        rows = [{"twin": self._twin, "source": source, **asdict(gap)} for source, gap in Ledger(self._journal).gaps()]
        if rows:
            connection.execute(sa.insert(GAPS), rows)

    def _insert_into(self, table: sa.Table) -> Any:
        """Return an INSERT that knows ON CONFLICT, which both dialects spell alike and have no common type for."""
        return postgresql.insert(table) if self._postgres else sqlite.insert(table)


def _partition(day: int) -> str:
    return "position_" + str(np.datetime64(day, "D")).replace("-", "")


def _rows(rows: ObservationArray, source: int, commit_s: float) -> Iterable[dict[str, Any]]:
    """Yield rows as the tables want them; unknown numbers are NULL."""
    names = [name for name in rows.dtype.names or () if name not in STATES]
    columns: dict[str, list[Any]] = {name: rows[name].tolist() for name in names}
    for name in STATES:
        values = rows[name].astype(object)
        values[np.isnan(rows[name])] = None
        columns[name] = values.tolist()
    columns["id"], columns["label"] = ([_text(word) for word in columns[name]] for name in ("id", "label"))
    columns["kind"] = [KINDS[code].name for code in columns["kind"]]
    columns["state"] = [STATE_NAMES[code] for code in columns["state"]]
    for row in zip(*columns.values(), strict=True):
        yield {**dict(zip(columns, row, strict=True)), "source": source, "commit_s": commit_s}


def _text(raw: bytes) -> str:
    """Return a word as text; PostgreSQL takes no NUL in one."""
    return raw.decode(errors="replace").replace("\0", "\ufffd")
