"""What the journal says about itself: the balance of each source and minute, the quarantine, the open gaps."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from data.connectors.contract import Gap, Record
from data.sync.chunks import chunk_values
from data.sync.tables import (
    BALANCE,
    CAPPED,
    CHUNKS,
    COUNTS,
    DESTROYED,
    DEVICES,
    GAPS,
    HELD_SUMMED,
    PRUNED,
    QUARANTINE,
    RECORDS,
    SOURCES,
    SUMMED,
    ensure_tables,
    is_held_sound,
    is_record_sound,
    open_engine,
    record_sum,
)
from twin.errors import BadInputError, IntegrityError
from twin.live.observation import ObservationArray
from twin.words import say, unpack

_MINUTE = sa.cast(RECORDS.c.arrival_s / 60, sa.Integer)
_HELD_MINUTE = sa.cast(QUARANTINE.c.arrival_s / 60, sa.Integer)


class Account(NamedTuple):
    """What became of the messages of a source in a minute (of their arrival, minutes since 1970).

    ``destroyed`` are those that were stored or quarantined once and which damage to the disk took since.
    """

    source: str
    minute: int
    received: int
    stored: int
    duplicate: int
    quarantined: int
    destroyed: int = 0

    @property
    def difference(self) -> int:
        """How many messages are unaccounted for: 0, or something is wrong."""
        return self.received - self.stored - self.duplicate - self.quarantined - self.destroyed


class Held(NamedTuple):
    """A message in quarantine; ``replayed_s`` is when it was taken after all."""

    id: int
    source: str
    device: str
    message: str
    reason: str
    source_s: float
    arrival_s: float
    raw: bytes
    replayed_s: float | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Reads a journal while the engine writes it; only :meth:`take_back` writes."""

    path: Path

    def balance(self, since_minute: int = 0) -> list[Account]:
        """Return the accounts of all sources, oldest minute first."""
        gone = sa.func.coalesce(DESTROYED.c.stored + DESTROYED.c.quarantined, 0)
        counts = (*(BALANCE.c[name] for name in COUNTS), gone)
        same = sa.and_(DESTROYED.c.source == BALANCE.c.source, DESTROYED.c.minute == BALANCE.c.minute)
        query = (
            sa.select(SOURCES.c.name, BALANCE.c.minute, *map(sa.func.sum, counts))
            .join(SOURCES, SOURCES.c.id == BALANCE.c.source)
            .outerjoin(DESTROYED, same)
            .where(BALANCE.c.minute >= since_minute)
            .group_by(SOURCES.c.name, BALANCE.c.minute)
            .order_by(BALANCE.c.minute, SOURCES.c.name)
        )
        with self._read() as connection:
            return [Account(*row) for row in connection.execute(query)]

    def verify(self) -> list[str]:
        """Count every row and check every byte; return what does not fit, in words."""
        with self._read() as connection:
            stored = {(s, m): n for s, m, n in connection.execute(_counts(RECORDS, _MINUTE))}
            waits = QUARANTINE.c.replayed_s.is_(None)
            held = {(s, m): n for s, m, n in connection.execute(_counts(QUARANTINE, _HELD_MINUTE).where(waits))}
            pruned = {(row.source, row.minute): row.messages for row in connection.execute(sa.select(PRUNED))}
            removed = {(row.source, row.minute): row.messages for row in connection.execute(sa.select(CAPPED))}
            told = {(row.source, row.minute): row for row in connection.execute(sa.select(BALANCE))}
            bad = [
                f"source {source}, minute {minute}: {kind} {n} by the balance, {found} by count"
                for (source, minute), row in told.items()
                for place in ((source, minute),)
                for kind, n, found in (
                    ("stored", row.stored, stored.pop(place, 0) + pruned.pop(place, 0)),
                    ("quarantined", row.quarantined, held.pop(place, 0) + removed.pop(place, 0)),
                )
                if n != found
            ]
            left = stored | pruned | held | removed
            bad += [f"source {s}, minute {m}: {n} rows in no balance" for (s, m), n in left.items()]
            raws = connection.execute(sa.select(RECORDS.c.at, *(RECORDS.c[name] for name in SUMMED), RECORDS.c.crc))
            bad += [f"record {at} was changed" for at, *told, crc in raws if not is_record_sound(told, crc)]
            held_rows = connection.execute(
                sa.select(QUARANTINE.c.id, *(QUARANTINE.c[name] for name in HELD_SUMMED), QUARANTINE.c.crc)
            )
            bad += [
                f"quarantined message {at} was changed"
                for at, *told, crc in held_rows
                if is_held_sound(told, crc) is False
            ]
            bodies = connection.execute(sa.select(CHUNKS.c.at, CHUNKS.c.body, CHUNKS.c.crc))
            return bad + [f"chunk {at} was changed" for at, body, crc in bodies if zlib.crc32(body) != crc]

    def quarantine(self, newest: int = 50, source: str = "", *, replayed: bool = False) -> list[Held]:
        """Return what is held, newest first; with ``replayed`` also what was taken after all."""
        query = _held().order_by(QUARANTINE.c.id.desc()).limit(newest)
        if source:
            query = query.where(SOURCES.c.name == source)
        if not replayed:
            query = query.where(QUARANTINE.c.replayed_s.is_(None))
        with self._read() as connection:
            return [_unpacked(row) for row in connection.execute(query)]

    def waiting(self) -> dict[str, int]:
        """Return how many messages of each source are in quarantine."""
        query = (
            sa.select(SOURCES.c.name, sa.func.count())
            .join(SOURCES, SOURCES.c.id == QUARANTINE.c.source)
            .where(QUARANTINE.c.replayed_s.is_(None))
            .group_by(SOURCES.c.name)
        )
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def removed(self) -> dict[str, int]:
        """Return how many messages of each source had to make room in the quarantine."""
        messages = sa.func.sum(CAPPED.c.messages)
        query = sa.select(SOURCES.c.name, messages).join(SOURCES, SOURCES.c.id == CAPPED.c.source)
        with self._read() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(SOURCES.c.name))}

    def held(self, number: int) -> Held:
        """Return one message of the quarantine.

        Raises
        ------
        twin.errors.BadInputError
            If there is none of this number.
        """
        with self._read() as connection:
            row = connection.execute(_held().where(QUARANTINE.c.id == number)).one_or_none()
        if row is None:
            raise BadInputError(
                say("quarantine"),
                say("there is no message {number}", number=number),
                "`zhian quarantine list` shows them",
            )
        return _unpacked(row)

    def gaps(self, name: str = "") -> list[tuple[str, Gap]]:
        """Return the gaps that are open, with the source's name."""
        query = (
            sa.select(SOURCES.c.name, *(GAPS.c[field.name] for field in fields(Gap)))
            .join(SOURCES, SOURCES.c.id == GAPS.c.name)
            .where(GAPS.c.missing > 0)
            .order_by(GAPS.c.begin_s)
        )
        with self._read() as connection:
            return [(n, Gap(*gap)) for n, *gap in connection.execute(query) if not name or n == name]

    def labels(self, name: str) -> dict[str, str]:
        """Return the words that the devices of a source gave for themselves."""
        query = sa.select(DEVICES.c.device, DEVICES.c.label).join(SOURCES, SOURCES.c.id == DEVICES.c.name)
        with self._read() as connection:
            return {row.device: row.label for row in connection.execute(query.where(SOURCES.c.name == name))}

    def take_back(self, number: int, records: Sequence[Record], rows: ObservationArray, now_s: float) -> int:
        """Keep what a message of the quarantine says after all, in the minute in which it came; return how many of its
        records were new. The first ``len(rows)`` records each tell the row of the same place.
        """
        with self._read(write=True) as connection:
            row = connection.execute(sa.select(QUARANTINE).where(QUARANTINE.c.id == number)).one()
            if row.replayed_s is not None:
                raise BadInputError(
                    say("quarantine"), say("message {number} was taken already", number=number), "nothing is left to do"
                )
            name = connection.scalar(
                sa.select(sa.func.min(SOURCES.c.id)).where(
                    SOURCES.c.name == sa.select(SOURCES.c.name).where(SOURCES.c.id == row.source).scalar_subquery()
                )
            )
            new = np.zeros(len(records), np.bool_)
            for i, record in enumerate(records):
                values = {**record._asdict(), "name": name, "source": row.source, "arrival_s": row.arrival_s}
                values |= {"crc": record_sum(*(values[column] for column in SUMMED)), "commit_s": now_s}
                new[i] = connection.execute(sa.insert(RECORDS).prefix_with("OR IGNORE"), values).rowcount
            if new[: len(rows)].any():
                chunk = chunk_values(row.source, rows[new[: len(rows)]], now_s)
                connection.execute(sa.insert(CHUNKS).values(chunk))
            stored = int(np.count_nonzero(new))
            connection.execute(sa.update(QUARANTINE).where(QUARANTINE.c.id == number).values(replayed_s=now_s))
            account = sa.and_(BALANCE.c.source == row.source, BALANCE.c.minute == int(row.arrival_s // 60))
            connection.execute(
                sa.update(BALANCE)
                .where(account)
                .values(
                    received=BALANCE.c.received + len(records) - 1,
                    stored=BALANCE.c.stored + stored,
                    duplicate=BALANCE.c.duplicate + len(records) - stored,
                    quarantined=BALANCE.c.quarantined - 1,
                )
            )
            return stored

    @contextlib.contextmanager
    def _read(self, *, write: bool = False) -> Iterator[sa.Connection]:
        if not self.path.exists():
            raise BadInputError(
                str(self.path), "there is no journal", "it is made when a source that is acknowledged first sends"
            )
        engine = open_engine(self.path)
        try:
            ensure_tables(engine)
            with engine.connect() as connection, connection.begin():
                if write:  # take the lock before anything is read
                    connection.execute(sa.update(QUARANTINE).where(sa.false()).values(replayed_s=None))
                yield connection
        except sa.exc.DatabaseError as error:
            if isinstance(error, sa.exc.OperationalError):
                raise
            raise IntegrityError(
                say(
                    "the journal {path} is damaged: {reason}; start the engine to mend it",
                    path=self.path,
                    reason=error.orig,
                )
            ) from error
        finally:
            engine.dispose()


def _counts(table: sa.Table, minute: sa.ColumnElement[int]) -> sa.Select[Any]:
    return sa.select(table.c.source, minute, sa.func.count()).group_by(table.c.source, minute)


def _unpacked(row: sa.Row[Any]) -> Held:
    held = Held._make(row)
    return held._replace(reason=unpack(held.reason))


def _held() -> sa.Select[Any]:
    columns = [QUARANTINE.c[n] for n in ("device", "message", "reason", "source_s", "arrival_s", "raw", "replayed_s")]
    return sa.select(QUARANTINE.c.id, SOURCES.c.name, *columns).join(SOURCES, SOURCES.c.id == QUARANTINE.c.source)
