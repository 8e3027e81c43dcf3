"""After damage: the balance made exact again by what is there, and what is not there any more told as destroyed."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

_FOUND = """
SELECT source, minute, sum(stored), sum(quarantined) FROM (
    SELECT source, CAST(arrival_s / 60 AS INTEGER) AS minute, count(*) AS stored, 0 AS quarantined
        FROM record GROUP BY 1, 2
    UNION ALL SELECT source, minute, messages, 0 FROM pruned
    UNION ALL SELECT source, CAST(arrival_s / 60 AS INTEGER), 0, count(*)
        FROM quarantine WHERE replayed_s IS NULL GROUP BY 1, 2
    UNION ALL SELECT source, minute, 0, messages FROM capped
) GROUP BY 1, 2
"""
_TOLD = """
SELECT balance.source, balance.minute, received, duplicate, balance.stored, balance.quarantined,
    coalesce(destroyed.stored, 0), coalesce(destroyed.quarantined, 0)
FROM balance LEFT JOIN destroyed USING (source, minute)
"""
_KEEP = (
    "INSERT OR REPLACE INTO balance (source, minute, received, stored, duplicate, quarantined) "
    "VALUES (?, ?, ?, ?, ?, ?)"
)
_DESTROYED = "INSERT OR REPLACE INTO destroyed (source, minute, stored, quarantined) VALUES (?, ?, ?, ?)"
_NAMELESS = (
    "INSERT INTO source SELECT DISTINCT source, '?' || source, '', '' FROM balance "
    "WHERE source NOT IN (SELECT id FROM source)"
)

Pair = tuple[int, int]


class _Told(NamedTuple):
    """A minute as the balance tells it; pairs are of what is stored and what is quarantined."""

    received: int = 0
    duplicate: int = 0
    kept: Pair = (0, 0)
    gone: Pair = (0, 0)

    @property
    def even(self) -> bool:
        """Whether its figures add up."""
        return self.received == self.duplicate + sum(self.kept) + sum(self.gone)


def settle(raw: sqlite3.Connection) -> int:
    """Make every minute exact in the transaction that is open; return how many messages are newly destroyed.

    A minute whose figures do not add up was itself hit, and one may be missing: it is counted anew from its rows, and
    what it knew of duplicates is forgotten. A source of which only its messages are left goes by its number.
    """
    found = {(source, minute): (stored, held) for source, minute, stored, held in raw.execute(_FOUND)}
    told = {
        (source, minute): _Told(received, duplicate, (stored, held), (gone, gone_held))
        for source, minute, received, duplicate, stored, held, gone, gone_held in raw.execute(_TOLD)
    }
    destroyed = 0
    for place in found.keys() | told.keys():
        there, before = found.get(place, (0, 0)), told.get(place, _Told())
        before = before if before.even else _Told()
        missing = [max(was - now, 0) for was, now in zip(before.kept, there, strict=True)]
        gone = [was + more for was, more in zip(before.gone, missing, strict=True)]
        received = sum(there) + before.duplicate + sum(gone)
        raw.execute(_KEEP, (*place, received, there[0], before.duplicate, there[1]))
        if any(gone):
            raw.execute(_DESTROYED, (*place, *gone))
        destroyed += sum(missing)
    raw.execute(_NAMELESS)
    return destroyed
