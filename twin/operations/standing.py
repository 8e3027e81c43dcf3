"""Alerts of scenarios as they stand in time: from their first observation until somebody is done with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert, as map, card and time bar show it.

    Parameters
    ----------
    id, scenario, subject, subject_kind : str
        As of :class:`twin.operations.records.Alert`.
    zh, en : str
        What the scenario is called.
    severity : int
        1 to 4, 1 the gravest.
    lon_deg, lat_deg : float
        Where it was observed; NaN for nowhere.
    begin_s, end_s : float
        First observed, and dismissed or resolved, in seconds since 1970-01-01 UTC; without an end it is infinite.
    """

    id: str
    scenario: str
    zh: str
    en: str
    severity: int
    subject: str
    subject_kind: str
    lon_deg: float
    lat_deg: float
    begin_s: float
    end_s: float = math.inf

    def stands_at(self, at_s: float) -> bool:
        """Tell whether it is open at an instant."""
        return self.begin_s <= at_s < self.end_s


def standing_at(alerts: Sequence[Standing], at_s: float) -> tuple[Standing, ...]:
    """Return those that are open at an instant."""
    return tuple(alert for alert in alerts if alert.stands_at(at_s))
