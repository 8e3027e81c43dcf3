"""A short run of some kinds; ``make test-faults`` does hundreds of all kinds, on a small disk of its own if it may."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.broker import Ear
from tests.faults.kinds import KINDS
from tests.faults.run import draw, run
from tests.faults.world import Scale

SHORT = (
    "kill -9 in a commit", "half open at the platform", "partition, then a reset", "all of it in the air",
    "kill -9 on a full disk", "strangers", "1,000 terminals at once", "kill -9 of the MQTT broker",
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
    assert [told.name for told in account.sources if told.stored < 50] == []


def test_what_the_engine_acknowledges_to_its_broker_is_heard_in_pieces_of_any_size() -> None:
    heard: list[int] = []
    ear = Ear(heard.append, lambda: None)
    told = [b"\x00\x01t" + number.to_bytes(2, "big") + b'{"n": %d}' % number for number in (300, 301)]
    published = b"".join(bytes([0x32, len(body)]) + body for body in told)
    for at in range(len(published)):
        ear.far(published[at : at + 1])
    for answer in (b"\x40\x02\x01\x2c", b"\x40\x03\x01\x2d\x80", b"\x40\x02\x01\x2c"):
        ear.near(answer)
    assert heard == [300]


def test_the_same_seed_draws_the_same_faults_and_every_kind() -> None:
    assert draw(200, 7) == draw(200, 7) != draw(200, 8)
    assert set(draw(200, 7)) == set(KINDS)
