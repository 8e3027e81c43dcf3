"""Looking at an account before it is put on a chart: counts first, then as much as is asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.errors import UsageError
from twin.fraud.tracing.legs import EntryArray, Statements
from twin.words import say

MOST_COUNTED = 2_000_000
"""Of an account with more lines than these only their number is told."""


class Counts(NamedTuple):
    """What expanding an account would bring. Only ``lines`` is told of an account that is too large (-1 elsewhere)."""

    lines: int
    legs_in: int
    legs_out: int
    accounts: int
    in_fen: int
    out_fen: int


def counts(ledger: Statements, account: int, begin_s: int, end_s: int) -> Counts:
    """Count the legs of an account between two times, both within."""
    lines = ledger.count(account, begin_s, end_s)
    if lines > MOST_COUNTED:
        return Counts(lines, -1, -1, -1, -1, -1)
    statement = ledger.statement(account, begin_s, end_s)
    amount = statement["amount_fen"]
    came = amount > 0
    others = len(np.unique(statement["other"]))
    return Counts(
        lines, int(came.sum()), int((~came).sum()), others, int(amount[came].sum()), int(-amount[~came].sum())
    )


def expand(ledger: Statements, account: int, begin_s: int, end_s: int, *, most: int, least_fen: int = 0) -> EntryArray:
    """Return the largest legs of an account in the order of time, at most ``most`` of ``least_fen`` or more.

    Raises
    ------
    twin.errors.UsageError
        If the account has too many to look through.
    """
    lines = ledger.count(account, begin_s, end_s)
    if lines > MOST_COUNTED:
        raise UsageError(
            say("this account has {lines} transfers then: ask for less time", lines=f"{lines:,}")
        )  # fmt: skip
    statement = ledger.statement(account, begin_s, end_s)
    size = np.abs(statement["amount_fen"])
    largest = np.argsort(-size, kind="stable")[:most]
    shown: EntryArray = statement[np.sort(largest[size[largest] >= least_fen])]
    return shown
