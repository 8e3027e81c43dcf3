"""The figures of the results page: what each counts, over what, in which unit. They are computed, never typed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

BY = ("all", "scenario", "street", "place", "agency")
"""How a figure can be split."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure.

    Parameters
    ----------
    unit : str
        ``s`` for figures with a median and a 90th percentile; empty for mere counts.
    by : tuple of str
        Of :data:`BY`, how it can be split.
    """

    id: str
    unit: str
    by: tuple[str, ...]


PLACED = ("all", "scenario", "street", "place")
FIGURES = (
    Figure("alerts", "", PLACED),
    Figure("dismissed", "s", PLACED),
    Figure("confirmed", "s", PLACED),
    Figure("opened", "", PLACED),
    Figure("handled", "s", PLACED),
    Figure("response", "s", PLACED),
    Figure("levels_met", "", ("all", "scenario")),
    Figure("levels_missed", "", ("all", "scenario")),
    Figure("dispatches", "s", ("all",)),
    Figure("unanswered", "", ("all",)),
    Figure("tasks", "s", ("all", "agency")),
    Figure("tasks_returned", "", ("all", "agency")),
    Figure("joint_cases", "s", ("all",)),
)
"""``confirmed`` and ``dismissed``: from raised to answered; ``response``: from first observed to somebody on scene;
``handled``: from first observed to resolved; ``dispatches``: from sent to on scene; ``tasks``: from offered to
finished; ``joint_cases``: from opened to agreed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a figure.

    Parameters
    ----------
    key : str
        A scenario, a street, a place, an agency; empty for all.
    median, p90 : float
        By nearest rank; NaN without a unit.
    before : int
        The count of the same days a year earlier.
    """

    key: str
    count: int
    median: float
    p90: float
    before: int

    @property
    def change(self) -> float | None:
        """Return the change against a year earlier as a share; None if there was nothing then."""
        return (self.count - self.before) / self.before if self.before else None


def a_year_earlier(at_s: float) -> float:
    """Return the same local date and hour of the year before; of 29 February the 28th."""
    at = datetime.fromtimestamp(at_s).astimezone()
    day = 28 if (at.month, at.day) == (2, 29) else at.day
    return at.replace(year=at.year - 1, day=day).timestamp()
