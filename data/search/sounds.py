"""How names sound: pinyin without tones, and how a run of letters is cut into its syllables."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin
from pypinyin.constants import PINYIN_DICT
from pypinyin.contrib.tone_convert import to_normal

from data.search.units import is_chinese, units_of

MOST_CUTS = 6
"""Readings of one run of letters that are tried; `xian` has two, long runs could have hundreds."""
LONGEST = 6
"""Letters of the longest syllable: zhuang."""
_MUTE = "q"
"""What a character without a known sound sounds like: no syllable, so nobody finds it by typing one."""


@cache
def syllables() -> frozenset[str]:
    """Return all syllables of Mandarin but its hums (ng, hm), ``v`` for ü."""
    readings = {reading for readings in PINYIN_DICT.values() for reading in readings.split(",")}
    return frozenset(plain for plain in map(to_normal, readings) if plain.isascii() and set(plain) & set("aeiouv"))


@cache
def beginnings() -> frozenset[str]:
    """Return what may be typed of a syllable: all that one begins with."""
    return frozenset(syllable[:n] for syllable in syllables() for n in range(1, len(syllable) + 1))


def sound_units(text: str) -> tuple[str, ...]:
    """Return the units of a name as they sound: 西塘G60 is xi, tang, g, 60."""
    units = units_of(text)
    sounds: list[str] = []
    at = 0
    while at < len(units):
        if not is_chinese(units[at]):
            sounds.append(units[at])
            at += 1
            continue
        end = at
        while end < len(units) and is_chinese(units[end]):
            end += 1
        sounds += _read("".join(units[at:end]))
        at = end
    return tuple(sounds)


@lru_cache(maxsize=65_536)
def _read(characters: str) -> tuple[str, ...]:
    """Return one syllable a character; words that are known tell how a character with several is read."""
    read = lazy_pinyin(characters, style=Style.NORMAL, v_to_u=False, errors=lambda unknown: _MUTE * len(unknown))
    return tuple(read) if len(read) == len(characters) else (_MUTE,) * len(characters)


def initials(sounds: tuple[str, ...]) -> list[str]:
    """Return the first letter of each sound, and each digit."""
    return [letter for sound in sounds for letter in (sound if sound.isdigit() else sound[0])]


def cuts(letters: str) -> list[tuple[str, ...]]:
    """Return how letters may be cut into syllables, the last of which may be unfinished; fewest pieces first.

    ``xitang`` is xi-tang and xi-tan-g; ``xian`` is xian and xi-an. Empty if they are no pinyin.
    """
    spelt = _spelt(letters)
    fewest = _fewest(spelt)
    if fewest == 0:
        return []
    found: list[tuple[str, ...]] = []
    for pieces in range(fewest, len(spelt) + 1):
        found += _cut(spelt, pieces)
        if len(found) >= MOST_CUTS:
            break
    return found[:MOST_CUTS]


@lru_cache(maxsize=8192)
def shortest_cut(letters: str) -> tuple[str, ...] | None:
    """Return one cut of the fewest pieces, the longest first; None if the letters are no pinyin."""
    spelt = _spelt(letters)
    fewest = _fewest(spelt)
    return next(_cut(spelt, fewest)) if fewest else None


@lru_cache(maxsize=8192)
def whole_cut(letters: str) -> tuple[str, ...] | None:
    """Return one cut into whole syllables alone; None if there is none."""
    if not letters:
        return ()
    return next((cut for cut in cuts(letters) if cut[-1] in syllables()), None)


def _spelt(letters: str) -> str:
    return letters.replace("lue", "lve").replace("nue", "nve")


@lru_cache(maxsize=65_536)
def _fewest(letters: str) -> int:
    """Return the fewest pieces that letters can be cut into, 0 if there is no cut."""
    if letters in beginnings():
        return 1
    rests = [_fewest(letters[n:]) for n in range(1, min(LONGEST, len(letters) - 1) + 1) if letters[:n] in syllables()]
    return min((rest + 1 for rest in rests if rest), default=0)


def _cut(letters: str, pieces: int) -> Iterator[tuple[str, ...]]:
    """Yield the cuts into exactly so many pieces, whole syllables but for the last."""
    if pieces == 1:
        if letters in beginnings():
            yield (letters,)
        return
    for n in range(min(LONGEST, len(letters) - 1), 0, -1):
        if letters[:n] in syllables() and _fewest(letters[n:]):
            for rest in _cut(letters[n:], pieces - 1):
                yield (letters[:n], *rest)
