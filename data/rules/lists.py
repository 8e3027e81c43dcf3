"""Reference lists in the records database: brought in whole or as changes, each with source, day and owner."""

from __future__ import annotations

import contextlib
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from data.records.database import answering
from data.rules.files import profiled
from data.rules.tables import ENTRIES, LISTS
from twin.cql2.read import no_such
from twin.errors import BadInputError
from twin.rules.lists import NEVER_S, Entry, RefList, plain
from twin.words import say

LARGEST = 200_000_000
MOST_ENTRIES = 2_000_000
COLUMNS = ("key", "note", "until", "legal_basis", "owner", "change")
CHANGES = ("", "add", "remove")
REMEDY = "mend the list; nothing of it was taken"


class Brought(msgspec.Struct, frozen=True):
    """What a list says of itself when it is brought in.

    Parameters
    ----------
    watch : bool
        A watch list: each entry has a legal basis, an owner and an end.
    good_for_s : float
        Past this age it says so on every hit.
    changes : bool
        The file holds changes to what is there, not the whole list.
    """

    id: str
    source: str
    owner: str
    as_of_s: float
    good_for_s: float
    watch: bool = False
    changes: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a file: an entry, and whether it goes."""

    entry: Entry
    removed: bool = False


@dataclass(frozen=True)
class Told:
    """A list without its entries, and how many there are."""

    id: str
    source: str
    owner: str
    as_of_s: float
    good_for_s: float
    watch: bool
    entries: int


def read_lines(name: str, raw: bytes, brought: Brought, now_s: float) -> list[Line]:
    """Read a file of a list: CSV with a line of columns, or JSON (an array of objects).

    Parameters
    ----------
    name : str
        What the file is called, for errors.

    Raises
    ------
    twin.errors.BadInputError
        With the line; nothing is taken then.
    """
    if len(raw) > LARGEST:
        raise BadInputError(name, say("it is larger than {size} bytes", size=LARGEST), REMEDY)
    lines: list[Line] = []
    for number, row in _rows(name, raw):
        try:
            lines.append(_line(row, brought, now_s))
        except ValueError as error:
            problem = error.args[0]
            raise BadInputError(name, problem, REMEDY, say("line {number}", number=number)) from None
        if len(lines) > MOST_ENTRIES:
            raise BadInputError(name, say("it has more than {most} entries", most=f"{MOST_ENTRIES:,}"), REMEDY)
    if not lines and not brought.changes:
        raise BadInputError(
            name, say("it has no entry: a whole list that is empty would silence its scenarios"), REMEDY
        )
    return lines


def _rows(name: str, raw: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    text = _text(name, raw)
    if text.lstrip()[:1] in ("[", "{"):
        yield from _json_rows(name, text)
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
    try:
        _check_columns(name, [column or "" for column in reader.fieldnames or []])
        for row in reader:
            yield reader.line_num, {key: (value or "").strip() for key, value in row.items() if key}
    except csv.Error as error:
        place = say("line {number}", number=reader.line_num)
        raise BadInputError(name, say("it is no CSV: {error}", error=error), REMEDY, place) from None


def _json_rows(name: str, text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError(name, say("it is no JSON: {error}", error=error), REMEDY) from None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInputError(name, say("a list in JSON is an array of objects"), REMEDY)
    for number, row in enumerate(rows, 1):
        _check_columns(name, list(row))
        yield number, {key: "" if value is None else str(value).strip() for key, value in row.items()}


def _text(name: str, raw: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    raise BadInputError(name, say("it is neither UTF-8 nor GB 18030"), REMEDY)


def _check_columns(name: str, columns: Sequence[str]) -> None:
    for column in columns:
        if bad := profiled(column):
            raise BadInputError(name, say("nobody is watched for {word}: this column is refused", word=bad), REMEDY)
        if column not in COLUMNS:
            raise BadInputError(name, no_such(column, COLUMNS), REMEDY)
    if "key" not in columns:
        raise BadInputError(name, say("{field} is missing", field="key"), REMEDY)


def _line(row: Mapping[str, str], brought: Brought, now_s: float) -> Line:
    key, change = plain(row.get("key", "")), row.get("change", "")
    if not key or len(key) > 64:
        raise ValueError(say("a key has 1 to 64 signs"))
    if change not in CHANGES or (change and not brought.changes):
        raise ValueError(say("change is add or remove, in a file of changes alone"))
    if change == "remove":
        return Line(Entry(key), removed=True)
    until_s = _until(row.get("until", ""))
    entry = Entry(key, row.get("note", "")[:400], until_s, row.get("legal_basis", "")[:400], row.get("owner", "")[:100])
    if brought.watch:
        for field, there in (("legal_basis", entry.legal_basis), ("owner", entry.owner), ("until", until_s < NEVER_S)):
            if not there:
                raise ValueError(say("an entry of a watch list needs {field}", field=field))
        if until_s <= now_s:
            raise ValueError(say("the entry has ended already"))
    return Line(entry)


def _until(text: str) -> float:
    if not text:
        return NEVER_S
    try:
        return datetime.fromisoformat(text).astimezone().timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError(say("until is written as 2026-12-31")) from None


def written_until(until_s: float) -> str:
    """Return an end as :func:`read_lines` reads it, empty for never."""
    return "" if until_s == NEVER_S else datetime.fromtimestamp(until_s, UTC).isoformat()


class ListStore:
    """The lists of one records database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._known: dict[str, RefList] = {}
        self._seen: dict[str, tuple[float, int]] = {}

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def bring(self, brought: Brought, lines: Sequence[Line], at_s: float) -> Told:
        """Take a list or changes to one, all or nothing; what is older than what is there is refused.

        Raises
        ------
        twin.errors.BadInputError
            If it is older than the list that is there, changes a list that is not there, or would make a watch list an
            ordinary one.
        twin.errors.DiskError
            If the database does not answer.
        """
        with answering(self._engine), self._engine.begin() as connection:
            before = connection.execute(sa.select(LISTS).filter_by(id=brought.id)).one_or_none()
            _check_against(brought, before)
            if before is None:
                connection.execute(sa.insert(LISTS), [_row(brought, at_s, 1)])
            else:
                connection.execute(
                    sa.update(LISTS).filter_by(id=brought.id).values(_row(brought, at_s, before.edition + 1))
                )
            if not brought.changes:
                connection.execute(sa.delete(ENTRIES).filter_by(list=brought.id))
            self._write(connection, brought.id, {line.entry.key: line for line in lines})
        return next(told for told in self.told() if told.id == brought.id)

    def _write(self, connection: sa.Connection, list_id: str, lines: Mapping[str, Line]) -> None:
        """Write entries, the last of equal keys."""
        gone = sa.delete(ENTRIES).where(ENTRIES.c.list == list_id, ENTRIES.c.key == sa.bindparam("gone"))
        if lines:
            connection.execute(gone, [{"gone": key} for key in lines])
        fresh = [_entry_row(list_id, line.entry) for line in lines.values() if not line.removed]
        if fresh:
            connection.execute(sa.insert(ENTRIES), fresh)

    def told(self) -> list[Told]:
        """Return all lists, by id."""
        count = sa.select(sa.func.count()).where(ENTRIES.c.list == LISTS.c.id).scalar_subquery().label("entries")
        query = sa.select(LISTS, count).order_by(LISTS.c.id)
        with answering(self._engine), self._engine.connect() as connection:
            return [
                Told(row.id, row.source, row.owner, row.as_of_s, row.good_for_s, row.watch, row.entries)
                for row in connection.execute(query)
            ]

    def lists(self) -> Mapping[str, RefList]:
        """Return all lists with their entries; one that did not change is the same object as before."""
        with answering(self._engine), self._engine.connect() as connection:
            for row in connection.execute(sa.select(LISTS)).all():
                edition = (row.brought_s, row.edition)
                if self._seen.get(row.id) != edition:
                    self._known[row.id] = _read(connection, row)
                    self._seen[row.id] = edition
        return dict(self._known)


def _check_against(brought: Brought, before: Any) -> None:
    if before is None:
        if brought.changes:
            raise BadInputError(brought.id, say("there is no such list to change"), "bring the whole list in first")
        return
    if brought.as_of_s < before.as_of_s:
        raise BadInputError(brought.id, say("it is older than the list that is there"), "bring a newer one in")
    if before.watch and not brought.watch:
        raise BadInputError(brought.id, say("it is a watch list"), "bring it in with --watch")


def _row(brought: Brought, at_s: float, edition: int) -> dict[str, Any]:
    told = msgspec.to_builtins(brought)
    del told["changes"]
    return {**told, "brought_s": at_s, "edition": edition}


def _entry_row(list_id: str, entry: Entry) -> dict[str, Any]:
    until_s = None if entry.until_s == NEVER_S else entry.until_s
    return {
        "list": list_id, "key": entry.key, "note": entry.note, "until_s": until_s, "legal_basis": entry.legal_basis,
        "owner": entry.owner,
    }  # fmt: skip


def _read(connection: sa.Connection, row: Any) -> RefList:
    query = sa.select(ENTRIES).where(ENTRIES.c.list == row.id).order_by(ENTRIES.c.key)
    entries = tuple(
        Entry(one.key, one.note, NEVER_S if one.until_s is None else one.until_s, one.legal_basis, one.owner)
        for one in connection.execute(query)
    )
    return RefList(row.id, row.source, row.owner, row.as_of_s, row.good_for_s, entries)
