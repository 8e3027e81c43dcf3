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

from data.search.questions import Question, misspelt, questions
from data.search.sounds import beginnings, initials, sound_units
from data.search.spelling import Vocabulary
from data.search.units import fold, is_chinese, pairs, units_of
from twin.city.search import Found, Weighted

AT_ONCE = 20_000
FORMAT = 0x7A680003
"""Marks the file as ours; its last digits grow with the layout."""
_COLUMNS = ("table", "id", "name", "name_en", "kind", "lon_deg", "lat_deg", "distance_m")
_SCHEMA = f"""
CREATE TABLE entry (at INTEGER PRIMARY KEY, {", ".join(f'"{column}"' for column in _COLUMNS)}, folded TEXT);
CREATE VIRTUAL TABLE words USING fts5(
    han, sound, initial, latin, content='', columnsize=0, prefix='2 3',
    tokenize="unicode61 remove_diacritics 0 tokenchars '_^$'"
);
CREATE VIRTUAL TABLE term USING fts5vocab(words, col);
CREATE TABLE vocabulary (col TEXT, term TEXT);
"""
_VOCABULARY = """
INSERT INTO vocabulary SELECT col, term FROM term
WHERE col = 'sound' OR (col = 'latin' AND term NOT GLOB '*[^a-z]*') ORDER BY term
"""


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
        for begin in range(0, len(ordered), AT_ONCE):
            _insert(file, begin + 1, ordered[begin : begin + AT_ONCE])
        file.execute("CREATE INDEX entry_folded ON entry (folded)")
        file.execute("INSERT INTO words (words) VALUES ('optimize')")
        file.execute(_VOCABULARY)
        file.execute("COMMIT")
    fresh.replace(path)


def _insert(file: sqlite3.Connection, first: int, entries: Sequence[Weighted]) -> None:
    values = [
        (at, *(getattr(found, column) for column in _COLUMNS), fold(found.name))
        for at, (_, found) in enumerate(entries, first)
    ]
    file.executemany("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    words = [(at, *_words_of(found)) for at, (_, found) in enumerate(entries, first)]
    file.executemany("INSERT INTO words (rowid, han, sound, initial, latin) VALUES (?, ?, ?, ?, ?)", words)


def _words_of(found: Found) -> tuple[str, str, str, str]:
    """Return what one entry is found by, as tokens for the four columns."""
    units, sounds = units_of(found.name), sound_units(found.name)
    chinese = any(map(is_chinese, units))
    latin = [*units_of(found.name_en), "".join(units_of(found.id))]
    return (
        " ".join(pairs(units)),
        " ".join(pairs(sounds)) if chinese else "",
        " ".join(pairs(initials(sounds))) if chinese else "",
        " ".join(dict.fromkeys(word for word in latin if word)),
    )


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
            where = "at IN (SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid LIMIT ?)"
            values: tuple[object, ...] = (question.match, most * question.breadth)
        else:
            where, values = "folded = ? LIMIT ?", (question.folded, most)
        for at, *row in self._file.execute(f"SELECT at, {columns} FROM entry WHERE {where}", values):  # noqa: S608 - fixed words
            yield at, Found(*row)
