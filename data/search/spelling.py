"""What was meant by a text with a typing error: the runs of sounds and the words that the names really hold."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from string import ascii_lowercase

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from data.search.sounds import LONGEST, beginnings, shortest_cut, syllables, whole_cut
from data.search.units import pairs

SHORTEST = 3
"""A text of fewer letters is taken as it is."""
LONG = 8
"""From so many letters on two errors are forgiven in a word that is no pinyin."""
MOST = 24


class Vocabulary:
    """What the names of one index are made of.

    Parameters
    ----------
    sound_pairs : sorted sequence of str
        Each sound with the one after it.
    words : sequence of str
        Latin words.
    """

    def __init__(self, sound_pairs: Sequence[str], words: Sequence[str]) -> None:
        self._pairs, self._words = sound_pairs, words

    def holds(self, sounds: Sequence[str]) -> bool:
        """Tell whether each pair of a run of sounds stands in some name; the last sound may go on."""
        if len(sounds) == 1:
            return self._begins(sounds[0])
        return all(self._begins(pair) for pair in pairs(sounds, anchored=False))

    def _begins(self, start: str) -> bool:
        at = bisect_left(self._pairs, start)
        return at < len(self._pairs) and self._pairs[at].startswith(start)

    def near_sounds(self, before: Sequence[str], letters: str, after: Sequence[str]) -> list[tuple[str, ...]]:
        """Return runs of sounds that some names hold and in which the letters are spelt one error away.

        Parameters
        ----------
        before, after : sequence of str
            The sounds around the letters, which are right.
        """
        if len(letters) < SHORTEST:
            return []
        near = {(*before, *run, *after) for run in _runs_near(letters, goes_on=not after)}
        return sorted((run for run in near if self.holds(run)), key=lambda run: (len(run), run))[:MOST]

    def near_words(self, word: str) -> list[str]:
        """Return the words of names that are one typing error away, or two from a long word."""
        if len(word) < SHORTEST + 1:
            return []
        far = 1 if len(word) < LONG else 2
        return [near for near, *_ in extract(word, self._words, scorer=OSA.distance, score_cutoff=far, limit=MOST)]


def one_error(letters: str) -> Iterator[str]:
    """Yield what differs by one letter left out, one too many or one wrong."""
    for at in range(len(letters) + 1):
        head, tail = letters[:at], letters[at:]
        yield head + tail[1:]
        for letter in ascii_lowercase:
            yield head + letter + tail
            yield head + letter + tail[1:]


def _runs_near(letters: str, goes_on: bool) -> Iterator[tuple[str, ...]]:
    """Yield the runs of syllables that are spelt with one error less.

    Two letters may be swapped anywhere; any other error is in one syllable, and what is before and after it is right.
    """
    for at in range(len(letters) - 1):
        swapped = shortest_cut(letters[:at] + letters[at + 1] + letters[at] + letters[at + 2 :])
        if swapped is not None:
            yield swapped
    for begin in range(len(letters)):
        head = whole_cut(letters[:begin])
        if head is None:
            continue
        for end in range(begin, min(begin + LONGEST + 1, len(letters)) + 1):
            tail = shortest_cut(letters[end:]) if end < len(letters) else ()
            if tail is not None:
                for syllable in _near(letters[begin:end], unfinished=goes_on and not tail):
                    yield (*head, syllable, *tail)


@lru_cache(maxsize=65_536)
def _near(letters: str, unfinished: bool) -> frozenset[str]:
    """Return the syllables, or what one begins with, that are one error away from the letters."""
    return frozenset(one_error(letters)) & (beginnings() if unfinished else syllables())
