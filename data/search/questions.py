"""What a typed text may mean, as questions to the index, the likeliest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from data.search.sounds import cuts, sound_units
from data.search.spelling import Vocabulary
from data.search.units import FIRST, covering, fold, pairs, units_of
from twin.city.search import Found

MOST_LETTERS = 64
"""More than so much of what is typed is not looked at."""
MOST_READINGS = 8
BREADTH = 8
"""So many times more candidates are looked at where each of them is compared letter by letter."""
SOUND_LETTERS, INITIALS = 6, 4
"""So many letters are one word of the index, from each syllable and from each initial on: few names share it."""
_RETROFLEX = (("zh", "z"), ("ch", "c"), ("sh", "s"))


def _holds(_: Found) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Question:
    """One question: a full-text query, or without one a whole folded name; and which of the answers hold."""

    match: str = ""
    folded: str = ""
    table: str = "words"
    breadth: int = 1
    holds: Callable[[Found], bool] = _holds


def questions(text: str, vocabulary: Vocabulary) -> Iterator[Question]:
    """Yield the questions for a text: the whole name, its beginning, a part; then by sound."""
    units = units_of(text[:MOST_LETTERS])
    if not units:
        return
    yield Question(folded=fold(text.strip()))
    yield Question(_run([FIRST, *units]))
    yield Question(_run(units))
    if all(unit.isascii() for unit in units):
        yield from _latin(units)
        yield from _heard("initial", _as_initials(units), INITIALS)
    yield from _heard("sound", [row for row in _readings(units) if vocabulary.holds(row)], SOUND_LETTERS)


def misspelt(text: str, vocabulary: Vocabulary) -> Iterator[Question]:
    """Yield the questions for a text that nothing answers as it is: with one error in it."""
    units = units_of(text[:MOST_LETTERS])
    yield from _misspelt_chinese(units)
    yield from _misspelt_latin(units, vocabulary)


def _run(units: Sequence[str]) -> str:
    """Return the query for a run of units, the last of which may go on."""
    return f'han : "{" ".join(pairs(units, anchored=False) if len(units) > 1 else units)}" *'


def _latin(units: Sequence[str]) -> Iterator[Question]:
    """Ask for names with these words, or with an id that begins so; a single letter begins too many."""
    if len("".join(units)) > 1:
        yield Question(f'{_words("latin", [[unit] for unit in units])} OR latin : "{"".join(units)}" *')


def _heard(column: str, rows: Sequence[Sequence[str]], letters: int) -> Iterator[Question]:
    """Ask for names that begin with one of the rows of sounds, then for those that hold one."""
    for before in ([FIRST], []):
        phrases = dict.fromkeys(_phrase(column, [*before, *row], letters) for row in rows)
        if phrases:
            yield Question(" OR ".join(phrases), table="sounds")


def _phrase(column: str, units: Sequence[str], letters: int) -> str:
    row, goes_on = covering(units, letters)
    return f'{column} : "{" ".join(row)}"' + (" *" if goes_on else "")


def _words(column: str, words: Sequence[Sequence[str]]) -> str:
    """Return the query for one of each group of words, the last of which may go on."""
    groups = [" OR ".join(f'"{word}"' for word in group) for group in words[:-1]]
    groups.append(" OR ".join(f'"{word}" *' for word in words[-1]))
    return f"{column} : (" + " AND ".join(f"({group})" for group in groups) + ")"


def _readings(units: Sequence[str]) -> list[tuple[str, ...]]:
    """Return how the units may sound: Chinese ones by their reading, letters as pinyin."""
    rows: list[tuple[str, ...]] = [()]
    for unit in units:
        sound = sound_units(unit)
        ways = cuts(unit) if unit.isascii() and unit.isalpha() else [sound]
        rows = [(*row, *way) for row in rows for way in ways][:MOST_READINGS]
    return rows


def _as_initials(units: Sequence[str]) -> list[list[str]]:
    """Return letters taken one by one as the initials of syllables; zh, ch and sh may be meant as one of them."""

    short = list(units)
    for two, one in _RETROFLEX:
        short = [unit.replace(two, one) for unit in short]
    return [list(row) for row in dict.fromkeys(("".join(units), "".join(short)))]


def _misspelt_latin(units: Sequence[str], vocabulary: Vocabulary) -> Iterator[Question]:
    rows = [
        run
        for at, unit in enumerate(units)
        if unit.isascii() and unit.isalpha()
        for before in _readings(units[:at])[:1]
        for after in _readings(units[at + 1 :])[:1]
        for run in vocabulary.near_sounds(before, unit, after)
    ]
    yield from _heard("sound", rows, SOUND_LETTERS)
    near = [[unit, *vocabulary.near_words(unit)] for unit in units]
    if any(len(group) > 1 for group in near):
        yield Question(_words("latin", near))


def _misspelt_chinese(units: Sequence[str]) -> Iterator[Question]:
    """Ask for names in which one unit is another, missing or too many, or two are swapped."""
    if len(units) < 3:
        return
    wanted = "".join(units)

    def near(found: Found) -> bool:
        name = "".join(units_of(found.name))
        return any(OSA.distance(wanted, name[: len(wanted) + more]) <= 1 for more in (-1, 0, 1))

    for wrong in (1, 2):
        around = [(pairs([FIRST, *units[:at]], False), pairs(units[at + wrong :], False)) for at in range(len(units))]
        either = [" AND ".join(f'"{" ".join(part)}"' for part in parts if part) for parts in around]
        yield Question(f"han : ({' OR '.join(f'({query})' for query in either if query)})", breadth=BREADTH, holds=near)
