"""The trails of an installation as columns, for questions over many entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import pandas as pd
import sqlalchemy as sa

from data.audit.tables import ENTRIES
from data.audit.trail import Page, Written, decode, pages
from data.audit.trails import Trail, trails
from data.home import Home
from twin.errors import CancelledError, IntegrityError
from twin.words import say

MOST = 1_000_000
"""Of each trail, the newest so many are read."""
WORDS = ("seat", "actor", "action", "kind", "object", "purpose", "reference", "reason", "shown", "boot")
NUMBERS = ("at_s", "up_s", "sensitive", "allowed", "unmask")


def read_entries(
    home: Home, since_s: float = 0.0, cancelled: Callable[[], bool] = lambda: False, most: int = MOST
) -> pd.DataFrame:
    """Return the entries since a time, newest first, of all trails together.

    Returns
    -------
    DataFrame
        ``trail``, ``seq``, ``details`` (as text), ``hash`` (hex) and the words and numbers of
        :class:`data.audit.trail.Written`; words are categories.

    Raises
    ------
    twin.errors.IntegrityError
        If an entry cannot be read.
    twin.errors.CancelledError
        Once ``cancelled`` says so.
    """
    tables = [_frame(trail.name, page) for trail in trails(home) for page in _pages(trail, most, cancelled)]
    told = pd.concat(tables or [_frame("", [])], ignore_index=True)
    told = told[told["at_s"] >= since_s].sort_values("at_s", ascending=False, kind="stable", ignore_index=True)
    return told.astype(dict.fromkeys(("trail", *WORDS), "category"))


def _pages(trail: Trail, most: int, cancelled: Callable[[], bool]) -> Iterator[Page]:
    with trail.reading() as connection:
        newest = connection.scalar(sa.select(sa.func.max(ENTRIES.c.seq))) or 0
        for page in pages(connection, max(newest - most, 0)):
            if cancelled():
                raise CancelledError("interrupted")
            yield page


def _frame(trail: str, page: Page) -> pd.DataFrame:
    try:
        written = [decode(body) for _, body, _ in page]
    except msgspec.MsgspecError as error:
        raise IntegrityError(
            say("an entry of the audit trail {trail} cannot be read ({error}): verify it", trail=trail, error=error)
        ) from None
    columns = {name: [getattr(one, name) or "" for one in written] for name in WORDS}
    numbers = {name: [getattr(one, name) for one in written] for name in NUMBERS}
    kinds = {name: float if name.endswith("_s") else bool for name in NUMBERS}
    return pd.DataFrame(
        {
            "trail": [trail] * len(page),
            "seq": [seq for seq, _, _ in page],
            **columns, **numbers,
            "details": [_told(one) for one in written],
            "hash": [hash_.hex() for _, _, hash_ in page],
        }
    ).astype(kinds)  # fmt: skip


def _told(written: Written) -> str:
    return "; ".join(f"{name}: {value}" for name, value in written.details.items())
