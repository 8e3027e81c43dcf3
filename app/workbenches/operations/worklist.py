"""What the window knows of the day's work: read each second off its thread, and changed by deeds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.commands import Call
from app.desk import Desk
from app.workbenches.operations.reading import key_of
from twin.access import Purpose
from twin.errors import ZhianError
from twin.operations.deeds import By, Deed
from twin.operations.desks import at_desks
from twin.operations.records import Alert, Dispatch, Incident, Unit
from twin.operations.states import UNDER_WAY
from twin.operations.store import Done, Operations, Row, Whole
from twin.rules.hit import Hit
from twin.rules.routing import desks_of

ROUND_MS, AGAIN_MS = 1000, 10_000
MOST_ROWS, MOST_RESOLVED, MOST_HITS, MOST_UNDO = 200, 50, 20, 50
MOST_AT_DESKS = 1000
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Held:
    """What is in hand: its row, all of its incident, what its first alert rests on, and the units that were sent."""

    key: str
    row: Row | None = None
    whole: Whole | None = None
    hits: tuple[Hit, ...] = ()
    units: tuple[Unit, ...] = ()

    def unit(self, id_: str) -> Unit | None:
        """Return a unit that was sent to the incident."""
        return next((unit for unit in self.units if unit.id == id_), None)

    @property
    def incident(self) -> Incident | None:
        """The incident in hand, as it is now."""
        if self.whole is not None:
            return self.whole.incident
        return self.row.incident if self.row is not None else None

    @property
    def alert(self) -> Alert | None:
        """The alert in hand, or the first that led to the incident."""
        if self.whole is not None:
            return next(iter(self.whole.alerts), None)
        return self.row.alert if self.row is not None else None


@dataclass(frozen=True, slots=True)
class Told:
    """One reading of the records.

    ``elsewhere`` counts the rows of other desks; ``sent`` are the dispatches under way of all incidents, with their
    units.
    """

    rows: tuple[Row, ...]
    held: Held
    sent: tuple[Dispatch, ...] = ()
    units: tuple[Unit, ...] = ()
    elsewhere: int = 0


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes a deed back: the command that did it, and the deed that undoes it."""

    command: str
    incident: str
    back: Deed


class Worklist(QObject):
    """The queue, what is in hand, and the one way to change them.

    What is asked for is done one after another, each off the window's thread, and the records are read again in
    between: three keys pressed in haste are three deeds in order.

    Parameters
    ----------
    desk : Desk
    opened : callable
        Opens the records; called once, off the window's thread.
    """

    changed = Signal()
    """The rows are others."""
    held_changed = Signal(object)
    """Held: another is in hand, or it is told anew."""
    refused = Signal(str, object)
    """Id of a command whose deed was not done, and the error."""
    trouble = Signal(object)
    """Exception or None: why the records cannot be read."""

    def __init__(self, desk: Desk, opened: Callable[[], Operations], parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._opened = desk, opened
        self._store: Operations | None = None
        self._opening = threading.Lock()
        self.rows: tuple[Row, ...] = ()
        self.sent: tuple[Dispatch, ...] = ()
        self.units: tuple[Unit, ...] = ()
        self.elsewhere, self.everywhere = 0, False
        self.held = Held("")
        self.undoable: list[Undo] = []
        self.busy = False
        self._waiting: list[Callable[[], None]] = []
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Read the records from now on."""
        self._timer.start()
        self.look()

    def close(self) -> None:
        """Let go of the records."""
        self._timer.stop()
        self._waiting.clear()
        if self._store is not None:
            self._store.close()

    # What is in hand

    def hold(self, key: str) -> None:
        """Take a row in hand."""
        if key != self.held.key:
            self._hold(Held(key, next((row for row in self.rows if key_of(row) == key), None)))
            self.look()

    def _hold(self, held: Held) -> None:
        if held != self.held:
            self.held = held
            self.held_changed.emit(held)

    # Reading

    def look(self) -> None:
        """Read the records, unless that is being done or about to be."""
        if not self.busy and not self._desk.jobs.is_running("work.look"):
            self._look(self.held.key, self._on_told)

    def read(self, key: str, question: Callable[[Operations], Answer], done: Callable[[Answer], None]) -> None:
        """Ask the records something beside the queue; one question of a key at a time."""
        if not self._desk.jobs.is_running(key):
            self._desk.jobs.submit(
                "job.work", lambda *_: question(self._open()), done, self.trouble.emit, key=key, quiet=True
            )

    def see_everywhere(self, everywhere: bool) -> None:
        """Show the queues of all desks, or only those of the person at this one."""
        self.everywhere = everywhere
        self.look()

    def _look(self, key: str, done: Callable[[Told], None]) -> None:
        desks = None if self.everywhere else desks_of(self._desk.session.commands.actor.roles)
        self._desk.jobs.submit(
            "job.work", lambda *_: _read(self._open(), key, desks), done, self._on_trouble, key="work.look", quiet=True
        )

    def _open(self) -> Operations:
        with self._opening:
            if self._store is None:
                self._store = self._opened()
            return self._store

    def _on_told(self, told: Told) -> None:
        if self._timer.interval() != ROUND_MS:
            self._timer.setInterval(ROUND_MS)
            self.trouble.emit(None)
        self.sent, self.units = told.sent, told.units
        if (told.rows, told.elsewhere) != (self.rows, self.elsewhere):
            self.rows, self.elsewhere = told.rows, told.elsewhere
            self.changed.emit()
        if told.held.key == self.held.key:
            self._hold(told.held)

    def _on_trouble(self, error: Exception) -> None:
        """Ask less often until the records answer again."""
        self.busy = False
        self._waiting.clear()
        self._timer.setInterval(AGAIN_MS)
        self.trouble.emit(error)

    # Changing

    def after(self, command: str, work: Callable[[], None]) -> None:
        """Do what a command wants once what is under way is done and the records were read again; else at once.

        Raises
        ------
        twin.errors.ZhianError
            If it is done at once and refused; later, :attr:`refused` tells.
        """
        if not self.busy:
            work()
            return

        def later() -> None:
            try:
                work()
            except ZhianError as error:
                self._on_refused(command, error)

        self._waiting.append(later)

    def ask(self, command: str, question: Callable[[Operations], Answer], done: Callable[[Answer], str]) -> None:
        """Ask the records, or change them; ``done`` returns the key of the row that is to be in hand then.

        If it is refused, what was asked for meanwhile is not done either.
        """
        self.busy = True

        def answered(answer: Answer) -> None:
            try:
                key = done(answer)
            except ZhianError as error:
                self._on_refused(command, error)
            else:
                self._look(key, lambda told: self._go_on(key, told))

        self._desk.jobs.submit(
            "job.work", lambda *_: question(self._open()), answered, lambda error: self._on_refused(command, error),
            key="work.do", quiet=True,
        )  # fmt: skip

    def do(
        self,
        call: Call,
        command: str,
        deed: Deed,
        back: Callable[[Done], Deed | None] = lambda _: None,
        then: Callable[[Done], object] = lambda _: None,
    ) -> None:
        """Do a deed for a command that was run.

        ``back`` tells from what came of it what takes it back; ``then`` is told of it.
        """
        held = self.held.incident
        purpose = call.purpose or (Purpose(held.title, held.id) if held is not None else None)
        by, key = By(call.actor.id, time.time(), purpose, call.actor.scope.agencies), self.held.key

        def done(answer: Done) -> str:
            undoing, made = back(answer), answer.of(Incident)
            if undoing is not None:
                fresh = Undo(command, made[0].id if made else key.removeprefix("i:"), undoing)
                self.undoable = [*self.undoable, fresh][-MOST_UNDO:]
            then(answer)
            return f"i:{made[0].id}" if made and key.startswith("a:") else key

        self.ask(command, lambda store: store.do(deed, by), done)

    def forget_undo(self, incident: str) -> None:
        """Take nothing of an incident back any more: something has left the house."""
        self.undoable = [one for one in self.undoable if one.incident != incident]

    def _go_on(self, key: str, told: Told) -> None:
        self.busy = False
        if key != self.held.key:
            self.held = Held(key)
        self._on_told(told)
        while self._waiting and not self.busy:
            self._waiting.pop(0)()

    def _on_refused(self, command: str, error: Exception) -> None:
        self.busy = False
        self._waiting.clear()
        self.refused.emit(command, error)
        self.look()


def _read(store: Operations, key: str, desks: tuple[str, ...] | None) -> Told:
    """Read the rows of some desks, or of all."""
    resolved = store.find(Incident, ("resolved",), MOST_RESOLVED)
    waiting = store.queue(MOST_AT_DESKS, time.time())
    theirs = at_desks(waiting, desks) if desks is not None else waiting
    ended = tuple(Row(one.severity, one.since_s, incident=one) for one in resolved)
    rows = (*theirs[:MOST_ROWS], *(at_desks(ended, desks) if desks is not None else ended))
    row = next((row for row in rows if key_of(row) == key), None)
    whole = store.whole(key.removeprefix("i:")) if key.startswith("i:") else None
    held = Held(key, row, whole)
    hits = store.hits(held.alert.id, MOST_HITS) if held.alert is not None else ()
    sent = dict.fromkeys(one.unit for one in whole.dispatches) if whole is not None else ()
    units = tuple(store.one(Unit, unit) for unit in sent)
    out = store.find(Dispatch, UNDER_WAY)
    held = Held(key, row, whole, hits, units)
    return Told(rows, held, out, store.find(Unit, ("assigned",)) if out else (), len(waiting) - len(theirs))
