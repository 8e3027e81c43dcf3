"""A green wave that is planned anew in small steps from what radars see, each step kept only if it did good.

A window of cycles is judged by :func:`twin.signals.radar.kpi`; then one small step is tried, and a window later the
same figure says whether it stays. When a radar falls silent, or tells the same all the time, the plan that was
released runs again until all radars have been well for a while.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from twin.signals.band import Choice
from twin.signals.check import check
from twin.signals.corridor import Corridor
from twin.signals.plan import Plan
from twin.signals.radar import Greens, Kpi, Second, greens_of, kpi, watched
from twin.signals.stops import Way, probe, way_of
from twin.words import Said, say

SILENT_S, STUCK_S = 10.0, 300.0
WELL_S = 180.0
"""So long all radars must have been well before steps are tried again."""
CYCLES, SETTLE_CYCLES = 8, 2
"""A window is so many cycles; after a step so many are not counted."""
STEPS_S = (-6.0, -4.0, -2.0, 2.0, 4.0, 6.0)
SPLIT_S = 2.0
OFTEN = 1 / 3
"""Of its greens a movement leaves vehicles standing in, before its stage gets more."""
REST = 3
"""A step that was taken back is not tried again for so many windows."""
PLANNED, MEASURED, TRIED, KEPT, BACK, FALLEN, WELL = (
    "planned", "measured", "tried", "kept", "taken_back", "fallen_back", "well")  # fmt: skip
Plans = tuple[Plan, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What the loop did, for the account; ``plans`` where other ones shall run from now on."""

    at_s: float
    kind: str
    sentence: Said
    kpi: Kpi | None = None
    plans: Plans | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A change of plans that can be tried."""

    name: Said
    plans: Plans
    worth: float


@dataclass(slots=True)
class Loop:
    """The state of one arterial.

    Parameters
    ----------
    corridor : Corridor
    released : tuple of Plan
        What runs at the beginning, and whenever radars cannot be trusted.
    lanes : mapping of int to mapping
        By junction the movement of each lane of its radar.
    """

    corridor: Corridor
    released: Plans
    lanes: Mapping[int, Mapping[int, str]]
    plans: Plans = ()
    fallen: bool = False
    _seen: dict[int, deque[Second]] = field(default_factory=dict)
    _changed: dict[int, tuple[float, bytes]] = field(default_factory=dict)
    _from_s: float = float("-inf")
    _well_s: float | None = None
    _before: Kpi | None = None
    _trial: tuple[Step, Plans] | None = None
    _resting: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plans = self.plans or self.released
        self._seen = {junction.id: deque() for junction in self.corridor.junctions}

    @property
    def window_s(self) -> float:
        """Return how long a window is."""
        return CYCLES * self.plans[0].cycle_s

    def hear(self, second: Second) -> None:
        """Take what a radar told; twice or out of order is left out."""
        seen = self._seen[second.junction]
        if seen and second.at_s <= seen[-1].at_s:
            return
        seen.append(second)
        told = second.passed.tobytes() + second.queue_m.tobytes() + second.speed_kmh.tobytes()
        if self._changed.get(second.junction, (0.0, b""))[1] != told:
            self._changed[second.junction] = (second.at_s, told)
        while seen[0].at_s < second.at_s - 2.0 * self.window_s:
            seen.popleft()

    def tick(self, now_s: float) -> tuple[Event, ...]:
        """Decide what is to be done now: nothing, most of the time."""
        if self._from_s == float("-inf"):
            self._from_s = now_s
        bad = self._bad(now_s)
        if bad is not None:
            self._well_s = None
            return () if self.fallen else (self._fall(now_s, bad),)
        if self.fallen:
            return self._recover(now_s)
        if now_s - self._from_s < self.window_s:
            return ()
        return self._judge(now_s)

    def _bad(self, now_s: float) -> Said | None:
        """Return which radar cannot be trusted, and why."""
        for junction in self.corridor.junctions:
            seen = self._seen[junction.id]
            last = seen[-1].at_s if seen else self._from_s
            if now_s - last > SILENT_S:
                return say("the radar of {name} has been silent for {seconds} s", name=junction.name,
                           seconds=round(now_s - last))  # fmt: skip
            if seen and now_s - self._changed[junction.id][0] > STUCK_S:
                return say("the radar of {name} has told the same for {seconds} s", name=junction.name,
                           seconds=round(now_s - self._changed[junction.id][0]))  # fmt: skip
        return None

    def _fall(self, now_s: float, why: Said) -> Event:
        self.fallen, self._trial, self._before = True, None, None
        self.plans = self.released
        return Event(now_s, FALLEN, say("{why}: the released plan runs until all radars are well", why=why),
                     plans=self.released)  # fmt: skip

    def _recover(self, now_s: float) -> tuple[Event, ...]:
        if self._well_s is None:
            self._well_s = now_s
        if now_s - self._well_s < WELL_S:
            return ()
        self.fallen, self._well_s, self._from_s = False, None, now_s
        return (Event(now_s, WELL, say("all radars are well again: steps are tried from the released plan")),)

    def _judge(self, now_s: float) -> tuple[Event, ...]:
        """Keep or take back what was tried, then try the next step."""
        window = {key: [second for second in seen if second.at_s >= self._from_s] for key, seen in self._seen.items()}
        now = kpi(self.corridor, window, self.lanes)
        if not now.trips:
            self._from_s = now_s
            return ()
        self._resting = {name: left - 1 for name, left in self._resting.items() if left > 1}
        if self._trial is not None:
            return self._end_trial(now_s, now, window)
        return (
            Event(
                now_s, MEASURED, say("{share} passed a stop line without stopping", share=f"{now.on_green:.0%}"), now
            ),
            *self._try(now_s, now, window),
        )

    def _end_trial(self, now_s: float, now: Kpi, window: Mapping[int, Sequence[Second]]) -> tuple[Event, ...]:
        assert self._trial is not None and self._before is not None  # noqa: S101, PT018 - set together
        (step, plans), before = self._trial, self._before
        self._trial = None
        shares = {"before": f"{before.one_stop:.1%}", "after": f"{now.one_stop:.1%}"}
        if (now.one_stop, -now.stops) < (before.one_stop, -before.stops):
            self.plans, self._before = plans, None
            self._resting[str(step.name)] = REST
            self._settle(now_s)
            return (Event(now_s, BACK, say("{step}: {before} → {after}, taken back", step=step.name, **shares), now,
                          plans),)  # fmt: skip
        kept = Event(now_s, KEPT, say("{step}: {before} → {after}, kept", step=step.name, **shares), now)
        return (kept, *self._try(now_s, now, window))

    def _try(self, now_s: float, now: Kpi, window: Mapping[int, Sequence[Second]]) -> tuple[Event, ...]:
        found = [step for step in self._steps(window) if str(step.name) not in self._resting]
        if not found:
            self._from_s = now_s
            return ()
        step = max(found, key=lambda step: step.worth)
        self._trial, self._before, self.plans = (step, self.plans), now, step.plans
        self._settle(now_s)
        return (Event(now_s, TRIED, say("tried: {step}", step=step.name), plans=step.plans),)

    def _settle(self, now_s: float) -> None:
        self._from_s = now_s + SETTLE_CYCLES * self.plans[0].cycle_s

    def _steps(self, window: Mapping[int, Sequence[Second]]) -> list[Step]:
        """Return what could be tried: more green where vehicles are left over, else offsets that probes like better."""
        return self._splits(window) or self._offsets(window)

    def _splits(self, window: Mapping[int, Sequence[Second]]) -> list[Step]:
        found = []
        for row, (junction, plan) in enumerate(zip(self.corridor.junctions, self.plans, strict=True)):
            for at, stage in enumerate(plan.stages):
                often = [_left_over(window[junction.id], name, self.lanes[junction.id]) for name in stage.greens]
                worst = max(often, default=0.0)
                changed = _more_green(plan, at) if worst > OFTEN else None
                if changed is None or check(junction, changed):
                    continue
                name = say("{name}: {seconds} s more green for stage {stage}", name=junction.name,
                           seconds=round(SPLIT_S), stage=at + 1)  # fmt: skip
                found.append(Step(name, _with(self.plans, row, changed), worst))
        return found

    def _offsets(self, window: Mapping[int, Sequence[Second]]) -> list[Step]:
        way = self._way(window)
        at = np.array([plan.offset_s for plan in self.plans])
        none = np.zeros(len(at), np.int64)
        base = float(probe(way, at[None], none[None]).score[0])
        moves = [(row, tail, move) for row in range(len(at)) for tail in (False, True) for move in STEPS_S
                 if row or not tail]  # fmt: skip
        rows = np.arange(len(at))
        offsets = np.array([at + move * (rows >= row if tail else rows == row) for row, tail, move in moves])
        score = probe(way, offsets % way.cycle_s, np.tile(none, (len(moves), 1))).score
        found = []
        for (row, tail, move), worth, offset in zip(moves, score.tolist(), offsets, strict=True):
            if worth > base + 1e-6:
                name = self.corridor.junctions[row].name
                words = say("{name} and all after it {seconds} s", name=name, seconds=f"{move:+.0f}") if tail else say(
                    "{name} {seconds} s", name=name, seconds=f"{move:+.0f}"
                )  # fmt: skip
                plans = tuple(p.shifted(float(to)) for p, to in zip(self.plans, offset, strict=True))
                found.append(Step(words, plans, worth - base))
        return found

    def _way(self, window: Mapping[int, Sequence[Second]]) -> Way:
        """Return the arterial for the probes, with what was measured: queues shorten the greens at their beginning."""
        choices, weights = [], []
        for junction, plan, out, back in zip(
            self.corridor.junctions, self.plans, self.corridor.out, self.corridor.back, strict=True
        ):
            held = [greens_of(watched(window[junction.id], name, self.lanes[junction.id])) for name in (out, back)]
            windows = [plan.greens()[name][0] for name in (out, back)]
            choices.append([Choice(*(_usable(w, g) for w, g in zip(windows, held, strict=True)))])
            weights.append([float(g.passed.sum()) for g in held])
        travel = np.diff(self.corridor.at_m) / (self.corridor.kmh / 3.6)
        out_vph, back_vph = np.maximum(np.mean(weights, axis=0), 1.0).tolist()
        return way_of(self.plans[0].cycle_s, choices, travel, (out_vph, back_vph))


def _usable(window: tuple[float, float], greens: Greens) -> tuple[float, float]:
    """Return the green with what side streets' queues take of it, as the shortest of them did: others clear alone."""
    waits = greens.clear_s - greens.begin_s
    taken = float(np.quantile(waits, 0.25)) if len(waits) else 0.0
    long = window[1] - window[0]
    return window[0] + min(taken, 0.5 * long), long - min(taken, 0.5 * long)


def _left_over(seconds: Sequence[Second], movement: str, lanes: Mapping[int, str]) -> float:
    """Return in which share of its greens a movement left vehicles standing."""
    if movement not in lanes.values():
        return 0.0
    left = greens_of(watched(seconds, movement, lanes)).left
    return float((left >= 1.5).mean()) if len(left) else 0.0


def _more_green(plan: Plan, stage: int) -> Plan | None:
    """Return a plan with more green for a stage, taken from the longest of the others."""
    others = [row for row in range(len(plan.stages)) if row != stage]
    if not others:
        return None
    longest = max(others, key=lambda row: plan.stages[row].green_s)
    change = {stage: SPLIT_S, longest: -SPLIT_S}
    stages = tuple(replace(each, green_s=each.green_s + change.get(row, 0.0)) for row, each in enumerate(plan.stages))
    return replace(plan, stages=stages) if stages[longest].green_s > 0 else None


def _with(plans: Plans, row: int, plan: Plan) -> Plans:
    return (*plans[:row], plan, *plans[row + 1 :])
