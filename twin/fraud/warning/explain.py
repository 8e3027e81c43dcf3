"""What a scorecard says of one person, and why: three reasons, what speaks against, how old the data is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.fraud.warning.hints import SIGNS, Seen
from twin.fraud.warning.scorecard import Scorecard

REASONS = 3
ENOUGH = 0.35
"""With less than this share of its points known, a scorecard says nothing."""
LEVELS = (("high", 0.5), ("medium", 0.2), ("low", 0.05))
"""From which risk on a warning has which level."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One sign that was seen: its value, what it is worth, and how old the newest data of its category is."""

    sign: str
    value: float
    points: float
    age_s: float


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of one person for one type of fraud.

    Parameters
    ----------
    risk : float
        NaN where there is not enough data.
    known : float
        Which share of the points rests on data that is there.
    speaks_for, speaks_against : tuple of Reason
        The weightiest first.
    unknown : tuple of str
        Categories of which there is no data.
    """

    kind: str
    risk: float
    known: float
    speaks_for: tuple[Reason, ...]
    speaks_against: tuple[Reason, ...]
    unknown: tuple[str, ...]

    @property
    def level(self) -> str:
        """Return ``high``, ``medium``, ``low``, ``none`` or ``unknown``."""
        if np.isnan(self.risk):
            return "unknown"
        return next((name for name, least in LEVELS if self.risk >= least), "none")


def explain(card: Scorecard, seen: Seen, row: int) -> Told:
    """Tell of one row what its scorecard says."""
    value = seen.value[row : row + 1]
    points = card.told(value)[0]
    reasons = [
        Reason(SIGNS[sign].id, float(seen.value[row, sign]), float(worth), float(seen.age_s[row, sign]))
        for sign, worth in zip(card.signs, points, strict=True)
        if worth
    ]
    ranked = sorted(reasons, key=lambda reason: (-abs(reason.points), reason.sign))
    known = float(card.known(value)[0])
    return Told(
        card.kind, float(card.risk(value)[0]) if known >= ENOUGH else float("nan"), known,
        tuple(reason for reason in ranked if reason.points > 0)[:REASONS],
        tuple(reason for reason in ranked if reason.points < 0)[:REASONS],
        tuple(sorted({SIGNS[sign].category for sign in card.signs if np.isnan(seen.value[row, sign])})),
    )  # fmt: skip
