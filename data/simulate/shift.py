"""Invented shifts in fast time: operators, units and agencies who do what people would do with what scenarios find.

Everything is drawn from one seed; the clock is the caller's, so that a day passes in minutes. What they do goes through
the same deeds as a person's.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.operations.handing_on import hand_on
from data.operations.minding import mind
from twin.operations import deeds
from twin.operations.agencies import Agency
from twin.operations.deeds import Assignment, By, Deed, Start
from twin.operations.desks import at_desks
from twin.operations.records import Alert, Dispatch, Incident, Task, Unit
from twin.operations.states import NotPossibleError
from twin.operations.store import Operations, Row, Whole
from twin.rules.hit import CONTROL, Hit

MIND_S = 30.0
REAL, ANSWERS = 0.75, 0.95
"""Shares: of alerts that are confirmed, of units that answer."""
RETURNED = 0.05
"""Share of tasks that an agency returns."""
PEOPLE: Mapping[str, str] = {
    "operator-1": CONTROL, "operator-2": CONTROL, "traffic-1": "traffic_engineer", "site-1": "site_officer",
}  # fmt: skip
"""Who works, and at which desk's queue."""
THINKS_S = (8.0, 40.0)
"""An operator needs so long for one thing."""
WORKS_S = (120.0, 900.0)
OUTCOMES = ("handled", "warned", "mediated", "nothing_found")
REASONS = ("false_alarm", "known_and_permitted", "no_action_needed")
Arrive = Callable[[Sequence[Unit], Incident], Sequence[float]]
"""Returns how many seconds each unit needs; infinite where no way leads."""


@dataclass(order=True)
class _Due:
    at_s: float
    number: int
    deed: Deed = field(compare=False)
    actor: str = field(compare=False)


class Shift:
    """Two operators, those at other desks, the units on duty, and the agencies.

    Parameters
    ----------
    starts : callable
        What an incident of a scenario begins with.
    agencies : mapping of str to Agency
    arrive : callable
        How long units need.
    """

    def __init__(
        self,
        store: Operations,
        starts: Callable[[str], Start],
        arrive: Arrive,
        seed: int,
        agencies: Mapping[str, Agency],
        people: Mapping[str, str] = PEOPLE,
    ) -> None:
        self._store, self._starts, self._arrive, self._agencies = store, starts, arrive, agencies
        self._rng = np.random.default_rng([seed, 31])
        self._people = people
        self._free_s = dict.fromkeys(people, 0.0)
        self._in_hand: dict[str, float] = {}
        self._due: list[_Due] = []
        self._numbers = itertools.count()
        self._minded_s = 0.0
        self._offered: set[str] = set()
        self.done: Counter[str] = Counter()
        """Deeds by their names."""

    def step(self, now_s: float, hits: Sequence[Hit] = ()) -> None:
        """Take what was found, and do what is due until now."""
        if hits:
            self._store.take(hits)
        while self._due and self._due[0].at_s <= now_s:
            due = heapq.heappop(self._due)
            self._do(due.deed, due.actor, due.at_s)
        if now_s - self._minded_s >= MIND_S:
            self.done["minded"] += mind(self._store, now_s)
            self.done["handed on"] += hand_on(self._store, self._starts, self._agencies, now_s)
            self._offer(now_s)
            self._minded_s = now_s
        for person, free_s in self._free_s.items():
            if free_s <= now_s:
                self._work(person, now_s)

    def open(self) -> bool:
        """Tell whether anything is left to be done."""
        return bool(self._due) or bool(self._store.queue(1))

    def _work(self, operator: str, now_s: float) -> None:
        """Do the next thing in the queue that nobody has in hand."""
        for row in at_desks(self._store.queue(500, now_s), (self._people[operator],)):
            key = row.incident.id if row.incident is not None else row.alert.group if row.alert is not None else ""
            if self._in_hand.get(key, 0.0) > now_s:
                continue
            if self._handled(row, operator, now_s):
                busy_s = now_s + float(self._rng.uniform(*THINKS_S))
                self._free_s[operator] = self._in_hand[key] = busy_s
                return

    def _handled(self, row: Row, operator: str, now_s: float) -> bool:
        if row.incident is None:
            return self._answered(row, operator, now_s)
        if row.incident.state in ("dispatched", "en_route", "handed_over"):
            return False
        return self._went_on(self._store.whole(row.incident.id), operator, now_s)

    def _answered(self, row: Row, operator: str, now_s: float) -> bool:
        assert row.alert is not None  # noqa: S101 - a row has one or the other
        if row.alert.severity == 1 or self._rng.random() < REAL:
            deed: Deed = deeds.ConfirmAlerts((), self._starts(row.alert.scenario), group=row.alert.group)
        else:
            deed = deeds.DismissAlerts((), str(self._rng.choice(REASONS)), group=row.alert.group)
        return self._do(deed, operator, now_s)

    def _went_on(self, whole: Whole, operator: str, now_s: float) -> bool:
        """Do an incident's next thing; False if it must be waited for."""
        incident = whole.incident
        waiting = [step for step in whole.steps if step.state == "waiting"]
        if incident.state == "resolved":
            deed: Deed = deeds.AnswerStep(waiting[0].id, "done") if waiting else deeds.Close(incident.id)
            return self._do(deed, operator, now_s)
        if any(one.state in ("sent", "acknowledged", "en_route", "on_scene") for one in whole.dispatches):
            return False
        over = [one for one in waiting if one.action == "hand_over"]
        if over and not whole.tasks:
            return self._hand_over(incident, over[0].id, operator, now_s)
        sends = self._people[operator] == CONTROL
        worked = not sends or any(one.state == "cleared" for one in whole.dispatches) or bool(whole.tasks)
        if incident.form == "queue" or worked:
            outcome = "served" if incident.form == "queue" else str(self._rng.choice(OUTCOMES))
            return self._do(deeds.Resolve(incident.id, outcome), operator, now_s)
        return self._send(whole, operator, now_s)

    def _hand_over(self, incident: Incident, step: str, operator: str, now_s: float) -> bool:
        agency = next(
            (one.agency for one in self._starts(incident.scenario).steps if step == f"{incident.id}-{one.id}"), "urban"
        )
        deed = deeds.HandOver(incident.id, agency, incident.title, now_s + 7200.0)
        done = self._do(deed, operator, now_s)
        return done and self._do(deeds.AnswerStep(step, "done"), operator, now_s)

    def _send(self, whole: Whole, operator: str, now_s: float) -> bool:
        incident, free = whole.incident, self._store.find(Unit, ("free",))
        tried = {one.unit for one in whole.dispatches}
        seconds = np.asarray(self._arrive(free, incident), np.float64)
        weighed = seconds + np.array([3600.0 * (unit.id in tried) for unit in free])
        if not len(free) or not np.isfinite(weighed).any():
            return False
        best = int(np.argmin(weighed))
        step = next((one.id for one in whole.steps if one.state == "waiting" and one.action == "send"), "")
        sent = deeds.SendUnits(
            whole.incident.id, (Assignment(free[best].id, float(seconds[best])),), whole.incident.title
        )
        done = self._do(sent, operator, now_s)
        if done and step:
            self._do(deeds.AnswerStep(step, "done"), operator, now_s)
        return done

    def _do(self, deed: Deed, actor: str, at_s: float) -> bool:
        try:
            done = self._store.do(deed, By(actor, at_s))
        except NotPossibleError:  # as a person would be told: somebody else was faster, or it was called back
            self.done["refused"] += 1
            return False
        self.done[type(deed).__name__] += 1
        if isinstance(deed, deeds.SendUnits):
            for dispatch in done.of(Dispatch):
                self._drive(dispatch)
        return True

    def _offer(self, now_s: float) -> None:
        """Let agencies see the tasks that are new to them: they accept and finish each, some they return."""
        for task in self._store.find(Task, ("offered",)):
            if task.id in self._offered:
                continue
            self._offered.add(task.id)
            self._later(now_s + self._some(60.0, 600.0), deeds.AnswerTask(task.id, "accepted"), task.agency)
            ends = deeds.AnswerTask(task.id, "finished", "已办结")
            if self._rng.random() < RETURNED:
                ends = deeds.AnswerTask(task.id, "returned", "不属本单位")
            self._later(now_s + self._some(900.0, 5400.0), ends, task.agency)

    def _drive(self, dispatch: Dispatch) -> None:
        """Say what a unit will do, if it answers."""
        if self._rng.random() > ANSWERS:
            return
        at_s = dispatch.sent_s + self._some(5.0, 60.0)
        travel_s = min(dispatch.expected_s, 3600.0) * self._some(0.8, 1.3)
        for state, later_s in (
            ("acknowledged", 0.0), ("en_route", self._some(5.0, 40.0)), ("on_scene", travel_s),
            ("cleared", self._some(*WORKS_S)),
        ):  # fmt: skip
            at_s += later_s
            self._later(at_s, deeds.ReportDispatch(dispatch.id, state), dispatch.unit)

    def _later(self, at_s: float, deed: Deed, actor: str) -> None:
        heapq.heappush(self._due, _Due(at_s, next(self._numbers), deed, actor))

    def _some(self, low: float, high: float) -> float:
        return float(self._rng.uniform(low, high))


def unended(store: Operations) -> list[str]:
    """Return the ids of alerts that have no recorded outcome: neither dismissed, nor of an incident that is over."""
    found = [alert.id for alert in store.find(Alert, ("new",), 100_000)]
    over = {one.id for one in store.find(Incident, ("closed", "withdrawn"), 100_000)}
    merged = {one.id: one.merged_into for one in store.find(Incident, ("merged",), 100_000)}
    for alert in store.find(Alert, ("confirmed",), 100_000):
        incident = alert.incident
        while incident in merged:
            incident = merged[incident]
        if incident not in over:
            found.append(alert.id)
    return found
