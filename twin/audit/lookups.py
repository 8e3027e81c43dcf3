"""Look-ups of people and vehicles that are out of the ordinary, each with the figures that speak for it.

None of them is a wrong in itself: a search for a missing child looks up many in a short time. They are where an auditor
begins to ask.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

MANY, ODD, AGAIN, NO_CASE = "many", "odd", "again", "no_case"
DAY_S, HOUR_S = 86_400, 3_600


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on something is told.

    Parameters
    ----------
    many, within_s : int
        So many different ones within so long.
    hour_share, hour_base : float, int
        An hour is odd for an account that did less than this share of all it did in it and the hours beside it, if it
        did so much at all.
    again_days, again_times : int
        The same one on so many days, or so many times.
    no_case : int
        So many without a case, if that is every second one.
    """

    many: int = 20
    within_s: int = 600
    hour_share: float = 0.01
    hour_base: int = 200
    again_days: int = 5
    again_times: int = 12
    no_case: int = 10


@dataclass(frozen=True, slots=True)
class Sign:
    """Something out of the ordinary.

    Parameters
    ----------
    kind : str
        :data:`MANY`: ``count`` different ones within ``within_s``, where the account's median is ``of``. :data:`ODD`:
        ``count`` at hours in which it does ``of`` percent of its work. :data:`AGAIN`: ``about`` was looked up ``count``
        times on ``of`` days, mostly without a case. :data:`NO_CASE`: ``count`` of ``of`` without a case.
    begin_s, end_s : float
        From the first to the last of them, seconds since 1970-01-01 UTC.
    """

    kind: str
    actor: str
    about: str
    count: int
    of: float
    begin_s: float
    end_s: float


def unusual(entries: pd.DataFrame, offset_s: float, limits: Limits = Limits()) -> list[Sign]:
    """Return what is out of the ordinary, the latest first.

    Parameters
    ----------
    entries : DataFrame
        With ``at_s``, ``actor``, ``object``, ``reference``, ``sensitive``, ``allowed``.
    offset_s : float
        Of local time before UTC: days and hours are local.
    """
    told = entries.assign(local_s=entries["at_s"] + offset_s)
    told["day"] = told["local_s"] // DAY_S
    looked = told[told["sensitive"] & told["allowed"] & (told["object"] != "")]
    if looked.empty:
        return []
    found = [*_many(looked, limits), *_odd(told, looked, limits), *_again(looked, limits), *_no_case(looked, limits)]
    return sorted(found, key=lambda sign: (-sign.end_s, sign.kind, sign.actor, sign.about))


def _many(looked: pd.DataFrame, limits: Limits) -> Iterator[Sign]:
    """Yield, for each account and day, the window with the most; windows begin every half of their length."""
    halves = [
        looked.assign(window=(looked["local_s"] + half) // limits.within_s * limits.within_s - half)
        for half in (0, limits.within_s // 2)
    ]
    seen = pd.concat(halves, ignore_index=True)
    seen["about"] = seen["object"]
    windows = seen.groupby(["actor", "day", "window"], observed=True).agg(
        count=("about", "nunique"), begin_s=("at_s", "min"), end_s=("at_s", "max")
    )
    usual = windows["count"].groupby("actor", observed=True).median()
    windows = windows[windows["count"] >= limits.many].sort_values("count", kind="stable")
    most = windows.join(usual.rename("usual"), on="actor").groupby(["actor", "day"], observed=True).last()
    for row in _rows(most):
        yield Sign(MANY, row["actor"], "", row["count"], row["usual"], row["begin_s"], row["end_s"])


def _odd(told: pd.DataFrame, looked: pd.DataFrame, limits: Limits) -> Iterator[Sign]:
    """Yield, for each account and day, what was looked up in hours in which the account hardly ever works."""
    hour = (told["local_s"] // HOUR_S % 24).astype(int)
    table = pd.crosstab(told["actor"], hour).reindex(columns=range(24), fill_value=0)
    counts = table.to_numpy()
    total = counts.sum(axis=1, keepdims=True)
    around = counts + np.roll(counts, 1, axis=1) + np.roll(counts, -1, axis=1)
    busy = total[:, 0] >= limits.hour_base
    share = pd.DataFrame(
        {
            "actor": np.repeat(table.index.to_numpy()[busy], 24),
            "hour": np.tile(np.arange(24), int(busy.sum())),
            "share": (around / total)[busy].ravel(),
        }
    )
    rare = share[share["share"] < limits.hour_share]
    keyed = looked.assign(hour=hour[looked.index]).merge(rare, on=["actor", "hour"])
    days = keyed.groupby(["actor", "day"], observed=True).agg(
        count=("at_s", "size"), share=("share", "max"), begin_s=("at_s", "min"), end_s=("at_s", "max")
    )
    for row in _rows(days):
        yield Sign(ODD, row["actor"], "", row["count"], 100 * row["share"], row["begin_s"], row["end_s"])


def _again(looked: pd.DataFrame, limits: Limits) -> Iterator[Sign]:
    """Yield those that one account looked up again and again, mostly without a case."""
    pairs = looked.assign(without=looked["reference"] == "").groupby(["actor", "object"], observed=True)
    found = pairs.agg(
        count=("at_s", "size"), days=("day", "nunique"), without=("without", "mean"), begin_s=("at_s", "min"),
        end_s=("at_s", "max"),
    )  # fmt: skip
    often = (found["days"] >= limits.again_days) | (found["count"] >= limits.again_times)
    for row in _rows(found[often & (found["without"] > 0.5)]):
        yield Sign(AGAIN, row["actor"], row["object"], row["count"], row["days"], row["begin_s"], row["end_s"])


def _no_case(looked: pd.DataFrame, limits: Limits) -> Iterator[Sign]:
    """Yield accounts that look up without a case more often than with one."""
    bare = looked[looked["reference"] == ""].groupby("actor", observed=True)["at_s"].agg(["size", "min", "max"])
    bare = bare.assign(total=looked.groupby("actor", observed=True).size())
    for row in _rows(bare[(bare["size"] >= limits.no_case) & (bare["size"] * 2 > bare["total"])]):
        yield Sign(NO_CASE, row["actor"], "", row["size"], row["total"], row["min"], row["max"])


def _rows(found: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return found.reset_index().to_dict("records")
