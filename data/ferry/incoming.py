"""What comes by the ferry: each bundle into the journal exactly once, whatever is lost, doubled or out of order.

That a bundle was taken is written in the transaction of its records: killed before or after, it is taken once. The
records keep the clocks of their sender and of their first arrival; rows go in as they were decoded there. What the
rules of this side do not let in is quarantined, as at the gate.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from data.connectors.contract import Record
from data.ferry.bundle import Bundle, Manifest, Receipt, SentOrigin, SentRows, SentStone, decode, encode
from data.ferry.keys import USE, Peer, peers
from data.ferry.outgoing import ENDING
from data.ferry.seal import Sealed, SealError, read_file, seal, unseal
from data.home import Home
from data.rules.carried import leave, list_folder
from data.sealed import faults
from data.signing.keys import own_key
from data.sync.chunks import LAYOUTS, unpacked
from data.sync.journal import Entry, Journal, Origin, journal_path
from data.sync.schema import sound
from data.sync.tables import FERRY_LINES, FERRY_TAKEN, ensure_tables, open_engine
from data.sync.zones import zones_of
from data.whole_file import write_file
from twin.errors import DiskError
from twin.live.observation import ObservationArray
from twin.networks import Border, Networks
from twin.words import say

TAKEN, DOUBLE, NOTED, REFUSED = "taken", "double", "noted", "refused"
MOST_ASKED = 10_000
"""Missing bundles named in one receipt."""
MOST_ROWS = 5_000_000
_TAKE = "INSERT INTO ferry_taken (line, number, digest, taken_s) VALUES (?, ?, ?, ?)"
_KNOW = (
    "INSERT INTO ferry_line (line, zone, known) VALUES (?, ?, ?) "
    "ON CONFLICT (line) DO UPDATE SET known = max(known, excluded.known)"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: ``taken``, ``double``, ``noted`` (a manifest) or ``refused`` with the reason.

    ``kept_out`` counts what the rules of this side did not let in: messages, which are in quarantine, and rows.
    """

    file: str
    what: str
    number: int = 0
    records: int = 0
    rows: int = 0
    kept_out: int = 0
    tombstones: int = 0
    lists: int = 0
    reason: str = ""


class _TakenBeforeError(Exception):
    """The bundle is in the journal already."""


def unpack(home: Home, twin: str, paths: Sequence[Path], now_s: float) -> list[Outcome]:
    """Take bundles into the journal of a twin; a file that does not hold costs no other.

    Raises
    ------
    twin.errors.ZhianError
        If the settings or the keys cannot be read, or the journal cannot be written.
    OSError
        If a file cannot be read. What was taken until then stays taken.
    """
    networks, trusted = zones_of(home).networks, peers(home)
    with _opened(journal_path(home, twin)) as journal:
        folders = stone_folder(home, twin), list_folder(home, twin)
        return [_try(journal, networks, folders, path, trusted, now_s) for path in paths]


def stone_folder(home: Home, twin: str) -> Path:
    """Return where tombstones that came are put: who may delete decides, with `zhian history forget`."""
    return home.state / f"ferry-{twin}" / "tombstones"


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Journal]:
    """Open the journal, also beside an engine that writes it."""
    try:
        with contextlib.closing(Journal(path)) as journal:
            yield journal
    except faults(DBAPIError) as error:
        reason = getattr(error, "orig", None) or error
        raise DiskError(say("the journal {path} cannot be written: {reason}", path=path, reason=reason)) from error


def _try(
    journal: Journal,
    networks: Networks,
    folders: tuple[Path, Path],
    path: Path,
    trusted: Mapping[bytes, Peer],
    now_s: float,
) -> Outcome:
    try:
        return _take(journal, networks, folders, path.name, unseal(read_file(path), trusted), now_s)
    except SealError as error:
        return Outcome(path.name, REFUSED, reason=error.sentence)


def _take(
    journal: Journal, networks: Networks, folders: tuple[Path, Path], name: str, sealed: Sealed, now_s: float
) -> Outcome:
    content = decode(sealed.payload)
    if isinstance(content, Receipt):
        raise SealError("it is a receipt: give it to `zhian ferry pack --receipts`")
    _check(content, sealed, networks.here)
    if isinstance(content, Manifest):
        journal.append([], lambda raw: raw.execute(_KNOW, (content.line, content.zone, content.last)))
        return Outcome(name, NOTED, content.last)
    entries, kept_out = _entries(content, networks, sealed.peer.zone)
    _leave_stones(folders[0], content.tombstones)
    lists = content.lists if networks.border(sealed.peer.zone, "", "").is_open else []
    leave(folders[1], lists)
    kept_out += len(content.lists) - len(lists)

    def note(raw: sqlite3.Connection) -> None:
        taken = raw.execute(
            "SELECT digest FROM ferry_taken WHERE line = ? AND number = ?", (content.line, content.number)
        ).fetchone()
        if taken is not None and taken[0] == sealed.digest:
            raise _TakenBeforeError
        if taken is not None:
            raise SealError(say("another bundle of the number {number} was taken before", number=content.number))
        raw.execute(_TAKE, (content.line, content.number, sealed.digest, now_s))
        raw.execute(_KNOW, (content.line, content.zone, content.number))

    try:
        journal.append(entries, note)
    except _TakenBeforeError:
        return Outcome(name, DOUBLE, content.number)
    counts = (sum(len(e.records) for e in entries), sum(len(e.rows) for e in entries))
    return Outcome(name, TAKEN, content.number, *counts, kept_out, len(content.tombstones), len(lists))


def _check(letter: Bundle | Manifest, sealed: Sealed, here: str) -> None:
    """Refuse what is not for this network, or speaks for one that its key does not stand for."""
    if letter.zone != sealed.peer.zone or not letter.line.startswith(sealed.peer.id.hex() + "/"):
        raise SealError(say("{name} does not speak for {zone}", name=sealed.peer.name, zone=letter.zone))
    if letter.target != here:
        raise SealError(say("it is for {target}, and this is {here}", target=letter.target, here=here))
    if isinstance(letter, Bundle) and letter.number < 1:
        raise SealError("it has no number")


def _leave_stones(folder: Path, stones: Sequence[SentStone]) -> None:
    """Put tombstones beside the journal, under names that are the same however often they come."""
    for stone in stones:
        folder.mkdir(parents=True, exist_ok=True)
        text = msgspec.json.encode(stone)
        write_file(folder / f"{hashlib.sha256(text).hexdigest()[:16]}.json", text)


def _entries(bundle: Bundle, networks: Networks, zone: str) -> tuple[list[Entry], int]:
    """Return a bundle as entries of the journal, and how much of it may not come in; all of it is read before any of it
    is kept.
    """
    try:
        borders = [networks.border(zone, "", origin.classification) for origin in bundle.origins]
        found = []
        for (place, arrival_s), sent in groupby(bundle.records, key=lambda record: (record.origin, record.arrival_s)):
            records = [Record(s.key, s.device, s.message, s.source_s, s.raw) for s in sent]
            found.append(_of_records(bundle.origins[place], arrival_s, records, borders[place]))
        found += [_of_rows(bundle.origins[rows.origin], rows, borders[rows.origin]) for rows in bundle.rows]
    except (IndexError, ValueError, OSError, OverflowError, pa.ArrowException) as error:
        raise SealError(say("what it holds cannot be read: {error}", error=error)) from None
    kept_out = sum(len(entry.refused) for entry in found)
    kept_out += sum(rows.count for rows in bundle.rows) - sum(len(entry.rows) for entry in found)
    return [entry for entry in found if entry.received or len(entry.rows)], kept_out


def _of_records(sent: SentOrigin, arrival_s: float, records: list[Record], border: Border) -> Entry:
    if not np.isfinite([arrival_s, *(record.source_s for record in records)]).all() or arrival_s < 0:
        raise ValueError("a clock is no number")
    origin = Origin(sent.name, sent.zone, sent.classification)
    if border.otherwise.allow:
        if "raw" in border.otherwise.withheld():
            records = [record._replace(raw=b"") for record in records]
        return Entry(origin, arrival_s, len(records), records)
    reason = border.refusal(border.otherwise)
    return Entry(origin, arrival_s, len(records), (), [(record, reason) for record in records])


def _of_rows(sent: SentOrigin, packed: SentRows, border: Border) -> Entry:
    if packed.layout not in LAYOUTS or not 0 < packed.count <= MOST_ROWS:
        raise ValueError("rows of an unknown layout")
    rows: ObservationArray = unpacked(packed.body, packed.count, packed.layout)
    if not sound(rows).all():
        raise ValueError("a row that no gate lets through")
    rows = border.withhold(rows[~border.keeps_out(rows)])
    return Entry(Origin(sent.name, sent.zone, sent.classification), packed.commit_s, 0, (), rows=rows)


def write_receipts(home: Home, twin: str, out: Path, digest: str = "sha256") -> list[Receipt]:
    """Write a receipt for each line that has come, to be carried back, and return them: they say what is missing."""
    here, key = zones_of(home).networks.here, own_key(home, USE)
    out.mkdir(parents=True, exist_ok=True)
    receipts = [_receipt(home, twin, *row, here) for row in _lines(home, twin)]
    for receipt in receipts:
        name = hashlib.sha256(receipt.line.encode()).hexdigest()[:12]
        write_file(out / f"{name}-receipt{ENDING}", seal(encode(receipt), key, digest))
    return receipts


def _lines(home: Home, twin: str) -> list[tuple[str, str, int]]:
    engine = open_engine(journal_path(home, twin))
    try:
        ensure_tables(engine)
        with engine.begin() as connection:
            found = connection.execute(sa.select(FERRY_LINES).order_by(FERRY_LINES.c.line))
            return [(row.line, row.zone, row.known) for row in found]
    finally:
        engine.dispose()


def _receipt(home: Home, twin: str, line: str, zone: str, known: int, here: str) -> Receipt:
    engine = open_engine(journal_path(home, twin))
    try:
        with engine.begin() as connection:
            numbers = sa.select(FERRY_TAKEN.c.number).where(FERRY_TAKEN.c.line == line)
            taken = list(connection.scalars(numbers.order_by(FERRY_TAKEN.c.number)))
    finally:
        engine.dispose()
    missing = list(islice(_gaps(taken, known), MOST_ASKED))
    received = missing[0] - 1 if missing else known
    return Receipt(line, here, zone, received=received, known=known, missing=missing)


def _gaps(taken: Sequence[int], known: int) -> Iterator[int]:
    """Yield the numbers from 1 to ``known`` that are not among the sorted ones."""
    expected = 1
    for number in (*taken, known + 1):
        yield from range(expected, number)
        expected = number + 1
