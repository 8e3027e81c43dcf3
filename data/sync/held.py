"""The quarantine in the journal and its cap: a stranger who sends rubbish must not fill the disk.

What is over the cap of its source goes, the oldest first, in the transaction that brings the new. What went is counted
by source and minute of arrival (table ``capped``), so the balance stays exact: of the messages that it says were
quarantined, so many were kept and so many have been removed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from data.connectors.contract import Record
from data.sync.tables import held_sum
from twin.words import pack

ROW_BYTES = 200
"""What a message takes beside its bytes."""

_INSERT = (
    "INSERT INTO quarantine (source, device, message, reason, source_s, arrival_s, commit_s, raw, crc) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SIZE = "SELECT count(*), coalesce(sum(length(raw)), 0) FROM quarantine WHERE source = ?"
_OLDEST = "SELECT id, length(raw), arrival_s, replayed_s FROM quarantine WHERE source = ? ORDER BY id LIMIT ?"
_REMOVE = "DELETE FROM quarantine WHERE source = ? AND id <= ?"
_COUNT = (
    "INSERT INTO capped (source, minute, messages) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET messages = messages + 1"
)


@dataclass(frozen=True, slots=True)
class Cap:
    """Most that is kept of each source."""

    messages: int = 100_000
    bytes: int = 200_000_000


DEFAULT_CAP = Cap()


@dataclass(slots=True)
class _Size:
    messages: int
    bytes: int

    def exceeds(self, cap: Cap, share: float = 1.0) -> bool:
        return self.messages > cap.messages * share or self.bytes > cap.bytes * share


class Hold:
    """Puts messages into quarantine and keeps it within its cap; part of the journal's transaction."""

    def __init__(self, raw: sqlite3.Connection, cap: Cap) -> None:
        self._raw, self._cap = raw, cap
        self._sizes: dict[int, _Size] = {}

    def keep(self, source: int, refused: Sequence[tuple[Record, str]], arrival_s: float, commit_s: float) -> None:
        """Keep messages with the reasons why they were kept out."""
        if not refused:
            return
        size = self._size(source)
        self._raw.executemany(_INSERT, [_row(source, r, pack(why), arrival_s, commit_s) for r, why in refused])
        size.messages += len(refused)
        size.bytes += sum(len(record.raw) + ROW_BYTES for record, _ in refused)
        if size.exceeds(self._cap):
            self._make_room(source, size)

    def forget_sizes(self) -> None:
        """Count anew: the transaction was taken back."""
        self._sizes.clear()

    def _size(self, source: int) -> _Size:
        if source not in self._sizes:
            messages, length = self._raw.execute(_SIZE, (source,)).fetchone()
            self._sizes[source] = _Size(messages, length + messages * ROW_BYTES)
        return self._sizes[source]

    def _make_room(self, source: int, size: _Size) -> None:
        """Remove the oldest down to nine tenths of the cap, so that it is not done for each message."""
        last = 0
        for number, length, arrival_s, replayed_s in self._raw.execute(_OLDEST, (source, size.messages)).fetchall():
            if not size.exceeds(self._cap, 0.9):
                break
            last = number
            size.messages -= 1
            size.bytes -= length + ROW_BYTES
            if replayed_s is None:  # what was taken back stands as stored in the balance
                self._raw.execute(_COUNT, (source, int(arrival_s // 60)))
        self._raw.execute(_REMOVE, (source, last))


def _row(source: int, record: Record, why: str, arrival_s: float, commit_s: float) -> tuple[object, ...]:
    crc = held_sum(why, record.device, record.message, record.source_s, arrival_s, source, record.raw)
    told = (source, record.device, record.message, why, record.source_s, arrival_s, commit_s, record.raw)
    return (*told, crc)
