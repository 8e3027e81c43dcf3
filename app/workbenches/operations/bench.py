"""The operations workbench: the queue, what is in hand, and the map that follows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app import formats
from app.commands import Call, Command
from app.features.feature import Context, Entry, Feature
from app.map.events import Pick
from app.opening import Opened
from app.workbenches.operations.acting import Acting
from app.workbenches.operations.advising import Advice, stuck
from app.workbenches.operations.marks import LAYER, Marks, UnitMark, place_of
from app.workbenches.operations.next_card import NextCard
from app.workbenches.operations.office import Office
from app.workbenches.operations.orders import CLAIM, DISMISS, PASS, UNDO, Orders
from app.workbenches.operations.page import IncidentPage
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.queue_panel import QueuePanel
from app.workbenches.operations.reading import ACCEPT, incident_row, queue_rows
from app.workbenches.operations.row import QueueRow, ranked
from app.workbenches.operations.sending import Sending
from app.workbenches.operations.sound import Sound
from app.workbenches.operations.wall_board import PAINTED, WallBoard
from app.workbenches.operations.worklist import Held, Worklist
from data.simulate.roster import enrol_demo
from twin.operations.records import Dispatch
from twin.operations.states import UNDER_WAY
from twin.world import World

ALSO = (DISMISS, PASS, CLAIM, UNDO)
FLY_M, FLY_AFTER_MS = 1500.0, 120


class OperationsBench(QObject, Feature):
    """A feature of the window: joins the worklist, the panels, the map and the commands.

    Parameters
    ----------
    context : Context
    parts : Parts
    """

    def __init__(self, context: Context, parts: Parts) -> None:
        super().__init__(context.window)
        desk = context.desk
        self._context, self._desk, self._parts = context, desk, parts
        self.work = Worklist(desk, parts.opened, self)
        self.orders = Orders(desk, context.acts, self.work, parts, context.window)
        self.sending = Sending(desk, self.work, self.orders, parts, self._on_choice)
        self.sound = Sound(desk.session.home.cache, self)
        self.card = NextCard(desk.look, desk.run, self._key_of, ALSO)
        self.queue = QueuePanel(desk.look, self.card)
        self.page = IncidentPage(desk, self._name)
        self.acting = Acting(desk, self.work, self.orders, parts, self.page.remark.setFocus)
        self.office = Office(desk, self.work, parts)
        self.board = WallBoard(desk.look)
        self._advice, self._enrols = Advice(), False
        self._stuck: frozenset[str] = frozenset()
        self.marks = Marks(context.map, desk.look)
        self._rows: tuple[QueueRow, ...] = ()
        self._heard: frozenset[str] | None = None
        self._fly = QTimer(self)
        self._fly.setSingleShot(True)
        self._fly.setInterval(FLY_AFTER_MS)
        self._fly.timeout.connect(self._follow)
        self._mark = QTimer(self)
        self._mark.setSingleShot(True)
        self._mark.timeout.connect(self._show_marks)
        self._join()

    def _join(self) -> None:
        desk, work = self._desk, self.work
        self._context.opening.opened.connect(self._on_opened)
        work.changed.connect(self._on_changed)
        work.held_changed.connect(self._on_held)
        work.refused.connect(
            lambda command, error: self._context.acts.refused.emit(command, desk.look.texts.error(error))
        )
        work.trouble.connect(self._on_trouble)
        self.queue.list.current_changed.connect(self._on_taken)
        self.queue.list.activated.connect(lambda _: desk.run("work.next"))
        self.queue.mute_asked.connect(lambda: desk.run("work.mute"))
        self.queue.others_asked.connect(lambda everywhere: desk.run("work.desks", everywhere=everywhere))
        self._context.stage.bared.connect(self._on_bared)
        self.page.chosen.connect(self.sending.toggle)
        desk.selection.changed.connect(self._on_selected)
        desk.live.panels_due.connect(self._on_panels_due)
        desk.look.language_changed.connect(self._on_language_changed)
        desk.look.theme_changed.connect(self._on_changed)

    # What a feature gives

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        yield Entry(Command("work.next", lambda _: self._next(), "view", "N"), "work", "play", told=False)
        yield from self.orders.entries()
        yield from self.sending.entries()
        yield from self.acting.entries()
        yield Entry(
            Command("work.down", lambda _: self.queue.list.step(1), "view", "J"), "work", "caret-down", told=False
        )
        yield Entry(Command("work.up", lambda _: self.queue.list.step(-1), "view", "K"), "work", "caret-up", told=False)
        yield Entry(Command("work.show", lambda _: self._follow(), "view", "O"), "work", "map-pin", told=False)
        yield Entry(Command("work.mute", lambda _: self._mute(), "view", "Ctrl+M"), "work", "speaker-slash")
        yield Entry(Command("work.desks", self._see_desks, "alert.read"), "work", "users", told=False)
        start = Command("work.open", lambda _: self.work.start(), "alert.read", in_palette=False)
        yield Entry(start, told=False)
        yield from self.office.entries()

    def panels(self) -> Mapping[str, QWidget]:
        """Return the queue, the page of what is in hand, and what stands beside them."""
        return {"queue": self.queue, "incident": self.page, **self.office.panels()}

    def close(self) -> None:
        """Let go of the records and the map."""
        self._fly.stop()
        self._mark.stop()
        self.sound.close()
        self.acting.close()
        self.marks.close()
        self.work.close()

    # Answers

    def _on_opened(self, opened: Opened) -> None:
        """Read the queue; where everything is invented, its police cars come on duty once they are seen."""
        self._enrols = opened.city.invented
        self._desk.run("work.open", refused=self.queue.show_problem)

    def _enrol(self, world: World) -> None:
        """Bring the units of the demo life on duty, once."""
        if self._enrols and world.live and len(world.tracks):
            self._enrols, rows = False, world.tracks.rows
            self.work.read("work.enrol", lambda store: enrol_demo(store, rows, time.time()), lambda _: None)

    def _on_changed(self, *_: object) -> None:
        texts, proposed = self._desk.look.texts, self.sending.proposals.incidents
        titles: Callable[[str], str] = lambda scenario: self._parts.name("scenario", scenario, texts.language)  # noqa: E731
        rows = ranked(queue_rows(self.work.rows, titles, cache(self._parts.start), proposed, self._stuck))
        self.queue.show_elsewhere(self.work.elsewhere, self.work.everywhere)
        self.queue.set_muted(self.sound.muted, bool(self.sound.player))
        self._rows = self.board.rows = rows
        self._ring_bell()
        self._mark.start()  # in a turn of its own: many rows take some milliseconds here and there
        self.queue.show_rows(rows, self.work.held.key)
        self._show_card()

    def _show_marks(self) -> None:
        if self._desk.live.city is not None:
            self.marks.show_rows(self._desk.live.city, self._rows)

    def _on_language_changed(self, *_: object) -> None:
        """Write the rows anew first: the page takes its title from them."""
        self._on_changed()
        self.page.retranslate()
        self.page.show_units(self.sending.lines())

    def _on_held(self, held: Held) -> None:
        self.page.show_held(held)
        self.queue.list.hold(held.key)
        self._on_choice()

    def _on_choice(self) -> None:
        """Show who is proposed, and what the next step is then."""
        self.page.show_units(self.sending.lines())
        self._on_changed()
        self._show_on_map()

    def _on_taken(self, key: str, by_hand: bool) -> None:
        """Take what the list holds, and let the map follow if a hand chose it."""
        if key:
            self.work.hold(key)
            if by_hand:
                self._fly.start()

    def _on_selected(self, picks: tuple[Pick, ...]) -> None:
        if len(picks) == 1 and picks[0].layer == LAYER:
            self.queue.list.hold(picks[0].key)

    def _on_panels_due(self, world: World) -> None:
        self._enrol(world)
        stated = self._desk.session.commands.purpose is not None
        if stated != self.page.unmask:
            self.page.set_unmask(stated)
        self._follow_units(world)
        if self.work.held.key:
            self._show_units()

    def _follow_units(self, world: World) -> None:
        """Say what is the matter with those who were sent; where nobody gets on, propose others."""
        work = self.work
        incidents = {row.incident.id: row.incident for row in work.rows if row.incident is not None}
        told = self._advice.of(work.sent, work.units, incidents, world)
        self.page.show_advice(told)
        now_stuck = stuck(work.sent, told)
        if now_stuck != self._stuck:
            self._stuck = now_stuck
            self._on_changed()
        held = work.held.incident
        if held is not None and held.id in now_stuck:
            self.sending.propose_again()

    def _on_trouble(self, error: Exception | None) -> None:
        self.queue.show_problem(self._desk.look.texts.error(error) if error is not None else "")

    def _on_bared(self, bare: bool) -> None:
        """Show the board while the map is a wall."""
        extras = self._context.map.extras
        extras.paint(PAINTED, self.board.paint) if bare else extras.remove(PAINTED)

    # The next step

    def _next(self) -> None:
        """Do the next step of what is in hand; if others are at it, take the first row that waits for a hand."""
        row = self.card.row
        if row is not None and row.next:
            self._desk.run(row.next)
        else:
            self.queue.list.step_to(next((one.key for one in self._rows if one.next), ""))

    def _show_card(self) -> None:
        row = next((row for row in self._rows if row.key == self.work.held.key), None)
        incident = self.work.held.incident
        if row is None and incident is not None:
            row = incident_row(incident, incident.title, incident.id in self.sending.proposals.incidents,
                               stuck=incident.id in self._stuck)  # fmt: skip
        does = self.sending.does() if row is not None and row.next == "work.send" else ""
        self.card.show_row(row, does, any(one.next for one in self._rows))
        is_alert = row is not None and row.next == ACCEPT
        mine = incident is not None and incident.owner == self._desk.session.commands.actor.id
        offered = {DISMISS, PASS} if is_alert else set() if mine or incident is None else {CLAIM}
        self.card.offer(frozenset(offered | ({UNDO} if self.work.undoable else set())))

    def _ring_bell(self) -> None:
        """Sound once for the most severe alert that was not there before; never for what was there at the start."""
        new = {row.key: row.severity for row in self._rows if row.next == ACCEPT}
        fresh = [severity for key, severity in new.items() if self._heard is not None and key not in self._heard]
        if fresh:
            self.sound.play(min(fresh))
        self._heard = frozenset(new)

    def _see_desks(self, call: Call) -> None:
        self.work.see_everywhere(bool(call.arguments.get("everywhere", not self.work.everywhere)))
        self.queue.show_elsewhere(self.work.elsewhere, self.work.everywhere)

    def _mute(self) -> None:
        self.sound.muted = not self.sound.muted
        self.queue.set_muted(self.sound.muted, bool(self.sound.player))

    # The map

    def _follow(self) -> None:
        """Fly to what is in hand."""
        row = self.card.row
        if row is not None and row.lonlat_deg[0] == row.lonlat_deg[0]:
            self._context.map.fly_to(*row.lonlat_deg, FLY_M)

    def _show_on_map(self) -> None:
        city, row = self._desk.live.city, self.card.row
        if city is None:
            return
        self.marks.ring(city, row)
        choice = self.sending.choice
        self.marks.show_way(choice.first.way if choice is not None and choice.first is not None else None)
        self._show_units()

    def _show_units(self) -> None:
        """Write beside each unit that is proposed how long it takes, beside one that was sent how long it took."""
        choice, texts = self.sending.choice, self._desk.look.texts
        proposed = [
            UnitMark(one.position_m, f"{number}  {one.unit.name}  {formats.age(one.seconds, texts.language)}",
                     one.unit.id in choice.chosen)
            for number, one in enumerate(choice.units, start=1)
        ] if choice is not None else []  # fmt: skip
        whole = self.work.held.whole
        sent = [self._sent(one) for one in whole.dispatches if one.state in UNDER_WAY] if whole is not None else []
        self.marks.show_units([*proposed, *(mark for mark in sent if mark is not None)])

    def _sent(self, one: Dispatch) -> UnitMark | None:
        """Return where a unit that was sent is now, and since when it is on its way."""
        world, city = self._desk.live.world, self._desk.live.city
        if world is None or city is None:
            return None
        found = self._place(world, one.unit)
        if found is None:
            return None
        since = formats.age(time.time() - one.sent_s, self._desk.look.language)
        return UnitMark(found, f"{self._name('unit', one.unit)}  {since}", True)

    def _place(self, world: World, unit: str) -> tuple[float, float, float] | None:
        entity = self.work.held.unit(unit)
        if entity is None:
            return None
        rows = (world.tracks.rows["id"] == entity.entity.encode()).nonzero()[0]
        if len(rows):
            east, north, up = world.tracks.position_m[int(rows[0])].tolist()
            return east, north, up
        return place_of(world.city, entity.lon_deg, entity.lat_deg) if entity.lon_deg == entity.lon_deg else None

    def _name(self, kind: str, key: str) -> str:
        if kind == "title":
            return next((row.title for row in self._rows if row.key == f"i:{key}"), "")
        if kind == "unit":
            found = self.work.held.unit(key)
            return found.name if found is not None else key
        return self._parts.name(kind, key, self._desk.look.language)

    def _key_of(self, command_id: str) -> str:
        action = self._context.acts.by_id.get(command_id)
        return action.shortcut().toString() if action is not None else ""


def operations_bench(context: Context) -> OperationsBench:
    """Return the workbench on the records of this desk."""
    return OperationsBench(context, Parts(context.desk.session.home))
