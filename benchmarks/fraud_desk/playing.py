"""A desk at work: officers take one account after the other, as an order tells them, and stop it."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmarks.fraud_desk.world import NO_PARENT, QUERY_S, Desk, IntArray, World
from twin.geo import FloatArray

NOT_ASKED = -1


@dataclass(frozen=True, slots=True)
class View:
    """What the desk knows at one moment of the accounts that nobody has dealt with, a row each.

    Parameters
    ----------
    now_s : float
    account, case, level : (N,) int arrays
    inflow_fen : (N,) int array
        What has come in from the cases, as far as the desk has heard.
    inflow_s, known_s : (N,) float arrays
        When the last of it came, and when the desk heard of the account.
    answer_fen : (N,) int array
        What the bank said of it is still there; :data:`NOT_ASKED` before its first answer.
    answer_s : (N,) float array
        When it said so.
    """

    now_s: float
    account: IntArray
    case: IntArray
    level: IntArray
    inflow_fen: IntArray
    inflow_s: FloatArray
    known_s: FloatArray
    answer_fen: IntArray
    answer_s: FloatArray


Order: TypeAlias = Callable[[View], int]
"""Given a view with at least one row, returns the row to deal with next."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: the share of the loss that was held, accounts dealt with, yuan-hours held from sellers."""

    recovered: float
    requests: int
    wrong_yuan_hours: float


class Play:
    """One run; what a stop keeps from leaving never comes to any account behind."""

    def __init__(self, world: World, desk: Desk) -> None:
        self._world, self._desk = world, desk
        self._below = _children(world.parent)
        self._of_account = _children(world.account)
        self._comes = np.ones(len(world.fen), np.bool_)
        self._stopped_s = np.full(len(world.case), np.inf)
        self._taken = np.zeros(len(world.case), np.bool_)

    def run(self, order: Order) -> Outcome:
        """Let all officers work until nothing is left to do."""
        free = [(0.0, officer, NOT_ASKED) for officer in range(self._desk.officers)]
        while free:
            now_s, officer, account = heapq.heappop(free)
            if account != NOT_ASKED:
                self._stop(account, now_s)
            view = self._view(now_s)
            if view is not None:
                account = int(view.account[order(view)])
                self._taken[account] = True
                heapq.heappush(free, (now_s + self._desk.handling_s, officer, account))
            elif (next_s := self._next_s(now_s)) < np.inf:
                heapq.heappush(free, (next_s, officer, NOT_ASKED))
        return self._outcome()

    def without_queue(self) -> Outcome:
        """Stop each account as if it had an officer of its own: no order can do better."""
        for sum_ in np.argsort(self._world.heard_s, kind="stable"):
            account = int(self._world.account[sum_])
            if self._comes[sum_] and not self._taken[account]:
                self._taken[account] = True
                self._stop(account, float(self._world.heard_s[sum_]) + self._desk.handling_s)
        return self._outcome()

    def _waiting(self) -> IntArray:
        """Return the sums on accounts that nobody has taken up."""
        return np.flatnonzero(self._comes & ~self._taken[self._world.account])

    def _next_s(self, now_s: float) -> float:
        heard_s = self._world.heard_s[self._waiting()]
        later = heard_s[heard_s > now_s]
        return float(later.min()) if len(later) else np.inf

    def _view(self, now_s: float) -> View | None:
        world = self._world
        waiting = self._waiting()
        sums = waiting[world.heard_s[waiting] <= now_s]
        if not len(sums):
            return None
        sums = sums[np.argsort(world.account[sums], kind="stable")]
        accounts, begin = np.unique(world.account[sums], return_index=True)
        known_s = np.minimum.reduceat(world.heard_s[sums], begin)
        there = np.where(world.depart_s[sums] > now_s - QUERY_S, world.fen[sums], 0)
        asked = known_s + QUERY_S <= now_s
        return View(
            now_s, accounts, world.case[accounts], world.level[accounts], np.add.reduceat(world.fen[sums], begin),
            np.maximum.reduceat(world.arrive_s[sums], begin), known_s,
            np.where(asked, np.add.reduceat(there, begin), NOT_ASKED), np.where(asked, now_s - QUERY_S, -np.inf),
        )  # fmt: skip

    def _stop(self, account: int, now_s: float) -> None:
        self._stopped_s[account] = now_s
        below = [int(sum_) for sum_ in self._of_account[account] if self._world.depart_s[sum_] > now_s]
        while below:
            for child in self._below[below.pop()]:
                self._comes[child] = False
                below.append(int(child))

    def _outcome(self) -> Outcome:
        world, stopped_s = self._world, self._stopped_s
        held = self._comes & (stopped_s[world.account] < world.depart_s) & ~world.honest[world.account]
        stopped = np.isfinite(stopped_s)
        return Outcome(
            float(world.fen[held].sum() / world.loss_fen), int(stopped.sum()),
            float(world.wrong_yuan_hours[stopped].sum()),
        )  # fmt: skip


def _children(of: IntArray) -> list[IntArray]:
    """Return the rows that point to each number, :data:`NO_PARENT` left out."""
    order = np.argsort(of, kind="stable")
    begin = np.searchsorted(of[order], np.arange(max(len(of), int(of.max()) + 1) + 1))
    assert of.min() >= NO_PARENT
    return [order[a:b] for a, b in itertools.pairwise(begin)]
