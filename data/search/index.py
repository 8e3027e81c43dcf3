"""All names of a twin in one file, found as they are typed: in Chinese, in pinyin or its initials, with typing errors.

Entries are numbered in the order of their weight, and the full-text index answers in the order of its numbers: so the
weightiest answers come first, and a question that half of all names would answer is no slower than one for a single
name. Which of them fit best (the whole name, its beginning, some part) is asked as questions of their own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Lock

from data.search.questions import INITIALS, SOUND_LETTERS, Question, misspelt, questions
from data.search.sounds import beginnings, initials, sound_units
from data.search.spelling import Vocabulary
from data.search.units import FIRST, fold, grams, is_chinese, pairs, units_of
from twin.city.search import Found, Weighted

AT_ONCE = 20_000
FORMAT = 0x7A680004
"""Marks the file as ours; its last digits grow with the layout."""
_COLUMNS = ("table", "id", "name", "name_en", "kind", "lon_deg", "lat_deg", "distance_m")
_SCHEMA = f"""
CREATE TABLE entry (at INTEGER PRIMARY KEY, {", ".join(f'"{column}"' for column in _COLUMNS)}, folded TEXT);
CREATE VIRTUAL TABLE words USING fts5(
    han, latin, content='', columnsize=0, prefix='2 3', tokenize="unicode61 remove_diacritics 0 tokenchars '_^$'"
);
CREATE VIRTUAL TABLE sounds USING fts5(
    sound, initial, content='', columnsize=0, prefix='1 2 3 4 5',
    tokenize="unicode61 remove_diacritics 0 tokenchars '^'"
);
CREATE VIRTUAL TABLE term USING fts5vocab(words, col);
CREATE TABLE vocabulary (col TEXT, term TEXT);
"""
_LATIN = """
INSERT INTO vocabulary SELECT col, term FROM term WHERE col = 'latin' AND term NOT GLOB '*[^a-z]*' ORDER BY term
"""
MAPPED_BYTES = 1 << 31
"""So much of the file is read as memory: a question goes over many of its pages, and copies would cost as much."""


def build_index(path: Path, entries: Sequence[Weighted], version: int = 0) -> None:
    """Write the index of all entries; the file is in its place only when it is whole.

    Parameters
    ----------
    version : int
        Of what the entries were taken from, to tell on opening whether they are of today.
    """
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    ordered = sorted(entries, key=lambda entry: (entry.weight, len(entry.found.name), entry.found.name))
    with closing(sqlite3.connect(fresh, isolation_level=None)) as file:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"application_id={FORMAT}", f"user_version={version}"):
            file.execute(f"PRAGMA {pragma}")
        file.executescript(_SCHEMA)
        file.execute("BEGIN")
        heard: set[str] = set()
        for begin in range(0, len(ordered), AT_ONCE):
            heard |= _insert(file, begin + 1, ordered[begin : begin + AT_ONCE])
        file.execute("CREATE INDEX entry_folded ON entry (folded)")
        file.execute("INSERT INTO words (words) VALUES ('optimize')")
        file.execute("INSERT INTO sounds (sounds) VALUES ('optimize')")
        file.execute(_LATIN)
        file.executemany("INSERT INTO vocabulary VALUES ('sound', ?)", ((pair,) for pair in sorted(heard)))
        file.execute("COMMIT")
    fresh.replace(path)


def _insert(file: sqlite3.Connection, first: int, entries: Sequence[Weighted]) -> set[str]:
    """Write some entries; return the pairs of sounds in them."""
    rows = list(enumerate((found for _, found in entries), first))
    values = [(at, *(getattr(found, column) for column in _COLUMNS), fold(found.name)) for at, found in rows]
    file.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    words = [(at, " ".join(pairs(units_of(found.name))), _latin(found)) for at, found in rows]
    file.executemany("INSERT INTO words (rowid, han, latin) VALUES (?, ?, ?)", words)
    heard = [(at, sound_units(found.name)) for at, found in rows if any(map(is_chinese, fold(found.name)))]
    sounds = [(at, _joined(sound, SOUND_LETTERS), _joined(initials(sound), INITIALS)) for at, sound in heard]
    file.executemany("INSERT INTO sounds (rowid, sound, initial) VALUES (?, ?, ?)", sounds)
    return {pair for _, sound in heard for pair in pairs(sound)}


def _joined(units: Sequence[str], letters: int) -> str:
    return " ".join(grams([FIRST, *units], letters))


def _latin(found: Found) -> str:
    words = [*units_of(found.name_en), "".join(units_of(found.id))]
    return " ".join(dict.fromkeys(word for word in words if word))


class NameIndex:
    """The index of one twin, open for questions from any thread, one after the other.

    Raises
    ------
    ValueError
        If the file is of another format or version: build it again.
    """

    def __init__(self, path: Path, version: int = 0) -> None:
        self._one_at_a_time = Lock()
        self._file = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        found = [self._file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")]
        if found != [FORMAT, version]:
            self._file.close()
            raise ValueError(f"{path} is of another format or version")
        self._file.execute(f"PRAGMA mmap_size={MAPPED_BYTES}")
        beginnings()  # made now rather than with the first answer
        self._vocabulary = Vocabulary(self._terms("sound"), self._terms("latin"))

    def _terms(self, column: str) -> list[str]:
        return [
            term for (term,) in self._file.execute("SELECT term FROM vocabulary WHERE col = ? ORDER BY term", (column,))
        ]

    def close(self) -> None:
        """Let go of the file, once nobody asks it."""
        with self._one_at_a_time:
            self._file.close()

    def __len__(self) -> int:
        return int(self._file.execute("SELECT count(*) FROM entry").fetchone()[0])

    def find(self, text: str, most: int = 12) -> tuple[Found, ...]:
        """Return the best answers to what was typed, the best first."""
        return self._first(questions(text, self._vocabulary), most) or self._first(
            misspelt(text, self._vocabulary), most
        )

    def _first(self, asked: Iterable[Question], most: int) -> tuple[Found, ...]:
        """Return the first answers to questions in their order, each once."""
        found: dict[int, Found] = {}
        for question in asked:
            for at, answer in self._answers(question, most):
                if at not in found and question.holds(answer):
                    found[at] = answer
            if len(found) >= most:
                break
        return tuple(found.values())[:most]

    def _answers(self, question: Question, most: int) -> Iterator[tuple[int, Found]]:
        columns = ", ".join(f'"{column}"' for column in _COLUMNS)
        if question.match:
            table = question.table
            where = f"at IN (SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid LIMIT ?)"  # noqa: S608
            values: tuple[object, ...] = (question.match, most * question.breadth)
        else:
            where, values = "folded = ? LIMIT ?", (question.folded, most)
        for at, *row in self._file.execute(f"SELECT at, {columns} FROM entry WHERE {where}", values):  # noqa: S608 - fixed words
            yield at, Found(*row)
