"""The plans of an arterial through a day: a wave for each period, at the traffic of that period."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from twin.signals.corridor import Corridor
from twin.signals.timetable import Slot, Timetable
from twin.signals.wave import Candidate, each_wave, wish_for

HOUR_S = 3600.0
COARSE = 0.5
"""The first half of a scan, every other cycle, is enough to begin with."""


@dataclass(frozen=True, slots=True)
class Period:
    """From when on the traffic is so many times that of the day."""

    from_s: float
    name: str
    share: float


USUAL = (
    Period(0.0, "night", 0.4), Period(6.5 * HOUR_S, "morning_peak", 1.5), Period(9.0 * HOUR_S, "day", 1.0),
    Period(16.5 * HOUR_S, "evening_peak", 1.5), Period(19.0 * HOUR_S, "evening", 0.7),
)  # fmt: skip
"""Taken for granted until it is measured."""


def planned(
    corridor: Corridor, periods: tuple[Period, ...] = USUAL, cancelled: Callable[[], bool] = lambda: False
) -> Iterator[tuple[Period, Candidate]]:
    """Yield the wave of each period, each share of traffic planned once.

    Raises
    ------
    twin.errors.BadInputError, twin.errors.CancelledError
        As :func:`twin.signals.wave.each_wave`.
    """
    found: dict[float, Candidate] = {}
    wish = wish_for(corridor)
    for period in periods:
        if period.share not in found:
            flows = [{name: period.share * vph for name, vph in each.items()} for each in wish.flows]
            tried: list[Candidate] = []
            for share, candidate in each_wave(replace(wish, flows=flows), cancelled):
                tried.append(candidate)
                if share >= COARSE:
                    break
            found[period.share] = max(tried, key=lambda candidate: candidate.score)
        yield period, found[period.share]


def timetables(waves: Mapping[Period, Candidate]) -> tuple[Timetable, ...]:
    """Return the plans of each junction through the day, in the order of the arterial."""
    count = len(next(iter(waves.values())).plans)
    return tuple(
        Timetable(tuple(Slot(period.from_s, period.name, wave.plans[row]) for period, wave in waves.items()))
        for row in range(count)
    )
