"""Pruning the journal: what the lake and all followers have, and what has been kept as long as it had to be.

Chunks go when they are sealed, were read by all followers (who do not hold them up for longer than ``chunk_days``), and
are an hour old, so that nobody who is between lake and journal misses one. Acknowledged messages go after ``raw_days``,
and with them their keys: a peer that sends one again after that has it kept twice. In the lake it is still there once.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from data.history.policy import LAYERS, Keeping
from data.sync.tables import BALANCE, CHUNKS, FOLLOWERS, PRUNED, RECORDS, SOURCES, ensure_tables, open_engine

AT_ONCE = 2000
"""Rows of one transaction: the engine waits for it at most a few milliseconds."""
YOUNG_S = 3600.0
DAY_S = 86400.0


class Pruned(NamedTuple):
    """How much was pruned."""

    chunks: int
    records: int


def prune(journal: Path, sealed: int, keep: Keeping, now_s: float) -> Pruned:
    """Prune a journal while the engine writes it; may be killed at any point.

    Parameters
    ----------
    sealed : int
        Offset up to which its chunks are in the lake.
    """
    engine = open_engine(journal)
    try:
        ensure_tables(engine)
        return Pruned(_chunks(engine, sealed, keep, now_s), _records(engine, keep, now_s))
    finally:
        engine.dispose()


def _chunks(engine: sa.Engine, sealed: int, keep: Keeping, now_s: float) -> int:
    patience_s = now_s - keep.chunk_days * DAY_S
    with engine.begin() as connection:
        waiting = sa.select(sa.func.min(FOLLOWERS.c.at)).where(FOLLOWERS.c.heard_s > patience_s)
        followed = connection.scalar(waiting)
    old = sa.and_(CHUNKS.c.at <= sealed, CHUNKS.c.commit_s < now_s - YOUNG_S)
    read = CHUNKS.c.at <= (sealed if followed is None else followed)
    done = sa.and_(old, sa.or_(read, CHUNKS.c.commit_s < patience_s))
    count = 0
    while True:
        with engine.begin() as connection:
            some = sa.select(CHUNKS.c.at).where(done).order_by(CHUNKS.c.at).limit(AT_ONCE)
            gone = connection.execute(sa.delete(CHUNKS).where(CHUNKS.c.at.in_(some))).rowcount
        count += gone
        if not gone:
            return count


def _records(engine: sa.Engine, keep: Keeping, now_s: float) -> int:
    with engine.begin() as connection:
        sources = connection.execute(sa.select(SOURCES.c.id, SOURCES.c.classification)).all()
    count = 0
    for source, classification in sources:
        days = min(keep.raw_days, max(keep.days_of(layer, classification) for layer in LAYERS))
        count += _records_of(engine, source, now_s - days * DAY_S)
    return count


def _records_of(engine: sa.Engine, source: int, before_s: float) -> int:
    """Remove a source's messages that were kept before a time, and note in the balance's minutes how many."""
    old = sa.and_(RECORDS.c.source == source, RECORDS.c.commit_s < before_s)
    count = 0
    while True:
        with engine.begin() as connection:
            connection.execute(sa.update(BALANCE).where(sa.false()).values(stored=0))  # take the lock first
            minute = sa.cast(RECORDS.c.arrival_s / 60, sa.Integer).label("minute")
            some = connection.execute(sa.select(RECORDS.c.at, minute).where(old).order_by(RECORDS.c.at).limit(AT_ONCE))
            rows = some.all()
            if not rows:
                return count
            connection.execute(sa.delete(RECORDS).where(RECORDS.c.at.in_([row.at for row in rows])))
            for value in {row.minute for row in rows}:
                messages = sum(row.minute == value for row in rows)
                _note(connection, source, value, messages)
            count += len(rows)


def _note(connection: sa.Connection, source: int, minute: int, messages: int) -> None:
    place = sa.and_(PRUNED.c.source == source, PRUNED.c.minute == minute)
    more = sa.update(PRUNED).where(place).values(messages=PRUNED.c.messages + messages)
    if not connection.execute(more).rowcount:
        connection.execute(sa.insert(PRUNED).values(source=source, minute=minute, messages=messages))
