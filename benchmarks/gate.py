"""The gate with all its checks against the gate that looks at each row alone: ``python -m benchmarks.gate``.

20,000 entities drive for a minute, told in batches as the intake hands them on; one in a hundred messages is late, one
in a thousand jumps. In the same run: with half of the clocks a day ahead, and in GCJ-02.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from data.connectors.contract import SourceSettings
from data.simulate.county.build import build_county
from data.sync import places
from data.sync.gate import Gate
from data.sync.schema import CHECKS
from twin.city.city import City
from twin.live.kinds import CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

ENTITIES, BATCH, SECONDS, ROUNDS = 20_000, 4000, 60, 5
NOW_S = 1_800_000_000.0


def drive(seed: int = 1) -> list[ObservationArray]:
    """Return the batches of one minute, a row an entity every ten seconds."""
    chance = np.random.default_rng(seed)
    rows = np.zeros(ENTITIES, OBSERVATION_DTYPE)
    rows["id"] = [f"jt808:139{number:08d}" for number in range(ENTITIES)]
    rows["kind"], rows["state"] = CODE["dump_truck"], 4
    rows["lon_deg"], rows["lat_deg"] = chance.uniform((120.8, 30.7), (121.0, 30.9), (ENTITIES, 2)).T
    batches = []
    for second in range(0, SECONDS, 10):
        rows["lon_deg"] += chance.normal(0, 0.0005, ENTITIES)
        rows["time_s"] = NOW_S + second - 3600.0 * (chance.random(ENTITIES) < 0.01)
        told = rows.copy()
        told["lat_deg"][chance.random(ENTITIES) < 0.001] += 0.5
        batches += np.array_split(told[chance.permutation(ENTITIES)], ENTITIES // BATCH)
    return batches


def alone(city: City, rows: ObservationArray) -> int:
    """Check each row alone, as the gate did before it remembered anything."""
    good = np.ones(len(rows), np.bool_)
    for _, check in CHECKS:
        good &= check(rows)
    placed = places.place(city, "wgs-84", rows["lon_deg"], rows["lat_deg"])
    good &= (placed.problem == places.HERE) & (rows["time_s"] <= NOW_S + SECONDS + 300)
    position_m = places.raise_to_ground(city, placed.place_m[good], rows["height_m"][good])
    return len(rows[good]) + len(position_m)


def rate(batches: list[ObservationArray], check: Callable[[ObservationArray], object]) -> float:
    """Return rows a second of processor time."""
    begun = time.process_time()
    for batch in batches:
        check(batch)
    return sum(map(len, batches)) / (time.process_time() - begun)


def main() -> int:
    """Print the table."""
    city = build_county(seed=1, small=True)
    batches = drive()
    ahead = [batch.copy() for batch in batches]
    for batch in ahead:
        batch["time_s"] += np.where(batch["id"] < b"jt808:13900010000", 86_400.0, 0.0)

    def full(told: list[ObservationArray], source: SourceSettings) -> float:
        gate = Gate(city)
        return rate(told, lambda rows: gate.check(rows, NOW_S + SECONDS, source))

    plain, gcj02 = SourceSettings("s", "benchmark"), SourceSettings("s", "benchmark", coordinates="gcj-02")
    runs: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        base = rate(batches, lambda rows: alone(city, rows))
        runs.setdefault("each row alone", []).append(base)
        runs.setdefault("all checks", []).append(full(batches, plain))
        runs.setdefault("all checks, half of the clocks a day ahead", []).append(full(ahead, plain))
        runs.setdefault("all checks, from GCJ-02", []).append(full(batches, gcj02))
    base = statistics.median(runs["each row alone"])
    for name, rates in runs.items():
        median = statistics.median(rates)
        print(f"{name:45} {median:12,.0f} rows/s  {median / base:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
