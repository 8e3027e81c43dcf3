"""What a transfer looks like beside those before it: window features of both accounts, for a model of suspicious flows.

Nothing that came later is used, and nothing about persons. All transfers are worked out at once: events are sorted by
account and time, a window is two binary searches, and its sums are differences of running sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import FloatArray

IntArray = NDArray[np.int64]
RECENT = 8
"""How many of an account's last inflows a transfer is compared with: what came in and goes on."""
NEVER = -1.0
ODD = 0.25
"""Less than so much of what is usual is counted as odd: money that is tried out, or cut small."""


@dataclass(frozen=True, slots=True)
class Transfers:
    """Transfers in any order.

    Parameters
    ----------
    source, target : (N,) int arrays
        Accounts, dense numbers from 0.
    amount : (N,) float array
    time : (N,) int array
        Whole steps (seconds, days): those of one step count as before each other only by their place.
    """

    source: IntArray
    target: IntArray
    amount: FloatArray
    time: IntArray

    def __len__(self) -> int:
        return len(self.source)


def features(
    moved: Transfers, windows: tuple[int, ...], usual: float, settle: int = 0
) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the (N, F) features of transfers and their names.

    Parameters
    ----------
    windows : tuple of int
        How many steps back; each window ends with the transfer itself.
    usual : float
        What is usually sent: the median of transfers that are past, for :data:`ODD`.
    settle : int
        Look at a transfer again when so many steps have passed, and at what both accounts did until then; 0 to judge it
        at once.
    """
    order = np.argsort(moved.time, kind="stable")
    in_time = Transfers(moved.source[order], moved.target[order], moved.amount[order], moved.time[order])
    told = _Told(in_time, usual)
    columns = told.columns(windows, settle)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return np.stack([column[back] for column in columns.values()], axis=1), tuple(columns)


class _Side:
    """What came in to accounts, or what went out of them, sorted by account and then by time."""

    def __init__(self, account: IntArray, other: IntArray, moved: Transfers, odd: FloatArray) -> None:
        self._size = len(account)
        self._order = np.argsort(account, kind="stable")
        self._account = account[self._order]
        self._key = self._account * (self._size + 1) + self._order
        self._time = moved.time[self._order]
        amount = moved.amount[self._order]
        self.amount, self._times = amount, moved.time
        pair = account * (int(max(account.max(initial=0), other.max(initial=0))) + 1) + other
        fresh = np.zeros(self._size)
        fresh[np.unique(pair, return_index=True)[1]] = 1.0
        self._running = {
            "sum": _running(amount), "new": _running(fresh[self._order]), "squares": _running(amount**2),
            "odd": _running(odd[self._order]),
        }  # fmt: skip
        self._lowest = _lowest_so_far(self._account, amount)
        self._by_time = self._account * (int(moved.time.max(initial=0)) + 2) + self._time

    def until(self, account: IntArray) -> IntArray:
        """Return one past the last event of an account before each transfer (N,), in time."""
        return np.searchsorted(self._key, account * (self._size + 1) + np.arange(self._size))

    def since(self, account: IntArray, begin: IntArray) -> IntArray:
        """Return the first event of an account at ``begin`` or later."""
        scale = int(self._times.max(initial=0)) + 2
        return np.searchsorted(self._by_time, account * scale + np.maximum(begin, 0))

    def total(self, what: str, begin: IntArray, end: IntArray) -> FloatArray:
        """Return the sum of something from event to event."""
        running = self._running[what]
        return running[end] - running[np.minimum(begin, end)]

    def lowest(self, account: IntArray, end: IntArray) -> FloatArray:
        """Return the smallest amount an account had before; NaN if it had none."""
        at = np.maximum(end - 1, 0)
        return np.where((end > 0) & (self._account[at] == account), self._lowest[at], np.nan)

    def last(self, account: IntArray, end: IntArray, back: int = 1) -> tuple[FloatArray, FloatArray]:
        """Return how long ago the ``back``-th last event was and its amount; :data:`NEVER` and NaN without one."""
        at = np.maximum(end - back, 0)
        there = (end >= back) & (self._account[at] == account)
        ago = np.where(there, self._times - self._time[at], NEVER)
        return ago.astype(float), np.where(there, self.amount[at], np.nan)


class _Told:
    def __init__(self, moved: Transfers, usual: float) -> None:
        self.moved = moved
        odd = (moved.amount < ODD * usual).astype(float)
        self.out = _Side(moved.source, moved.target, moved, odd)
        self.came = _Side(moved.target, moved.source, moved, odd)

    def columns(self, windows: tuple[int, ...], settle: int) -> dict[str, FloatArray]:
        moved = self.moved
        made: dict[str, FloatArray] = {"amount": moved.amount}
        for whose, account in (("payer", moved.source), ("payee", moved.target)):
            for way, side in (("out", self.out), ("in", self.came)):
                made |= self._windows(f"{whose}_{way}", side, account, windows)
                if settle:
                    made |= self._settled(f"{whose}_{way}", side, account, settle)
        made |= self._passed_on() | self._together()
        return made

    def _windows(self, name: str, side: _Side, account: IntArray, windows: tuple[int, ...]) -> dict[str, FloatArray]:
        end = side.until(account)
        ago, amount = side.last(account, end)
        made = {
            f"{name}_ago": ago, f"{name}_last_ratio": self.moved.amount / amount,
            f"{name}_lowest": side.lowest(account, end),
        }  # fmt: skip
        for steps in windows:
            begin = np.minimum(side.since(account, self.moved.time - steps + 1), end)
            count, total = (end - begin).astype(float), side.total("sum", begin, end)
            spread = side.total("squares", begin, end) / np.maximum(count, 1) - (total / np.maximum(count, 1)) ** 2
            made |= {
                f"{name}_count_{steps}": count, f"{name}_sum_{steps}": total,
                f"{name}_new_{steps}": side.total("new", begin, end),
                f"{name}_odd_{steps}": side.total("odd", begin, end),
                f"{name}_spread_{steps}": np.sqrt(np.maximum(spread, 0.0)),
                f"{name}_share_{steps}": self.moved.amount / np.maximum(total, 0.01),
            }  # fmt: skip
        return made

    def _settled(self, name: str, side: _Side, account: IntArray, settle: int) -> dict[str, FloatArray]:
        begin, end = side.since(account, self.moved.time), side.since(account, self.moved.time + settle + 1)
        count, odd = (end - begin).astype(float), side.total("odd", np.zeros_like(end), end)
        made = {f"{name}_after_count": count, f"{name}_after_sum": side.total("sum", begin, end)}
        whole = odd - side.total("odd", np.zeros_like(end), side.since(account, np.zeros_like(end)))
        return made | {f"{name}_settled_odd": whole, f"{name}_settled_lowest": side.lowest(account, end)}

    def _passed_on(self) -> dict[str, FloatArray]:
        """Compare with the payer's last inflows: which is nearest in amount, and how long ago it came."""
        account, amount = self.moved.source, self.moved.amount
        end = self.came.until(account)
        nearest, ago = np.full(len(amount), np.inf), np.full(len(amount), NEVER)
        for back in range(1, RECENT + 1):
            when, came = self.came.last(account, end, back)
            off = np.abs(np.log(amount / came))
            better = off < nearest
            nearest, ago = np.where(better, off, nearest), np.where(better, when, ago)
        return {"passed_on_off": np.where(np.isfinite(nearest), nearest, np.nan), "passed_on_ago": ago}

    def _together(self) -> dict[str, FloatArray]:
        """Tell how often payer and payee dealt with each other before, either way."""
        moved = self.moved
        scale = int(max(moved.source.max(initial=0), moved.target.max(initial=0))) + 1
        pair, back = moved.source * scale + moved.target, moved.target * scale + moved.source
        size = len(moved)
        key = np.sort(pair * (size + 1) + np.arange(size))

        def before(asked: IntArray) -> FloatArray:
            begin = np.searchsorted(key, asked * (size + 1))
            return (np.searchsorted(key, asked * (size + 1) + np.arange(size)) - begin).astype(float)

        return {"paid_before": before(pair), "paid_back_before": before(back)}


def _lowest_so_far(account: IntArray, amount: FloatArray) -> FloatArray:
    """Return the running minimum of each account's amounts; accounts are sorted, so each begins far below the last."""
    step = float(np.max(amount, initial=0.0) - np.min(amount, initial=0.0)) + 1.0
    lowest: FloatArray = np.minimum.accumulate(amount - account * step) + account * step
    return lowest


def _running(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(values)])
