"""The radar-gated wave in a closed loop in SUMO: ``make test-radar [RADAR_MINUTES=60] [SEED=1]``.

Six signals, off-peak traffic, a plan for a cycle. Two radars drop out on the way: one falls silent, one tells the same
all the time. Prints what the loop does as it does it, then how near its queues and its figure were to SUMO's own;
ends with 1 if it did not fall back and come back, or is beside what it may be off by.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from app.texts import Texts
from benchmarks import _arterial as arterial
from tests.radar.world import START_S, World
from twin.signals.loop import FALLEN, WELL
from twin.signals.radar import VEHICLE_M, kpi
from twin.signals.wave import Wish, wave_at

CYCLE_S = 66.0
ARTERIAL = 1
NEAR_VEHICLES, NEAR_SHARE = 2.0, 0.15


def main() -> int:
    """Run, and give account."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--language", default="zh")
    parser.add_argument("--calm", action="store_true", help="no radar drops out: the loop's figure beside SUMO's")
    asked = parser.parse_args()
    texts = Texts(asked.language)
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        world = made(Path(name), asked.minutes, asked.seed, asked.calm)
        kinds: Counter[str] = Counter()
        for event in world.seconds():
            kinds[event.kind] += 1
            share = (
                "" if event.kpi is None else f"{event.kpi.one_stop:6.1%} {event.kpi.stops:5.2f} {event.kpi.trips:4d}"
            )
            print(f"{_clock(event.at_s)}  {event.kind:11} {share:18} {texts.said(event.sentence)}", flush=True)
        near, count = queues(world)
        met = world.met()
        print(f"SUMO: {met.one_stop:.1%} of through trips with one stop at most, {met.stops:.2f} stops")
        if asked.calm:
            ours = kpi(world.corridor, world.heard, world.loop.lanes)
            print(
                f"radar: {ours.trips} trips sent on, {ours.one_stop:.1%} with one stop at most, {ours.stops:.2f} stops"
            )
    print(f"queues of {count} greens: {near:.1%} within {NEAR_VEHICLES:.0f} vehicles or {NEAR_SHARE:.0%} of SUMO's")
    print(
        f"{dict(kinds)}, {world.sent} plans sent over GB/T 20999; {time.process_time() - begun:.0f} s of this processor"
    )
    fell = kinds[FALLEN] == kinds[WELL] == (0 if asked.calm else 2)
    return int(not fell or near < 0.9)


def made(folder: Path, minutes: float, seed: int, calm: bool = False) -> World:
    """Return an arterial with its plan, and radars that drop out after a little more than the half of the time."""
    road = arterial.corridor(arterial.gaps_m(ARTERIAL))
    wave = wave_at(Wish(road, arterial.flows(road)), CYCLE_S)
    long = minutes * 60.0
    dead, stuck = 0.55 * long, 0.75 * long
    dropped = {2: (dead, dead + 120.0, "dead"), 4: (stuck, stuck + 420.0, "stuck")}
    return World(folder, road, wave.plans, seed, minutes, {} if calm else dropped)


def queues(world: World) -> tuple[float, int]:
    """Return how many of the longest queues of a cycle are right, and of how many: where both saw the lane."""
    right, count = 0.0, 0
    for key in world.truth:
        truth, told = np.array(world.truth[key]), np.array(world.told[key])
        size = int(world.plans[0].cycle_s)
        whole = len(truth) // size * size
        most = truth[:whole].reshape(-1, size, truth.shape[1]).max(axis=1) / VEHICLE_M
        seen = told[:whole].reshape(-1, size, truth.shape[1])
        rows = np.isfinite(seen).all(axis=(1, 2))
        off = np.abs(np.nan_to_num(seen).max(axis=1) / VEHICLE_M - most)[rows]
        right += float(((off <= NEAR_VEHICLES) | (off <= NEAR_SHARE * most[rows])).sum())
        count += off.size
    return right / max(count, 1), count


def _clock(at_s: float) -> str:
    minutes, seconds = divmod(int(at_s - START_S), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


if __name__ == "__main__":
    sys.exit(main())
