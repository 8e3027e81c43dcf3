"""Equilibria of published networks, beside peers, and what guidance wins there at each compliance.

    python -m benchmarks.assignment FOLDER [--aequilibrae PYTHON]

FOLDER holds TNTP files of Sioux Falls and Anaheim (Transportation Networks for Research). Processor times are the best
of three, to a relative gap of 1e-6; the peer is the bi-conjugate Frank–Wolfe of the tests, to 1e-5. Guidance: the
network as it is, and with its fullest link halved (drivers know it whole). AequilibraE is another peer where a Python
is named that has it: its bi-conjugate Frank–Wolfe on one core, to the same gap or as near as 5,000 iterations come.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.traffic.equilibrium import equilibrium
from tests.frank_wolfe import frank_wolfe
from tests.real.test_assignment import demand, network, published
from twin.traffic.assignment import Demand, Drivers, Network, Volumes, objective, volumes
from twin.traffic.guidance import Situation, guide

NETWORKS = ("SiouxFalls", "Anaheim")
GAP, TIMES = 1e-6, 3


def best_of(work: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    told = []
    for _ in range(TIMES):
        begin = time.process_time()
        work()
        told.append(time.process_time() - begin)
    return min(told)


def equilibria(folder: Path, name: str) -> tuple[Network, Demand]:
    """Print times and objectives of one network."""
    net, trips = network(folder, name), demand(folder, name)
    none = np.zeros(0)
    goal = objective(net, Volumes(published(folder, name), none))
    found = volumes(net, equilibrium(net, [Drivers(trips)], gap=GAP).routes[0])
    ours = best_of(lambda: equilibrium(net, [Drivers(trips)], gap=GAP))
    print(f"{name}: objective to the published one {objective(net, found) / goal - 1:+.1e}, {1e3 * ours:.0f} ms")
    loose = best_of(lambda: frank_wolfe(net, trips, 1e-5))
    print(f"  Frank–Wolfe of the tests, gap 1e-5 only: {loose / ours:.0f} × the time")
    return net, trips


def beside_aequilibrae(python: str, net: Network, trips: Demand, gap: float) -> None:
    """Print what AequilibraE takes, in its own process, and how near it comes."""
    asked = {
        "tail": net.tail.tolist(), "head": net.head.tolist(), "capacity": net.delay.capacity.tolist(),
        "free_s": net.delay.free_s.tolist(), "b": net.delay.b.tolist(), "power": net.delay.power.tolist(),
        "zones": int(trips.origin.max()) + 1, "origins": trips.origin.tolist(), "trips": trips.trips.tolist(),
        "destinations": trips.destination.tolist(), "gap": gap, "blocked": bool(net.zone.any()),
    }  # fmt: skip
    script = Path(__file__).with_name("_aequilibrae.py")
    done = subprocess.run([python, script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    ours = best_of(lambda: equilibrium(net, [Drivers(trips)], gap=gap))
    print(f"  AequilibraE, gap {gap:.0e}: {told['seconds'] / ours:.0f} × the time, {told['iterations']} iterations, "
          f"gap reached {told['gap']:.1e}")  # fmt: skip


def guided(name: str, net: Network, trips: Demand) -> None:
    """Print the share of the gap that is won at each compliance."""
    full = volumes(net, equilibrium(net, [Drivers(trips)], gap=GAP).routes[0]).link / net.delay.capacity
    half = net.with_capacity(np.where(np.arange(len(full)) == np.argmax(full), 0.5, 1.0))
    for words, situation in (("as it is", Situation(net, (Drivers(trips),))),
                             ("its fullest link halved", Situation(half, (Drivers(trips),), net))):  # fmt: skip
        told = guide(equilibrium, situation, GAP)
        won = ", ".join(
            f"{share:.0%}: {told.won(share):.1%} ({told.won(share, reacting=True):.1%})" for share in (0.3, 0.6, 1.0)
        )
        apart = float(told.effect.habit_h[0]) / told.optimum_h - 1.0
        print(f"  {words}: {apart:.1%} above the optimum; strength {told.strength}; won at {won}")


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--aequilibrae", default="", metavar="PYTHON")
    arguments = parser.parse_args()
    for name in NETWORKS:
        net, trips = equilibria(arguments.folder, name)
        for gap in (1e-4, GAP) if arguments.aequilibrae else ():
            beside_aequilibrae(arguments.aequilibrae, net, trips, gap)
        guided(name, net, trips)
    return 0


if __name__ == "__main__":
    sys.exit(main())
