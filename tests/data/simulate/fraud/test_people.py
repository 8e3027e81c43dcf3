"""The invented people: the same for a seed, complete, and not told apart by any one fact."""

from __future__ import annotations

import numpy as np
import pytest

from data.simulate.fraud.people import AGES, DAY_S, Population, Setting, make
from data.simulate.fraud.stories import ALIKE, DAILY, STORIES

SMALL = Setting(people=1_500, days=60, swindles=40, attempts=80, alike=120, covered=1.0)


@pytest.fixture(scope="module")
def told() -> Population:
    return make(SMALL)


def test_the_same_seed_gives_the_same_people(told: Population) -> None:
    again = make(SMALL)
    assert np.array_equal(told.facts.at_s, again.facts.at_s)
    assert np.array_equal(told.truth.paid_s, again.truth.paid_s)
    other = make(Setting(people=1_500, days=60, swindles=40, attempts=80, alike=120, seed=2))
    assert len(other.facts.at_s) != len(told.facts.at_s)


def test_facts_stand_in_time_and_within_it(told: Population) -> None:
    facts = told.facts
    assert (np.diff(facts.at_s) >= 0).all()
    assert SMALL.begin_s <= facts.at_s[0] <= facts.at_s[-1] < SMALL.begin_s + SMALL.days * DAY_S
    assert (facts.value >= 1).all()
    assert set(np.unique(facts.fact)) == {step.fact for step in DAILY}
    assert SMALL.begin_s < told.learn_until_s < told.choose_until_s


def test_each_swindle_ends_in_payments_and_no_attempt_does(told: Population) -> None:
    truth, facts = told.truth, told.facts
    paid = np.isfinite(truth.paid_s) & ~truth.honest
    assert paid.sum() == SMALL.swindles
    assert (truth.loss_fen[paid] >= 100_000).all()
    assert (truth.loss_fen[~paid] == 0).all()
    assert len(np.unique(truth.subject)) == len(truth.subject)
    for subject, paid_s in zip(truth.subject[paid], truth.paid_s[paid], strict=True):
        at_s = facts.at_s[(facts.subject == subject) & (facts.fact == "new_payee")]
        assert ((at_s >= paid_s) & (at_s <= paid_s + 600)).any()


def test_no_fact_alone_tells_a_swindle(told: Population) -> None:
    truth, facts = told.truth, told.facts
    paid = np.isfinite(truth.paid_s) & ~truth.honest
    swindled = np.zeros(SMALL.people, np.bool_)
    swindled[truth.subject[paid]] = True
    for step in DAILY:
        of = np.unique(facts.subject[facts.fact == step.fact])
        assert swindled[of].mean() < 0.25, step.fact


def test_everyday_life_is_the_same_for_all_ages(told: Population) -> None:
    planted = np.isin(np.arange(SMALL.people), told.truth.subject)
    flagged = np.bincount(told.facts.subject[told.facts.fact == "flagged_message"], minlength=SMALL.people)
    means = [flagged[~planted & (told.people.age == age)].mean() for age in AGES]
    assert max(means) < 1.35 * min(means)


def test_some_categories_are_told_of_some_people_only() -> None:
    facts = make(Setting(people=600, days=60, swindles=0, attempts=0, alike=0, covered=0.5)).facts
    calls = len(np.unique(facts.subject[facts.fact == "usual_call"])) / 600
    assert 0.4 < calls < 0.6


def test_every_story_is_of_steps_that_also_happen_to_anybody() -> None:
    everyday = {step.fact for step in DAILY}
    for story in (*STORIES, *ALIKE):
        assert {step.fact for step in story.steps} <= everyday
