"""The index of a ledger: each account's statement in the order of time, in one file that is mapped into memory.

A compressed sparse row (adjacency by account) whose rows are sorted by time; both directions stand in the same row, as
they do in a bank statement. 16 bytes a line, so 32 a transfer: times are seconds and numbers are counted in 32 bits,
amounts are whole fen in 31 bits with the direction in the last. The few amounts beyond that lie in a table of their
own. Balances are kept once every :data:`STRIDE` lines and worked out between.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.errors import IntegrityError
from twin.fraud.tracing.balances import before_each, before_fen
from twin.fraud.tracing.legs import ENTRY_DTYPE, EntryArray, IntArray
from twin.words import say

LINE_DTYPE = np.dtype([("time_s", "<u4"), ("number", "<u4"), ("other", "<u4"), ("amount", "<u4")])
OUT = np.uint32(1 << 31)
LARGE = np.uint32(OUT - 1)
"""Stands for an amount that does not fit; it is found by its line."""
STRIDE = 64
PAGE = 4096
MAGIC = b"ZHLEDGER1\n"
LINES_AT_ONCE = 4_000_000
MOST_NUMBER = 2**32 - 1

LineArray = np.ndarray[tuple[int], np.dtype[np.void]]
Sections = dict[str, tuple[int, int, str]]


class Legs(NamedTuple):
    """Transfers as columns, in any order."""

    number: IntArray
    time_s: IntArray
    source: IntArray
    target: IntArray
    amount_fen: IntArray

    def __len__(self) -> int:
        return len(self.number)


class Opening(NamedTuple):
    """What accounts held before their first line, in the order of accounts; others held nothing."""

    account: IntArray
    fen: IntArray

    def of(self, account: IntArray) -> IntArray:
        """Return the opening balances of accounts."""
        if not len(self.account):
            return np.zeros(len(account), np.int64)
        place = np.minimum(np.searchsorted(self.account, account), len(self.account) - 1)
        return np.where(self.account[place] == account, self.fen[place], 0)


NONE_TOLD = Opening(np.empty(0, np.int64), np.empty(0, np.int64))


class Rows(NamedTuple):
    """Statements of some accounts one after the other: ``account`` is sorted, each row in the order of time."""

    account: IntArray
    line: LineArray
    amount_fen: IntArray


class Index:
    """A file of statements, open. Nothing of it is read but what is asked for.

    Raises
    ------
    twin.errors.IntegrityError
        If the file is not whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        sections = _sections(path)
        self._offsets = self._mapped(sections, "offsets")
        self._lines: LineArray = self._mapped(sections, "lines")
        self._balances = self._mapped(sections, "balances")
        self._large_at, self._large_fen = self._mapped(sections, "large_at"), self._mapped(sections, "large_fen")
        self.opening = Opening(self._mapped(sections, "opening_account"), self._mapped(sections, "opening_fen"))

    @property
    def accounts(self) -> int:
        """How many accounts it knows; they are numbered from 0."""
        return len(self._offsets) - 1

    @property
    def lines(self) -> int:
        """How many lines it has: two a transfer."""
        return len(self._lines)

    def close(self) -> None:
        """Let go of the file."""
        empty = np.empty(0, np.int64)
        self._offsets, self._lines, self._balances = np.zeros(1, np.uint64), np.empty(0, LINE_DTYPE), empty
        self._large_at, self._large_fen, self.opening = empty, empty, NONE_TOLD

    def span(self, account: int, begin_s: int, end_s: int) -> tuple[int, int]:
        """Return where the lines of an account between two times lie, both times within."""
        if not 0 <= account < self.accounts:
            return 0, 0
        first, last = int(self._offsets[account]), int(self._offsets[account + 1])
        times = self._lines["time_s"]
        begin = bisect_left(times, begin_s, first, last)
        return begin, bisect_left(times, end_s + 1, begin, last)

    def entries(self, account: int, begin: int, end: int) -> EntryArray:
        """Return lines of one account by their place, with balances."""
        if begin == end:
            return np.empty(0, ENTRY_DTYPE)
        start = max(begin // STRIDE * STRIDE, int(self._offsets[account]))
        known = start % STRIDE == 0
        opening = int(self._balances[start // STRIDE]) if known else int(self.opening.of(np.array([account]))[0])
        line = np.array(self._lines[start:end])
        amount = self._amounts(line, start)
        before = before_fen(amount, opening)
        found = np.empty(end - begin, ENTRY_DTYPE)
        skip = begin - start
        for name in ("number", "time_s", "other"):
            found[name] = line[name][skip:]
        found["amount_fen"], found["before_fen"] = amount[skip:], before[skip:]
        return found

    def balance_before(self, account: int, place: int) -> int:
        """Return an account's balance before one of its lines, or after its last."""
        first = int(self._offsets[account]) if account < self.accounts else place
        if place == first:
            return int(self.opening.of(np.array([account]))[0])
        last = self.entries(account, place - 1, place)[0]
        return max(int(last["before_fen"] + last["amount_fen"]), 0)

    def rows(self, first: int, last: int) -> Rows:
        """Return the statements of accounts from ``first`` to before ``last``."""
        offsets = np.asarray(self._offsets[min(first, self.accounts) : min(last, self.accounts) + 1]).astype(np.int64)
        line = np.array(self._lines[offsets[0] : offsets[-1]])
        account = np.repeat(np.arange(first, first + len(offsets) - 1), np.diff(offsets))
        return Rows(account, line, self._amounts(line, int(offsets[0])))

    def after(self, account: int, lines: int) -> int:
        """Return before which account about so many lines end, counted from the first of ``account``."""
        if account >= self.accounts:
            return MOST_NUMBER
        return int(np.searchsorted(self._offsets, self._offsets[account] + lines))

    def _amounts(self, line: LineArray, start: int) -> IntArray:
        size = (line["amount"] & LARGE).astype(np.int64)
        for place in np.flatnonzero(size == LARGE):
            size[place] = self._large_fen[np.searchsorted(self._large_at, start + place)]
        return np.where(line["amount"] & OUT, -size, size)

    def _mapped(self, sections: Sections, name: str) -> NDArray[Any]:
        offset, count, kind = sections[name]
        dtype = LINE_DTYPE if kind == "line" else np.dtype(kind)
        if not count:
            return np.empty(0, dtype)
        return np.asarray(np.memmap(self.path, dtype, "r", offset, (count,)))


def _sections(path: Path) -> Sections:
    remedy = "Make it anew with `zhian ledger merge --rebuild`"
    try:
        with path.open("rb") as file:
            head = file.read(PAGE)
        if not head.startswith(MAGIC):
            raise IntegrityError(say("{file}: this is no index of a ledger. {remedy}.", file=path.name, remedy=remedy))
        sections: Sections = json.loads(head[len(MAGIC) :].rstrip(b"\0 "))
        whole = max(offset + count * _width(kind) for offset, count, kind in sections.values())
    except (OSError, ValueError) as error:
        raise IntegrityError(say("{file}: it cannot be read. {remedy}.", file=path.name, remedy=remedy)) from error
    if path.stat().st_size < whole:
        raise IntegrityError(say("{file}: it is cut short. {remedy}.", file=path.name, remedy=remedy))
    return sections


def _width(kind: str) -> int:
    return LINE_DTYPE.itemsize if kind == "line" else np.dtype(kind).itemsize


def rows_of(legs: Legs) -> Rows:
    """Return the statements that some transfers make; each stands in two of them."""
    account = np.concatenate([legs.source, legs.target])
    line = np.empty(len(account), LINE_DTYPE)
    line["time_s"], line["number"] = np.tile(legs.time_s, 2), np.tile(legs.number, 2)
    line["other"] = np.concatenate([legs.target, legs.source])
    amount = np.concatenate([-legs.amount_fen, legs.amount_fen])
    return in_order(Rows(account, line, amount))


def in_order(rows: Rows) -> Rows:
    """Sort lines by account, time and number: by the first two as one number, and by the third where they are equal."""
    if not len(rows.account):
        return rows
    key = ((rows.account - rows.account.min()).astype(np.uint64) << np.uint64(32)) | rows.line["time_s"]
    order = np.argsort(key)
    key = key[order]
    tied = np.zeros(len(key), bool)
    tied[1:] = key[1:] == key[:-1]
    tied[:-1] |= tied[1:]
    some = order[tied]
    order[tied] = some[np.lexsort((rows.line["number"][some], key[tied]))]
    return Rows(rows.account[order], rows.line[order], rows.amount_fen[order])


def build(path: Path, legs: Legs, opening: Opening = NONE_TOLD) -> None:
    """Write the index of transfers that fit into memory."""
    rows = rows_of(legs)
    accounts = int(rows.account[-1]) + 1 if len(rows.account) else 0
    write(path, iter([rows]), accounts, len(rows.account), opening)


def merge(path: Path, indexes: Sequence[Index], opening: Opening = NONE_TOLD) -> None:
    """Write one index of several, a range of accounts at a time; memory does not grow with them."""
    accounts = max((index.accounts for index in indexes), default=0)
    lines = sum(index.lines for index in indexes)
    write(path, _merged(indexes, accounts), accounts, lines, opening)


def _merged(indexes: Sequence[Index], accounts: int) -> Iterator[Rows]:
    first = 0
    share = LINES_AT_ONCE // max(len(indexes), 1)
    while first < accounts:
        ends = [index.after(first, share) for index in indexes]
        last = min(max(min(ends), first + 1), accounts)
        parts = [index.rows(first, last) for index in indexes]
        yield in_order(Rows(*(np.concatenate(columns) for columns in zip(*parts, strict=True))))
        first = last


class _Writer:
    """Writes sections one after the other, each beginning on a page."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sections: Sections = {}
        file.write(b"\0" * PAGE)

    def put(self, name: str, kind: str, parts: Iterable[NDArray[np.generic]]) -> None:
        """Write a section from its parts."""
        self._file.seek(-self._file.tell() % PAGE, os.SEEK_CUR)
        offset, count = self._file.tell(), 0
        for part in parts:
            self._file.write(np.ascontiguousarray(part).data)
            count += len(part)
        self.sections[name] = (offset, count, kind)

    def finish(self) -> None:
        """Write what lies where, and have all of it on the disk."""
        self._file.truncate(max(self._file.tell(), PAGE))
        self._file.seek(0)
        head = MAGIC + json.dumps(self.sections).encode()
        self._file.write(head.ljust(PAGE, b"\0"))
        self._file.flush()
        os.fsync(self._file.fileno())


def write(path: Path, rows: Iterator[Rows], accounts: int, lines: int, opening: Opening = NONE_TOLD) -> None:
    """Write statements that come in the order of accounts; the file is there whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    offsets = np.zeros(accounts + 1, np.int64)
    large_at, large_fen, balances = list[IntArray](), list[IntArray](), list[IntArray]()
    done = 0

    def packed() -> Iterator[LineArray]:
        nonlocal done
        for part in rows:
            if not len(part.account):
                continue
            _count(offsets, part.account)
            size = np.abs(part.amount_fen)
            large = size >= LARGE
            large_at.append(np.flatnonzero(large) + done)
            large_fen.append(size[large])
            balances.append(_kept_balances(part, done, opening))
            line = part.line.copy()
            line["amount"] = np.where(large, LARGE, size).astype(np.uint32) | np.where(part.amount_fen < 0, OUT, 0)
            done += len(line)
            yield line

    with fresh.open("wb") as file:
        writer = _Writer(file)
        writer.put("lines", "line", packed())
        np.cumsum(offsets, out=offsets)
        writer.put("offsets", "<i8", [offsets])
        writer.put("balances", "<i8", balances)
        writer.put("large_at", "<i8", large_at)
        writer.put("large_fen", "<i8", large_fen)
        writer.put("opening_account", "<i8", [opening.account])
        writer.put("opening_fen", "<i8", [opening.fen])
        writer.finish()
    fresh.replace(path)


def _count(offsets: IntArray, account: IntArray) -> None:
    first = int(account[0])
    found = np.bincount(account - first)
    offsets[first + 1 : first + 1 + len(found)] += found


def _kept_balances(rows: Rows, done: int, opening: Opening) -> IntArray:
    """Return the balance before every line whose place is a multiple of the stride."""
    starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
    before = before_each(rows.amount_fen, starts, opening.of(rows.account[starts]))
    return before[-done % STRIDE :: STRIDE]
