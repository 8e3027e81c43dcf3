"""What leaves by the ferry: from the journal into numbered bundles, kept until the other side has them.

One transaction of a small database of its own holds how far each line has come, and is held while bundles are made: so
two do not pack at once, and one that is killed leaves bundles that nobody has seen and that are made anew. Only what is
committed is written out; written twice it is taken once.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from data.ferry.bundle import Bundle, Manifest, Receipt, SentOrigin, SentRecord, SentRows, SentStone, decode, encode
from data.ferry.keys import USE, Peer, peers
from data.ferry.seal import SealError, read_file, seal, unseal
from data.history.manifest import lake_path
from data.history.retention import read_tombstone
from data.home import Home
from data.rules.carried import CarriedList
from data.sealed import kept_by
from data.signing.keys import OwnKey, own_key
from data.sync.chunks import LAYOUT, Chunk, DamagedChunkError, chunks, journal_id, packed, tell_followed
from data.sync.journal import Journal, journal_path
from data.sync.tables import RECORDS, SOURCES, SUMMED, create_tables, is_record_sound, open_engine
from data.sync.zones import zones_of
from data.whole_file import write_file
from twin.errors import BadInputError
from twin.networks import Border, Networks
from twin.words import say

ENDING = ".zhferry"
RECORDS_AT_ONCE = 5000
RAW_BYTES = 8_000_000
CHUNKS_AT_ONCE = 50

_META = sa.MetaData()
_LINES = sa.Table(
    "line",
    _META,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),  # of the last bundle that was made
    sa.Column("record_at", sa.Integer, nullable=False),  # offsets in the journal up to which it reaches
    sa.Column("chunk_at", sa.Integer, nullable=False),
    sa.Column("written", sa.Integer, nullable=False),  # up to which number they were written out
    sa.Column("received", sa.Integer, nullable=False),  # up to which number the other side has all
)
_STONES = sa.Table(
    "stone",
    _META,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, primary_key=True),
)
"""Tombstones that are in a bundle of a line."""
_LISTS = sa.Table(
    "sent_list",
    _META,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("list", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
)
"""Reference lists as they were last put into a bundle of a line."""


@dataclass(slots=True)
class Packed:
    """What a packing did.

    Parameters
    ----------
    made, again : int
        Bundles that are new, and bundles that were asked for again.
    records, rows, tombstones, lists : int
        In the new ones.
    kept_back : mapping
        How many messages and rows did not cross, by the rule that kept them back.
    damaged : int
        Records and chunks of the journal that could not be read.
    refused : list of (file, reason)
        Receipts that do not count.
    """

    made: int = 0
    again: int = 0
    records: int = 0
    rows: int = 0
    tombstones: int = 0
    lists: int = 0
    kept_back: Counter[str] = field(default_factory=Counter)
    damaged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Place:
    """How far a line has come."""

    number: int = 0
    record_at: int = 0
    chunk_at: int = 0
    written: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """One line to one network."""

    name: str
    here: str
    target: str
    networks: Networks
    key: OwnKey
    digest: str
    journal: Path
    kept: Path
    borders: dict[str, Border] = field(default_factory=dict)

    def border(self, classification: str) -> Border:
        if classification not in self.borders:
            self.borders[classification] = self.networks.border(self.here, self.target, classification)
        return self.borders[classification]

    def file(self, number: int) -> Path:
        return self.kept / f"{self.kept.name}-{number:06d}{ENDING}"


def pack(
    home: Home, twin: str, target: str, out: Path, receipts: Sequence[Path], now_s: float, digest: str = "sha256",
    lists: Sequence[CarriedList] = (),
) -> Packed:  # fmt: skip
    """Write into a folder what is new for a network and may cross, and what its receipts ask for again.

    Reference lists cross where everything of the classification that counts where none is told may.

    Raises
    ------
    twin.errors.BadInputError
        If there is no such network, or nothing to pack from.
    """
    if lists and not journal_path(home, twin).exists():
        Journal(journal_path(home, twin)).close()  # who sends lists alone has a line as well
    line, packed_ = _line(home, twin, target, digest), Packed()
    out.mkdir(parents=True, exist_ok=True)
    asked = _read_receipts(line, peers(home), receipts, packed_)
    line.kept.mkdir(parents=True, exist_ok=True)
    with _state(home, twin) as connection:
        place = _load(connection, line.name)
        _make_all(line, place, packed_)
        _make_stones(connection, line, place, packed_, lake_path(home, twin) / "tombstones")
        _make_lists(connection, line, place, packed_, lists)
        _save(connection, line.name, place)
    tell_followed(line.journal, f"ferry {target}", place.chunk_at, now_s)
    received, wanted = _wanted(asked, place)
    for number in (*wanted, *range(place.written + 1, place.number + 1)):
        write_file(out / line.file(number).name, line.file(number).read_bytes())
    packed_.again = len(wanted)
    manifest = Manifest(line.name, line.here, target, last=place.number)
    write_file(out / f"{line.kept.name}-manifest{ENDING}", seal(encode(manifest), line.key, digest))
    with _state(home, twin) as connection:
        later = _load(connection, line.name)
        later.written = max(later.written, place.number)
        later.received = max(later.received, received)
        _save(connection, line.name, later)
    for number in range(1, received + 1):
        line.file(number).unlink(missing_ok=True)
    return packed_


def _line(home: Home, twin: str, target: str, digest: str) -> _Line:
    networks, journal, key = zones_of(home).networks, journal_path(home, twin), own_key(home, USE)
    if target not in {zone.name for zone in networks.zones} - {networks.here}:
        names = ", ".join(zone.name for zone in networks.zones if zone.name != networks.here)
        raise BadInputError(target, "there is no such other network", say("use one of {names}", names=names))
    if not journal.exists():
        raise BadInputError(
            str(journal), "there is no journal", "it is made when a source that is acknowledged first sends"
        )
    name = f"{key.id.hex()}/{journal_id(journal)}/{target}"
    kept = home.state / f"ferry-{twin}" / hashlib.sha256(name.encode()).hexdigest()[:12]
    return _Line(name, networks.here, target, networks, key, digest, journal, kept)


def _make_all(line: _Line, place: _Place, packed_: Packed) -> None:
    """Make bundles until the journal has nothing new."""
    while True:
        before = place.record_at, place.chunk_at
        load = _Load(line, packed_)
        place.record_at = load.take_records(place.record_at)
        place.chunk_at = load.take_chunks(place.chunk_at)
        if (place.record_at, place.chunk_at) == before:
            return
        if load.records or load.rows:
            place.number += 1
            packed_.made += 1
            content = Bundle(
                line.name, line.here, line.target, number=place.number,
                origins=load.origins, records=load.records, rows=load.rows,
            )  # fmt: skip
            write_file(line.file(place.number), seal(encode(content), line.key, line.digest))


def _make_stones(connection: sa.Connection, line: _Line, place: _Place, packed_: Packed, folder: Path) -> None:
    """Make a bundle of the tombstones that are new, of what may cross at all."""
    sent = set(connection.scalars(sa.select(_STONES.c.file).where(_STONES.c.line == line.name)))
    fresh = [path for path in sorted(folder.glob("*.json")) if path.name not in sent]
    stones = [SentStone(**asdict(read_tombstone(path))) for path in fresh]
    stones = [stone for stone in stones if any(rule.allow for rule in line.border(stone.classification).by_kind)]
    if fresh:
        connection.execute(sa.insert(_STONES), [{"line": line.name, "file": path.name} for path in fresh])
    if stones:
        place.number += 1
        packed_.made += 1
        packed_.tombstones = len(stones)
        content = Bundle(
            line.name, line.here, line.target, number=place.number, origins=[], records=[], rows=[], tombstones=stones
        )
        write_file(line.file(place.number), seal(encode(content), line.key, line.digest))


def _make_lists(
    connection: sa.Connection, line: _Line, place: _Place, packed_: Packed, lists: Sequence[CarriedList]
) -> None:
    """Make a bundle of each reference list that is another than when it was last sent."""
    border = line.border("")
    if lists and not border.is_open:
        packed_.kept_back[border.refusal(border.otherwise)] += len(lists)
        return
    for one in lists:
        whose, digest = {"line": line.name, "list": one.told.id}, hashlib.sha256(msgspec.json.encode(one)).hexdigest()
        if digest == connection.scalar(sa.select(_LISTS.c.digest).filter_by(**whose)):
            continue
        connection.execute(sa.delete(_LISTS).filter_by(**whose))
        connection.execute(sa.insert(_LISTS), [{**whose, "digest": digest}])
        place.number += 1
        packed_.made += 1
        packed_.lists += 1
        content = Bundle(
            line.name, line.here, line.target, number=place.number, origins=[], records=[], rows=[], lists=[one]
        )
        write_file(line.file(place.number), seal(encode(content), line.key, line.digest))


class _Load:
    """The content of one bundle, as it is put together."""

    def __init__(self, line: _Line, packed_: Packed) -> None:
        self._line, self._packed = line, packed_
        self.origins: list[SentOrigin] = []
        self.records: list[SentRecord] = []
        self.rows: list[SentRows] = []

    def _origin(self, *origin: str) -> int:
        sent = SentOrigin(*origin)
        if sent not in self.origins:
            self.origins.append(sent)
        return self.origins.index(sent)

    def take_records(self, after: int) -> int:
        """Take the next messages; those of sources that may not cross whole stay, only their rows may go."""
        room = RAW_BYTES
        for row in _records(self._line.journal, after):
            if room < 0:
                break
            after = row.at
            border = self._line.border(row.classification)
            if not is_record_sound([getattr(row, name) for name in SUMMED], row.crc):
                self._packed.damaged += 1
            elif not border.is_open:
                if not border.otherwise.allow:
                    self._packed.kept_back[border.otherwise.name] += 1
            else:
                room -= len(row.raw)
                told = (getattr(row, name) for name in SentRecord.__struct_fields__[1:])
                self.records.append(SentRecord(self._origin(row.name, row.zone, row.classification), *told))
                self._packed.records += 1
        return after

    def take_chunks(self, after: int) -> int:
        """Take the next rows: of the kinds and with the fields that may cross."""
        try:
            for chunk in chunks(self._line.journal, after, CHUNKS_AT_ONCE):
                after = chunk.at
                self._take_chunk(chunk)
        except DamagedChunkError as error:
            self._packed.damaged += 1
            return error.at
        return after

    def _take_chunk(self, chunk: Chunk) -> None:
        border = self._line.border(chunk.classification)
        barred = border.keeps_out(chunk.rows)
        for kind in chunk.rows["kind"][barred].tolist():
            self._packed.kept_back[border.by_kind[kind].name] += 1
        rows = border.withhold(chunk.rows[~barred])
        if len(rows):
            origin = self._origin(chunk.source, chunk.zone, chunk.classification)
            self.rows.append(SentRows(origin, chunk.commit_s, len(rows), LAYOUT, packed(rows)))
            self._packed.rows += len(rows)


def _records(journal: Path, after: int) -> Sequence[Any]:
    """Return the next messages, each with where it comes from."""
    names = dict.fromkeys(("at", "crc", *SUMMED, *SentRecord.__struct_fields__[1:]))
    query = (
        sa.select(
            SOURCES.c.name, SOURCES.c.zone, SOURCES.c.classification, *(RECORDS.c[name] for name in names)
        )
        .join(SOURCES, SOURCES.c.id == RECORDS.c.source)
        .where(RECORDS.c.at > after)
        .order_by(RECORDS.c.at)
        .limit(RECORDS_AT_ONCE)
    )  # fmt: skip
    engine = open_engine(journal)
    try:
        with engine.begin() as connection:
            return connection.execute(query).all()
    finally:
        engine.dispose()


def _read_receipts(line: _Line, trusted: dict[bytes, Peer], paths: Sequence[Path], packed_: Packed) -> list[Receipt]:
    """Return the receipts of this line; others are left alone, and what is no sound one is told."""
    found = []
    for path in paths:
        try:
            sealed = unseal(read_file(path), trusted)
            content = decode(sealed.payload)
        except SealError as error:
            packed_.refused.append((path.name, error.sentence))
            continue
        if isinstance(content, Receipt) and content.line == line.name and sealed.peer.zone == line.target:
            found.append(content)
    return found


def _wanted(asked: Sequence[Receipt], place: _Place) -> tuple[int, list[int]]:
    """Return up to where all has come, and which bundles that were written before are to be written again."""
    sound = [receipt for receipt in asked if receipt.received <= receipt.known <= place.written]
    if not sound:
        return 0, []
    newest = max(sound, key=lambda receipt: (receipt.received, receipt.known))
    lost = {*newest.missing, *range(newest.known + 1, place.written + 1)}
    upto = max(newest.received, place.received)  # an old receipt may be read again
    return upto, sorted(number for number in lost if upto < number <= place.written)


@contextmanager
def _state(home: Home, twin: str) -> Iterator[sa.Connection]:
    """Open the database of the lines in a transaction that nobody shares."""
    engine = open_engine(kept_by(home, home.state / f"ferry-{twin}.sqlite"))
    try:
        create_tables(engine, _META)
        with engine.connect() as connection, connection.begin():
            connection.execute(sa.update(_LINES).where(sa.false()).values(number=0))  # takes the lock
            yield connection
    finally:
        engine.dispose()


def _load(connection: sa.Connection, line: str) -> _Place:
    row = connection.execute(sa.select(_LINES).where(_LINES.c.line == line)).one_or_none()
    return _Place(*row[1:]) if row is not None else _Place()


def _save(connection: sa.Connection, line: str, place: _Place) -> None:
    values = {name: getattr(place, name) for name in ("number", "record_at", "chunk_at", "written", "received")}
    connection.execute(sa.delete(_LINES).where(_LINES.c.line == line))
    connection.execute(sa.insert(_LINES).values(line=line, **values))
