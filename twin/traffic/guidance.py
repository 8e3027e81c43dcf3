"""Advice which way to take, and what it is worth if only some follow it; none where it could do harm.

Two kinds of drivers are reckoned with among those who do not follow: such as keep to their habits, and such as use at
once the room that others make. For the first, advice that helps when all follow helps at any compliance: volumes are
a mixture, ``v(s) = (1 - s) · kept + s · advised``, and the hours of all are convex in volumes, so they lie on or below
the line between both ends. For the second nothing is certain; it is worked out. Advice is given only if neither is
worse than no advice at any compliance that was tried; else less is advised, and at last nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.geo import BoolArray, FloatArray
from twin.traffic.assignment import (
    GAP,
    Assigner,
    Delay,
    Drivers,
    Network,
    Routes,
    Volumes,
    joined,
    route_seconds,
    vehicle_hours,
    volumes,
)

COMPLIANCE = (0.0, 0.1, 0.3, 0.6, 1.0)
TOLD = (0.0, 0.3, 0.6, 1.0)
STRENGTHS = (1.0, 0.6, 0.35, 0.2)
"""So much of the advice is tried, one after the other, where the whole of it could do harm."""
SLOWER = 1.1
"""Who takes so many times as long as the quickest way now has lost by following."""
Progress = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is on the roads.

    Parameters
    ----------
    network : Network
        As it is now.
    drivers : tuple of Drivers
    habit : Network, optional
        As drivers know it, before an incident or works; by default as it is now, a situation they are used to.
    closed : (L,) bool array, optional
        Links nobody can use now.
    """

    network: Network
    drivers: tuple[Drivers, ...]
    habit: Network | None = None
    closed: BoolArray | None = None

    @property
    def now(self) -> tuple[Drivers, ...]:
        """The drivers, kept off what is closed."""
        if self.closed is None:
            return self.drivers
        shut = self.closed
        return tuple(
            replace(one, allowed=~shut if one.allowed is None else one.allowed & ~shut) for one in self.drivers
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What all spend on the road, in vehicle-hours, by the share that follows the advice: (C,) arrays.

    Parameters
    ----------
    compliance : array
    habit_h : array
        If the others keep to their ways.
    reacting_h : array
        If the others take whatever is quickest once some follow.
    """

    compliance: FloatArray
    habit_h: FloatArray
    reacting_h: FloatArray


@dataclass(frozen=True, slots=True)
class Guidance:
    """Advice, or none.

    Parameters
    ----------
    kept, advised : tuple of Routes
        For each group of drivers, without advice and if all follow it.
    effect : Effect
    strength : float
        How much of the best there is; 0 where nothing is said, and ``advised`` is ``kept``.
    equilibrium_h, optimum_h : float
        If all knew everything and took what is best for themselves; for all.
    losing : float
        Of those who are sent another way, the share that would be quicker by the quickest way of that moment.
    """

    kept: tuple[Routes, ...]
    advised: tuple[Routes, ...]
    effect: Effect
    strength: float
    equilibrium_h: float
    optimum_h: float
    losing: float

    @property
    def says(self) -> bool:
        """Whether there is advice at all."""
        return self.strength > 0

    def won(self, compliance: float, reacting: bool = False) -> float:
        """Return the share of the gap between no advice and the optimum that is won; 0 where there is no gap."""
        hours = self.effect.reacting_h if reacting else self.effect.habit_h
        at = float(np.interp(compliance, self.effect.compliance, hours))
        gap = float(hours[0]) - self.optimum_h
        return (float(hours[0]) - at) / gap if gap > 1e-9 * float(hours[0]) else 0.0


def guide(
    assign: Assigner, situation: Situation, gap: float = GAP, progress: Progress | None = None,
    compliance: Sequence[float] = COMPLIANCE,
) -> Guidance:  # fmt: skip
    """Work out advice and what it is worth.

    Raises
    ------
    twin.traffic.assignment.NoWayError
        If what is closed leaves some without a way.
    """
    tell = progress or (lambda _share, _stage: None)
    network, now = situation.network, situation.now
    tell(0.0, "habit")
    kept = _kept(assign, situation, gap)
    tell(0.15, "equilibrium")
    selfish = assign(network, now, None, gap).routes
    tell(0.3, "optimum")
    best = assign(network.marginal(), now, None, gap).routes
    loads = [_load(network, now, routes) for routes in (kept, selfish, best)]
    spent = [vehicle_hours(network, load) for load in loads]
    steps = np.array(sorted({0.0, 1.0, *compliance}))
    for number, strength in enumerate(STRENGTHS):
        advised = tuple(_mixed(one, other, strength) for one, other in zip(kept, best, strict=True))
        effect = _effect(assign, network, now, loads[0], _load(network, now, advised), spent[1], steps, gap)
        tell(0.3 + 0.7 * (number + 1) / len(STRENGTHS), "effect")
        if harmless(effect, gap):
            losing = _losing(network, now, advised, kept)
            return Guidance(kept, advised, effect, strength, spent[1], min(spent), losing)
    quiet = Effect(steps, np.full(len(steps), spent[0]), np.full(len(steps), spent[1]))
    return Guidance(kept, kept, quiet, 0.0, spent[1], min(spent), 0.0)


def harmless(effect: Effect, gap: float) -> bool:
    """Say whether no compliance is worse than none, and all of it is better by more than the solver is unsure of."""
    worst = max(float((hours / hours[0]).max()) for hours in (effect.habit_h, effect.reacting_h))
    return worst <= 1.0 and effect.habit_h[-1] < effect.habit_h[0] * (1.0 - gap)


def _effect(
    assign: Assigner, network: Network, drivers: Sequence[Drivers], kept: Volumes, advised: Volumes, selfish_h: float,
    steps: FloatArray, gap: float,
) -> Effect:  # fmt: skip
    habit, reacting = [], []
    for share in steps.tolist():
        habit.append(vehicle_hours(network, kept.times(1.0 - share) + advised.times(share)))
        reacting.append(selfish_h if share == 0.0 else _reacting_h(assign, network, drivers, advised, share, gap))
    return Effect(steps, np.array(habit), np.array(reacting))


def _reacting_h(
    assign: Assigner, network: Network, drivers: Sequence[Drivers], advised: Volumes, share: float, gap: float
) -> float:
    """Return the hours of all if the others take whatever is quickest beside those who follow."""
    follow = advised.times(share)
    if share == 1.0:
        return vehicle_hours(network, follow)
    others = [replace(one, demand=one.demand.times(1.0 - share)) for one in drivers]
    return vehicle_hours(network, follow + _load(network, others, assign(network, others, follow, gap).routes))


def _kept(assign: Assigner, situation: Situation, gap: float) -> tuple[Routes, ...]:
    """Return the routes without advice; who finds a road closed takes what he thinks is the next best way."""
    habit = situation.habit or situation.network
    found = assign(habit, situation.drivers, None, gap).routes
    if situation.closed is None:
        return found
    shut, usual = situation.closed, _load(habit, situation.drivers, found)
    return tuple(
        joined([routes.take(~stuck), _diverted(assign, habit, drivers, routes.take(stuck), usual, gap)])
        if (stuck := routes.through(shut)).any()
        else routes
        for routes, drivers in zip(found, situation.now, strict=True)
    )


def _diverted(assign: Assigner, habit: Network, drivers: Drivers, stuck: Routes, usual: Volumes, gap: float) -> Routes:
    """Return the quickest other ways as the times usually are: that many others think the same is not known to them."""
    turns = habit.turns
    usually = replace(
        habit,
        delay=_fixed(habit.delay.seconds(usual.link), habit),
        turns=replace(turns, delay=replace(turns.delay, free_s=turns.delay.seconds(usual.turn), b=0.0 * usual.turn)),
    )
    wanted = replace(drivers.demand, origin=stuck.origin, destination=stuck.destination, trips=stuck.trips)
    return assign(usually, [replace(drivers, demand=wanted)], None, gap).routes[0]


def _fixed(seconds: FloatArray, network: Network) -> Delay:
    return replace(network.delay, free_s=seconds, b=np.zeros(len(seconds)))


def _load(network: Network, drivers: Sequence[Drivers], routes: Sequence[Routes]) -> Volumes:
    parts = [volumes(network, one, group.pcu) for one, group in zip(routes, drivers, strict=True)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole + part
    return whole


def _mixed(kept: Routes, best: Routes, strength: float) -> Routes:
    return best if strength == 1.0 else joined([kept.times(1.0 - strength), best.times(strength)])


def _losing(network: Network, drivers: Sequence[Drivers], advised: Sequence[Routes], kept: Sequence[Routes]) -> float:
    """Return the share of those on ways that hardly anybody takes by himself who are slower than need be."""
    load = _load(network, drivers, advised)
    slow = moved = 0.0
    for one, other in zip(advised, kept, strict=True):
        seconds = route_seconds(network, one, load)
        pair = one.origin * network.nodes + one.destination
        _, of = np.unique(pair, return_inverse=True)
        quickest = np.full(int(of.max(initial=-1)) + 1, np.inf)
        np.minimum.at(quickest, of, seconds)
        known = _keys(other)
        fresh = np.array([key not in known for key in _each(one)], np.bool_)
        moved += float(one.trips[fresh].sum())
        slow += float(one.trips[fresh & (seconds > SLOWER * quickest[of])].sum())
    return slow / moved if moved else 0.0


def _each(routes: Routes) -> list[bytes]:
    return [routes.links[a:b].tobytes() for a, b in zip(routes.first[:-1], routes.first[1:], strict=True)]


def _keys(routes: Routes) -> frozenset[bytes]:
    return frozenset(_each(routes))
