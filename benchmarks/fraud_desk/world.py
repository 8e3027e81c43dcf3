"""Invented swindles: sums of money on their way through accounts, with when each comes, leaves, and is heard of.

Nothing here depends on what a desk does. A stop only keeps what would have left from leaving, so all orders meet the
very same cases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

import numpy as np
from numpy.typing import NDArray

from data.simulate.fraud.laws import HOUR_S, Laws, split_fen
from twin.geo import BoolArray, FloatArray

IntArray = NDArray[np.int64]
QUERY_S = 20.0
"""A bank's answer to a question takes this long, and so does word of a watch."""
NO_PARENT = -1


@dataclass(frozen=True, slots=True)
class Desk:
    """How many come, and who is there to deal with them.

    Parameters
    ----------
    cases_an_hour : float
    officers : int
    handling_s : float
        An officer's time for one account, from taking it up to the bank's stop.
    cases : int
    """

    cases_an_hour: float = 6.0
    officers: int = 2
    handling_s: float = 600.0
    cases: int = 250


@dataclass(frozen=True, slots=True)
class Honest:
    """Sellers whom a mule pays instead of drawing cash: they look like any account downstream; to stop them is wrong.

    Parameters
    ----------
    share : float
        How often what leaves an account as cash goes to one of them.
    own_median_yuan, own_spread : float
        What is theirs on the account; log-normal.
    cleared_mean_s, cleared_most_s : float
        Until a wrong stop is lifted: exponential, and 48 hours at most, when it ends by itself.
    """

    share: float = 0.1
    own_median_yuan: float = 20_000.0
    own_spread: float = 1.0
    cleared_mean_s: float = 24 * HOUR_S
    cleared_most_s: float = 48 * HOUR_S


@dataclass(frozen=True, slots=True)
class World:
    """All sums of all cases, parents before children, and the accounts they come to.

    Parameters
    ----------
    account, parent, fen : (N,) int arrays
        Of each sum: where it comes to, what it is a part of (:data:`NO_PARENT` of a victim's payment), how much.
    arrive_s, depart_s, heard_s : (N,) float arrays
        When it comes, when it leaves unless the account is stopped (infinite on a seller's), when the desk hears of it.
    case, level : (M,) int arrays
        Of each account; a victim pays into level 1.
    wrong_yuan_hours : (M,) float array
        The cost of stopping a seller; 0 of mules.
    loss_fen : int
    """

    account: IntArray
    parent: IntArray
    fen: IntArray
    arrive_s: FloatArray
    depart_s: FloatArray
    heard_s: FloatArray
    case: IntArray
    level: IntArray
    wrong_yuan_hours: FloatArray
    loss_fen: int

    @property
    def honest(self) -> BoolArray:
        """Which accounts are sellers'."""
        return self.wrong_yuan_hours > 0


@dataclass(slots=True)
class _Case:
    """One case as it is told: rows of sums and of accounts, and the accounts of each layer that mules share."""

    number: int
    chance: Random
    laws: Laws
    honest: Honest
    pools: dict[int, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Rows:
    sums: list[tuple[int, int, int, float, float, float]] = field(default_factory=list)
    accounts: list[tuple[int, int, float]] = field(default_factory=list)

    def account(self, case: int, level: int, wrong: float = 0.0) -> int:
        """Open an account."""
        self.accounts.append((case, level, wrong))
        return len(self.accounts) - 1


def make(desk: Desk, seed: int, laws: Laws, honest: Honest) -> World:
    """Invent the cases of one run; the same seed gives the same ones whatever the officers and their speed."""
    rows, loss_fen, reported_s = _Rows(), 0, 0.0
    chance = Random(f"fraud desk {seed}")
    for number in range(desk.cases):
        reported_s += chance.expovariate(desk.cases_an_hour / HOUR_S)
        case = _Case(number, Random(f"fraud desk {seed} case {number}"), laws, honest)
        loss_fen += _tell(rows, case, reported_s)
    whole = np.array([row[:3] for row in rows.sums], np.int64)
    times = np.array([row[3:] for row in rows.sums], np.float64)
    accounts = np.array(rows.accounts, np.float64)
    return World(
        account=whole[:, 0], parent=whole[:, 1], fen=whole[:, 2], arrive_s=times[:, 0], depart_s=times[:, 1],
        heard_s=times[:, 2], case=accounts[:, 0].astype(np.int64), level=accounts[:, 1].astype(np.int64),
        wrong_yuan_hours=accounts[:, 2], loss_fen=loss_fen,
    )  # fmt: skip


def _tell(rows: _Rows, case: _Case, reported_s: float) -> int:
    """Add a case, and return what was lost."""
    chance, laws = case.chance, case.laws
    loss_fen = laws.loss_fen(chance)
    paid_s = reported_s - laws.delay_s(chance)
    firsts = split_fen(loss_fen, chance.randint(*laws.first_accounts), chance)
    case.pools[1] = [rows.account(case.number, 1) for _ in firsts]
    waiting = [
        (NO_PARENT, account, 1, fen, paid_s, reported_s) for account, fen in zip(case.pools[1], firsts, strict=True)
    ]
    while waiting:
        parent, account, level, fen, arrive_s, heard_s = waiting.pop(0)
        seller = rows.accounts[account][2] > 0
        depart_s = np.inf if seller else arrive_s + laws.dwell_s(chance)
        rows.sums.append((account, parent, fen, arrive_s, depart_s, heard_s))
        if not seller:
            place, heard_s = len(rows.sums) - 1, max(heard_s, depart_s) + QUERY_S
            below = _below(rows, case, level, fen)
            waiting += ((place, to, level + 1, part, depart_s, heard_s) for to, part in below)
    return loss_fen


def _below(rows: _Rows, case: _Case, level: int, fen: int) -> Iterator[tuple[int, int]]:
    """Yield what leaves an account for accounts of the next layer, which the mules of a case share."""
    chance, laws = case.chance, case.laws
    cash = fen if level >= laws.layers else int(fen * laws.cash_share(chance))
    if cash and chance.random() < case.honest.share:
        yield rows.account(case.number, level + 1, _wrong(cash, case)), cash
    if fen == cash:
        return
    if level + 1 not in case.pools:
        count = chance.randint(*laws.layer_accounts)
        case.pools[level + 1] = [rows.account(case.number, level + 1) for _ in range(count)]
    pool = case.pools[level + 1]
    parts = split_fen(fen - cash, min(chance.randint(*laws.parts), len(pool)), chance)
    yield from zip(chance.sample(pool, len(parts)), parts, strict=True)


def _wrong(fen: int, case: _Case) -> float:
    honest = case.honest
    own_yuan = honest.own_median_yuan * case.chance.lognormvariate(0, honest.own_spread)
    hours = min(case.chance.expovariate(1 / honest.cleared_mean_s), honest.cleared_most_s) / HOUR_S
    return (own_yuan + fen / 100) * hours
