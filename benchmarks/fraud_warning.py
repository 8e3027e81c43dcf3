"""Warning those who are about to be swindled: invented people, learnt on the past, judged on what came later.

    python -m benchmarks.fraud_warning [--choose] [--runs 3]

People, everyday noise, swindles, attempts and look-alikes of ``data/simulate/fraud/people.py``, whose rates are not
ours to tune; time is cut 60/20/20. Scorecards, one for each type of fraud, are learnt on the first part. A person is
scored whenever something new is told of them, and is warned when the risk first passes a limit. A warning is right if
that person pays a swindler after it, within 14 days. The limit of "50" is where 50 people are warned in the judged
time; that of "10 a day" is chosen on the second part. ``--choose`` plays the seeds it may be tuned by. Beside it:
one scorecard for all types, LightGBM on the same
signs with the same directions, and the bare count of flagged facts.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np

from benchmarks._fraud_seeds import CHOOSING, VERDICT
from data.fraud_warning.cards import WITHIN_S, Moments, learn_cards, moments, sample
from data.simulate.fraud.people import Population, Setting, make
from twin.fraud.dwell import IntArray
from twin.fraud.warning.categories import DAY_S
from twin.fraud.warning.figures import Share, false_alarms, lead, share
from twin.fraud.warning.hints import SIGN, SIGNS
from twin.fraud.warning.scorecard import learn
from twin.geo import BoolArray, FloatArray

FLAGGED = ("flagged_calls", "flagged_messages", "flagged_apps", "flagged_sites")
Risk = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Found:
    """What a limit gives: persons, whether each was right, when they were warned, and who they are."""

    subject: IntArray
    at_s: FloatArray
    right: BoolArray
    story: IntArray


def cards(past: Moments, population: Population, seed: int) -> Risk:
    """Learn a scorecard for each type; the risk of a person is the highest of all."""
    learnt = learn_cards(past, population.truth.kind.tolist(), seed)
    return lambda value: np.max([card.risk(value) for card in learnt], axis=0)


def one_card(past: Moments, seed: int) -> Risk:
    """Learn one scorecard for all types together."""
    chosen = sample(past, seed)
    return learn("any", chosen.value, chosen.story >= 0).risk


def trees(past: Moments, seed: int) -> Risk:
    """Grow LightGBM's trees with the directions of the signs."""
    chosen = sample(past, seed)
    grown = lightgbm.train(
        {"objective": "binary", "num_leaves": 15, "learning_rate": 0.05, "min_data_in_leaf": 40, "seed": 1,
         "deterministic": True, "num_threads": 1, "verbose": -1,
         "monotone_constraints": [1 if sign.rises else -1 for sign in SIGNS]},
        lightgbm.Dataset(chosen.value, (chosen.story >= 0).astype(float)), 150,
    )  # fmt: skip
    return lambda value: np.asarray(grown.predict(value, num_threads=1))


def flagged(value: FloatArray) -> FloatArray:
    """Return how many flagged facts there are: the peer that needs no learning."""
    return np.asarray(np.nansum(value[:, [SIGN[name] for name in FLAGGED]], axis=1))


def warned(now: Moments, risk: FloatArray, limit: float) -> Found:
    """Return who is warned: each once, when the risk first passes the limit."""
    over = np.flatnonzero(risk >= limit)
    order = over[np.lexsort((now.at_s[over], now.subject[over]))]
    first = order[np.unique(now.subject[order], return_index=True)[1]]
    return Found(now.subject[first], now.at_s[first], now.story[first] >= 0, now.story[first])


def limit_for(now: Moments, risk: FloatArray, people: int) -> float:
    """Return the limit at which so many people are warned."""
    most = np.full(int(now.subject.max()) + 1, -np.inf)
    np.maximum.at(most, now.subject, risk)
    return float(np.sort(most)[-people])


def main() -> None:
    """Invent, learn, judge, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true", help="the seeds it may be tuned by")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--people", type=int, default=20_000)
    asked = parser.parse_args()
    told: dict[str, list[Judged]] = {}
    for seed in (CHOOSING if asked.choose else VERDICT)[: asked.runs]:
        for name, judged in run(asked.people, seed).items():
            told.setdefault(name, []).append(judged)
    for name, all_of_it in told.items():
        print(f"\n{name}", *lines(all_of_it), sep="\n  ")


@dataclass(frozen=True, slots=True)
class Judged:
    """One way on one population: who was warned at either limit, the losses, and all who could have been."""

    fifty: Found
    daily: Found
    lead: tuple[FloatArray, FloatArray]
    saved_fen: int
    lost_fen: int
    warned: BoolArray
    swindled: BoolArray
    groups: dict[str, list[str]]


def run(people: int, seed: int) -> dict[str, Judged]:
    """Judge every way on one population."""
    part = people / Setting().people
    planted = {name: round(getattr(Setting(), name) * part) for name in ("swindles", "attempts", "alike")}
    population = make(Setting(people=people, seed=seed, **planted))
    all_of_it = moments(population)
    learnt, chosen = population.learn_until_s, population.choose_until_s
    past = all_of_it.of(all_of_it.at_s <= learnt - WITHIN_S)
    ways: dict[str, Risk] = {
        "a scorecard for each type": cards(past, population, seed),
        "one scorecard for all types": one_card(past, seed),
        "LightGBM, monotone": trees(past, seed),
        "count of flagged facts": flagged,
    }
    choose = all_of_it.of((all_of_it.at_s > learnt) & (all_of_it.at_s <= chosen))
    now = all_of_it.of(all_of_it.at_s > chosen)
    return {name: judged(population, choose, now, risk) for name, risk in ways.items()}


def judged(population: Population, choose: Moments, now: Moments, risk: Risk) -> Judged:
    """Judge one way."""
    truth, people, score = population.truth, population.people, risk(now.value)
    days = (population.choose_until_s - population.learn_until_s) / DAY_S
    daily = warned(now, score, limit_for(choose, risk(choose.value), round(10 * days)))
    swindles = np.flatnonzero(~truth.honest & np.isfinite(truth.paid_s) & (truth.paid_s > population.choose_until_s))
    called = np.isin(np.arange(len(people.age)), daily.subject)
    hit = daily.story[daily.right]
    return Judged(
        warned(now, score, limit_for(now, score, 50)), daily, (daily.at_s[daily.right], truth.paid_s[hit]),
        int(truth.loss_fen[hit].sum()), int(truth.loss_fen[swindles].sum()), called,
        np.isin(np.arange(len(people.age)), truth.subject[swindles]),
        {"age": people.age.tolist(), "sex": people.sex.tolist(), "district": people.district.tolist()},
    )  # fmt: skip


def lines(told: Sequence[Judged]) -> list[str]:
    """Return the figures of all populations together, in words."""
    ahead = lead(np.concatenate([one.lead[0] for one in told]), np.concatenate([one.lead[1] for one in told]))
    saved, lost = (sum(getattr(one, name) for one in told) for name in ("saved_fen", "lost_fen"))
    found = [
        f"precision at 50: {_words(_right([one.fifty for one in told]))}",
        f"10 a day: precision {_words(_right([one.daily for one in told]))}, {saved / lost:.0%} of the loss warned of",
        f"lead: median {ahead.median_s / 3600:.1f} h ({ahead.low_s / 3600:.1f}–{ahead.high_s / 3600:.1f}), "
        f"more than 10 min {_words(ahead.above_10_min)}",
    ]
    called, swindled = (np.concatenate([getattr(one, name) for one in told]) for name in ("warned", "swindled"))
    for what in told[0].groups:
        groups = false_alarms(called, swindled, [name for one in told for name in one.groups[what]])
        parts = (f"{one.name} {one.rate.share:.2%} × {one.ratio:.2f} ({one.low:.2f}–{one.high:.2f})" for one in groups)
        found.append(f"false alarms by {what}: {', '.join(parts)}")
    return found


def _right(found: Sequence[Found]) -> Share:
    return share(sum(int(one.right.sum()) for one in found), sum(len(one.right) for one in found))


def _words(told: Share) -> str:
    return f"{told.share:.1%} ({told.low:.1%}–{told.high:.1%}, of {told.of})"


if __name__ == "__main__":
    main()
