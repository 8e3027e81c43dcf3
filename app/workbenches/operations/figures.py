"""A figure of the results as it is asked, answered and saved; no Qt."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data.operations.load import Load, alarm_load
from data.operations.results import lines, question
from twin.operations.results import Line


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked: a figure, how it is split, and of which time (seconds since 1970-01-01 UTC)."""

    figure: str
    by: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it: the lines, the load of alarms in that time, and the question as it was asked."""

    wish: Wish
    lines: tuple[Line, ...]
    load: Load
    query: str


def answer(engine: sa.Engine, wish: Wish) -> Answer:
    """Ask the records; errors as of :func:`data.operations.results.lines`."""
    return Answer(
        wish,
        lines(engine, wish.figure, wish.by, wish.begin_s, wish.end_s),
        alarm_load(engine, wish.begin_s, wish.end_s),
        question(wish.figure, wish.by, engine.dialect.name),
    )


def save(found: Answer, target: Path) -> None:
    """Write the lines as CSV with headings, and the question with its times behind them.

    Raises
    ------
    OSError
    """
    fresh = target.with_name(f"{target.name}.new")
    with fresh.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow(["key", "count", "median_s", "p90_s", "year_before"])
        for one in found.lines:
            figures = ["" if math.isnan(value) else f"{value:.1f}" for value in (one.median, one.p90)]
            out.writerow([_cell(one.key), one.count, *figures, one.before])
        out.writerow([])
        out.writerow(["figure", found.wish.figure, "by", found.wish.by])
        out.writerow(["begin", found.wish.begin_s, "end", found.wish.end_s])
        out.writerow(["query", found.query])
    fresh.replace(target)


def _cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
