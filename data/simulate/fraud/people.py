"""Invented people of a county, what is told of them in seven categories, and the swindles planted among it.

Everyday life looks like a swindle now and then: somebody buys a flat, has a computer mended from afar, takes out a real
loan, has a child abroad. Such look-alikes are planted too, and most people are called by swindlers without ever paying.
Nobody's age, sex or district changes what is told of them, but for how often which swindle comes to whom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.simulate.fraud.stories import ALIKE, DAILY, STORIES, Step, Story

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.str_]

DAY_S, HOUR_S = 86_400.0, 3600.0
AGES = ("18-29", "30-44", "45-59", "60+")
AGE_SHARES = (0.18, 0.29, 0.29, 0.24)
SEXES = ("female", "male")
DISTRICTS = ("东区", "西区", "南镇", "北镇", "水乡", "新城")
CATEGORIES = ("calls", "messages", "apps", "payments", "accounts", "registrations", "deliveries")
HOUR_SHARES = np.array([1, 1, 1, 1, 1, 2, 4, 8, 12, 14, 14, 12, 10, 11, 13, 14, 13, 12, 12, 13, 12, 9, 5, 2], float)
"""How busy each local hour is."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is to be invented.

    Parameters
    ----------
    swindles : int
        That end in a payment, spread over the kinds.
    attempts : int
        Of which the person thinks better: the same beginning, no payment.
    alike : int
        Honest stories that look like swindles.
    covered : float
        The share of people of whom a category is told at all.
    begin_s : float
        Midnight of the first day, seconds since 1970-01-01 UTC.
    """

    people: int = 20_000
    days: int = 120
    swindles: int = 480
    attempts: int = 960
    alike: int = 4_000
    covered: float = 0.8
    begin_s: float = 1_780_243_200.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class People:
    """Who they are: arrays of (N,); for counting who is warned, and for nothing else."""

    age: TextArray
    sex: TextArray
    district: TextArray


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told, in the order of time.

    Parameters
    ----------
    subject : (M,) int array
        Place in :class:`People`.
    fact : (M,) text array
        As ``docs/fraud-population.md`` names them.
    at_s, value : (M,) float arrays
    """

    subject: IntArray
    fact: TextArray
    at_s: FloatArray
    value: FloatArray


@dataclass(frozen=True, slots=True)
class Truth:
    """The planted stories: who, which kind, from when, when the (first) payment was made, how much in all.

    Attempts have a ``paid_s`` of infinity and no loss; look-alikes have ``honest`` set.
    """

    subject: IntArray
    kind: TextArray
    begun_s: FloatArray
    paid_s: FloatArray
    loss_fen: IntArray
    honest: BoolArray


@dataclass(frozen=True, slots=True)
class Population:
    """All of it, and where time is cut: until ``learn_until_s`` for learning, then for choosing, then for judging."""

    people: People
    facts: Facts
    truth: Truth
    learn_until_s: float
    choose_until_s: float


def make(setting: Setting) -> Population:
    """Invent a population; the same setting gives the same one."""
    dice = np.random.default_rng([20_261_123, setting.seed])
    people = People(
        dice.choice(AGES, setting.people, p=AGE_SHARES), dice.choice(SEXES, setting.people),
        dice.choice(DISTRICTS, setting.people),
    )  # fmt: skip
    facts = _Telling(setting, dice)
    facts.everyday()
    truth = _plant(setting, people, facts, dice)
    end = setting.begin_s + setting.days * DAY_S
    cuts = setting.begin_s + (end - setting.begin_s) * np.array([0.6, 0.8])
    return Population(people, facts.told(), truth, float(cuts[0]), float(cuts[1]))


class _Telling:
    """Collects facts, and leaves out those of categories that are not told of a person."""

    def __init__(self, setting: Setting, dice: np.random.Generator) -> None:
        self._setting, self._dice = setting, dice
        self._covered = dice.random((setting.people, len(CATEGORIES))) < setting.covered
        self._rows: list[tuple[IntArray, str, FloatArray, FloatArray]] = []

    def everyday(self) -> None:
        """Tell what happens to anybody."""
        setting, dice = self._setting, self._dice
        for step in DAILY:
            busy = dice.gamma(2.0, 0.5, setting.people)
            count = dice.poisson(step.a_day * setting.days * busy)
            subject = np.repeat(np.arange(setting.people), count)
            days = dice.integers(0, setting.days, len(subject))
            self.add(step, subject, setting.begin_s + days * DAY_S + self.time_of_day_s(len(subject)))

    def add(self, step: Step, subject: IntArray, at_s: FloatArray, scale: FloatArray | float = 1.0) -> None:
        """Tell one fact of many people."""
        value = np.maximum(step.median * np.exp(self._dice.normal(0, step.spread, len(subject))), step.least) * scale
        self._rows.append((subject, step.fact, at_s, np.ones(len(subject)) if step.median == 1 else np.rint(value)))

    def time_of_day_s(self, count: int) -> FloatArray:
        """Draw seconds after local midnight, as busy as the hours are."""
        hours = self._dice.choice(24, count, p=HOUR_SHARES / HOUR_SHARES.sum())
        return hours * HOUR_S + self._dice.uniform(0, HOUR_S, count)

    def told(self) -> Facts:
        """Return what was told, in the order of time."""
        category = {step.fact: CATEGORIES.index(step.category) for step in (*DAILY, *_steps())}
        subject = np.concatenate([row[0] for row in self._rows])
        fact = np.concatenate([np.full(len(row[0]), row[1]) for row in self._rows])
        which = np.concatenate([np.full(len(row[0]), category[row[1]]) for row in self._rows])
        at_s = np.concatenate([row[2] for row in self._rows])
        value = np.concatenate([row[3] for row in self._rows])
        end_s = self._setting.begin_s + self._setting.days * DAY_S
        kept = self._covered[subject, which] & (at_s >= self._setting.begin_s) & (at_s < end_s)
        order = np.flatnonzero(kept)[np.argsort(at_s[kept], kind="stable")]
        return Facts(subject[order], fact[order], at_s[order], value[order])


def _steps() -> list[Step]:
    return [step for story in (*STORIES, *ALIKE) for step in story.steps]


def _plant(setting: Setting, people: People, facts: _Telling, dice: np.random.Generator) -> Truth:
    """Plant swindles, attempts and look-alikes; nobody is in two of them."""
    plans = [(story, True) for story in _shared(STORIES, setting.swindles)]
    plans += [(story, False) for story in _shared(STORIES, setting.attempts)]
    plans += [(story, True) for story in _shared(ALIKE, setting.alike)]
    free = np.ones(setting.people, np.bool_)
    rows = []
    for story, paid in plans:
        weight = free * np.array([story.ages.get(age, 1.0) for age in AGES])[np.searchsorted(AGES, people.age)]
        weight = weight * np.where(people.sex == "female", story.women, 2 - story.women)
        subject = int(dice.choice(setting.people, p=weight / weight.sum()))
        free[subject] = False
        rows.append((subject, story, *_tell(setting, story, subject, paid, facts, dice)))
    honest = np.array([row[1] in ALIKE for row in rows])
    return Truth(
        np.array([row[0] for row in rows]), np.array([row[1].kind for row in rows]),
        np.array([row[2] for row in rows]), np.array([row[3] for row in rows]),
        np.array([row[4] for row in rows], np.int64), honest,
    )  # fmt: skip


def _shared(stories: tuple[Story, ...], count: int) -> list[Story]:
    return [stories[number % len(stories)] for number in range(count)]


def _tell(
    setting: Setting, story: Story, subject: int, paid: bool, facts: _Telling, dice: np.random.Generator
) -> tuple[float, float, int]:
    """Tell one story of one person; return when it began, when it was paid for, and what was lost."""
    lasts_s = float(np.exp(dice.uniform(*np.log(story.lasts_h)))) * HOUR_S
    first_s = setting.begin_s + min(lasts_s, 0.5 * setting.days * DAY_S)
    end_s = setting.begin_s + (setting.days - 1) * DAY_S
    paid_s = float(np.floor(dice.uniform(first_s, end_s) / DAY_S) * DAY_S + facts.time_of_day_s(1)[0])
    begun_s = paid_s - lasts_s
    reached = 1.0 if paid else float(dice.uniform(0.15, 0.85))
    scale = float(np.exp(dice.normal(0, 0.6)))
    lost = 0.0
    for step in story.steps:
        if step.at > reached or dice.random() >= step.chance:
            continue
        times = 1 + int(dice.poisson(step.more))
        at = np.clip(step.at + dice.normal(0, 0.06, times), 0.0, 1.0)
        at_s = np.where(step.at >= 1, paid_s + dice.uniform(0, 600, times), begun_s + at * lasts_s)
        facts.add(step, np.full(times, subject), at_s, scale if step.unit == "fen" else 1.0)
        lost += times * step.median * scale if step.fact == "new_payee" and step.at >= 1 else 0.0
    swindled = paid and story in STORIES
    return begun_s, paid_s if paid else float("inf"), round(max(lost, story.least_fen)) if swindled else 0
