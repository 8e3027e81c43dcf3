"""The main window: the map in the middle, docks around it, one row above, one line below."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QByteArray, QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QStackedWidget, QWidget

from app import formats
from app.actions import Actions
from app.alerts import Alerts
from app.arrangement import WORKSPACES, Arrangement
from app.commands import Command
from app.deeds import Deeds
from app.desk import Desk
from app.engine import EngineWatch
from app.events import EventLog
from app.features.catalogue import FEATURES
from app.features.feature import Context, Entry
from app.follower import Follower
from app.jobs import Jobs
from app.layer_book import LayerBook
from app.live_world import LiveWorld
from app.look import Look
from app.look_back import LookBack
from app.look_back_screen import look_back_commands
from app.map.view import MapView
from app.menus import Menus
from app.opening import TwinOpening
from app.pace import Pace
from app.purpose_clock import PurposeClock
from app.recording_commands import recording_commands
from app.replay import Replay
from app.selection import Selection
from app.session import Session
from app.settings import LayerChoice, SettingsFile
from app.showing import MakeEngine, MakePast, Showing
from app.theme import register_fonts
from app.turns import Turns
from app.widgets.command_palette import CommandPalette
from app.widgets.details import DetailsPanel
from app.widgets.dock import Dock
from app.widgets.event_log import EventPanel
from app.widgets.layer_tree import LayerTree
from app.widgets.networks import NetworksPanel
from app.widgets.opening import OpeningPanel
from app.widgets.parts import make_ready
from app.widgets.stage import Stage
from app.widgets.status_bar import StatusBar
from app.widgets.time_bar import TimeBar
from app.widgets.top_bar import TopBar
from app.window_commands import layer_commands, selection_commands, view_commands, window_commands
from app.wiring import Wiring
from app.workbenches.catalogue import workbenches
from data.history.reader import History
from layers.catalogue import LAYERS
from twin.access import Resource, decide
from twin.city.search import Found
from twin.errors import ZhianError
from twin.words import why

CHECKABLE = frozenset({"view.box", "selection.follow"})


class MainWindow(QMainWindow):
    """Makes the parts of the window and keeps them; each part does its own work.

    They are joined by :class:`app.wiring.Wiring`; commands that concern the window itself do what
    :class:`app.deeds.Deeds` tells; :class:`app.showing.Showing` brings a twin into it.
    """

    shown = Signal()
    """The twin is open and on the map."""
    _pace: Pace | None = None

    def __init__(
        self,
        session: Session,
        settings: SettingsFile,
        make_engine: MakeEngine = EngineWatch,
        make_past: MakePast = History.of,
    ) -> None:
        super().__init__()
        register_fonts()
        app = QApplication.instance()
        assert isinstance(app, QApplication)  # noqa: S101 - a window without a program cannot be
        self.session, self.settings = session, settings
        self.setObjectName("mainWindow")
        self.look = Look(app, session.texts, settings.values.theme)
        self.acts = Actions(session.commands, self.look, self)
        self.turns = Turns(self)
        self.jobs, self.live = Jobs(self, self.turns), LiveWorld(self, self.turns)
        self.live.scope = lambda: session.commands.actor.scope
        self.log, self.selection = EventLog(self), Selection(self)
        self.layers = LayerBook(LAYERS, settings.values.layers, settings.values.layer_order)
        self.desk = Desk(
            session, settings, self.look, self.live, self.layers, self.selection, self.jobs, self.log, self.acts.run,
            self.turns, Alerts(session.home, self._may_see_alerts),
        )  # fmt: skip
        self.purpose = PurposeClock(session.commands, self)
        self.opening = TwinOpening(session.home, self.jobs, parent=self)
        self.deeds = Deeds(self)
        self.workspaces = tuple(workspace.name for workspace in WORKSPACES)
        self._build_centre()
        self.showing = Showing(self, make_engine, make_past)
        self.showing.shown.connect(self.shown)
        self._build_features()
        self._build_around()
        entries = [entry for feature in self.features for entry in feature.entries()]
        self._add_commands(entries)
        self.menus = Menus(self.top.menu, self.acts, entries, self.arrangement.docks)
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.menus.tools)
        self.wiring = Wiring(self, frozenset(entry.command.id for entry in entries if not entry.told))
        self.retranslate()
        self._restore()
        self._pace = Pace(self, lambda: self.map.frame_due)

    # Building

    def _build_centre(self) -> None:
        self.map = MapView(LAYERS)
        self.opening_panel = OpeningPanel(self.look)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.opening_panel)
        self.centre.addWidget(self.map)
        self.look_back = LookBack(self.live, self)
        self.time_bar = TimeBar(self.look)
        self.details = DetailsPanel(self.desk)
        self.stage = Stage(self.centre, self.time_bar)
        self.setCentralWidget(self.stage)
        self.setAcceptDrops(True)
        # What is shown with the window makes its GL context there and then; later it would take a turn.
        self.centre.setCurrentWidget(self.map)

    def _build_features(self) -> None:
        self.follower = Follower(self.map, self.selection, self)
        self.replay = Replay(self.desk, self.map, lambda: self.engine, self._ask_to_move, self)
        context = Context(
            self.desk, self.map, self.acts, self.opening, self.look_back, self.replay, self.follower, self.stage,
            self.details, self,
        )  # fmt: skip
        self.features = [make(context) for make in FEATURES]

    def _build_around(self) -> None:
        self.top = TopBar(self.look, self.workspaces, self._ask, self.session.commands.actor, self)
        self.setMenuWidget(self.top)
        self.status = StatusBar(self.look)
        self.setStatusBar(self.status)
        self.benches = workbenches()
        self.bench_panels = {bench.name: bench.panel(self.desk) for bench in self.benches}
        panels: dict[str, QWidget] = {
            "layers": LayerTree(self.desk), "details": self.details, "events": EventPanel(self.desk),
            "networks": NetworksPanel(self.desk), **self.bench_panels,
        }  # fmt: skip
        for feature in self.features:
            panels |= feature.panels()
        docks = {name: Dock(name, panel, self.look) for name, panel in panels.items()}
        for name, panel in panels.items():
            if hasattr(panel, "note"):
                panel.note.connect(docks[name].set_note)
        self.arrangement = Arrangement(self, docks, self.settings)
        self.command_palette = CommandPalette(self.look, self.deeds.offered, self.acts.icon_name, self)

    def _add_commands(self, entries: Iterable[Entry]) -> None:
        groups: tuple[Iterable[Command], ...] = (
            view_commands(self.map, self.desk),
            selection_commands(self.map, self.desk, self.follower),
            layer_commands(self.desk),
            recording_commands(self.replay, self.look),
            look_back_commands(self.look_back),
            window_commands(self),
            *(bench.commands(self.desk) for bench in self.benches),
        )
        checkable = CHECKABLE | {f"panel.{name}" for name in self.arrangement.docks}
        for group in groups:
            for command in group:
                self.addAction(self.acts.add(command, checkable=command.id in checkable))
        for entry in entries:
            self.addAction(self.acts.add(entry.command, checkable=entry.checkable, icon=entry.icon))

    def _restore(self) -> None:
        values = self.settings.values
        self.resize(1920, 1080)
        if values.geometry:
            self.restoreGeometry(QByteArray(base64.b64decode(values.geometry)))
        for name, state in self.layers.states.items():
            self.map.set_layer_state(name, state)
        self.map.set_layer_order(self.layers.order)
        self.map.set_theme(self.look.theme.name)
        self.map.set_calm(self.settings.values.reduced_motion)
        self.map.set_daylight(self.settings.values.daylight)
        self.map.set_language(self.look.language)
        if self.settings.problem:
            self.log.add("problem", "event.bad_settings", problem=self.settings.problem)
            self.status.say(
                self.look.texts("event.bad_settings", problem=self.look.texts.said(self.settings.problem)), problem=True
            )
        self._arranged = False
        for part in (self.details, self.time_bar):
            make_ready(part)

    # What others ask of it

    @property
    def engine(self) -> EngineWatch | None:
        """The engine of the twin that is shown."""
        return self.showing.engine

    def open_twin(self, name: str, build: bool, small: bool = False) -> None:
        """Open a twin by its name; ``build`` makes the demo county first."""
        self.showing.open_twin(name, build, small)

    def _may_see_alerts(self) -> bool:
        commands = self.session.commands
        return decide(commands.actor, "alert.read", Resource("alert"), commands.purpose, commands.rules).allowed

    def _ask(self, text: str, then: Callable[[tuple[Found, ...]], None]) -> None:
        self.acts.run("search.find", text=text, then=then)

    def _ask_to_move(self, words: str, play: Callable[[], None]) -> None:
        self.wiring.ask_to_move(words, play)

    def show_banner(self) -> None:
        """Say over the map what is not now, and what is invented."""
        texts, world = self.look.texts, self.live.world
        words = []
        if world is not None and not world.live:
            past = "app.past" if self.look_back.shows_past else "app.replay"
            words = [texts(past, time=f"{formats.local_time(world.at_s):%Y-%m-%d %H:%M:%S}")]
        if self.live.city is not None and self.live.city.invented:
            words.append(texts("app.invented"))
        self.map.set_banner(" · ".join(words))

    def tell_city(self) -> None:
        """Say which place is shown."""
        city = self.live.city
        if city is None:
            return
        name = (city.name_en or city.name) if self.look.language == "en" else city.name
        self.status.set_twin(name, city.invented)
        self.show_banner()

    def retranslate(self, *_: object) -> None:
        """Write what the window itself says in the language of the moment."""
        self.opening.language = self.look.language
        self.setWindowTitle(self.look.texts("app.title"))
        self.menus.retranslate(self.look.texts)
        self.map.set_language(self.look.language)
        self.tell_city()

    def report_crash(self, sentence: str) -> None:
        """Tell of an error nobody caught."""
        self.status.say(self.look.texts.said(sentence), problem=True)
        self.log.add("problem", "event.crash", what=sentence)

    # The window's own life

    def showEvent(self, event: Any) -> None:
        """Arrange the docks once the window has its size."""
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self.centre.setCurrentWidget(self.opening_panel)
            QTimer.singleShot(0, lambda: self.arrangement.show(self.settings.values.workspace))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Close what floats below a line that moved."""
        super().resizeEvent(event)
        self.top.search.popup.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files that are dragged over the window."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Play the recordings that are dropped on the window."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.acts.run("recording.play", paths=paths)

    def event(self, event: QEvent) -> bool:
        """Draw at a pace that the machine can keep."""
        if self._pace is None or event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        return self._pace.draw(lambda: super(MainWindow, self).event(event))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep how everything was, then let go of it in reverse order."""
        self._keep()
        for feature in reversed(self.features):
            feature.close()
        self.turns.close()
        self.look_back.close()
        self.live.close()
        self.opening.close()
        self.jobs.close()
        self.showing.close()
        self.map.close()
        self.desk.alerts.close()
        for bench in self.benches:
            bench.close()
        super().closeEvent(event)

    def _keep(self) -> None:
        if self.arrangement.current:
            self.arrangement.keep()
        geometry = base64.b64encode(self.saveGeometry().data()).decode()
        choices: dict[str, LayerChoice] = self.layers.choices()
        try:
            self.settings.change(geometry=geometry, layers=choices, layer_order=list(self.layers.order))
        except (OSError, ZhianError) as error:
            self.log.add("problem", "event.crash", what=why(error))

    def centre_of_map(self) -> QPoint:
        """Return the middle of the map on the screen."""
        return self.map.mapToGlobal(self.map.rect().center())
