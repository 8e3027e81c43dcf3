"""What an auditor asks of the trail."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Question:
    """Which entries are asked for; what is empty leaves all of them.

    Parameters
    ----------
    who, what, about, purpose : str
        Parts of the account, the action, what it was done to, and the purpose or its case; capitals do not count.
    refused : bool
        Only what was refused.
    begin_s, end_s : float
        From and to, seconds since 1970-01-01 UTC.
    """

    who: str = ""
    what: str = ""
    about: str = ""
    purpose: str = ""
    refused: bool = False
    begin_s: float = 0.0
    end_s: float = math.inf


def matching(entries: pd.DataFrame, question: Question) -> pd.DataFrame:
    """Return the entries that are asked for, in their order.

    Parameters
    ----------
    entries : DataFrame
        With ``at_s``, ``allowed``, and ``actor``, ``action``, ``object``, ``purpose``, ``reference`` as categories.
    """
    at_s = entries["at_s"].to_numpy()
    hit = (at_s >= question.begin_s) & (at_s <= question.end_s)
    if question.refused:
        hit &= ~entries["allowed"].to_numpy()
    for name, text in (("actor", question.who), ("action", question.what), ("object", question.about)):
        hit &= _has(entries[name], text)
    hit &= _has(entries["purpose"], question.purpose) | _has(entries["reference"], question.purpose)
    return entries[hit]


def _has(column: pd.Series, text: str) -> NDArray[np.bool_]:
    """Mark the rows whose word has a text in it; each word is looked at once, however many rows have it."""
    text = text.strip()
    if not text or column.empty:
        return np.ones(len(column), np.bool_)
    words = column.cat.categories.astype(str)
    has: NDArray[np.bool_] = np.asarray(words.str.contains(text, case=False, regex=False), np.bool_)
    return has[column.cat.codes.to_numpy()]
