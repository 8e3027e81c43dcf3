"""What the fraud desk is at: cases, what waits for approval, clocks, and the case in hand; read in the background.

Deeds go the other way, one after the other: what is asked for while one is under way is done after it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from app.commands import Call
from app.desk import Desk
from app.workbenches.fraud.queueing import queue_of
from data.fraud.store import SqlFraud
from twin.errors import ZhianError
from twin.fraud.asking import evidence_mark
from twin.fraud.deeds import By, Deed
from twin.fraud.ordering import Queue
from twin.fraud.records import FraudCase, Instruction, Measure, ReturnPlan
from twin.fraud.store import Done, Due, Whole

ROUND_MS, AGAIN_MS = 2_000, 15_000
SOON_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """An instruction that waits for approval, its measure, and the mark of the evidence that is shown."""

    instruction: Instruction
    measure: Measure
    mark: str


@dataclass(frozen=True, slots=True)
class Told:
    """How the records are."""

    cases: tuple[FraudCase, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    due: tuple[Due, ...] = ()
    red: tuple[Due, ...] = ()
    measures: tuple[Measure, ...] = ()
    out: tuple[Instruction, ...] = ()
    queue: Queue | None = field(default=None, compare=False)
    plans: tuple[ReturnPlan, ...] = ()
    held: Whole | None = field(default=None)


class Work(QObject):
    """Reads the records every few seconds while somebody looks, and does deeds."""

    changed = Signal()
    read = Signal()
    """The records were read, changed or not; another person may sit here."""
    refused = Signal(str, object)
    """Id of a command, and the error."""
    trouble = Signal(object)
    """The error for which the records cannot be read; None: they can again."""

    def __init__(self, desk: Desk, opened: Callable[[], SqlFraud], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._opened = desk, opened
        self._opening = threading.Lock()
        self._store: SqlFraud | None = None
        self.told = Told()
        self.number = ""
        """Of the case in hand."""
        self.busy = False
        self.clock: Callable[[], float] = time.time
        self._waiting: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Read now, and again every few seconds."""
        self._timer.start()
        self.look()

    def stop(self) -> None:
        """Read no more until :meth:`start`."""
        self._timer.stop()

    def close(self) -> None:
        """Let go of the records."""
        self._timer.stop()
        if self._store is not None:
            self._store.close()

    def hold(self, number: str) -> None:
        """Take a case in hand."""
        if number != self.number:
            self.number = number
            self.look()

    # Reading

    def look(self) -> None:
        """Read the records, unless that is being done or about to be."""
        if not self.busy and not self._desk.jobs.is_running("fraud.look"):
            self._look(self._on_told)

    def _look(self, done: Callable[[Told], None]) -> None:
        number, by = self.number, self.by()
        self._desk.jobs.submit(
            "job.fraud",
            lambda *_: _read(self.store(), by, number),
            done,
            self._on_trouble,
            key="fraud.look",
            quiet=True,
        )

    def store(self) -> SqlFraud:
        """Return the records; opened off the window's thread."""
        with self._opening:
            if self._store is None:
                self._store = self._opened()
            return self._store

    def _on_told(self, told: Told) -> None:
        if self._timer.interval() != ROUND_MS:
            self._timer.setInterval(ROUND_MS)
            self.trouble.emit(None)
        if told != self.told or _still(told) != _still(self.told):
            self.told = told
            self.changed.emit()
        self.read.emit()

    def _on_trouble(self, error: Exception) -> None:
        self.busy = False
        self._timer.setInterval(AGAIN_MS)
        self.trouble.emit(error)

    # Doing

    def by(self, call: Call | None = None) -> By:
        """Return who does something, now."""
        commands = self._desk.session.commands
        actor = call.actor if call is not None else commands.actor
        purpose = call.purpose if call is not None else commands.purpose
        scope = actor.scope
        return By(actor.id, self.clock(), purpose, actor.roles, scope.districts, scope.agencies)

    def do(
        self, command: str, call: Call, deeds: Callable[[SqlFraud, By], Sequence[Deed]],
        then: Callable[[tuple[Done, ...]], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Do what ``deeds`` says, read from the records as they are then; ``then`` is told what came of it."""
        by = self.by(call)
        if self.busy:
            self._waiting.append(lambda: self.do(command, call, deeds, then))
            return
        self.busy = True

        def work(*_: object) -> tuple[Done, ...]:
            store = self.store()
            return tuple(store.do(deed, by) for deed in deeds(store, by))

        def done(answer: tuple[Done, ...]) -> None:
            then(answer)
            self._look(self._go_on)

        self._desk.jobs.submit("job.fraud", work, done, lambda error: self._on_refused(command, error), quiet=True)

    def _go_on(self, told: Told) -> None:
        self.busy = False
        self._on_told(told)
        if self._waiting:
            self._waiting.pop(0)()

    def _on_refused(self, command: str, error: Exception) -> None:
        self.busy = False
        self._waiting.clear()
        if not isinstance(error, ZhianError):
            raise error
        self.refused.emit(command, error)
        self.look()


def _read(store: SqlFraud, by: By, number: str) -> Told:
    cases = store.cases(by)
    held = store.whole(number) if any(case.number == number for case in cases) else None
    waiting = []
    for instruction in store.to_approve(by):
        measure = store.one(Measure, instruction.measure)
        waiting.append(Waiting(instruction, measure, evidence_mark(instruction, measure)))
    due = store.due(by.at_s, SOON_S)
    red = store.red_list(by.at_s)
    measures = store.find(Measure, ("asked", "stopped", "extended", "frozen", "returned"))
    out = store.find(Instruction, ("signed", "sent", "acknowledged"))
    plans = store.find(ReturnPlan, ("proposed", "noticed"))
    return Told(cases, tuple(waiting), due, red, measures, out, queue_of(store.engine, by.at_s), plans, held)


def _still(told: Told) -> list[tuple[str, int]]:
    """Return what the queue says is still where: it runs out by itself."""
    queue = told.queue
    return [] if queue is None else list(zip(queue.account.tolist(), queue.action.tolist(), strict=True))
