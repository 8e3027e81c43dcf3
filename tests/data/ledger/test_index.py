"""The index answers as a ledger in memory does, however it was put together."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from data.ledger import index as module
from data.ledger.index import Index, Legs, Opening, build, merge
from data.ledger.statements import Joined
from twin.errors import IntegrityError
from twin.fraud.tracing.in_memory import Transfers
from twin.fraud.tracing.legs import Leg

ACCOUNTS = 40


def some_legs(seed: int, count: int, *, first: int = 0, latest_s: int = 1000) -> Legs:
    chance = np.random.default_rng(seed)
    source = chance.integers(0, ACCOUNTS, count) // chance.integers(1, 6, count)
    target = (source + chance.integers(1, ACCOUNTS, count)) % ACCOUNTS
    amount = np.where(
        chance.random(count) < 0.1, chance.integers(2**31 - 3, 2**33, count), chance.integers(1, 9999, count)
    )
    return Legs(np.arange(first, first + count), chance.integers(0, latest_s, count), source, target, amount)


def rows(legs: Legs) -> list[Leg]:
    columns = (legs.number, legs.time_s, legs.source, legs.target, legs.amount_fen)
    return [Leg(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def same(found: Joined, wanted: Transfers) -> None:
    for account in range(ACCOUNTS + 1):
        for begin_s, end_s in ((0, 2000), (300, 700), (500, 500), (900, 100)):
            assert (
                found.statement(account, begin_s, end_s).tolist() == wanted.statement(account, begin_s, end_s).tolist()
            )
            assert found.count(account, begin_s, end_s) == wanted.count(account, begin_s, max(end_s, begin_s - 1))


def test_an_index_tells_each_statement_with_its_balances(tmp_path: Path) -> None:
    legs, opening = some_legs(1, 3000), {3: 10**12, 0: 77}
    build(tmp_path / "a", legs, Opening(np.array([0, 3]), np.array([77, 10**12])))
    with closing(Index(tmp_path / "a")) as index:
        same(Joined([index]), Transfers(rows(legs), opening))


@pytest.mark.parametrize("at_once", [10, 500, 10**6])
def test_a_merge_is_as_if_all_had_come_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(module, "LINES_AT_ONCE", at_once)
    parts = [some_legs(seed, 500, first=500 * seed) for seed in range(3)]
    for place, part in enumerate(parts):
        build(tmp_path / f"{place}", part)
    indexes = [Index(tmp_path / f"{place}") for place in range(3)]
    merge(tmp_path / "all", indexes)
    with closing(Index(tmp_path / "all")) as index:
        same(Joined([index]), Transfers([leg for part in parts for leg in rows(part)]))


def test_deltas_beside_a_base_are_one_ledger(tmp_path: Path) -> None:
    base, late, early = some_legs(1, 2000), some_legs(2, 200, first=2000), some_legs(3, 30, first=2200, latest_s=20)
    for name, part in (("base", base), ("late", late), ("early", early)):
        build(tmp_path / name, part)
    found = Joined([Index(tmp_path / name) for name in ("base", "late", "early")])
    same(found, Transfers([*rows(base), *rows(late), *rows(early)]))


def test_a_ledger_of_nothing_has_no_lines(tmp_path: Path) -> None:
    build(tmp_path / "a", some_legs(1, 0))
    assert len(Joined([Index(tmp_path / "a")]).statement(0, 0, 9)) == len(Joined([]).statement(0, 0, 9)) == 0


@pytest.mark.parametrize(
    ("damage", "told"), [(b"", "cut short"), (b"nothing like it", "no index"), (None, "cannot be read")]
)
def test_an_index_that_is_not_whole_is_told(tmp_path: Path, damage: bytes | None, told: str) -> None:
    path = tmp_path / "a"
    if damage is not None:
        build(path, some_legs(1, 500))
        path.write_bytes(damage or path.read_bytes()[:9000])
    with pytest.raises(IntegrityError, match=told):
        Index(path)
