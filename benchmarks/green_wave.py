"""Green waves on random arterials in SUMO beside its own coordinator: ``python -m benchmarks.green_wave``.

Six signals 280 to 670 m apart, off-peak, three stages. Both are given the same traffic and left turns that filter on
the side streets. The coordinator gets the splits that we would use at each of three cycles, left turns last, and is
judged at its best one; ours is the best of the first plans, each by one run on a seed for choosing. The verdict is on
seeds that nothing was chosen by. ``--arterials 20`` is the long form; ``--first`` begins at another one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import _arterial as arterial
from benchmarks._arterial import Met
from twin.signals.plan import Plan, whole
from twin.signals.stages import LEFTS_LAST, options
from twin.signals.wave import Wish, each_wave

CHOOSING, VERDICT = (11,), (21, 22)
CHOOSING_S, VERDICT_S = 900.0, 1800.0
COORDINATOR_CYCLES = (60, 75, 90)
CANDIDATES = 4


def main() -> int:
    """Print a row an arterial, and the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.green_wave", description=__doc__)
    parser.add_argument("--arterials", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    given = parser.parse_args()
    print("arterial | ours: cycle, band, <=1 stop, advised, loss through, cross, all | coordinator: cycle, <=1 stop, "
          "loss through, cross, all | planned s", flush=True)  # fmt: skip
    rows = [one(seed) for seed in range(given.first, given.first + given.arterials)]
    ours, advised, theirs = (
        np.array([[getattr(row[part], name) for name in NAMES] for row in rows]) for part in (0, 1, 2)
    )
    for name, part in (("ours", ours), ("ours, advised speed", advised), ("coordinator", theirs)):
        print(f"<=1 stop, {name}: mean {part[:, 0].mean():.1%}, {part[:, 0].min():.1%} to {part[:, 0].max():.1%}")
    for column, name in ((1, "through"), (2, "cross"), (3, "all")):
        ratio = ours[:, column] / theirs[:, column]
        print(f"{name} loss, ours / coordinator: mean {ratio.mean():.2f}, worst {ratio.max():.2f}")
    return 0


NAMES = ("one_stop", "through_s", "cross_s", "all_s")


def one(number: int) -> tuple[Met, Met, Met]:
    """Return ours, ours with drivers who follow the advised speed, and the coordinator's, on the verdict's seeds."""
    at_m = arterial.gaps_m(number)
    road = arterial.corridor(at_m)
    wish = Wish(road, arterial.flows(road))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        began = time.process_time()
        found = sorted((candidate for _, candidate in each_wave(wish)), key=lambda candidate: -candidate.score)
        planned_s = time.process_time() - began
        net = arterial.make_net(folder, at_m)
        tried = [(runs(folder, net, candidate.plans, CHOOSING, CHOOSING_S).one_stop, -row)
                 for row, candidate in enumerate(found[:CANDIDATES])]  # fmt: skip
        best = found[-max(tried)[1]]
        ours, advised = (runs(folder, net, best.plans, VERDICT, VERDICT_S, drivers) for drivers in arterial.DRIVERS)
        cycle, theirs = coordinator(folder, wish, at_m)
    parts = [
        f"{number:8} | {best.cycle_s:.0f} {best.band_s[0]:.0f}/{best.band_s[1]:.0f} {ours.one_stop:.1%}",
        f"{advised.one_stop:.1%}",
        f"{_losses(ours)} | {cycle} {theirs.one_stop:.1%} {_losses(theirs)} | {planned_s:.1f}",
    ]
    print(*parts, flush=True)
    return ours, advised, theirs


def _losses(met: Met) -> str:
    return f"{met.through_s:.1f} {met.cross_s:.1f} {met.all_s:.1f}"


def runs(
    folder: Path, net: Path, plans: Sequence[Plan], seeds: Sequence[int], seconds: float, drivers: str = "free"
) -> Met:
    """Return what vehicles met under our plans."""
    lights = folder / "ours.add.xml"
    arterial.write_lights(lights, net, plans, "ours")
    return arterial.mean([_run(folder, net, lights, seed, seconds, drivers, len(plans)) for seed in seeds])


def _run(folder: Path, net: Path, lights: Path, seed: int, seconds: float, drivers: str, n: int) -> Met:
    traffic = folder / "traffic.rou.xml"
    arterial.write_traffic(traffic, n, seed, seconds, drivers)
    return arterial.simulate(folder, net, traffic, lights, seed, seconds)


def coordinator(folder: Path, wish: Wish, at_m: Sequence[float]) -> tuple[int, Met]:
    """Return the cycle at which SUMO's coordinator does best on the seed for choosing, and its verdict there."""
    best: tuple[float, int] = (-1.0, 0)
    for cycle in COORDINATOR_CYCLES:
        share = _coordinated(folder, wish, at_m, cycle, CHOOSING, CHOOSING_S).one_stop
        best = max(best, (share, cycle))
    return best[1], _coordinated(folder, wish, at_m, best[1], VERDICT, VERDICT_S)


def _coordinated(
    folder: Path, wish: Wish, at_m: Sequence[float], cycle: int, seeds: Sequence[int], seconds: float
) -> Met:
    """Let the coordinator see the traffic of the seed for choosing alone."""
    road = wish.corridor
    plans = [
        whole(options(junction, out, back, flows, float(cycle))[LEFTS_LAST])
        for junction, out, back, flows in zip(road.junctions, road.out, road.back, wish.flows, strict=True)
    ]
    net = arterial.make_net(folder, at_m, plans)
    traffic = folder / "chosen.rou.xml"
    arterial.write_traffic(traffic, len(at_m), CHOOSING[0], CHOOSING_S, "free")
    lights = arterial.coordinated(folder, net, traffic)
    return arterial.mean([_run(folder, net, lights, seed, seconds, "free", len(at_m)) for seed in seeds])


if __name__ == "__main__":
    sys.exit(main())
