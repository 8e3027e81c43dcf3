"""A green wave for an arterial: cycle, splits, order of left turns, offsets and progression speed chosen together.

For each cycle of a scan the program of :mod:`twin.signals.band` gives a first answer and the probes of
:mod:`twin.signals.stops` improve it. What comes out is in whole seconds and has passed :mod:`twin.signals.check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.errors import BadInputError, CancelledError
from twin.geo import FloatArray
from twin.signals.band import Bands, Choice, Waves, widest
from twin.signals.check import verify
from twin.signals.corridor import Corridor
from twin.signals.plan import Plan, whole
from twin.signals.stages import Flows, least_cycle_s, options, usual
from twin.signals.stops import IntArray, Outcome, fewest_stops, probe, way_of
from twin.signals.walker import arrivals, band
from twin.words import Said, say

BOTH, SPEED, ONE_WAY, LINKS = "both", "speed", "one_way", "links"
RUNGS = (BOTH, SPEED, ONE_WAY, LINKS)
"""The ladder: bands both ways at nearly one speed; at speeds that vary; one band alone; link by link."""
LEAST_BAND_S = 8.0
NARROW, WIDE = (0.90, 0.96), (0.84, 1.0)
"""Progression speeds, of what is allowed: a platoon runs a little slower than its drivers would alone."""
MOST_TOGETHER = 12
"""More signals than this are split at their longest gaps: above about 16 no two-way band is left."""
MOST = 12
"""Of a longer arterial its first signals are planned."""
CYCLES_S = (54, 110)
STEP_S = 4
MILP_S = 0.4
Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a wave is asked for.

    Parameters
    ----------
    corridor : Corridor
        ``n`` signals.
    flows : sequence of Flows
        At each signal.
    cycles_s : (int, int)
        Shortest and longest cycle that may be tried.
    """

    corridor: Corridor
    flows: Sequence[Flows]
    cycles_s: tuple[int, int] = CYCLES_S

    @property
    def travel_s(self) -> FloatArray:
        """Return the time between signals at the speed that is allowed."""
        return np.diff(self.corridor.at_m) / (self.corridor.kmh / 3.6)

    @property
    def weights(self) -> tuple[float, float]:
        """Return the traffic of the two directions, as the mean over the signals."""
        means = [
            float(np.mean([flows.get(name, 0.0) for flows, name in zip(self.flows, names, strict=True)]))
            for names in (self.corridor.out, self.corridor.back)
        ]
        return (max(means[0], 1.0), max(means[1], 1.0))


@dataclass(frozen=True, slots=True)
class Candidate:
    """One wave.

    Parameters
    ----------
    cycle_s : float
    plans : tuple of Plan
        One for each signal, checked.
    orders : tuple of str
        The order of the left turns at each.
    band_s : (float, float)
        Out and back, as walked at the progression speeds.
    advice_kmh : (2, n - 1) array
        The progression speeds out and back, between neighbours.
    one_stop, stops, loss_s : float
        What probes met: the share with one stop at most, mean stops, mean loss.
    rung : str
        How far down the ladder it was found.
    """

    cycle_s: float
    plans: tuple[Plan, ...]
    orders: tuple[str, ...]
    band_s: tuple[float, float]
    advice_kmh: FloatArray
    one_stop: float
    stops: float
    loss_s: float
    rung: str

    @property
    def score(self) -> float:
        """Return what is better the higher it is, before simulation."""
        return self.one_stop - 0.001 * self.loss_s


def wish_for(corridor: Corridor, flows: Sequence[Flows] | None = None) -> Wish:
    """Return what is asked for the first signals of an arterial; without ``flows`` on traffic taken for granted."""
    road = corridor.part(0, min(len(corridor.junctions), MOST))
    rows = zip(road.junctions, road.out, road.back, strict=True)
    return Wish(road, flows or [usual(junction, out, back) for junction, out, back in rows])


def each_wave(wish: Wish, cancelled: Cancelled = lambda: False) -> Iterator[tuple[float, Candidate]]:
    """Yield a wave for each cycle of the scan, with the share of the work that is done: first every other cycle.

    Raises
    ------
    BadInputError
        If no allowed cycle has room for the minimum greens: it names the junction and what to loosen.
    CancelledError
    """
    cycles = _cycles(wish)
    for row, cycle in enumerate(cycles[::2] + cycles[1::2]):
        candidate = wave_at(wish, float(cycle), cancelled)
        if cancelled():
            raise CancelledError("the work was stopped")
        yield (row + 1) / len(cycles), candidate


def waves(wish: Wish) -> tuple[Candidate, ...]:
    """Return all waves of the scan, the fewest stops first; fails as :func:`each_wave` does."""
    return tuple(sorted((candidate for _, candidate in each_wave(wish)), key=lambda candidate: -candidate.score))


def _cycles(wish: Wish) -> list[int]:
    corridor = wish.corridor
    least = [
        least_cycle_s(junction, out, back, flows)
        for junction, out, back, flows in zip(corridor.junctions, corridor.out, corridor.back, wish.flows, strict=True)
    ]
    worst = int(np.argmax(least))
    low, high = wish.cycles_s
    if least[worst] > high:
        raise BadInputError(
            corridor.junctions[worst].name,
            say("it needs a cycle of {least} s and {most} s are allowed", least=least[worst], most=high),
            "allow a longer cycle, let left turns look for gaps, or lower a minimum green",
        )
    return list(range(max(low, least[worst]), high + 1, STEP_S))


def wave_at(wish: Wish, cycle_s: float, cancelled: Cancelled = lambda: False) -> Candidate:
    """Return the best wave that was found at one cycle."""
    corridor = wish.corridor
    every = [
        options(junction, out, back, flows, cycle_s)
        for junction, out, back, flows in zip(corridor.junctions, corridor.out, corridor.back, wish.flows, strict=True)
    ]
    choices = [
        [_choice(plan, out, back) for plan in plans.values()]
        for plans, out, back in zip(every, corridor.out, corridor.back, strict=True)
    ]
    offset, chosen, rung = _first(wish, cycle_s, choices)
    way = way_of(cycle_s, choices, wish.travel_s, wish.weights)
    offset, chosen, outcome = fewest_stops(way, offset, chosen, cancelled=cancelled)
    return _candidate(wish, cycle_s, [list(plans.items()) for plans in every], offset, chosen, outcome, rung)


def _choice(plan: Plan, out: str, back: str) -> Choice:
    greens = plan.greens()
    first = [greens[name][0] for name in (out, back)]
    return Choice(*((begin, end - begin) for begin, end in first))


def _first(wish: Wish, cycle_s: float, choices: list[list[Choice]]) -> tuple[FloatArray, IntArray, str]:
    """Go down the ladder; a long arterial in parts, each at its own best, which the probes then join."""
    rungs, offsets, chosen = [], [], []
    for part in _parts(np.diff(wish.corridor.at_m)):
        bands, rung = _ladder(wish, cycle_s, choices[part], wish.travel_s[part.start : part.stop - 1])
        rungs.append(rung)
        offsets.append(np.zeros(part.stop - part.start) if bands is None else bands.offset_s)
        chosen.append(np.zeros(part.stop - part.start, np.int64) if bands is None else bands.chosen)
    way = way_of(cycle_s, choices, wish.travel_s, wish.weights)
    at, picked = offsets[0], np.concatenate(chosen)
    for more in offsets[1:]:
        moves = np.arange(0.0, cycle_s, 2.0)
        head = len(at) + len(more)
        tried = np.column_stack([np.tile(at, (len(moves), 1)), more + moves[:, None]])
        short = replace(way, begin_s=way.begin_s[:head], long_s=way.long_s[:head], travel_s=way.travel_s[: head - 1])
        at = tried[int(np.argmax(probe(short, tried, np.tile(picked[:head], (len(moves), 1))).score))]
    return at, picked, max(rungs, key=RUNGS.index)


def _parts(gaps_m: FloatArray) -> list[slice]:
    """Return where to cut an arterial so that no part has too many signals: at the longest gaps near the middle."""

    def cut(first: int, end: int) -> list[slice]:
        if end - first <= MOST_TOGETHER:
            return [slice(first, end)]
        inner = np.arange(first + (end - first) // 4, end - (end - first) // 4)
        at = int(inner[np.argmax(gaps_m[inner])]) + 1
        return cut(first, at) + cut(at, end)

    return cut(0, len(gaps_m) + 1)


def _ladder(wish: Wish, cycle_s: float, choices: list[list[Choice]], travel_s: FloatArray) -> tuple[Bands | None, str]:
    out, back = wish.weights
    heavy = (LEAST_BAND_S, 0.0) if out >= back else (0.0, LEAST_BAND_S)
    for rung, (slow, fast), least in (
        (BOTH, NARROW, (LEAST_BAND_S, LEAST_BAND_S)), (SPEED, WIDE, (LEAST_BAND_S, LEAST_BAND_S)),
        (ONE_WAY, WIDE, heavy),
    ):  # fmt: skip
        asked = Waves(cycle_s, choices, travel_s / fast, travel_s / slow, wish.weights, least_band_s=least)
        bands = widest(asked, MILP_S)
        if bands is not None:
            return bands, rung
    return None, LINKS


def _candidate(
    wish: Wish, cycle_s: float, every: list[list[tuple[str, Plan]]], offset_s: FloatArray, chosen: IntArray,
    outcome: Outcome, rung: str,
) -> Candidate:  # fmt: skip
    picked = [plans[min(row, len(plans) - 1)] for plans, row in zip(every, chosen, strict=True)]
    plans = tuple(whole(plan.shifted(float(at))) for (_, plan), at in zip(picked, offset_s, strict=True))
    for junction, plan in zip(wish.corridor.junctions, plans, strict=True):
        verify(junction, plan)
    band_s, advice = bands_of(wish.corridor, plans)
    return Candidate(cycle_s, plans, tuple(order for order, _ in picked), band_s, advice, float(outcome.one_stop[0]),
                     float(outcome.stops[0]), float(outcome.loss_s[0]), rung)  # fmt: skip


def bands_of(corridor: Corridor, plans: Sequence[Plan]) -> tuple[tuple[float, float], FloatArray]:
    """Return the bands that finished plans give, each at the progression speed that gives it the widest.

    One speed, as a share of what is allowed, is tried for the whole way, both ways apart.

    Returns
    -------
    band_s : (float, float)
    advice_kmh : (2, n - 1) array
    """
    free = np.diff(corridor.at_m) / (corridor.kmh / 3.6)
    widths, advice = [], []
    for back in (False, True):
        greens = greens_of(corridor, plans, back)
        tried = [
            (band(greens, arrivals(free / share, back), plans[0].cycle_s)[0], -abs(share - 0.93), float(share))
            for share in np.linspace(*WIDE, 17)
        ]
        width, _, share = max(tried)
        widths.append(width)
        advice.append(corridor.kmh * share)
    return (widths[0], widths[1]), np.array(advice)


def greens_of(corridor: Corridor, plans: Sequence[Plan], back: bool) -> list[list[tuple[float, float]]]:
    """Return when the straight movement of one direction is green at each signal, by one clock."""
    names = corridor.back if back else corridor.out
    return [
        [(plan.offset_s + begin, plan.offset_s + end) for begin, end in plan.greens()[name]]
        for plan, name in zip(plans, names, strict=True)
    ]


def told(candidate: Candidate) -> Said:
    """Return what is to be loosened, where the wave had to go down the ladder."""
    return {
        BOTH: say("bands both ways"),
        SPEED: say("bands both ways at speeds that vary: with another cycle or a narrower speed range there are none"),
        ONE_WAY: say("a band for the heavier direction only: allow other cycles, or let more left turns look for gaps"),
        LINKS: say("no band through all signals: allow other cycles, fewer stages, or split the arterial"),
    }[candidate.rung]
