"""Cases that may belong together (串并案): what they share, how strong it is, and that a person has to confirm it.

Two cases are compared only if they share a telephone, an app, a device, an account, or are told in nearly the same
words. What thousands share (a bank's hotline) says nothing; what two share says much. Nothing is joined here: a link
is proposed, and a person confirms or refuses it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from twin.fraud.wording import IntArray, alike, pairs
from twin.geo import FloatArray

WORDING = "wording"
WEIGHT: Mapping[str, float] = {"account": 0.9, "device": 0.9, "phone": 0.8, "app": 0.6, WORDING: 0.5}
"""How strong a link is by one trait that no third case has: set by hand, and shown beside each link."""
KINDS = tuple(WEIGHT)
MOST_SHARING = 50
"""What more cases than these share is left out: it is a hotline, a market, a bank's own app."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What cases have, a row each.

    Parameters
    ----------
    case : (N,) int array
        Into the cases.
    kind : (N,) int array
        Into :data:`KINDS`.
    value : (N,) text array
        As :func:`plain` makes it.
    """

    case: IntArray
    kind: IntArray
    value: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Belonging:
    """Pairs of cases, the strongest first, and what each rests on.

    Parameters
    ----------
    first, second : (P,) int arrays
        The cases.
    strength : (P,) float array
        Between 0 and 1: how much they share. It is no probability.
    pair, kind, sharing : (E,) int arrays
        Of each reason: its pair, its kind, and how many cases have that trait.
    value : (E,) text array
        What is shared; of wording how much of it, in percent.
    """

    first: IntArray
    second: IntArray
    strength: FloatArray
    pair: IntArray
    kind: IntArray
    sharing: IntArray
    value: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.first)

    def reasons(self, place: int) -> tuple[tuple[str, str, int], ...]:
        """Return (kind, value, cases that share it) of a pair."""
        begin, end = np.searchsorted(self.pair, [place, place + 1])
        return tuple(
            (KINDS[self.kind[at]], str(self.value[at]), int(self.sharing[at])) for at in range(int(begin), int(end))
        )

    def groups(self, cases: int, least: float) -> IntArray:
        """Return (cases,) the number of the group each case would be in, were all links of that strength confirmed."""
        strong = self.strength >= least
        links = coo_matrix((np.ones(int(strong.sum())), (self.first[strong], self.second[strong])), (cases, cases))
        label: IntArray = connected_components(links, directed=False)[1].astype(np.int64)
        return label


def plain(kind: str, value: str) -> str:
    """Return a trait as it is compared, with no blanks, country codes, full-width signs; empty if nothing is left."""
    text = unicodedata.normalize("NFKC", value).strip().lower()
    if kind == "phone":
        digits = "".join(sign for sign in text if sign.isdigit())
        return digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits
    if kind == "app":
        return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").split("/")[0]
    if kind == "account":
        return "".join(sign for sign in text if not sign.isspace() and sign != "-")
    return "".join(sign for sign in text if sign.isalnum())


def belonging(traits: Traits, stories: Sequence[str]) -> Belonging:
    """Find cases that share something.

    Parameters
    ----------
    stories : sequence of str
        What each case tells; empty for none.
    """
    shared = _shared(traits)
    told = alike(stories)
    near = np.char.mod("%d %%", np.round(100 * told.share).astype(np.int64)) if len(told.share) else np.empty(0, "<U1")
    first = np.concatenate([shared[0][:, 0], told.first])
    second = np.concatenate([shared[0][:, 1], told.second])
    kind = np.concatenate([shared[1], np.full(len(told.first), KINDS.index(WORDING), np.int64)])
    sharing = np.concatenate([shared[2], np.full(len(told.first), 2, np.int64)])
    weight = np.array(list(WEIGHT.values()))[kind] / (1.0 + np.log10(sharing / 2.0))
    weight[len(shared[1]) :] *= told.share
    return _put_together(first, second, kind, sharing, np.concatenate([shared[3], near]), weight)


def _shared(traits: Traits) -> tuple[IntArray, IntArray, IntArray, NDArray[np.str_]]:
    """Return the pairs that share a trait, and of each its kind, how many cases have it, and the trait."""
    _, named = np.unique(traits.value, return_inverse=True)
    known = traits.value != ""
    all_rows = np.stack([traits.kind[known], named[known].astype(np.int64), traits.case[known]], axis=1)
    rows = np.unique(all_rows, axis=0, return_index=True)
    kind, value, case = rows[0].T
    original = np.flatnonzero(known)[rows[1]]
    key = kind * (int(value.max(initial=0)) + 1) + value
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    sharing = count[group]
    few = np.flatnonzero((sharing > 1) & (sharing <= MOST_SHARING))
    both = few[pairs(group[few].astype(np.int64), MOST_SHARING)]
    one = both[:, 0]
    return np.sort(case[both], axis=1), kind[one], sharing[one], traits.value[original[one]]


def _put_together(
    first: IntArray, second: IntArray, kind: IntArray, sharing: IntArray, value: NDArray[np.str_], weight: FloatArray
) -> Belonging:
    """Make one pair of all that two cases share: each reason halves, thirds … the doubt that those before it left."""
    both, pair = np.unique(np.stack([first, second], axis=1), axis=0, return_inverse=True)
    pair = pair.reshape(-1)
    strength = 1.0 - np.exp(np.bincount(pair, np.log1p(-weight), len(both))) if len(both) else np.empty(0)
    place = np.lexsort((both[:, 1], both[:, 0], -strength))
    rank = np.empty(len(both), np.int64)
    rank[place] = np.arange(len(both))
    order = np.lexsort((value, -weight, rank[pair]))
    return Belonging(
        both[place, 0], both[place, 1], strength[place], rank[pair][order], kind[order], sharing[order], value[order]
    )
