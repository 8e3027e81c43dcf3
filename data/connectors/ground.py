"""How high the ground is, for sources that tell heights above something else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.city.city import City

Ground = Callable[[float, float], float]
"""Height of the ground above the sea at a longitude and a latitude, in metres."""


def ground_of(city: City) -> Ground:
    """Return how high the ground is in a city; 0 where the projection does not reach."""

    def ground_m(lon_deg: float, lat_deg: float) -> float:
        east, north = city.frame.to_local(np.array([lon_deg]), np.array([lat_deg]))
        if not np.isfinite([east[0], north[0]]).all():
            return 0.0
        x, y = city.frame.origin_m
        return float(city.ground_m(east + x, north + y)[0])

    return ground_m
