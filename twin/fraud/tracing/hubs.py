"""Hubs: accounts through which everybody's money passes, where a trace would follow strangers."""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache

from twin.fraud.tracing.legs import Statements

HUB_LINES = 2_000
"""So many transfers in the time of a trace make a hub: a market, a payment firm, a bank's own account."""


class Hubs:
    """The accounts that are not walked through: those that are listed, and those that are too busy.

    Parameters
    ----------
    ledger : Statements
    begin_s, end_s : int
        The time of the trace, in which an account's transfers are counted (and not read).
    listed : container of int
    most : int
        Transfers that an account may have then.
    """

    def __init__(
        self, ledger: Statements, begin_s: int, end_s: int, listed: Container[int] = (), most: int = HUB_LINES
    ) -> None:
        self._listed = listed
        self._busy = lru_cache(maxsize=None)(lambda account: ledger.count(account, begin_s, end_s) > most)

    def __contains__(self, account: object) -> bool:
        return account in self._listed or self._busy(account)
