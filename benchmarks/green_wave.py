"""Green waves on random arterials in SUMO beside its own coordinator: ``python -m benchmarks.green_wave``.

Six signals 280 to 670 m apart, off-peak, three stages. Both are given the same traffic and left turns that filter on
the side streets. The coordinator gets the splits that we would use at each of three cycles, left turns last, and is
judged at its best one, and for its cross streets at our cycle too. Ours is one of the plans that are reckoned to cost
all vehicles hardly more than any (twin/signals/choice.py): on the seeds for choosing, the fewest stops of those by
which all vehicles lose no more than with the coordinator. The verdict is on seeds that nothing was chosen by; both
kinds follow from the hash of a phrase.

The long form is done in parts: ``--first 1 --arterials 4 --keep FILE`` adds a line for each arterial to a file, and
leaves out those that are there; ``--sum FILE`` prints the table of them all. ``--walkers`` gives people on foot their
minimum greens (a second file; nobody walks in the simulation; the coordinator's cycles are those that have room for
them). ``--peak`` is one arterial with the traffic of a peak, the coordinator at its best of 80, 90 and 100 s.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import _arterial as arterial
from twin.signals.choice import choose, worth_trying
from twin.signals.plan import Junction, Plan, whole
from twin.signals.stages import LEFTS_LAST, Flows, least_cycle_s, options
from twin.signals.wave import Wish, each_wave
from twin.traffic.rehearsal import Met, pooled, seeds

CHOOSING, VERDICT = seeds("green wave, choosing, second", 2), seeds("green wave, verdict, second", 4)
CHOOSING_S, VERDICT_S = 1200.0, 1800.0
COORDINATOR_CYCLES, PEAK_CYCLES = (60, 75, 90), (80, 90, 100)
PEAK = 0
"""Number of the arterial that the peak is judged on."""
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
    parser.add_argument("--peak", action="store_true")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--sum", type=Path)
    given = parser.parse_args()
    if given.sum:
        summed(kept(given.sum))
        return 0
    there = {(row.arterial, row.walkers): row for row in kept(given.keep)} if given.keep else {}
    rows = []
    for number in [PEAK] if given.peak else range(given.first, given.first + given.arterials):
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
    peak = number == PEAK
    at_m, through = (arterial.BASE_M, arterial.PEAK) if peak else (arterial.gaps_m(number), arterial.OFF_PEAK)
    road = arterial.corridor(at_m, walkers)
    wish = Wish(road, arterial.flows(road, through))
    with tempfile.TemporaryDirectory() as made:
        street = Street(Path(made), at_m, wish, through)
        began = time.process_time()
        found = worth_trying(wish, [candidate for _, candidate in each_wave(wish)], CANDIDATES)
        planned_s = time.process_time() - began
        cycle, today = street.best_coordinator(PEAK_CYCLES if peak else COORDINATOR_CYCLES)
        best = found[choose([street.ours(each.plans, CHOOSING, CHOOSING_S) for each in found], today)]
        ours, advised = (street.ours(best.plans, VERDICT, VERDICT_S, drivers) for drivers in arterial.DRIVERS)
        theirs = street.theirs(cycle, VERDICT, VERDICT_S)
        equal = theirs if cycle == best.cycle_s else street.theirs(int(best.cycle_s), VERDICT, VERDICT_S)
    row = Row(number, walkers, best.cycle_s, best.band_s, cycle, planned_s, ours, advised, theirs, equal.cross_s)
    print(f"{number}: {best.cycle_s:.0f} s, {ours.one_stop:.1%} beside {theirs.one_stop:.1%}", file=sys.stderr)
    return row


@dataclass(frozen=True, slots=True)
class Street:
    """An arterial in SUMO: a folder for its files, where its signals stand, what is asked, and who goes through."""

    folder: Path
    at_m: Sequence[float]
    wish: Wish
    through: tuple[float, float]

    def ours(self, plans: Sequence[Plan], some: Sequence[int], seconds: float, drivers: str = "free") -> Met:
        """Return what vehicles met under our plans."""
        net, lights = arterial.make_net(self.folder, self.at_m), self.folder / "ours.add.xml"
        arterial.write_lights(lights, net, plans, "ours")
        return pooled([self._run(net, lights, seed, seconds, drivers) for seed in some])

    def best_coordinator(self, cycles: Sequence[int]) -> tuple[int, Met]:
        """Return the cycle at which SUMO's coordinator does best on the seeds for choosing, and what it does there."""
        room = [cycle for cycle in cycles if cycle >= self._least_s()]
        tried = {cycle: self.theirs(cycle, CHOOSING, CHOOSING_S) for cycle in room}
        best = max(tried, key=lambda cycle: tried[cycle].one_stop)
        return best, tried[best]

    def theirs(self, cycle: int, some: Sequence[int], seconds: float) -> Met:
        """Let the coordinator see the traffic of a seed for choosing alone."""
        plans = [whole(options(*row, float(cycle))[LEFTS_LAST]) for row in self._rows()]
        net = arterial.make_net(self.folder, self.at_m, plans)
        traffic = self.folder / "chosen.rou.xml"
        arterial.write_traffic(traffic, len(self.at_m), CHOOSING[0], CHOOSING_S, "free", self.through)
        lights = arterial.coordinated(self.folder, net, traffic)
        return pooled([self._run(net, lights, seed, seconds, "free") for seed in some])

    def _run(self, net: Path, lights: Path, seed: int, seconds: float, drivers: str) -> Met:
        traffic = self.folder / "traffic.rou.xml"
        arterial.write_traffic(traffic, len(self.at_m), seed, seconds, drivers, self.through)
        return arterial.simulate(self.folder, net, traffic, lights, seed, seconds)

    def _rows(self) -> Iterator[tuple[Junction, str, str, Flows]]:
        road = self.wish.corridor
        return zip(road.junctions, road.out, road.back, self.wish.flows, strict=True)

    def _least_s(self) -> int:
        return max(least_cycle_s(*row) for row in self._rows())


if __name__ == "__main__":
    sys.exit(main())
