"""Files of transfers as a stream: memory does not grow with them, and no line is passed over in silence."""

from __future__ import annotations

import csv
import gzip
import hashlib
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, NamedTuple, cast

import pyarrow as pa
import pyarrow.parquet as pq

from data.ledger.columns import Columns, columns_of
from twin.errors import BadInputError
from twin.words import say

BLOCK = 16 << 20
LONGEST_LINE = 1 << 16
SEPARATORS = (",", "|", "\t", ";", "，")
ROWS_AT_ONCE = 200_000
MEMBERS = ("transactions.csv",)
"""What counts in an archive of AMLSim."""


class Broken(NamedTuple):
    """A line that could not be read: its number, why, and what it says."""

    line: int
    reason: str
    text: str


@dataclass(slots=True)
class Chunk:
    """Some lines of a file as columns of text, and those that do not even have the right columns.

    ``raw`` gives a line back as it was, by its place in the columns.
    """

    fields: dict[str, list[str]]
    lines: list[int]
    raw: list[str]
    broken: list[Broken] = field(default_factory=list)


class Reading:
    """A file that is being read.

    Parameters
    ----------
    path : Path
        CSV (also gzipped, or AMLSim's archive) or Parquet.
    given : mapping
        What the user said of its columns; empty to go by their names.

    Attributes
    ----------
    lines : int
        Lines so far that hold something, the header not among them.
    """

    def __init__(self, path: Path, given: Mapping[str, str]) -> None:
        self.path, self._given = path, given
        self.columns = Columns({}, 0)
        self.lines = 0
        self.encoding = self._separator = ""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The digest of all bytes that were read."""
        return self._digest.hexdigest()

    def chunks(self) -> Iterator[Chunk]:
        """Yield the file's lines.

        Raises
        ------
        twin.errors.BadInputError
            If it is no file of transfers; nothing was yielded then.
        """
        with self._open() as file:
            if self.path.suffix == ".parquet":
                yield from self._parquet(file)
            else:
                yield from self._text(file)

    @contextmanager
    def _open(self) -> Iterator[IO[bytes]]:
        name = self.path.name
        try:
            with ExitStack() as stack:
                file: IO[bytes] = stack.enter_context(self.path.open("rb"))
                if name.endswith((".tgz", ".tar.gz")):
                    file = _member(stack.enter_context(tarfile.open(fileobj=file, mode="r|gz")), name)
                elif name.endswith(".gz"):
                    file = cast(IO[bytes], stack.enter_context(gzip.open(file)))
                yield file
        except (OSError, EOFError, tarfile.TarError, pa.ArrowInvalid) as error:
            remedy = "Check the file, and import it again: nothing was kept of it"
            raise BadInputError(name, say("it cannot be read: {error}", error=str(error)[:120]), remedy) from error

    def _text(self, file: IO[bytes]) -> Iterator[Chunk]:
        header, number = "", 0
        for block in self._blocks(file):
            if not header:
                _no_text(self.path.name, block)
            if not self.encoding and not block.isascii():
                self.encoding = _encoding(block)
            found = self._lines_of(block)
            if not header:
                header, found, number = self._header(found)
            chunk = self._split(found, number, header)
            number += len(found)
            yield chunk
        if not header:
            raise BadInputError(self.path.name, "it is empty", "Give a file of transfers")

    def _blocks(self, file: IO[bytes]) -> Iterator[bytes]:
        """Yield whole lines, many at a time; a line without an end is given in pieces, each of them broken."""
        rest = b""
        while block := file.read(BLOCK):
            self._digest.update(block)
            whole, newline, rest_ = (rest + block).rpartition(b"\n")
            rest = rest_ if newline else whole + rest_
            if newline:
                yield whole
            elif len(rest) > BLOCK:
                yield rest
                rest = b""
        if rest:
            yield rest

    def _lines_of(self, block: bytes) -> list[str]:
        try:
            text = block.decode(self.encoding or "ascii")
        except UnicodeDecodeError:
            return [line.decode(self.encoding, "replace").rstrip("\r") for line in block.split(b"\n")]
        return text.replace("\r", "").split("\n")

    def _header(self, lines: list[str]) -> tuple[str, list[str], int]:
        """Find the header: the first line with something in it."""
        for at, line in enumerate(lines):
            if line.strip("\ufeff \t,;|"):
                self._separator = max(SEPARATORS, key=line.count)
                names = next(csv.reader([line], delimiter=self._separator))
                self.columns = columns_of(self.path.name, names, self._given)
                return line, lines[at + 1 :], at + 2
        return "", [], len(lines) + 1

    def _split(self, lines: list[str], first: int, header: str) -> Chunk:
        separator, width = self._separator, self.columns.width
        rows, numbers, raw, broken = [], [], [], []
        for number, line in enumerate(lines, first):
            row = line.split(separator) if '"' not in line else _quoted(line, separator)
            if len(row) == width and len(line) < LONGEST_LINE and "\ufffd" not in line:
                if line == header:
                    continue
                rows.append(row)
                numbers.append(number)
                raw.append(line)
            elif line.strip():
                broken.append(Broken(number, _why(line, row), line[:LONGEST_LINE]))
        self.lines += len(rows) + len(broken)
        columns = list(zip(*rows, strict=True)) or [()] * width
        return Chunk({name: list(columns[at]) for name, at in self.columns.place.items()}, numbers, raw, broken)

    def _parquet(self, file: IO[bytes]) -> Iterator[Chunk]:
        while block := file.read(BLOCK):
            self._digest.update(block)
        file.seek(0)
        table = pq.ParquetFile(file)
        self.columns = columns_of(self.path.name, table.schema_arrow.names, self._given)
        wanted = {name: table.schema_arrow.names[at] for name, at in self.columns.place.items()}
        for batch in table.iter_batches(ROWS_AT_ONCE, columns=list(wanted.values())):
            fields = {name: _as_text(batch.column(column)) for name, column in wanted.items()}
            numbers = list(range(self.lines + 1, self.lines + 1 + batch.num_rows))
            self.lines += batch.num_rows
            raw = [",".join(row) for row in zip(*fields.values(), strict=True)]
            yield Chunk(fields, numbers, raw)


def _as_text(column: pa.Array) -> list[str]:
    if pa.types.is_timestamp(column.type):
        form = "%Y-%m-%dT%H:%M:%SZ" if column.type.tz else "%Y-%m-%d %H:%M:%S"
        return ["" if value is None else f"{value:{form}}" for value in column.to_pylist()]
    if pa.types.is_floating(column.type):
        return ["" if value is None else f"{value:.6f}" for value in column.to_pylist()]
    return ["" if value is None else str(value) for value in column.to_pylist()]


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    for member in archive:
        if Path(member.name).name in MEMBERS and (file := archive.extractfile(member)) is not None:
            return file
    raise BadInputError(name, "no transfers are in this archive", "Unpack it, and import the file of transfers")


def _no_text(name: str, block: bytes) -> None:
    if block.startswith(b"PK\x03\x04"):
        raise BadInputError(name, "this is a spreadsheet or an archive", "Save it as CSV, and import that")
    if block.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in block[:1000]:
        raise BadInputError(name, "this is UTF-16 or no text at all", "Save it as CSV in UTF-8 or GB18030")


def _encoding(block: bytes) -> str:
    if block.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    return "utf-8" if _most_decode(block, "utf-8") else "gb18030"


def _most_decode(block: bytes, encoding: str) -> bool:
    """Tell whether an encoding fits the first lines, but for one in three: lines may be broken."""
    lines = [line for line in block.split(b"\n") if not line.isascii()][:2000]
    return sum(_decodes(line, encoding) for line in lines) * 3 >= len(lines) * 2


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _quoted(line: str, separator: str) -> list[str]:
    try:
        (row,) = csv.reader([line], delimiter=separator, strict=True)
    except (csv.Error, ValueError):
        return []
    return row


def _why(line: str, row: Iterable[str]) -> str:
    if len(line) >= LONGEST_LINE:
        return "long"
    if "\ufffd" in line:
        return "bytes"
    return "columns" if row else "quotes"
