"""Retention: what is past its date, or more than the quota holds, is deleted from both orders, and that is on record.

Days go whole: a layer of a classification leaves a day when the day's end is older than its date. Over the quota the
oldest day of the layer that stands first in ``first_to_go`` goes, then its next day, then the next layer. Each deletion
is a row of the manifest, an entry of the audit record before it happens, and a tombstone: a JSON file for the ferry,
which tells the other side of a network what it must delete as well.
"""

from __future__ import annotations

import calendar
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import sqlalchemy as sa

from data.history.compactor import Compactor
from data.history.manifest import ABOUT, DELETIONS, FILES, Manifest, Tally, tallies
from data.history.policy import Keeping
from twin.access import AuditEntry, AuditSink, Decision, Resource
from twin.errors import BadInputError
from twin.words import say

DAY_S = 86400.0
GIGABYTE = 1e9
EXPIRED, QUOTA, ORDERED = "past its date", "over the quota", "ordered by a tombstone"


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What was deleted, and is to be deleted from every copy.

    Parameters
    ----------
    twin : str
    day : str
        UTC, as ``2026-11-22``.
    layer, classification : str
    rows : int
        How many there were here.
    reason : str
    at_s : float
        When, seconds since 1970-01-01 UTC.
    """

    twin: str
    day: str
    layer: str
    classification: str
    rows: int
    reason: str
    at_s: float


class Retention:
    """Deletes from one lake; the caller holds its lock.

    Parameters
    ----------
    audit : AuditSink
        Told before anything is deleted; if it cannot be told, nothing is.
    """

    def __init__(
        self, twin: str, compactor: Compactor, keep: Keeping, audit: AuditSink, clock: Callable[[], float] = time.time
    ) -> None:
        self._twin, self._compactor, self._keep, self._audit, self._clock = twin, compactor, keep, audit, clock

    def run(self) -> list[Tombstone]:
        """Delete what is due; nothing while the clock cannot be believed."""
        now_s = believed(self._compactor.manifest, self._clock())
        if now_s is None:
            return []
        return [*self._expired(now_s), *self._over_quota(now_s)]

    def obey(self, stone: Tombstone) -> Tombstone:
        """Delete what another side has deleted; twice is once."""
        day = _day_number(stone.day)
        found = [t for t in self._tallies() if t[:3] == (day, stone.layer, stone.classification)]
        rows = found[0].rows if found else 0
        return self._delete(Tally(day, stone.layer, stone.classification, rows), ORDERED, self._clock())

    def _tallies(self) -> list[Tally]:
        with self._compactor.manifest.look() as connection:
            return tallies(connection)

    def _expired(self, now_s: float) -> Iterator[Tombstone]:
        for tally in self._tallies():
            until_s = (tally.day + 1 + self._keep.days_of(tally.layer, tally.classification)) * DAY_S
            if until_s < now_s:
                yield self._delete(tally, EXPIRED, now_s)

    def _over_quota(self, now_s: float) -> Iterator[Tombstone]:
        turn = {layer: place for place, layer in enumerate(self._keep.first_to_go)}
        going = [tally for tally in self._tallies() if tally.layer in turn]
        going.sort(key=lambda tally: (turn[tally.layer], tally.day))
        for tally in going:
            if lake_bytes(self._compactor.manifest) <= self._keep.quota_gb * GIGABYTE:
                return
            yield self._delete(tally, QUOTA, now_s)

    def _delete(self, tally: Tally, reason: str, now_s: float) -> Tombstone:
        stone = Tombstone(self._twin, _day_text(tally.day), *tally[1:], reason, now_s)
        about = Resource("history", f"{self._twin}/{stone.day}/{stone.layer}")
        told = {"classification": stone.classification, "rows": str(stone.rows)}
        self._audit.write(AuditEntry("retention", "history.delete", about, None, Decision(True, reason), told))
        if tally.rows:
            numbers = self._compactor.numbers_of(tally.layer, tally.classification)
            self._compactor.rewrite(tally.day, numbers, keep_replaced=False)
        with self._compactor.manifest.change() as connection:
            values = {name: getattr(stone, name) for name in ("at_s", "layer", "classification", "rows", "reason")}
            connection.execute(sa.insert(DELETIONS).values(day=tally.day, **values))
        if reason != ORDERED:
            leave(self._compactor.folder, stone)
        return stone


def believed(manifest: Manifest, now_s: float) -> float | None:
    """Return the time by which things are deleted; None for a day after a clock jumped by more than two.

    A clock that is wrong by years would otherwise delete years; whoever is on watch has a day to set it right.
    """
    with manifest.change() as connection:
        about = {row.name: row.value for row in connection.execute(sa.select(ABOUT))}
        jumped = not -DAY_S < now_s - about.get("seen_s", now_s) < 2 * DAY_S
        jumped_s = now_s if jumped else about.get("jumped_s", 0.0)
        connection.execute(sa.delete(ABOUT))
        connection.execute(
            sa.insert(ABOUT), [{"name": "seen_s", "value": now_s}, {"name": "jumped_s", "value": jumped_s}]
        )
    return now_s if abs(now_s - jumped_s) >= DAY_S else None


def lake_bytes(manifest: Manifest) -> int:
    """Return how much the files that count take on disk."""
    with manifest.look() as connection:
        return connection.scalar(sa.select(sa.func.sum(FILES.c.bytes)).where(FILES.c.gone_s.is_(None))) or 0


def leave(folder: Path, stone: Tombstone) -> Path:
    """Write a tombstone for the ferry, which signs what it carries."""
    place = folder / "tombstones"
    place.mkdir(exist_ok=True)
    name = "-".join(part or "none" for part in (stone.day, stone.layer, stone.classification))
    path = place / f"{name.replace('/', '_')}-{stone.at_s * 1000:.0f}.json"
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(stone), file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return path


def read_tombstone(path: Path) -> Tombstone:
    """Read a tombstone.

    Raises
    ------
    twin.errors.BadInputError
        If it is none.
    """
    try:
        stone = Tombstone(**json.loads(path.read_bytes()))
        _day_number(stone.day)
    except (ValueError, TypeError) as error:
        raise BadInputError(str(path), say("not a tombstone: {error}", error=error), "fetch it again") from None
    return stone


def _day_text(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY_S))


def _day_number(text: str) -> int:
    return calendar.timegm(time.strptime(text, "%Y-%m-%d")) // int(DAY_S)
