"""What the disk holds, read by a hand of its own, against what the terminals wrote down."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.faults import wire
from tests.faults.notebook import Fact, Notebook
from tests.faults.streams import Stream

Minute = tuple[int, int]


class Row(NamedTuple):
    """One position on the disk, with the number of its record."""

    at: int
    fact: Fact
    raw: bytes


TERMINALS = "vans"
ROWS = "SELECT at, source.name, device, message, raw FROM record JOIN source ON source.id = record.source"
HELD = "SELECT quarantine.id, source.name, device, raw FROM quarantine JOIN source ON source.id = quarantine.source"


def positions_in(device: str, raw: bytes) -> list[Fact]:
    """Return the positions that some kept bytes of a terminal tell, whatever the program thinks of them."""
    try:
        message = wire.unpack(wire.unframe(raw.strip(b"\x7e")))
    except (ValueError, struct.error):
        return [(device.lstrip("0"), raw[: wire.BASE])] if len(raw) >= wire.BASE else []
    if message.message == wire.POSITION:
        return [(message.phone, message.body[: wire.BASE])]
    if message.message == wire.BATCH:
        return [(message.phone, body[: wire.BASE]) for body in wire.unbatch(message.body)]
    return []


@dataclass(slots=True)
class Findings:
    """What a look at the disk found wrong; empty if all is well."""

    lost: list[Fact] = field(default_factory=list)
    doubled: list[Fact] = field(default_factory=list)
    invented: list[Fact] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.lost or self.doubled or self.invented or self.unbalanced)

    def __str__(self) -> str:
        return (
            f"{len(self.lost)} acknowledged and lost, {len(self.doubled)} visible twice, {len(self.invented)} never "
            f"sent; balance: {'; '.join(self.unbalanced[:5]) or 'exact'}"
        )


@dataclass(slots=True)
class Oracle:
    """Looks at the journal after each fault; what it saw before it does not read again, until the end."""

    path: Path
    notebook: Notebook
    streams: Sequence[Stream] = ()
    stored: Counter[Fact] = field(default_factory=Counter)
    held: set[Fact] = field(default_factory=set)
    destroyed: set[Fact] = field(default_factory=set)
    """What damage to the file took, and the engine said so."""
    changed: set[int] = field(default_factory=set)
    """Numbers of the records that damage changed, by the engine's own verification: they tell what nobody sent."""
    _seen: tuple[int, int] = (0, 0)
    _checked: int = 0

    def forget(self) -> None:
        """Read everything again at the next look."""
        self.stored.clear()
        self.held.clear()
        self._seen, self._checked = (0, 0), 0

    def look(self) -> Findings:
        """Compare the disk with the notebook; what was acknowledged by now must be there."""
        acknowledged = list(self.notebook.acknowledged)
        findings = Findings()
        with reading(self.path) as connection:
            self._read_records(connection, findings)
            self._read_quarantine(connection)
            findings.unbalanced += unbalanced(connection)
        findings.lost = [
            fact
            for fact in acknowledged[self._checked :]
            if fact not in self.stored and fact not in self.held and fact not in self.destroyed
        ]
        self._checked = len(acknowledged)
        return findings

    def facts_in(self, source: str, device: str, raw: bytes) -> list[Fact]:
        """Return what some kept bytes tell."""
        if source == TERMINALS:
            return positions_in(device, raw)
        return [fact for stream in self.streams if stream.name == source for fact in stream.facts_in(raw)]

    def _read_records(self, connection: sqlite3.Connection, findings: Findings) -> None:
        sent, last = self.notebook.sent, self._seen[0]
        for at, source, device, message, raw in connection.execute(f"{ROWS} WHERE at > ? ORDER BY at", (last,)):
            last = at
            if source == TERMINALS and message not in ("0200", "0704"):
                continue
            for fact in self.facts_in(source, device, raw):
                self.stored[fact] += 1
                if self.stored[fact] > 1:
                    findings.doubled.append(fact)
                if fact not in sent and at not in self.changed:
                    findings.invented.append(fact)
        self._seen = (last, self._seen[1])

    def _read_quarantine(self, connection: sqlite3.Connection) -> None:
        last = self._seen[1]
        for at, source, device, raw in connection.execute(f"{HELD} WHERE quarantine.id > ?", (last,)):
            last = max(last, at)
            self.held.update(self.facts_in(source, device, raw))
        self._seen = (self._seen[0], last)

    def rows_in_copy(self) -> list[Row]:
        """Return what stands in a journal whose engine is gone, read from a copy, as reading could mend it."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / self.path.name
            for ending in ("", "-wal"):
                part = self.path.with_name(self.path.name + ending)
                if part.exists():
                    shutil.copyfile(part, copy.with_name(copy.name + ending))
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                connection.text_factory = lambda text: text.decode("utf-8", "replace")
                return [
                    Row(at, fact, raw)
                    for at, source, device, message, raw in connection.execute(ROWS)
                    if source != TERMINALS or message in ("0200", "0704")
                    for fact in self.facts_in(source, device, raw)
                ]


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Read a journal as it stands at one instant, changing nothing of it."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as connection:
        connection.isolation_level = None
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        connection.execute("BEGIN")
        yield connection


def unbalanced(connection: sqlite3.Connection) -> list[str]:
    """Return the accounts that are not exact, counted here from the rows themselves."""
    wrong = []
    stored = _counted(connection, "record", "1")
    held = _counted(connection, "quarantine", "replayed_s IS NULL")
    for source, minute, *told in connection.execute(
        "SELECT source, minute, received, balance.stored, duplicate, balance.quarantined, "
        "coalesce(destroyed.stored + destroyed.quarantined, 0) FROM balance LEFT JOIN destroyed USING (source, minute)"
    ):
        received, kept, duplicate, quarantined, gone = told
        if received != kept + duplicate + quarantined + gone:
            wrong.append(f"minute {minute}: received {received} = {kept} + {duplicate} + {quarantined} + {gone}?")
        found = (stored.pop((source, minute), 0), held.pop((source, minute), 0))
        if found != (kept, quarantined):
            wrong.append(f"minute {minute}: told {kept} and {quarantined}, counted {found}")
    wrong += [f"minute {minute}: {count} rows in no account" for (_, minute), count in (stored | held).items()]
    return wrong


def _counted(connection: sqlite3.Connection, table: str, where: str) -> dict[Minute, int]:
    sql = f"SELECT source, CAST(arrival_s / 60 AS INTEGER), count(*) FROM {table} WHERE {where} GROUP BY 1, 2"  # noqa: S608
    return {(source, minute): count for source, minute, count in connection.execute(sql)}
