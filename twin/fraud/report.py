"""A report as it is written down, before it has a form: words, tables, and figures that say where they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the report.

    Parameters
    ----------
    name, value : str
        As it is read: ``尚在账户（先进先出）``, ``1,420,000.00 元``.
    rule : str
        The rule it was worked out by, in words.
    query : str
        What was asked, so that it can be asked again.
    hash : str
        SHA-256 of the rows it was worked out from.
    """

    name: str
    value: str
    rule: str
    query: str
    hash: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table; ``right`` names the columns of figures, ``weights`` how wide columns are."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    weights: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report says.

    Parameters
    ----------
    title, number : str
    facts : tuple of (str, str)
        What stands at its head.
    figures : tuple of Figure
    sheets : tuple of Sheet
    words : mapping of str
        Headings of its own: ``figures``, ``sources``, ``rule``, ``query``, ``hash``, ``page``.
    foot : str
        What stands at the foot of each page: who it was given to, and for what.
    as_of_s : int
        The time up to which its data go; no report tells when it was printed, so that it is the same when made again.
    """

    title: str
    number: str
    facts: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    sheets: tuple[Sheet, ...]
    words: dict[str, str]
    foot: str
    as_of_s: int


def hash_of(rows: Sequence[Sequence[object]]) -> str:
    """Return the SHA-256 of rows, written the one way they can be written."""
    written = json.dumps([list(row) for row in rows], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()
