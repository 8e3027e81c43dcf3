"""Green waves on random arterials in SUMO beside its own coordinator: ``python -m benchmarks.green_wave``.

Six signals 280 to 670 m apart, off-peak, three stages. Both are given the same traffic and left turns that filter on
the side streets. The coordinator gets the splits that we would use at each of three cycles, left turns last, and is
judged at its best one, and for its cross streets at our cycle too. Ours is one of the plans that are reckoned to cost
all vehicles hardly more than any (twin/signals/choice.py): on the seeds for choosing, the fewest stops of those by
which all vehicles lose no more than with the coordinator. The verdict is on seeds that nothing was chosen by; both
kinds follow from the hash of a phrase.

The long form is done in parts: ``--first 1 --arterials 4 --keep FILE`` adds a line for each arterial to a file, and
leaves out those that are there; ``--sum FILE`` prints the table of them all. ``--walkers`` gives people on foot their
minimum greens (a second file; nobody walks in the simulation).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import _arterial as arterial
from twin.signals.choice import choose, worth_trying
from twin.signals.plan import Plan, whole
from twin.signals.stages import LEFTS_LAST, options
from twin.signals.wave import Wish, each_wave
from twin.traffic.rehearsal import Met, pooled, seeds

CHOOSING, VERDICT = seeds("green wave, choosing", 2), seeds("green wave, verdict", 4)
CHOOSING_S, VERDICT_S = 1200.0, 1800.0
COORDINATOR_CYCLES = (60, 75, 90)
CANDIDATES = 6
FIGURES = ("one_stop", "through_s", "cross_s", "all_s")


@dataclass(frozen=True, slots=True)
class Row:
    """One arterial: ours, ours with drivers who follow the advised speed, the coordinator's, and that at our cycle."""

    arterial: int
    walkers: bool
    cycle_s: float
    band_s: tuple[float, float]
    their_cycle_s: float
    planned_s: float
    ours: Met
    advised: Met
    theirs: Met
    their_cross_s: float


def main() -> int:
    """Print a row an arterial, and the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.green_wave", description=__doc__)
    parser.add_argument("--arterials", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--walkers", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--sum", type=Path)
    given = parser.parse_args()
    if given.sum:
        summed(kept(given.sum))
        return 0
    there = {(row.arterial, row.walkers): row for row in kept(given.keep)} if given.keep else {}
    rows = []
    for number in range(given.first, given.first + given.arterials):
        row = there.get((number, given.walkers)) or one(number, given.walkers)
        if given.keep and (number, given.walkers) not in there:
            with given.keep.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(row)) + "\n")
        rows.append(row)
    summed(rows)
    return 0


def kept(file: Path) -> list[Row]:
    """Return the arterials of a file."""
    found = []
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        told = json.loads(line)
        told |= {name: Met(**told[name]) for name in ("ours", "advised", "theirs")}
        found.append(Row(**told))
    return found


def summed(rows: Sequence[Row]) -> None:
    """Print a table."""
    print("arterial | ours: cycle, band, <=1 stop, advised, loss through, cross, all | coordinator: cycle, <=1 stop, "
          "loss through, cross, all; cross at our cycle | planned s")  # fmt: skip
    for row in sorted(rows, key=lambda row: row.arterial):
        print(f"{row.arterial:8} | {row.cycle_s:.0f} {row.band_s[0]:.0f}/{row.band_s[1]:.0f} {row.ours.one_stop:.1%}",
              f"{row.advised.one_stop:.1%} {_losses(row.ours)} | {row.their_cycle_s:.0f} {row.theirs.one_stop:.1%}",
              f"{_losses(row.theirs)}; {row.their_cross_s:.1f} | {row.planned_s:.1f}")  # fmt: skip
    for name in ("ours", "advised", "theirs"):
        share = np.array([getattr(row, name).one_stop for row in rows])
        print(f"<=1 stop, {name}: mean {share.mean():.1%}, {share.min():.1%} to {share.max():.1%}")
    for figure in FIGURES[1:]:
        ratio = np.array([getattr(row.ours, figure) / getattr(row.theirs, figure) for row in rows])
        print(f"{figure}, ours / coordinator: mean {ratio.mean():.2f}, worst {ratio.max():.2f}")
    equal = np.array([row.ours.cross_s / row.their_cross_s for row in rows])
    print(f"cross_s at equal cycle, ours / coordinator: mean {equal.mean():.2f}, worst {equal.max():.2f}")


def _losses(met: Met) -> str:
    return f"{met.through_s:.1f} {met.cross_s:.1f} {met.all_s:.1f}"


def one(number: int, walkers: bool) -> Row:
    """Plan, choose and judge one arterial."""
    at_m = arterial.gaps_m(number)
    road = arterial.corridor(at_m, walkers)
    wish = Wish(road, arterial.flows(road))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        began = time.process_time()
        found = worth_trying(wish, [candidate for _, candidate in each_wave(wish)], CANDIDATES)
        planned_s = time.process_time() - began
        cycle, today = coordinator(folder, wish, at_m)
        net = arterial.make_net(folder, at_m)
        best = found[choose([runs(folder, net, each.plans, CHOOSING, CHOOSING_S) for each in found], today)]
        ours, advised = (runs(folder, net, best.plans, VERDICT, VERDICT_S, drivers) for drivers in arterial.DRIVERS)
        theirs = _coordinated(folder, wish, at_m, cycle, VERDICT, VERDICT_S)
        equal = _coordinated(folder, wish, at_m, int(best.cycle_s), VERDICT, VERDICT_S)
    row = Row(number, walkers, best.cycle_s, best.band_s, cycle, planned_s, ours, advised, theirs, equal.cross_s)
    print(f"{number}: {best.cycle_s:.0f} s, {ours.one_stop:.1%} beside {theirs.one_stop:.1%}", file=sys.stderr)
    return row


def runs(
    folder: Path, net: Path, plans: Sequence[Plan], some: Sequence[int], seconds: float, drivers: str = "free"
) -> Met:
    """Return what vehicles met under our plans."""
    lights = folder / "ours.add.xml"
    arterial.write_lights(lights, net, plans, "ours")
    return pooled([_run(folder, net, lights, seed, seconds, drivers, len(plans)) for seed in some])


def _run(folder: Path, net: Path, lights: Path, seed: int, seconds: float, drivers: str, n: int) -> Met:
    traffic = folder / "traffic.rou.xml"
    arterial.write_traffic(traffic, n, seed, seconds, drivers)
    return arterial.simulate(folder, net, traffic, lights, seed, seconds)


def coordinator(folder: Path, wish: Wish, at_m: Sequence[float]) -> tuple[int, Met]:
    """Return the cycle at which SUMO's coordinator does best on the seeds for choosing, and what it does there."""
    tried = {cycle: _coordinated(folder, wish, at_m, cycle, CHOOSING, CHOOSING_S) for cycle in COORDINATOR_CYCLES}
    best = max(tried, key=lambda cycle: tried[cycle].one_stop)
    return best, tried[best]


def _coordinated(
    folder: Path, wish: Wish, at_m: Sequence[float], cycle: int, some: Sequence[int], seconds: float
) -> Met:
    """Let the coordinator see the traffic of a seed for choosing alone."""
    road = wish.corridor
    plans = [
        whole(options(junction, out, back, flows, float(cycle))[LEFTS_LAST])
        for junction, out, back, flows in zip(road.junctions, road.out, road.back, wish.flows, strict=True)
    ]
    net = arterial.make_net(folder, at_m, plans)
    traffic = folder / "chosen.rou.xml"
    arterial.write_traffic(traffic, len(at_m), CHOOSING[0], CHOOSING_S, "free")
    lights = arterial.coordinated(folder, net, traffic)
    return pooled([_run(folder, net, lights, seed, seconds, "free", len(at_m)) for seed in some])


if __name__ == "__main__":
    sys.exit(main())
