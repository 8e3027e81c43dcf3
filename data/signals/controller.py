"""A signal controller that is simulated: it holds plans, runs one, and answers as GB/T 20999-2017 has it. No sockets.

It is built for a junction and refuses a plan that its own conflict table does not allow, as a real one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from data.signals import objects
from data.signals.frames import (
    HEARTBEAT,
    HEARTBEAT_REPLY,
    QUERY,
    QUERY_ERROR,
    QUERY_REPLY,
    SET,
    SET_ERROR,
    SET_REPLY,
    TRAP,
    Frame,
    FrameError,
    Item,
)  # fmt: skip
from data.signals.objects import Fault
from twin.signals.changeover import Changeover, Lights, least_greens
from twin.signals.check import check
from twin.signals.plan import Junction, Plan
from twin.signals.timetable import DAY_S

FACTORY = 1
"""Number of the plan that it came with."""
_LENGTHS = {
    objects.STAGE_PHASES: 8, objects.PLAN_CYCLE: 4,
    objects.PLAN_OFFSET: 2, objects.PLAN_STAGES: 16, objects.PLAN_TIMES: 32, objects.PLAN_KINDS: 16,
    objects.DAY_STARTS: 96,
    objects.DAY_PLANS: 48, objects.SCHEDULE_DAY: 1, objects.UTC_TIME: 7, objects.ASSIGN_PLAN: 1, objects.ASSIGN_MODE: 1,
}  # fmt: skip
"""What can be set, and how long its value is."""


@dataclass(slots=True)
class Controller:
    """One controller.

    Parameters
    ----------
    junction : Junction
    plan : Plan
        What it runs until it is told otherwise.
    stubborn : bool
        It confirms a change of plan and does not do it: what the watch is for.
    slow_s : float
        How far its clock is behind until it is set.
    gentle : bool
        It comes into step with a new plan by cycles that are longer or shorter, as real ones do; else it jumps.
    zone_s : float
        Its local time is so much ahead of UTC: that of the times of day.
    """

    junction: Junction
    plan: Plan
    stubborn: bool = False
    slow_s: float = 0.0
    gentle: bool = False
    zone_s: float = 28_800.0
    held: dict[int, bytes] = field(default_factory=dict)
    running: int = FACTORY
    mode: int = objects.LOCAL_FIXED
    faults: list[Fault] = field(default_factory=list)
    _told: int = 0
    _runs: Changeover = field(init=False)

    def __post_init__(self) -> None:
        self._runs = Changeover.steady(self.plan)
        installed = objects.phase_items(self.junction, self.plan) + objects.plan_items(
            self.junction, self.plan, FACTORY
        )
        self.held.update((item.key, item.value) for item in installed)

    def answer(self, frame: Frame, now_s: float) -> Frame | None:
        """Return the answer to a frame; None for what asks for none."""
        self._by_the_day(now_s)
        if frame.kind == HEARTBEAT:
            return _answer(frame, HEARTBEAT_REPLY)
        if frame.kind == QUERY:
            return self._query(frame, now_s)
        return self._set(frame, now_s) if frame.kind == SET else None

    def stage(self, now_s: float) -> int:
        """Return the number of the stage that runs by its own clock."""
        self._by_the_day(now_s)
        return objects.stage_number(self.running, self._runs.stage_at(now_s - self.slow_s)[1])

    def lights(self, now_s: float) -> Lights:
        """Return what it shows."""
        self._by_the_day(now_s)
        return self._runs.lights_at(now_s - self.slow_s)

    def fail(self, kind: int, now_s: float) -> None:
        """Have something break; it is reported with the next :meth:`reports`."""
        self.faults.append(Fault(len(self.faults) + 1, kind, now_s - self.slow_s))

    def reports(self) -> Iterator[Frame]:
        """Yield what it tells by itself, each fault once."""
        for fault in self.faults[self._told :]:
            yield Frame(TRAP, self.junction.id, objects.fault_items(fault), serial=fault.number & 0xFF)
        self._told = len(self.faults)

    def _query(self, frame: Frame, now_s: float) -> Frame:
        now = {
            objects.PLAN_NOW: bytes([self.running]), objects.STAGE_NOW: bytes([self.stage(now_s)]),
            objects.MODE: bytes([self.mode]), objects.UTC_TIME: objects.time_bytes(now_s - self.slow_s),
        }  # fmt: skip
        known = self.held | now
        missing = tuple(Item(item.key, bytes([objects.NOT_THERE])) for item in frame.items if item.key not in known)
        if missing:
            return _answer(frame, QUERY_ERROR, missing)
        return _answer(frame, QUERY_REPLY, tuple(Item(item.key, known[item.key]) for item in frame.items))

    def _set(self, frame: Frame, now_s: float) -> Frame:
        """Set all that a frame asks for, or nothing of it."""
        wrong = tuple(Item(item.key, bytes([code])) for item in frame.items if (code := _wrong(item)))
        if wrong:
            return _answer(frame, SET_ERROR, wrong)
        before = (dict(self.held), self.running, self.mode, self.plan, self._runs, self.slow_s)
        try:
            for item in frame.items:
                self._take(item, now_s)
            self._follow(now_s)
        except FrameError:
            self.held, self.running, self.mode, self.plan, self._runs, self.slow_s = before
            refused = tuple(Item(item.key, bytes([objects.BAD_VALUE])) for item in frame.items)
            return _answer(frame, SET_ERROR, refused)
        return _answer(frame, SET_REPLY, tuple(Item(item.key) for item in frame.items))

    def _follow(self, now_s: float) -> None:
        """Run what is held now of the plan that runs; refuse what could not run, now or later in the day."""
        if self.mode == objects.LOCAL_COORDINATED:
            for _, number in self._day():
                self._checked(number)
        plan = self._checked(self.running)
        if plan != self.plan:
            self._change(plan, now_s)

    def _take(self, item: Item, now_s: float) -> None:
        if item.key == objects.UTC_TIME:
            self.slow_s = now_s - objects.time_of(item.value)
        elif item.key == objects.ASSIGN_PLAN:
            self._run(item.value[0], now_s)
        elif item.key == objects.ASSIGN_MODE:
            self._set_mode(item.value[0], now_s)
        else:
            self.held[item.key] = item.value

    def _run(self, number: int, now_s: float) -> None:
        plan = self._checked(number)
        if not self.stubborn:
            self.running, self.mode = number, objects.CENTRE_COORDINATED
            self._change(plan, now_s)

    def _set_mode(self, mode: int, now_s: float) -> None:
        if mode == objects.LOCAL_COORDINATED:
            for _, number in self._day():
                self._checked(number)
        if not self.stubborn:
            self.mode = mode
            self._by_the_day(now_s)

    def _day(self) -> tuple[tuple[float, int], ...]:
        return objects.day_from(self.held, self.held.get(objects.SCHEDULE_DAY + 1, b"\0")[0])

    def _by_the_day(self, now_s: float) -> None:
        """Change to the plan of this time of day, from when its time began."""
        if self.mode != objects.LOCAL_COORDINATED:
            return
        midnight_s = (now_s - self.slow_s + self.zone_s) // DAY_S * DAY_S - self.zone_s
        day = self._day()
        begun = [(at, number) for at, number in day if midnight_s + at <= now_s - self.slow_s]
        at, number = begun[-1] if begun else (day[-1][0] - DAY_S, day[-1][1])
        if number != self.running:
            self.running = number
            self._change(self._checked(number), midnight_s + at + self.slow_s)

    def _change(self, plan: Plan, now_s: float) -> None:
        self.plan, least = plan, least_greens(self.junction, plan)
        self._runs = (
            Changeover.of(self._runs, plan, now_s - self.slow_s, least) if self.gentle else Changeover.steady(plan)
        )

    def _checked(self, number: int) -> Plan:
        plan = objects.plan_from(self.junction, self.held, number)
        if check(self.junction, plan):
            raise FrameError("plan refused")
        return plan


def _answer(frame: Frame, kind: int, items: tuple[Item, ...] = ()) -> Frame:
    return Frame(kind, frame.controller, items, frame.serial, frame.centre, frame.junction)


def _wrong(item: Item) -> int:
    """Return the code of the error of a setting, 0 for one that can be done."""
    whole, element = item.key, item.key & 0xFFFFFF00
    length = _LENGTHS.get(whole, _LENGTHS.get(element))
    if length is None:
        return objects.READ_ONLY if whole in (objects.PLAN_NOW, objects.STAGE_NOW, objects.MODE) else objects.NOT_THERE
    return 0 if len(item.value) == length else objects.WRONG_LENGTH
