"""Mixed traffic: in the order of time, the same for a seed, half of what passes a mule is honest."""

from __future__ import annotations

import numpy as np
import pytest

from data.simulate.fraud.mixed import Mixed, Traffic, make

SMALL = Traffic(accounts=2_000, legs=8_000, trees=12)


@pytest.fixture(scope="module")
def mixed() -> Mixed:
    return make(SMALL)


def test_the_same_seed_gives_the_same_ledger_in_the_order_of_time(mixed: Mixed) -> None:
    again = make(SMALL)
    assert np.array_equal(mixed.amount_fen, again.amount_fen)
    assert (np.diff(mixed.time_s) >= 0).all()
    assert (mixed.amount_fen >= 1).all()
    assert (mixed.source != mixed.target).all()


def test_every_victim_pays_one_to_three_mules(mixed: Mixed) -> None:
    assert len(mixed.roots) == SMALL.trees
    for rows in mixed.roots:
        assert 1 <= len(rows) <= 3
        assert len(np.unique(mixed.source[rows])) == 1
        assert mixed.mules[mixed.target[rows]].all()


def test_half_of_what_passes_first_mules_is_honest(mixed: Mixed) -> None:
    stolen = honest = 0
    for rows in mixed.roots:
        for row in rows:
            mule, fen, at_s = mixed.target[row], mixed.amount_fen[row], mixed.time_s[row]
            near = (mixed.target == mule) & (abs(mixed.time_s - at_s) < 3 * 3600)
            stolen += int(fen)
            honest += int(mixed.amount_fen[near].sum() - fen)
    assert 0.4 < honest / (honest + stolen) < 0.6
