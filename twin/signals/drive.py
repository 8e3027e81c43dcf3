"""Vehicles that run along an arterial under finished plans, for the time–space diagram.

Alone on the road and at one speed: what a plan does to a vehicle, not what a queue does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.geo import FloatArray
from twin.signals.corridor import Corridor
from twin.signals.plan import Plan
from twin.signals.wave import greens_of


@dataclass(frozen=True, slots=True)
class Ride:
    """One vehicle.

    Parameters
    ----------
    time_s, at_m : (K,) arrays
        Corners of its way; at a stop two of one place.
    stops : int
    """

    time_s: FloatArray
    at_m: FloatArray
    stops: int


def rides(
    corridor: Corridor, plans: Sequence[Plan], back: bool, departs_s: FloatArray, kmh: FloatArray
) -> tuple[Ride, ...]:
    """Return vehicles that reach the first signal of their direction at given times.

    Parameters
    ----------
    departs_s : (N,) array
        By the clock of the plans' offsets.
    kmh : (n - 1,) array
        Speeds between neighbours.
    """
    greens = greens_of(corridor, plans, back)
    travel = np.diff(corridor.at_m) / (kmh / 3.6)
    order = range(len(plans))[::-1] if back else range(len(plans))
    return tuple(_ride(corridor, plans, greens, travel, order, float(at)) for at in departs_s)


def _ride(
    corridor: Corridor, plans: Sequence[Plan], greens: list[list[tuple[float, float]]], travel: FloatArray,
    order: range, now: float,
) -> Ride:  # fmt: skip
    times, places, stops = [], [], 0
    for step, signal in enumerate(order):
        if step:
            now += float(travel[min(signal, order[step - 1])])
        wait = _wait(greens[signal], plans[signal].cycle_s, now)
        times.append(now)
        places.append(float(corridor.at_m[signal]))
        if wait > 0:
            stops += 1
            now += wait
            times.append(now)
            places.append(float(corridor.at_m[signal]))
    return Ride(np.array(times), np.array(places), stops)


def _wait(greens: Sequence[tuple[float, float]], cycle_s: float, now: float) -> float:
    """Return how long a vehicle waits that comes now."""
    if any((now - begin) % cycle_s < end - begin for begin, end in greens):
        return 0.0
    return min((begin - now) % cycle_s for begin, _ in greens)
