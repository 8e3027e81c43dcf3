"""What stays near a place: guards and volunteers on their rounds, sensors and counters, drones on flight plans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.connectors.demo_life.ways import IntArray, metres_per_degree
from twin.geo import FloatArray
from twin.live.kinds import CODE

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Rounds:
    """People who walk about a post: a slow closed curve each, so that a time gives a place.

    Parameters
    ----------
    lon_deg, lat_deg : (N,) arrays
        The posts.
    reach_m, period_s, phase : (N,) arrays
    """

    lon_deg: FloatArray
    lat_deg: FloatArray
    reach_m: FloatArray
    period_s: FloatArray
    phase: FloatArray

    def at(self, time_s: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return longitude, latitude, heading and speed; no one runs, as the period is long for the reach."""
        turn = 2 * np.pi * (time_s % DAY_S) / self.period_s + self.phase
        rate = 2 * np.pi / self.period_s
        x, y = self.reach_m * np.sin(turn), self.reach_m * 0.6 * np.sin(2 * turn)
        vx, vy = self.reach_m * rate * np.cos(turn), self.reach_m * 1.2 * rate * np.cos(2 * turn)
        east_m, north_m = metres_per_degree(self.lat_deg)
        heading = np.degrees(np.arctan2(vx, vy)) % 360.0
        return self.lon_deg + x / east_m, self.lat_deg + y / north_m, heading, np.hypot(vx, vy)


def rounds_at(lon_deg: FloatArray, lat_deg: FloatArray, rng: np.random.Generator) -> Rounds:
    """Give each post a round of 8 to 25 m at a stroll; a whole number of rounds makes a day, so midnight is smooth."""
    reach = rng.uniform(8.0, 25.0, len(lon_deg))
    wanted = reach * 2 * np.pi * 1.6 / rng.uniform(0.5, 1.1, len(lon_deg))
    return Rounds(lon_deg, lat_deg, reach, DAY_S / np.ceil(DAY_S / wanted), rng.uniform(0, 2 * np.pi, len(lon_deg)))


DAYS: dict[str, tuple[float, float, tuple[float, ...], float]] = {
    # mean, spread between places, share of the mean by hour of the day (each third hour), how unsteady it is
    "air_sensor": (38.0, 9.0, (0.95, 0.98, 1.12, 1.2, 0.95, 0.85, 1.0, 1.08), 0.06),
    "water_sensor": (2.8, 0.25, (1.0, 1.01, 1.0, 0.99, 1.0, 1.01, 1.0, 0.99), 0.01),
    "noise_sensor": (56.0, 5.0, (0.82, 0.8, 0.98, 1.08, 1.06, 1.08, 1.06, 0.92), 0.05),
    "gate": (14.0, 8.0, (0.08, 0.05, 1.3, 1.5, 1.0, 1.2, 1.7, 0.5), 0.3),
}
"""Invented daily courses of what the devices of the demo county measure."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Devices with one figure each: ``kind`` holds their codes, ``level`` how each differs from the mean."""

    kind: IntArray
    level: FloatArray
    unsteady: FloatArray
    course: FloatArray
    seed: IntArray

    def at(self, time_s: float, hours_east: float) -> NDArray[np.float32]:
        """Return what each shows at a time, the same whenever asked."""
        hour = (time_s / 3600.0 + hours_east) % 24.0
        third = hour / 3.0
        low = int(third) % 8
        share = self.course[:, low] + (third - int(third)) * (self.course[:, (low + 1) % 8] - self.course[:, low])
        minute = int(time_s // 60.0)
        wave = np.sin(minute * 0.05 + self.seed) + np.sin(minute * 0.31 + 1.7 * self.seed)
        value = self.level * share * (1.0 + 0.5 * self.unsteady * wave)
        counted = np.rint(np.maximum(value, 0.0))
        return np.asarray(np.where(self.kind == CODE["gate"], counted, np.round(value, 2)), np.float32)


def measures_of(kinds: list[str], rng: np.random.Generator) -> Measures:
    """Give each device of these kinds its level."""
    days = [DAYS[kind] for kind in kinds]
    level = np.array([day[0] for day in days]) + rng.uniform(-1, 1, len(days)) * np.array([day[1] for day in days])
    return Measures(
        np.array([CODE[kind] for kind in kinds], np.int64),
        level,
        np.array([day[3] for day in days], np.float64),
        np.array([day[2] for day in days], np.float64).reshape(-1, 8),
        rng.integers(0, 1000, len(days)),
    )


CRUISE_MPS, CLIMB_MPS, HOVER_S, REST_S = 12.0, 3.0, 30.0, 90.0


@dataclass(frozen=True, slots=True)
class Flights:
    """Drones that fly out along a line, hover, come back, land and rest, over and over.

    Parameters
    ----------
    length_m, height_m, phase_s : (N,) arrays
    """

    length_m: FloatArray
    height_m: FloatArray
    phase_s: FloatArray

    def at(self, time_s: float) -> tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]:
        """Return distance along the line, height above the ground, speed, and whether the drone is on its way back."""
        climb, cruise = self.height_m / CLIMB_MPS, self.length_m / CRUISE_MPS
        marks = np.cumsum([climb, cruise, np.full_like(climb, HOVER_S), cruise, climb], axis=0)
        at = (time_s - self.phase_s) % (marks[-1] + REST_S)
        out = np.clip(at - marks[0], 0.0, cruise) - np.clip(at - marks[2], 0.0, cruise)
        up = np.clip(at, 0.0, climb) - np.clip(at - marks[3], 0.0, climb)
        flying = ((at > marks[0]) & (at < marks[1])) | ((at > marks[2]) & (at < marks[3]))
        return out * CRUISE_MPS, up * CLIMB_MPS, np.where(flying, CRUISE_MPS, 0.0), np.asarray(at > marks[2])
