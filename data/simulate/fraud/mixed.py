"""Invented transfers of many days with mule trees in them, where half of what passes a mule is honest money.

Ordinary accounts are as unequal as real ones (Pareto), and nearly half of what they pay goes to hubs: markets and
payment firms. Mules are ordinary accounts that were lent or sold; while stolen money passes them, as much honest money
does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.simulate.fraud.laws import HOUR_S, MINUTE_S

IntArray = NDArray[np.int64]
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is to be invented.

    Parameters
    ----------
    hub_share : float
        Of the accounts; the first ones are hubs.
    to_hubs : float
        Of ordinary payments.
    trees : int
        Victims; each pays once to one to three mules.
    layers, fan : int
        Depth of a tree, and the most accounts that a mule sends to.
    dwell_median_s : tuple of float
        Least and most median stay of a tree.
    """

    accounts: int = 20_000
    legs: int = 300_000
    days: int = 14
    hub_share: float = 0.0005
    to_hubs: float = 0.45
    trees: int = 60
    layers: int = 4
    fan: int = 3
    dwell_median_s: tuple[float, float] = (8 * MINUTE_S, 16 * MINUTE_S)
    loss_median_fen: float = 4_900_000.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Mixed:
    """A ledger in the order of time, and what was planted.

    Parameters
    ----------
    source, target, time_s, amount_fen : (N,) int arrays
    opening_fen : (A,) int array
    hubs : int
        Accounts below this number are hubs.
    roots : tuple of int array
        Of each tree the rows of the victim's payments.
    mules : (A,) bool array
    """

    source: IntArray
    target: IntArray
    time_s: IntArray
    amount_fen: IntArray
    opening_fen: IntArray
    hubs: int
    roots: tuple[IntArray, ...]
    mules: NDArray[np.bool_]


class _Rows:
    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int, int]] = []

    def add(self, source: int, target: int, time_s: float, fen: float, tree: int = -1) -> None:
        if fen >= 1 and source != target:
            self.rows.append((source, target, int(time_s), int(fen), tree))


def make(traffic: Traffic, begin_s: int = 1_780_243_200) -> Mixed:
    """Invent it; the same traffic gives the same ledger."""
    dice = np.random.default_rng([7_041_816, traffic.seed])
    hubs = max(int(traffic.accounts * traffic.hub_share), 1)
    ordinary = _ordinary(traffic, hubs, begin_s, dice)
    rows, mules = _Rows(), np.zeros(traffic.accounts, np.bool_)
    for tree in range(traffic.trees):
        _plant(traffic, tree, hubs, begin_s, rows, mules, dice)
    whole = np.concatenate([ordinary, np.array(rows.rows, np.int64).reshape(-1, 5)])
    whole = whole[np.argsort(whole[:, 2], kind="stable")]
    roots = tuple(np.flatnonzero(whole[:, 4] == tree) for tree in range(traffic.trees))
    opening = np.rint(np.exp(dice.normal(np.log(300_000), 1.5, traffic.accounts))).astype(np.int64)
    opening[:hubs] = 10**12
    source, target, time_s, fen = (whole[:, column].copy() for column in range(4))
    return Mixed(source, target, time_s, fen, opening, hubs, roots, mules)


def _ordinary(traffic: Traffic, hubs: int, begin_s: int, dice: np.random.Generator) -> IntArray:
    """Return ordinary payments: (N, 5), the last column -1."""
    busy = dice.pareto(1.3, traffic.accounts) + 0.05
    busy[:hubs] = busy[hubs:].sum() * 0.2 / hubs
    source = dice.choice(traffic.accounts, traffic.legs, p=busy / busy.sum())
    person = dice.integers(hubs, traffic.accounts, traffic.legs)
    target = np.where(dice.random(traffic.legs) < traffic.to_hubs, dice.integers(0, hubs, traffic.legs), person)
    time_s = begin_s + dice.integers(0, traffic.days * DAY_S, traffic.legs)
    fen = np.maximum(np.exp(dice.normal(np.log(8_000), 1.6, traffic.legs)), 1).astype(np.int64)
    rows = np.stack([source, target, time_s, fen, np.full(traffic.legs, -1)], axis=1)
    kept: IntArray = rows[source != target]
    return kept


def _plant(
    traffic: Traffic, tree: int, hubs: int, begin_s: int, rows: _Rows, mules: NDArray[np.bool_],
    dice: np.random.Generator,
) -> None:  # fmt: skip
    """Plant one victim and the mules behind."""
    loss = traffic.loss_median_fen * np.exp(dice.normal(0, 1.0))
    paid_s = begin_s + dice.uniform(2 * DAY_S, (traffic.days - 4) * DAY_S)
    victim, *firsts = dice.integers(hubs, traffic.accounts, 1 + int(dice.integers(1, 4)))
    median_s = dice.uniform(*traffic.dwell_median_s)
    waiting = [(int(mule), part, paid_s + 30 * n, 1) for n, (mule, part) in enumerate(_parts(loss, firsts, dice))]
    for mule, fen, at_s, _ in waiting:
        rows.add(int(victim), mule, at_s, fen, tree)
    while waiting:
        mule, fen, at_s, layer = waiting.pop(0)
        mules[mule] = True
        _honest(traffic, mule, fen, at_s, hubs, rows, dice)
        leaves_s = at_s + median_s * np.exp(dice.normal(0, 0.7))
        cash = fen if layer == traffic.layers else fen * dice.uniform(0.15, 0.45)
        rows.add(mule, int(dice.integers(0, hubs)), leaves_s + dice.uniform(0, 600), cash)
        if layer == traffic.layers:
            continue
        nexts = dice.integers(hubs, traffic.accounts, int(dice.integers(1, traffic.fan + 1)))
        for to, part in _parts(fen - cash, nexts, dice):
            sent_s = leaves_s + dice.uniform(0, 300)
            rows.add(mule, int(to), sent_s, part)
            waiting.append((int(to), part, sent_s, layer + 1))


def _honest(
    traffic: Traffic, mule: int, fen: float, at_s: float, hubs: int, rows: _Rows, dice: np.random.Generator
) -> None:
    """Let as much honest money pass a mule as stolen money does, in the same hours."""
    for _, part in _parts(fen, np.zeros(int(dice.integers(1, 4))), dice):
        came_s = at_s + dice.uniform(-2, 2) * HOUR_S
        rows.add(int(dice.integers(hubs, traffic.accounts)), mule, came_s, part)
        to_hub = dice.random() < traffic.to_hubs
        payee = dice.integers(0, hubs) if to_hub else dice.integers(hubs, traffic.accounts)
        rows.add(mule, int(payee), came_s + dice.exponential(2 * HOUR_S), part)


def _parts(
    fen: float, to: IntArray | list[int] | NDArray[np.float64], dice: np.random.Generator
) -> list[tuple[int, float]]:
    shares = dice.dirichlet(np.full(len(to), 2.0))
    return [(int(one), float(fen * share)) for one, share in zip(to, shares, strict=True)]
