"""Names, and what is typed, cut into what is searched for: Chinese characters and runs of letters or digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

_UNIT = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]|[a-z]+|[0-9]+|[^\W\d_a-z㐀-鿿豈-﫿\U00020000-\U0003ffff]+")
FIRST, LAST = "^", "$"
"""What stands before the first and after the last unit of a name."""


def fold(text: str) -> str:
    """Return text as it is compared: full-width and compatibility forms, accents and case made equal."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def units_of(text: str) -> list[str]:
    """Return the units of a text: ``西塘G60`` is 西, 塘, g, 60; blanks and signs only part them."""
    return _UNIT.findall(fold(text))


def is_chinese(unit: str) -> bool:
    """Tell whether a unit is a Chinese character."""
    return ord(unit[0]) >= 0x3400 and len(unit) == 1 and not unit.isascii()


def pairs(units: Iterable[str], anchored: bool = True) -> list[str]:
    """Return each unit with the one after it, from the mark before the first to the mark after the last.

    Searching for pairs finds a run of units wherever it stands, and is far more selective than single characters.

    Parameters
    ----------
    anchored : bool
        False leaves the marks out.
    """
    row = [FIRST, *units, LAST] if anchored else list(units)
    return [f"{one}_{two}" for one, two in pairwise(row)]


def grams(units: Sequence[str], letters: int) -> list[str]:
    """Return what a run reads like from each of its units on, cut after so many letters."""
    text = "".join(units)
    return [
        text[end - len(unit) : end - len(unit) + letters]
        for unit, end in zip(units, accumulate(map(len, units)), strict=True)
    ]


def covering(units: Sequence[str], letters: int) -> tuple[list[str], bool]:
    """Return the first grams of a run, up to the one that reaches its end; and whether that one may go on."""
    left = sum(map(len, units))
    row: list[str] = []
    for gram, unit in zip(grams(units, letters), units, strict=True):
        row.append(gram)
        if left <= letters:
            break
        left -= len(unit)
    return row, bool(row) and len(row[-1]) < letters
