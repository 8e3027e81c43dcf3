"""How the history of a twin stands."""

from __future__ import annotations

import math
from contextlib import closing
from typing import NamedTuple

import sqlalchemy as sa

from data.history import manifest as table
from data.history.files import PLACE
from data.history.manifest import DELETIONS, FILES
from data.history.policy import Keeping, policy_of
from data.history.reader import History
from data.home import Home


class Held(NamedTuple):
    """A layer of a classification: rows, days that have some, and for how many days it is kept (None for ever)."""

    layer: str
    classification: str
    rows: int
    days: int
    keep_days: float | None


class State(NamedTuple):
    """What there is: ``waiting`` are rows that are in the journal and not in the lake yet."""

    begin_s: float | None
    end_s: float | None
    rows: int
    waiting: int
    files: int
    bytes: int
    quota_gb: float
    deletions: int
    held: list[Held]


def state_of(home: Home, twin: str) -> State:
    """Return how the history of a twin stands.

    Raises
    ------
    twin.errors.ZhianError
        If it or the policy cannot be read.
    """
    keep = policy_of(home).keep
    with closing(History.of(home, twin)) as history:
        span = history.span()
        waiting = len(history.snapshot(PLACE, -(2**62), 2**62)[1])
        with history.manifest.look() as connection:
            counts = FILES.c.gone_s.is_(None)
            files, size = connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(FILES.c.bytes), 0)).where(counts)
            ).one()
            held = _held(table.tallies(connection), keep)
            deletions = connection.scalar(sa.select(sa.func.count()).select_from(DELETIONS)) or 0
    begin_s, end_s = span if span is not None else (None, None)
    rows = sum(one.rows for one in held)
    return State(begin_s, end_s, rows, waiting, files, size, keep.quota_gb, deletions, held)


def _held(tallies: list[table.Tally], keep: Keeping) -> list[Held]:
    found: dict[tuple[str, str], Held] = {}
    for _, layer, classification, rows in tallies:
        days = keep.days_of(layer, classification)
        known = found.get((layer, classification), Held(layer, classification, 0, 0, None))
        found[layer, classification] = known._replace(
            rows=known.rows + rows, days=known.days + 1, keep_days=None if math.isinf(days) else days
        )
    return [found[key] for key in sorted(found)]
