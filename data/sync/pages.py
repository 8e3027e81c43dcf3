"""The rows of a SQLite file read page by page, without the trees that lead to them: what is whole is found.

A row is known by its shape, the types of its columns, which no two of the tables share that are read like this. Layout
from sqlite.org/fileformat2.html, "B-tree Pages" and "Record Format"; pages are of 4,096 bytes, texts are UTF-8.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Generator, Iterator, Sequence
from mmap import mmap
from typing import NamedTuple

import sqlalchemy as sa

from data.sync.cover import BARE, FILE_HEAD, PAGE, Cover, is_tree

LEAF, LEAF_HEAD = 13, 8
INDEX_PAGES = (2, 10)
MOST_BYTES = 1 << 30
MOST_NUMBER = 1 << 62
ROW_NUMBER = -1
"""In place of a value's code: the column is the row's number, which stands before the row."""
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 8: 0, 9: 0}
_ALLOWED = {sa.Integer: "i", sa.Text: "t", sa.LargeBinary: "b", sa.Float: "ri"}

Value = int | float | str | bytes | None
Values = tuple[Value, ...]


class Found(NamedTuple):
    """A row as it was found, in the order of its table's columns."""

    table: str
    values: Values


class Plan(NamedTuple):
    """How a row is read, by its head: code, begin and end of each column, and how long the body is."""

    table: str
    columns: tuple[tuple[int, int, int], ...]
    size: int


class _NoRowError(ValueError):
    """These bytes are no row of ours."""


class Pages:
    """The pages of a file.

    Parameters
    ----------
    data : bytes or mmap
        All of the file.
    tables : sequence of Table
        Those whose rows are looked for.
    is_sound : callable
        Given a row, whether its own check sum holds; None if it has none.
    cover : Cover
        How the pages stand there.
    """

    def __init__(
        self,
        data: bytes | mmap,
        tables: Sequence[sa.Table],
        is_sound: Callable[[Found], bool | None],
        cover: Cover = BARE,
    ) -> None:
        self._data, self._is_sound, self._cover = data, is_sound, cover
        self._usable = PAGE - cover.reserved
        self._most = self._usable - 35  # bytes of a row that stand in its leaf at most
        self._least = (self._usable - 12) * 32 // 255 - 23  # and at least, where the rest goes on in others
        self._shapes = {table.name: _shape(table) for table in tables}
        self._plan = functools.lru_cache(maxsize=1 << 16)(self._plan_of)
        self._followed: set[int] = set()

    def rows(self, loose: Sequence[bytes] = ()) -> Iterator[Found]:
        """Yield every row that is whole, at most a few of them twice.

        Leaves are read first. Then what is no page that we know, and leaves of which a part could not be read, are
        searched byte by byte: of those only what holds by its own sum.

        Parameters
        ----------
        loose : sequence of bytes
            Pages that stand elsewhere, opened, and are damaged; they are searched as well.
        """
        hurt = []
        for number in range(-(-len(self._data) // PAGE)):
            page = self._page(number)
            kind = page[FILE_HEAD if number == 0 else 0]
            if kind == LEAF:
                if not (yield from self._leaf(page, FILE_HEAD if number == 0 else 0)):
                    hurt.append(number)
            elif kind not in INDEX_PAGES or not is_tree(page, FILE_HEAD if number == 0 else 0):  # noise may begin so
                hurt.append(number)
        for number in hurt:
            if number not in self._followed:
                yield from self._searched(self._page(number))
        for page in loose:
            yield from self._searched(page)

    def _page(self, number: int) -> bytes:
        return self._cover.opened(number, bytes(self._data[number * PAGE : (number + 1) * PAGE]).ljust(PAGE, b"\0"))

    def _leaf(self, page: bytes, head: int) -> Generator[Found, None, bool]:
        """Yield the rows of a leaf that can be read and that hold; return whether these were all."""
        (count,) = struct.unpack_from(">H", page, head + 3)
        count = min(count, (PAGE - head - LEAF_HEAD) // 2)
        whole = True
        for at in struct.unpack_from(f">{count}H", page, head + LEAF_HEAD):
            try:
                found = self._row(page, at)
            except (_NoRowError, IndexError, struct.error):
                whole = False
                continue
            if self._is_sound(found) is not False:
                yield found
            else:
                whole = False
        return whole

    def _searched(self, page: bytes) -> Iterator[Found]:
        if not any(page):
            return
        for at in range(PAGE - LEAF_HEAD):
            try:
                found = self._row(page, at)
            except (_NoRowError, IndexError, struct.error):
                continue
            if self._is_sound(found):
                yield found

    def _row(self, page: bytes, at: int) -> Found:
        size, at = _varint(page, at)
        rowid, at = _varint(page, at)
        if not 2 <= size <= MOST_BYTES or rowid > MOST_NUMBER:
            raise _NoRowError
        head_size = page[at]  # of no table of ours is it longer than 127
        if not 2 <= head_size <= min(size, 127):
            raise _NoRowError
        plan = self._plan(page[at : at + head_size])
        if plan is None or head_size + plan.size != size:
            raise _NoRowError
        payload = page[at : at + size] if size <= self._most else self._long(page, at, size)
        if len(payload) != size:
            raise _NoRowError
        return Found(plan.table, tuple(_value(payload, rowid, *column) for column in plan.columns))

    def _long(self, page: bytes, at: int, size: int) -> bytes:
        """Return a row that goes on in other pages, each of which names the next."""
        local = self._least + (size - self._least) % (self._usable - 4)
        local = local if local <= self._most else self._least
        parts, left = [page[at : at + local]], size - local
        (following,) = struct.unpack_from(">I", page, at + local)
        numbers: list[int] = []
        while left > 0:
            if not 1 < following <= len(self._data) // PAGE + 1 or following - 1 in numbers[-1:]:
                raise _NoRowError
            numbers.append(following - 1)
            more = self._page(following - 1)
            parts.append(more[4 : min(4 + left, self._usable)])
            left -= len(parts[-1])
            (following,) = struct.unpack_from(">I", more)
        self._followed.update(numbers)
        return b"".join(parts)

    def _plan_of(self, head: bytes) -> Plan | None:
        """Return whose row a head belongs to, and where in the row its columns stand; None if it is none of ours."""
        kinds, columns, at, start = "", [], 1, len(head)
        while at < len(head):
            code, at = _varint(head, at)
            kind, length = _kind(code)
            kinds += kind
            columns.append((code, start, start + length))
            start += length
        if at == len(head):
            for table, shape in self._shapes.items():
                if _fits(shape, kinds):
                    numbered = [(ROW_NUMBER, 0, 0), *columns[1:]] if shape[0] == "n" else columns
                    later = [(0, 0, 0)] * (len(shape) - len(kinds))
                    return Plan(table, (*numbered, *later), start - len(head))
        return None


def same_shape(tables: Sequence[sa.Table]) -> list[sa.Table]:
    """Return the tables whose rows cannot be told apart."""
    shapes = [_shape(table) for table in tables]
    return [table for table, shape in zip(tables, shapes, strict=True) if shapes.count(shape) > 1]


def _shape(table: sa.Table) -> tuple[str, ...]:
    """Return for each column the kinds of value that may stand in it; a key that is the row's number stands as none."""
    keys = list(table.primary_key.columns)
    is_number = len(keys) == 1 and isinstance(keys[0].type, sa.Integer)
    return tuple(
        "n" if is_number and column is keys[0] else _allowed(column) + ("n" if column.nullable else "")
        for column in table.columns
    )


def _allowed(column: sa.Column[object]) -> str:
    return next(kinds for kind, kinds in _ALLOWED.items() if isinstance(column.type, kind))


def _fits(shape: tuple[str, ...], kinds: str) -> bool:
    """Tell whether values are of a shape; a column that came later stands in no row that is older."""
    later = shape[len(kinds) :]
    return len(kinds) <= len(shape) and all(map(str.__contains__, shape, kinds)) and all("n" in some for some in later)


def _kind(code: int) -> tuple[str, int]:
    """Return the kind of a value by its code, and how many bytes it takes."""
    if code == 0:
        return "n", 0
    if code == 7:
        return "r", 8
    if code >= 12:
        return "bt"[code % 2], (code - 12) // 2
    return ("i", _INTEGER_BYTES[code]) if code in _INTEGER_BYTES else ("?", 0)


def _value(payload: bytes, rowid: int, code: int, start: int, end: int) -> Value:
    if code == ROW_NUMBER:
        return rowid
    if code == 0:
        return None
    if code == 7:
        (number,) = struct.unpack_from(">d", payload, start)
        return float(number)
    if code >= 12:
        return payload[start:end].decode("utf-8", "replace") if code % 2 else payload[start:end]
    return code - 8 if code >= 8 else int.from_bytes(payload[start:end], "big", signed=True)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to nine bytes, and where it ends."""
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9
