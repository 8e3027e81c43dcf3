"""The round of the history: seal and merge, delete what is due, prune the journal; the engine has a child make it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from data.history import manifest as table
from data.history.compactor import Account, Compactor, alone
from data.history.manifest import lake_path
from data.history.policy import policy_of
from data.history.pruning import Pruned, prune
from data.history.retention import Retention, Tombstone, believed, read_tombstone
from data.home import Home
from data.sync.chunks import journal_id
from data.sync.journal import journal_path
from twin.access import AuditSink
from twin.errors import BadInputError
from twin.words import say


class Round(NamedTuple):
    """What a round did."""

    sealed: Account
    deleted: list[Tombstone]
    pruned: Pruned


def make_round(home: Home, twin: str, audit: AuditSink, clock: Callable[[], float] = time.time) -> Round:
    """Make one round; may be killed at any point, and goes on with the next.

    Raises
    ------
    data.history.compactor.BusyLakeError
        If another process makes one.
    twin.errors.ZhianError, OSError, sqlalchemy.exc.DatabaseError
        If the disk does not let it; what was finished is kept.
    """
    folder, journal, keep = lake_path(home, twin), journal_path(home, twin), policy_of(home).keep
    with alone(folder):
        compactor = Compactor(folder, journal, clock)
        try:
            sealed = compactor.run()
            deleted = Retention(twin, compactor, keep, audit, clock).run()
            pruned = Pruned(0, 0)
            now_s = believed(compactor.manifest, clock())
            if journal.exists() and now_s is not None:
                with compactor.manifest.look() as connection:
                    upto = table.sealed_upto(connection, journal_id(journal))
                pruned = prune(journal, upto, keep, now_s)
            return Round(sealed, deleted, pruned)
        finally:
            compactor.close()


def forget(home: Home, twin: str, path: Path, audit: AuditSink, clock: Callable[[], float] = time.time) -> int:
    """Delete what a tombstone names, and return how many rows there were; twice is once.

    Raises
    ------
    twin.errors.BadInputError
        If the file is no tombstone of this twin.
    data.history.compactor.BusyLakeError
        If the history is being compacted.
    """
    stone = read_tombstone(path)
    if stone.twin != twin:
        raise BadInputError(str(path), say("it is of the twin {name!r}", name=stone.twin), "name it with --twin")
    folder = lake_path(home, twin)
    with alone(folder):
        compactor = Compactor(folder, journal_path(home, twin), clock)
        try:
            compactor.run()  # what waits in the journal is deleted as well
            return Retention(twin, compactor, policy_of(home).keep, audit, clock).obey(stone).rows
        finally:
            compactor.close()


def lower_priority() -> None:
    """Let everything else on the machine go first."""
    if hasattr(os, "nice"):
        os.nice(10)
