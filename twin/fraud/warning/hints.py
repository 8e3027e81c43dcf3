"""What was told of persons, as columns, and what follows from it at a moment: the inputs of the scorecards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.fraud.warning.categories import CATEGORY, DAY_S, FACT, FACTS
from twin.geo import FloatArray

IntArray = NDArray[np.int64]
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Hints:
    """Facts as they came, a row each, in any order.

    Parameters
    ----------
    subject : (N,) int array
        The person, a dense number; the dictionary is where names are.
    fact : (N,) int array
        Into :data:`twin.fraud.warning.categories.FACTS`.
    at_s : (N,) float array
        When it happened, seconds since 1970-01-01 UTC.
    value : (N,) float array
        In the fact's unit; 1 where only that it happened counts.
    """

    subject: IntArray
    fact: IntArray
    at_s: FloatArray
    value: FloatArray

    def __len__(self) -> int:
        return len(self.subject)


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing that is worked out of the facts, and which way it points.

    Parameters
    ----------
    facts : tuple of str
        Of :data:`twin.fraud.warning.categories.FACTS`; they are of one category.
    how : str
        ``count``, ``sum``, ``most``, ``least`` or ``above_usual`` (the largest against the median of what is usual).
    within_s : float
    rises : bool
        More of it warns more; False for what speaks against.
    """

    id: str
    facts: tuple[str, ...]
    how: str
    within_s: float
    rises: bool = True

    @property
    def category(self) -> str:
        """Return the category it needs."""
        return FACT[self.facts[0]].category


SIGNS = (
    Sign("flagged_call_s", ("flagged_call",), "sum", DAY_S),
    Sign("flagged_calls", ("flagged_call",), "count", 3 * DAY_S),
    Sign("abroad_calls", ("abroad_call",), "count", 3 * DAY_S),
    Sign("usual_calls", ("usual_call",), "count", 7 * DAY_S, rises=False),
    Sign("flagged_messages", ("flagged_message",), "count", 3 * DAY_S),
    Sign("code_messages", ("code_message",), "count", DAY_S),
    Sign("flagged_apps", ("flagged_app",), "count", 7 * DAY_S),
    Sign("flagged_sites", ("flagged_site",), "count", 3 * DAY_S),
    Sign("screen_shared_s", ("screen_shared",), "sum", DAY_S),
    Sign("new_payees", ("new_payee",), "count", 3 * DAY_S),
    Sign("new_payee_above_usual", ("new_payee", "usual_payment"), "above_usual", 3 * DAY_S),
    Sign("loans_paid_out", ("loan_paid_out",), "count", 3 * DAY_S),
    Sign("payee_age_days", ("payee_age",), "least", 3 * DAY_S, rises=False),
    Sign("limits_raised", ("limit_raised",), "count", 3 * DAY_S),
    Sign("savings_broken", ("savings_broken",), "count", 7 * DAY_S),
    Sign("platforms_joined", ("platform_joined",), "count", 14 * DAY_S),
    Sign("cards_registered", ("card_registered",), "count", 14 * DAY_S),
    Sign("gifts_delivered", ("gift_delivered",), "count", 14 * DAY_S),
    Sign("valuables_sent", ("valuables_sent",), "count", 3 * DAY_S),
)
SIGN = {sign.id: at for at, sign in enumerate(SIGNS)}


@dataclass(frozen=True, slots=True)
class Seen:
    """The signs of persons at moments.

    Parameters
    ----------
    value : (M, len(SIGNS)) float array
        NaN where its category told nothing of the person while it is kept: nobody knows.
    age_s : (M, len(SIGNS)) float array
        How old the newest fact of that category is; NaN if there is none.
    """

    value: FloatArray
    age_s: FloatArray


def seen(hints: Hints, subject: IntArray, at_s: FloatArray) -> Seen:
    """Work the signs out.

    Parameters
    ----------
    subject, at_s : (M,) arrays
        Of whom, and at which moments; what came later, or is older than it may be kept, is not looked at.
    """
    rows = {fact.id: _Rows(hints, hints.fact == at) for at, fact in enumerate(FACTS)}
    ages = {name: _age_s(hints, name, subject, at_s) for name in CATEGORY}
    value = np.stack([_sign(sign, rows, subject, at_s) for sign in SIGNS], axis=1)
    age_s = np.stack([ages[sign.category] for sign in SIGNS], axis=1)
    return Seen(np.where(np.isnan(age_s), np.nan, value), age_s)


def _sign(sign: Sign, rows: dict[str, _Rows], subject: IntArray, at_s: FloatArray) -> FloatArray:
    told = rows[sign.facts[0]]
    begin, end = told.window(subject, at_s - sign.within_s, at_s)
    if sign.how == "count":
        return (end - begin).astype(float)
    if sign.how == "sum":
        return told.total(begin, end)
    if sign.how == "least":
        return told.each(begin, end, np.min)
    most = told.each(begin, end, np.max)
    usual = rows[sign.facts[1]]
    since = usual.window(subject, at_s - CATEGORY[sign.category].keep_s, at_s)
    known = usual.each(*since, np.median)
    return np.where(np.isnan(most), 0.0, most / np.maximum(np.where(np.isnan(known), most, known), 1.0))


def _age_s(hints: Hints, category: str, subject: IntArray, at_s: FloatArray) -> FloatArray:
    mine = np.isin(hints.fact, [at for at, fact in enumerate(FACTS) if fact.category == category])
    rows = _Rows(hints, mine)
    begin, end = rows.window(subject, at_s - CATEGORY[category].keep_s, at_s)
    newest = rows.at_s[np.maximum(end - 1, 0)] if len(rows.at_s) else np.zeros(len(end))
    return np.where(end > begin, at_s - newest, np.nan)


class _Rows:
    """Facts of some kinds, sorted by person and time."""

    def __init__(self, hints: Hints, mine: NDArray[np.bool_]) -> None:
        order = np.lexsort((hints.value[mine], hints.at_s[mine], hints.subject[mine]))
        self._subject, self.at_s = hints.subject[mine][order], hints.at_s[mine][order]
        self.value = hints.value[mine][order]
        self._running = np.concatenate([[0.0], np.cumsum(self.value)])
        times = np.unique(self.at_s)
        self._times, self._scale = times, len(times) + 1
        self._key = self._subject * self._scale + np.searchsorted(times, self.at_s)

    def window(self, subject: IntArray, since_s: FloatArray, until_s: FloatArray) -> tuple[IntArray, IntArray]:
        """Return the rows of a person after ``since_s`` and up to ``until_s``, as a range each."""
        base = subject * self._scale
        begin = np.searchsorted(self._key, base + np.searchsorted(self._times, since_s, side="right"))
        return begin, np.searchsorted(self._key, base + np.searchsorted(self._times, until_s, side="right"))

    def total(self, begin: IntArray, end: IntArray) -> FloatArray:
        """Return the sum of values of each range."""
        total: FloatArray = self._running[end] - self._running[begin]
        return total

    def each(self, begin: IntArray, end: IntArray, tell: Callable[..., FloatArray]) -> FloatArray:
        """Return a figure of each range; NaN for empty ones. Ranges of one length are worked out together."""
        told, length = np.full(len(begin), np.nan), end - begin
        for size in np.unique(length[length > 0]):
            same = np.flatnonzero(length == size)
            told[same] = tell(self.value[begin[same][:, None] + np.arange(size)], axis=1)
        return told
