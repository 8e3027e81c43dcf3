"""What becomes of the messages of one parcel, written down message by message."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from data.connectors.contract import Gap, Parcel, Record
from twin.live.observation import OBSERVATION_DTYPE, Observation, batch

ID_BYTES = OBSERVATION_DTYPE["id"].itemsize


@dataclass(slots=True)
class Sheet:
    """Counts each message once: it is told with a row, kept without one, or refused with a reason."""

    told: list[tuple[Record, Observation]] = field(default_factory=list)
    kept: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def tell(self, record: Record, row: Observation) -> None:
        """Keep a message that tells where something is."""
        self.told.append((record, row))

    def keep(self, record: Record) -> None:
        """Keep a message that moves nothing."""
        self.kept.append(record)

    def refuse(self, record: Record, reason: str) -> None:
        """Quarantine a message."""
        self.refused.append((record, reason))

    def parcel(self, arrival_s: float, settle: Callable[[], None] = lambda: None) -> Parcel | None:
        """Return all of it; None if there is nothing to tell."""
        received = len(self.told) + len(self.kept) + len(self.refused)
        if not received and not self.gaps:
            return None
        records = [record for record, _ in self.told] + self.kept
        rows = batch("", (row for _, row in self.told)).rows
        return Parcel(arrival_s, received, records, rows, self.refused, self.gaps, self.labels, settle)


def fact_key(time_s: float, *parts: bytes) -> bytes:
    """Return the same bytes for the same fact; the time in front keeps neighbours in time together on disk."""
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return (int(time_s) & 0xFFFFFFFF).to_bytes(4, "big") + digest.digest()


def entity_id(prefix: str, name: str) -> str:
    """Return an entity's id; a name too long for one gives way to its digest, since a cut one might be another's."""
    whole = prefix + name
    if len(whole.encode()) <= ID_BYTES:
        return whole
    return prefix + hashlib.blake2b(name.encode(), digest_size=(ID_BYTES - len(prefix.encode())) // 2).hexdigest()
