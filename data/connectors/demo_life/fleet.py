"""Who lives in the demo county: how many of each kind, how they drive, and what they are called.

Every plate is of an impossible series, 浙F·I…: real plates never use the letter I (GA 36), so none of them can be met
on a street. Call signs are made up as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.connectors.demo_life.traffic import Movers
from twin.live.kinds import CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray, clip_utf8

PER_KM, FEWEST, MOST = 10, 300, 20_000


@dataclass(frozen=True, slots=True)
class Driver:
    """How a kind of vehicle drives: length, acceleration, own top speed, spread of the share of the limit."""

    share: float
    length_m: float
    accelerate_mps2: float
    top_mps: float
    zeal: tuple[float, float]


DRIVERS: dict[str, Driver] = {
    "car": Driver(0.790, 4.6, 2.0, 40.0, (0.8, 1.05)),
    "taxi": Driver(0.050, 4.6, 2.2, 40.0, (0.85, 1.08)),
    "dump_truck": Driver(0.025, 8.5, 1.0, 22.0, (0.75, 0.95)),
    "hazmat_truck": Driver(0.006, 10.0, 0.9, 20.0, (0.7, 0.9)),
    "police_car": Driver(0.012, 4.8, 2.4, 45.0, (0.7, 1.0)),
    "ambulance": Driver(0.002, 5.8, 2.0, 40.0, (0.9, 1.1)),
    "fire_engine": Driver(0.001, 8.0, 1.4, 30.0, (0.8, 1.0)),
}
WALKERS = {"officer": 0.03, "guard": 0.04, "volunteer": 0.025}
BUS_SHARE, BOAT_SHARE, DRONE_SHARE = 0.013, 0.002, 0.004
RIDERS: dict[str, Driver] = {
    "bus": Driver(0.0, 11.0, 1.2, 18.0, (0.9, 1.0)),
    "boat": Driver(0.0, 15.0, 0.3, 4.0, (0.7, 1.0)),
    "officer": Driver(0.0, 0.5, 1.0, 1.6, (0.7, 1.1)),
}
SIGNS = {
    "police_car": "巡警", "ambulance": "急救", "fire_engine": "消防", "officer": "警员", "guard": "保安",
    "volunteer": "志愿者", "drone": "无人机", "boat": "内河",
}  # fmt: skip


def entities_for(road_km: float) -> int:
    """Return how many entities suit a place: 20,000 for the county, 300 for the small one."""
    return min(MOST, max(FEWEST, round(PER_KM * road_km)))


def plate(number: int) -> str:
    """Return an invented plate: ``浙F·I0042``, past ten thousand ``浙F·IA123``."""
    if number < 10_000:
        return f"浙F·I{number:04d}"
    letter, rest = divmod(number - 10_000, 1000)
    return f"浙F·I{chr(ord('A') + letter % 26)}{rest:03d}" + "I" * (letter // 26)


def movers_of(kinds: list[str], drivers: dict[str, Driver], rng: np.random.Generator) -> Movers:
    """Return how each of these drives, each a little differently."""
    chosen = [drivers[kind] for kind in kinds]
    low = np.array([driver.zeal[0] for driver in chosen])
    high = np.array([driver.zeal[1] for driver in chosen])
    return Movers(
        np.array([driver.length_m for driver in chosen]),
        np.array([driver.accelerate_mps2 for driver in chosen]) * rng.uniform(0.8, 1.2, len(chosen)),
        np.array([driver.top_mps for driver in chosen]),
        low + (high - low) * rng.random(len(chosen)),
    )


def blank_rows(kinds: list[str], first_plate: int = 0, names: list[str] | None = None) -> ObservationArray:
    """Return a row for each entity with its id, kind and label; what changes is still empty."""
    rows = np.zeros(len(kinds), OBSERVATION_DTYPE)
    for field in ("heading_deg", "speed_mps", "value", "accuracy_m"):
        rows[field] = np.nan
    rows["kind"] = [CODE[kind] for kind in kinds]
    seen: dict[str, int] = {}
    for row, kind in enumerate(kinds):
        number = seen[kind] = seen.get(kind, 0) + 1
        sign = f"{SIGNS[kind]}·{number:04d}" if kind in SIGNS else plate(first_plate + row)
        label = names[row] if names is not None else sign
        rows["id"][row] = f"demo-{kind}-{number:05d}".encode()
        rows["label"][row] = clip_utf8(label, 48)
    return rows
