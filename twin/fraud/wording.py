"""Which stories are told in nearly the same words.

Texts are cut into runs of three signs; their MinHash (Broder 1997, "On the resemblance and containment of documents")
estimates how much two texts share, and its bands find those that share much without comparing all with all.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.geo import FloatArray

HashArray = NDArray[np.uint64]
IntArray = NDArray[np.int64]
SIGNS = 3
BANDS, IN_BAND = 16, 4
"""Texts that share 0.7 of their runs meet in a band with a chance of 0.99, those that share 0.3 with one of 0.12."""
ALIKE = 0.6
SHORTEST = 12
"""Shorter texts are told in the same words by chance."""
MOST_ALIKE = 64
"""So many texts in one band are a set phrase; each is then compared with the next ones alone."""


class Alike(NamedTuple):
    """Pairs of texts, the lower number first, and the share of their runs that both have."""

    first: IntArray
    second: IntArray
    share: FloatArray


def alike(texts: Sequence[str], least: float = ALIKE) -> Alike:
    """Return the pairs of texts that share at least ``least`` of their runs, by estimate (± 0.06)."""
    signs, begin = _signs(texts)
    long_enough = np.flatnonzero(np.diff(begin) >= SHORTEST)
    if len(long_enough) < 2:
        return Alike(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    mark = _minhash(signs, begin)[long_enough]
    first, second = _meeting(mark)
    share = np.concatenate(
        [np.mean(mark[first[at : at + 200_000]] == mark[second[at : at + 200_000]], axis=1)
         for at in range(0, max(len(first), 1), 200_000)]
    )  # fmt: skip
    near = share >= least
    return Alike(long_enough[first[near]], long_enough[second[near]], share[near])


def _signs(texts: Sequence[str]) -> tuple[HashArray, IntArray]:
    """Return the signs of all texts in a row, without spaces and punctuation, and where each begins."""
    plain = ["".join(sign for sign in unicodedata.normalize("NFKC", text).lower() if sign.isalnum()) for text in texts]
    begin = np.concatenate([[0], np.cumsum([len(text) for text in plain])]).astype(np.int64)
    return np.frombuffer("".join(plain).encode("utf-32-le"), np.uint32).astype(np.uint64), begin


def _minhash(signs: HashArray, begin: IntArray) -> HashArray:
    """Return the (N, BANDS × IN_BAND) smallest hashes; runs over a border are hashed with the text before it."""
    run = signs.copy()
    for step in range(1, SIGNS):
        run[:-step] = run[:-step] * np.uint64(0x1_0000_01B3) ^ signs[step:]
    rng = np.random.default_rng(20_261_123)
    begins = np.minimum(begin[:-1], max(len(run) - 1, 0))
    odd = rng.integers(1, 2**63, BANDS * IN_BAND, dtype=np.uint64) | np.uint64(1)
    return np.stack([np.minimum.reduceat(_stir(run * one), begins) for one in odd], axis=1)


def _stir(values: HashArray) -> HashArray:
    """Spread high bits over low ones (the finaliser of MurmurHash3), so that the smallest is drawn evenly."""
    values = values ^ (values >> np.uint64(33))
    values *= np.uint64(0xFF51_AFD7_ED55_8CCD)
    return values ^ (values >> np.uint64(33))


def _meeting(mark: HashArray) -> tuple[IntArray, IntArray]:
    """Return the pairs of rows that are equal in a band, each once."""
    found = []
    for band in range(BANDS):
        part = mark[:, band * IN_BAND : (band + 1) * IN_BAND]
        key = np.bitwise_xor.reduce(part * np.array([3, 5, 7, 11], np.uint64), axis=1)
        found.append(pairs(key, MOST_ALIKE))
    both = np.unique(np.concatenate(found), axis=0) if found else np.empty((0, 2), np.int64)
    return both[:, 0], both[:, 1]


def pairs(key: HashArray | IntArray, most: int) -> IntArray:
    """Return (P, 2) rows that have the same key, the lower first.

    Parameters
    ----------
    most : int
        Where more rows than these share a key, each is paired with the ``most - 1`` next ones alone.
    """
    order = np.argsort(key, kind="stable")
    _, group = np.unique(key[order], return_inverse=True)
    found = []
    for step in range(1, most):
        same = np.flatnonzero(group[step:] == group[:-step]) if step < len(group) else np.empty(0, np.int64)
        if not len(same):
            break
        found.append(np.stack([order[same], order[same + step]], axis=1))
    return np.sort(np.concatenate(found), axis=1) if found else np.empty((0, 2), np.int64)
