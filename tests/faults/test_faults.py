"""A short run of some kinds; ``make test-faults`` does hundreds of all kinds, on a small disk of its own if it may."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.kinds import KINDS
from tests.faults.run import draw, run
from tests.faults.world import Scale

SHORT = (
    "kill -9 in a commit", "kill -9 while it ends", "stopped (SIGSTOP)", "half open at the platform",
    "half open at the terminals", "partition, then all of it", "answers lost", "all of it in the air",
    "terminals' clocks ± 1 day", "engine's clock ± 1 day", "kill -9 on a full disk", "strangers",
    "1,000 terminals at once",
)  # fmt: skip


@pytest.mark.timeout(240)
def test_after_each_fault_nothing_acknowledged_is_lost_nothing_is_doubled_and_the_balance_is_exact(
    tmp_path: Path,
) -> None:
    faults = [kind for kind in KINDS if kind.name in SHORT]
    account = asyncio.run(run(tmp_path, 1, faults, terminals=12, scale=Scale(0.2, 1.0, 100)))
    print(account.text())
    assert account.failures == []
    assert (account.lost, account.doubled) == (0, 0)
    assert account.acknowledged > 1000
    assert account.faults + len(account.impossible) == len(SHORT)


def test_the_same_seed_draws_the_same_faults_and_every_kind() -> None:
    assert draw(200, 7) == draw(200, 7) != draw(200, 8)
    assert set(draw(200, 7)) == set(KINDS)
