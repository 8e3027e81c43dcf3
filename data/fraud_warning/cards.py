"""Scorecards: learnt from invented people, kept as a file, asked about everybody of whom facts are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from data.forms import learn as learn_forms
from data.simulate.fraud.people import Population, Setting, make
from data.whole_file import write_file
from twin.errors import BadInputError
from twin.fraud.dwell import IntArray
from twin.fraud.warning.categories import DAY_S, FACTS
from twin.fraud.warning.explain import Told, explain
from twin.fraud.warning.hints import SIGN, SIGNS, Hints, seen
from twin.fraud.warning.kinds import KINDS
from twin.fraud.warning.scorecard import Scorecard, learn
from twin.fraud.warning.warning import Warned, raised
from twin.geo import BoolArray, FloatArray
from twin.words import say

FILE = "scorecards.json"
WITHIN_S = 14 * DAY_S
"""So far ahead a loss is looked for."""
MOST_ROWS = 60_000
EVERYDAY = ("usual_call", "usual_payment")
RAISED = ("high", "medium")
FACT_AT = {fact.id: at for at, fact in enumerate(FACTS)}


class _Kept(msgspec.Struct, frozen=True):
    kind: str
    base: float
    signs: list[str]
    cuts: list[list[float]]
    points: list[list[float]]
    rows: int


learn_forms(list[_Kept])


@dataclass(frozen=True, slots=True)
class Moments:
    """Whenever something that is not everyday was told of somebody: who, when, the signs, the swindle that follows.

    ``story`` points into the swindles that are known; -1 where none is paid for within :data:`WITHIN_S`.
    """

    subject: IntArray
    at_s: FloatArray
    value: FloatArray
    story: IntArray

    def of(self, rows: BoolArray) -> Moments:
        """Return some of them."""
        return Moments(self.subject[rows], self.at_s[rows], self.value[rows], self.story[rows])


def moments(population: Population) -> Moments:
    """Return all moments of invented people."""
    facts, truth = population.facts, population.truth
    names, which = np.unique(facts.fact, return_inverse=True)
    fact = np.array([FACT_AT[str(name)] for name in names])[which]
    hints = Hints(facts.subject.astype(np.int64), fact, facts.at_s, facts.value)
    told = ~np.isin(facts.fact, EVERYDAY)
    subject, at_s = hints.subject[told], hints.at_s[told]
    swindled = np.flatnonzero(~truth.honest & np.isfinite(truth.paid_s))
    story = np.full(len(population.people.age), -1, np.int64)
    story[truth.subject[swindled]] = swindled
    mine = story[subject]
    paid_s = np.where(mine >= 0, truth.paid_s[mine], np.inf)
    ahead = (paid_s > at_s) & (paid_s <= at_s + WITHIN_S) & (truth.begun_s[mine] <= at_s)
    return Moments(subject, at_s, seen(hints, subject, at_s).value, np.where(ahead, mine, -1))


def sample(past: Moments, seed: int) -> Moments:
    """Keep all moments before a loss, and of the others a sample."""
    dice = np.random.default_rng(seed)
    keep = dice.random(len(past.subject)) < MOST_ROWS / max(len(past.subject), 1)
    return past.of(keep | (past.story >= 0))


def learn_cards(past: Moments, kind_of: Sequence[str], seed: int) -> tuple[Scorecard, ...]:
    """Learn a scorecard for each type of fraud; ``kind_of`` tells the type of each swindle."""
    chosen = sample(past, seed)
    kinds = np.asarray([*kind_of, ""], np.str_)[chosen.story]
    return tuple(learn(name, chosen.value, kinds == name, signs) for name, signs in KINDS.items())


def learn_invented(people: int = 20_000, seed: int = 1) -> tuple[Scorecard, ...]:
    """Learn from invented people, for a desk that has no cases of its own yet."""
    part = people / Setting().people
    planted = {name: round(getattr(Setting(), name) * part) for name in ("swindles", "attempts", "alike")}
    population = make(Setting(people=people, seed=seed, **planted))
    past = moments(population)
    until_s = population.choose_until_s - WITHIN_S
    return learn_cards(past.of(past.at_s <= until_s), population.truth.kind.tolist(), seed)


def keep_cards(path: Path, cards: Sequence[Scorecard]) -> None:
    """Write scorecards to a file that can be read by people too."""
    kept = [
        _Kept(card.kind, card.base, [SIGNS[at].id for at in card.signs], [one.tolist() for one in card.cuts],
              [one.tolist() for one in card.points], card.rows)
        for card in cards
    ]  # fmt: skip
    write_file(path, msgspec.json.format(msgspec.json.encode(kept), indent=1))


def read_cards(path: Path) -> tuple[Scorecard, ...]:
    """Return the scorecards of a file.

    Raises
    ------
    twin.errors.BadInputError
        If there is none, or it is not of this version.
    """
    remedy = "make them with `zhian fraud warn learn`"
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=list[_Kept])
        return tuple(
            Scorecard(one.kind, one.base, tuple(SIGN[name] for name in one.signs), tuple(map(np.array, one.cuts)),
                      tuple(map(np.array, one.points)), one.rows)
            for one in kept
        )  # fmt: skip
    except FileNotFoundError:
        raise BadInputError(path.name, "there are no scorecards yet", remedy) from None
    except (msgspec.DecodeError, KeyError) as error:
        raise BadInputError(path.name, say("it cannot be read: {error}", error=error), remedy) from None


def warnings_of(
    cards: Sequence[Scorecard], hints: Hints, names: Sequence[str], now_s: float, most: int
) -> tuple[Warned, ...]:
    """Score everybody of whom facts are kept, and return warnings of the highest, each with type and reasons."""
    told = seen(hints, np.arange(len(names)), np.full(len(names), now_s))
    if not len(names) or not cards:
        return ()
    risk = np.stack([card.risk(told.value) for card in cards])
    best = np.argmax(risk, axis=0)
    order = np.argsort(-risk.max(axis=0), kind="stable")[:most]
    found = ((names[row], explain(cards[best[row]], told, int(row))) for row in order.tolist())
    return tuple(_raised(name, one, now_s) for name, one in found if one.level in RAISED)


def _raised(name: str, told: Told, now_s: float) -> Warned:
    speaks_for, against = ([reason.sign for reason in some] for some in (told.speaks_for, told.speaks_against))
    return raised("new", name, told.kind, told.risk, now_s, speaks_for, against)
