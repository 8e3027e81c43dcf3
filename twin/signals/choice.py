"""Which of several waves to take: the fewest stops, but only among those by which the others do not pay for it.

The widest band, or the fewest stops on the arterial, may come with a long cycle at which everybody else waits. So waves
are reckoned for all streams first, and what simulation then says of all vehicles is a limit, not a wish.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.signals.plan import LEFT, SATURATION_VPH, WALK
from twin.signals.wave import Candidate, Wish
from twin.traffic.rehearsal import Met

NO_MORE = 0.0
"""By how much of what all vehicles lose today a wave may have them lose more, on the seeds it is chosen by."""
FULL = 0.95
LOST_S = 2.0


def reckoned_s(wish: Wish, candidate: Candidate) -> float:
    """Return what all vehicles are reckoned to lose on average, seconds at one signal.

    Those who go straight along the arterial lose what the probes lost, shared out over the signals; all others the
    uniform delay of Webster, "Traffic signal settings" (Road Research Technical Paper 39, 1958).
    """
    lost = total = 0.0
    corridor, each = wish.corridor, candidate.loss_s / len(wish.corridor.junctions)
    for row, (junction, plan, flows) in enumerate(zip(corridor.junctions, candidate.plans, wish.flows, strict=True)):
        greens = plan.greens()
        for movement in junction.movements:
            if movement.turn == WALK or movement.name not in greens:
                continue
            vph = flows.get(movement.name, 0.0)
            green = sum(end - begin for begin, end in greens[movement.name]) - LOST_S
            straight = movement.name in (corridor.out[row], corridor.back[row])
            lanes = 1 if movement.turn == LEFT else movement.lanes
            lost += vph * (each if straight else uniform_s(plan.cycle_s, green, vph / (SATURATION_VPH * lanes)))
            total += vph
    return lost / max(total, 1.0)


def uniform_s(cycle_s: float, green_s: float, load: float) -> float:
    """Return the mean delay of even arrivals; ``load`` is their share of what the lanes let through."""
    share = max(green_s, 1.0) / cycle_s
    return 0.5 * cycle_s * (1.0 - share) ** 2 / (1.0 - min(load, FULL * share))


def worth_trying(wish: Wish, found: Sequence[Candidate], most: int) -> list[Candidate]:
    """Return the waves to simulate, the best first: those that no other beats both in stops and in what all lose.

    Of many they are taken evenly, from the one with the fewest stops to the cheapest; of few the best others join them.
    """
    lost = np.array([reckoned_s(wish, candidate) for candidate in found])
    score = np.array([candidate.score for candidate in found])
    dearer = (lost[:, None] > lost) & (score[:, None] <= score)
    slower = (lost[:, None] >= lost) & (score[:, None] < score)
    beaten = np.asarray((dearer | slower).any(axis=1))
    order = np.argsort(-score, kind="stable")
    front = order[~beaten[order]]
    rows = front[np.unique(np.linspace(0, len(front) - 1, most).round().astype(np.int64))]
    others = order[~np.isin(order, rows)][: most - len(rows)]
    return [found[row] for row in order.tolist() if row in rows or row in others]


def choose(tried: Sequence[Met], today: Met) -> int:
    """Return the row of the wave to take: of those by which neither all nor through vehicles lose more than today.

    Without any, the one by which all lose least.
    """
    fit = [row for row, met in enumerate(tried)
           if met.all_s <= today.all_s * (1.0 + NO_MORE) and met.through_s <= today.through_s]  # fmt: skip
    if not fit:
        return min(range(len(tried)), key=lambda row: tried[row].all_s)
    return max(fit, key=lambda row: tried[row].one_stop)
