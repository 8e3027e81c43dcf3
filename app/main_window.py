"""The main window: the map in the middle, docks around it, one row above, one line below."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QStackedWidget, QToolBar, QWidget

from app import formats, locator
from app.actions import Actions
from app.arrangement import CONTEXTUAL, WORKSPACES, Arrangement
from app.commands import Call, Command
from app.desk import Desk
from app.engine import EngineLog, EngineWatch
from app.events import EventLog
from app.facts import entity_facts, is_live
from app.follower import Follower
from app.jobs import JobEnd, Jobs
from app.layer_book import LayerBook
from app.legend import Legend
from app.live_world import LiveWorld
from app.look import Look
from app.look_back import LookBack, Past
from app.look_back_screen import LookBackScreen, look_back_commands
from app.map.events import Pick
from app.map.view import MapView
from app.opening import Opened, TwinOpening
from app.purpose_clock import PurposeClock
from app.recording_commands import recording_commands
from app.replay import Replay
from app.replay_screen import ReplayScreen
from app.selection import Selection
from app.session import Session
from app.settings import LayerChoice, SettingsFile
from app.theme import Theme, register_fonts
from app.turns import Turns
from app.widgets.command_palette import CommandPalette
from app.widgets.details import DetailsPanel
from app.widgets.dock import Dock
from app.widgets.event_log import EventPanel
from app.widgets.layer_tree import LayerTree
from app.widgets.networks import NetworksPanel
from app.widgets.opening import OpeningPanel
from app.widgets.parts import named
from app.widgets.playback_bar import PlaybackBar
from app.widgets.purpose import PurposeDialog
from app.widgets.stage import MoveQuestion, Stage
from app.widgets.status_bar import StatusBar
from app.widgets.time_bar import TimeBar
from app.widgets.top_bar import TopBar
from app.window_commands import go_to, layer_commands, selection_commands, view_commands, window_commands
from app.workbenches.catalogue import workbenches
from app.workbenches.fraud.panel import FraudPanel
from data.history.reader import History
from data.home import Home
from data.search.index import NameIndex
from layers.catalogue import LAYERS
from twin.access import Purpose
from twin.city.city import City
from twin.city.search import Found
from twin.errors import ZhianError
from twin.words import why
from twin.world import World

TOOLS = ("view.whole", "view.north", "view.top", "", "view.box", "selection.follow", "", "recording.play",
         "picture.save", "", "theme.toggle", "language.toggle", "window.full_screen", "layout.reset")  # fmt: skip
MENUS = {
    "app": ("palette.open", "search.focus", "", "purpose.state", "purpose.clear", "", "theme.toggle", "language.toggle",
            "window.full_screen", "", "app.quit"),
    "view": ("view.whole", "view.north", "view.top", "view.box", "view.daylight", "", "picture.save",
             "layer.save", "", "layer.reset"),
    "replay": ("recording.play", "", "recording.pause", "recording.resume", "recording.stop", "",
               "history.play", "history.pause", "history.now"),
    "select": ("selection.fly_to", "selection.follow", "selection.copy_coordinates", "selection.clear"),
}  # fmt: skip
UNTOLD = frozenset(
    {
        "search.find",
        "search.focus",
        "palette.open",
        "map.fly_to",
        "layer.set_opacity",
        "fraud.list_cases",
        "recording.seek",
        "history.speed",
    }
)

MakeEngine = Callable[[Home, str, QObject], EngineWatch]
MakePast = Callable[[Home, str, City], Past]


class MainWindow(QMainWindow):
    """Wires the parts of the window together; each part does its own work."""

    shown = Signal()
    """The twin is open and on the map."""

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
        self._make_engine, self._make_past = make_engine, make_past
        self.setObjectName("mainWindow")
        self.look = Look(app, session.texts, settings.values.theme)
        self.acts = Actions(session.commands, self.look, self)
        self.jobs, self.log, self.selection, self.live = Jobs(self), EventLog(self), Selection(self), LiveWorld(self)
        self.layers = LayerBook(LAYERS, settings.values.layers, settings.values.layer_order)
        self.desk = Desk(
            session, settings, self.look, self.live, self.layers, self.selection, self.jobs, self.log, self.acts.run
        )
        self.purpose = PurposeClock(session.commands, self)
        self.opening = TwinOpening(session.home, self.jobs, parent=self)
        self.turns = Turns(self)
        self.engine: EngineWatch | None = None
        self._index: NameIndex | None = None
        self._wanted = ("", False, False)
        self.workspaces = tuple(workspace.name for workspace in WORKSPACES)
        self._build()
        self._add_commands()
        self._build_menus()
        self._wire()
        self._restore()

    # Building

    def _build(self) -> None:
        self.map = MapView(LAYERS)
        self.opening_panel = OpeningPanel(self.look)
        self.centre = QStackedWidget()
        self.centre.addWidget(self.opening_panel)
        self.centre.addWidget(self.map)
        self.look_back = LookBack(self.live, self)
        self.time_bar, self.playback_bar = TimeBar(self.look), PlaybackBar(self.look)
        self.stage = Stage(self.centre, self.time_bar, self.playback_bar)
        self.setCentralWidget(self.stage)
        actor = self.session.commands.actor
        self.top = TopBar(self.look, self.workspaces, self._ask, actor, self)
        self.setMenuWidget(self.top)
        self.status = StatusBar(self.look)
        self.setStatusBar(self.status)
        self.benches = workbenches()
        self.details = DetailsPanel(self.desk)
        panels: dict[str, QWidget] = {
            "layers": LayerTree(self.desk), "details": self.details, "events": EventPanel(self.desk),
            "networks": NetworksPanel(self.desk),
        }  # fmt: skip
        self.bench_panels = {bench.name: bench.panel(self.desk) for bench in self.benches}
        docks = {name: Dock(name, panel, self.look) for name, panel in (panels | self.bench_panels).items()}
        for name, panel in (panels | self.bench_panels).items():
            if hasattr(panel, "note"):
                panel.note.connect(docks[name].set_note)
        self.arrangement = Arrangement(self, docks, self.settings)
        self.command_palette = CommandPalette(self.look, self._offered, self.acts.icon_name, self)
        self.follower = Follower(self.map, self.selection, self)
        self.replay = Replay(self.desk, self.map, lambda: self.engine, self._ask_to_move, self)
        self.setAcceptDrops(True)

    def _add_commands(self) -> None:
        groups: tuple[Iterable[Command], ...] = (
            view_commands(self.map, self.desk),
            selection_commands(self.map, self.desk, self.follower),
            layer_commands(self.desk),
            recording_commands(self.replay, self.look),
            look_back_commands(self.look_back),
            window_commands(self),
            *(bench.commands(self.desk) for bench in self.benches),
        )
        checkable = {"view.box", "selection.follow", *(f"panel.{name}" for name in self.arrangement.docks)}
        for group in groups:
            for command in group:
                action = self.acts.add(command, command.id in checkable)
                self.addAction(action)

    def _build_menus(self) -> None:
        self._menus = {name: self.top.menu.addMenu("") for name in (*MENUS, "panels")}
        for name, ids in MENUS.items():
            _fill(self._menus[name], [self.acts.by_id[i] if i else None for i in ids])
        panels = [self.acts.by_id[f"panel.{name}"] for name in self.arrangement.docks]
        _fill(self._menus["panels"], [*panels, None, self.acts.by_id["layout.reset"]])
        self.tools = named(QToolBar(), "tools")
        self.tools.setMovable(False)
        self.tools.setOrientation(Qt.Orientation.Vertical)
        self.tools.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        _fill(self.tools, [self.acts.by_id[i] if i else None for i in TOOLS])
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.tools)
        self.retranslate()

    def _wire(self) -> None:
        self.look.language_changed.connect(self.retranslate)
        self.look.theme_changed.connect(self._on_theme_changed)
        self.acts.ran.connect(self._on_ran)
        self.acts.refused.connect(self._on_refused)
        self.top.workspace_chosen.connect(lambda name: self.acts.run(f"workspace.{name}"))
        self.top.search.chosen.connect(lambda found: go_to(self.map, self.desk, found))
        self.top.purpose.clicked.connect(lambda: self.acts.run("purpose.state"))
        self.command_palette.chosen.connect(self.acts.run)
        self.arrangement.changed.connect(self._on_workspace_changed)
        self.purpose.changed.connect(self._on_purpose_changed)
        self.selection.changed.connect(self._on_selection_changed)
        self.follower.changed.connect(self._on_following)
        self.layers.state_changed.connect(self.map.set_layer_state)
        self.layers.order_changed.connect(self.map.set_layer_order)
        self.legend = Legend(self.map, self.layers, self.look, self)
        self.live.moved.connect(self._on_moved)
        self.live.panels_due.connect(self._on_panels_due)
        self.replay.refused.connect(lambda why: self._on_refused("recording.play", why))
        self.playback_bar.steered.connect(lambda order, value: self.acts.run(f"recording.{order}", value=value))
        self.replay_screen = ReplayScreen(self.replay, self.playback_bar, self.stage, self.acts)
        self.look_back_screen = LookBackScreen(self.look_back, self.time_bar, self.stage, self.acts)
        self.look_back.failed.connect(lambda error: self._on_refused("history.look", self.look.texts.error(error)))
        self.replay.stood.connect(lambda playback: self.look_back.back_to_now() if playback is not None else None)
        self.jobs.changed.connect(self.status.jobs.set_jobs)
        self.jobs.ended.connect(self._on_job_ended)
        self.status.cancel_job.connect(self.jobs.cancel)
        self.map.picked.connect(lambda pick: self.selection.select([] if pick is None else [pick]))
        self.map.box_selected.connect(self.selection.select)
        self.map.pointer_moved.connect(self.status.set_cursor)
        self.map.set_card(self._card)
        self.opening.began.connect(self.opening_panel.begin)
        self.opening.reported.connect(self.opening_panel.report)
        self.opening.failed.connect(self._on_opening_failed)
        self.opening.opened.connect(self._on_opened)
        self.opening_panel.cancelled.connect(self.opening.cancel)
        self.opening_panel.again.connect(lambda: self.open_twin(*self._wanted))
        for name, dock in self.arrangement.docks.items():
            dock.visibilityChanged.connect(lambda on, name=name: self.acts.by_id[f"panel.{name}"].setChecked(on))

    def _restore(self) -> None:
        values = self.settings.values
        self.resize(1920, 1080)
        if values.geometry:
            self.restoreGeometry(QByteArray(base64.b64decode(values.geometry)))
        for name, state in self.layers.states.items():
            self.map.set_layer_state(name, state)
        self.map.set_layer_order(self.layers.order)
        self.map.set_theme(self.look.theme.name)
        self.map.set_daylight(self.settings.values.daylight)
        self.map.set_language(self.look.language)
        if self.settings.problem:
            self.log.add("problem", "event.bad_settings", problem=self.settings.problem)
            self.status.say(
                self.look.texts("event.bad_settings", problem=self.look.texts.said(self.settings.problem)), problem=True
            )
        panel = self.bench_panels.get("fraud")
        if isinstance(panel, FraudPanel):
            panel.refresh()
        self._arranged = False

    # Opening a twin

    def open_twin(self, name: str, build: bool, small: bool = False) -> None:
        """Open a twin by its name; ``build`` makes the demo county first."""
        self._wanted = (name, build, small)
        self.centre.setCurrentWidget(self.opening_panel)
        self.opening.start(name, build, small)

    def _on_opened(self, opened: Opened) -> None:
        if self._index is not None:
            self._index.close()
        self._index = opened.index
        self.turns.start(self._showing(opened))

    def _showing(self, opened: Opened) -> Iterator[None]:
        city = opened.city
        yield from self.map.showing_city(opened.scene)
        yield
        self.centre.setCurrentWidget(self.map)
        yield
        self.live.open(city)
        self.look_back.open(self._make_past(self.session.home, opened.name, city))
        self.time_bar.forget()
        yield
        self.status.set_twin(self._city_name(), city.invented)
        self._show_banner()
        yield
        self.log.add("job", "event.opened", name=city.name, name_en=city.name_en or city.name)
        yield
        self._start_engine(opened.name)
        yield
        self.shown.emit()

    def _start_engine(self, twin: str) -> None:
        if self.engine is not None:
            self.engine.close()
        self.engine = self._make_engine(self.session.home, twin, self)
        self.engine.state_changed.connect(self.status.set_engine)
        self.engine.log.connect(self._on_engine_log)
        self.live.follow(self.engine)
        self.engine.start()

    def _on_opening_failed(self, title: str, problem: str) -> None:
        texts = self.look.texts
        self.opening_panel.fail(title, problem or texts("opening.stopped_hint"))
        self.log.add("problem", f"opening.{title}")

    # What commands do

    def answer_search(self, call: Call) -> None:
        """Find what was typed, off this thread, and hand it to ``then``; what was typed before is not waited for."""
        index, world, text, then = self._index, self.live.world, call.arguments["text"], call.arguments["then"]
        if index is None or world is None:
            then(())
            return
        unmask = call.unmask
        self.jobs.submit(
            "job.search", lambda *_: locator.find(index, world, text, unmask), then, key="search", quiet=True
        )

    def focus_search(self) -> None:
        """Put the keyboard into the search box."""
        self.top.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.top.search.selectAll()

    def state_purpose(self, call: Call) -> None:
        """Take a purpose: from the arguments, or from the operator."""
        if "text" in call.arguments:
            purpose = Purpose(str(call.arguments["text"]), str(call.arguments.get("reference", "")))
            self.purpose.state(purpose, float(call.arguments.get("minutes", self.settings.values.purpose_minutes)))
            return
        dialog = PurposeDialog(self.look, self.settings.values.purpose_minutes, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self.purpose.state(dialog.purpose(), dialog.minutes.value()))
        dialog.open()

    def toggle_theme(self) -> None:
        """Change between dark and light."""
        self.look.set_theme("light" if self.look.theme.name == "dark" else "dark")
        self.settings.change(theme=self.look.theme.name)

    def toggle_daylight(self) -> None:
        """Light the map as the sun stands, or as the theme has it."""
        self.settings.change(daylight=not self.settings.values.daylight)
        self.map.set_daylight(self.settings.values.daylight)

    def toggle_language(self) -> None:
        """Change between Chinese and English."""
        self.look.set_language("en" if self.look.language == "zh" else "zh")
        self.settings.change(language=self.look.language)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def toggle_box(self) -> None:
        """Let dragging select a box, or turn the map again."""
        self._boxing = not getattr(self, "_boxing", False)
        self.map.set_tool("box" if self._boxing else "orbit")
        self.acts.by_id["view.box"].setChecked(self._boxing)

    def toggle_panel(self, name: str) -> None:
        """Show a panel, or close it."""
        dock = self.arrangement.docks[name]
        dock.setVisible(not dock.isVisible())
        if dock.isVisible():
            dock.raise_()

    def start_new_case(self) -> None:
        """Open the form for a new case."""
        panel = self.bench_panels["fraud"]
        assert isinstance(panel, FraudPanel)  # noqa: S101 - our own catalogue
        self.arrangement.docks["fraud"].show()
        self.arrangement.docks["fraud"].raise_()
        panel.start_new()

    def cancel_jobs(self) -> None:
        """Stop everything that runs."""
        for job in self.jobs.running():
            self.jobs.cancel(job.number)

    # What happens

    def _ask(self, text: str, then: Callable[[tuple[Found, ...]], None]) -> None:
        self.acts.run("search.find", text=text, then=then)

    def _offered(self) -> list[Command]:
        texts = self.look.texts
        return [
            c for c in self.session.commands if c.in_palette and c.id in self.acts.by_id and f"command.{c.id}" in texts
        ]

    def _card(self, pick: Pick) -> str:
        texts, world = self.look.texts, self.live.world
        if world is None or not is_live(pick.layer):
            return f"{texts(f'layer.{pick.layer}')}\n{pick.key}"
        facts = entity_facts(world, pick, self.session.commands.purpose is not None)
        if facts is None:
            return pick.key
        kind = next((str(fact.value) for fact in facts.facts if fact.name == "kind"), "other")
        lines = [facts.title or pick.key, texts(f"kind.{kind}")]
        speed = next((fact.value for fact in facts.facts if fact.name == "speed_mps"), None)
        return "\n".join([*lines, f"{speed * 3.6:.0f} km/h"] if speed is not None else lines)

    def _on_moved(self, world: World) -> None:
        self.map.set_world(world, 1.0 if self.look_back.stand is None else self.look_back.pace)
        self.replay.on_world(world)
        self.follower.on_world(world)

    def _ask_to_move(self, words: str, play: Callable[[], None]) -> None:
        question = MoveQuestion(self.look, words, self)
        question.yes.connect(play)
        question.open()

    def _on_panels_due(self, world: World) -> None:
        self.replay.on_world(world)
        mode = "replay" if not world.live else ("live" if len(world.tracks) else "waiting")
        if mode != self.top.clock.mode:
            self.top.clock.set_mode(mode, world.at_s)
            self._show_banner()
        elif mode == "replay":
            self.top.clock.set_mode(mode, world.at_s)
        if self.jobs.is_running("statuses"):
            return
        layers = tuple(self.layers.layers.values())
        self.jobs.submit(
            "job.statuses",
            lambda _report, _cancelled: {layer.name: layer.status(world) for layer in layers},
            self.layers.set_statuses,
            key="statuses",
            quiet=True,
        )

    def _on_selection_changed(self, picks: tuple[Pick, ...]) -> None:
        self.map.set_selection(picks)
        dock = self.arrangement.docks[CONTEXTUAL]
        if not dock.isFloating() and dock.isVisible() != bool(picks):
            dock.setVisible(bool(picks))
            self.arrangement.share_heights()

    def _on_following(self, following: bool) -> None:
        self.acts.by_id["selection.follow"].setChecked(following)
        self.details.set_following(following)

    def _on_purpose_changed(self, purpose: Purpose | None, until_s: float) -> None:
        self.top.purpose.set_purpose(purpose, until_s)
        self.map.set_unmask(purpose is not None)
        self.details.set_unmask(purpose is not None)
        self.log.add(
            "command",
            "event.purpose" if purpose else "event.purpose_ended",
            reference=getattr(purpose, "reference", ""),
        )

    def _on_workspace_changed(self, name: str) -> None:
        self.top.show_workspace(name)
        wanted = next(workspace for workspace in WORKSPACES if workspace.name == name).layers
        for layer in {layer for workspace in WORKSPACES for layer in workspace.layers} & set(self.layers.layers):
            if self.layers.states[layer].visible != (layer in wanted):
                self.layers.change(layer, visible=layer in wanted)
        self.arrangement.docks[CONTEXTUAL].setVisible(bool(self.selection.picks))

    def _on_theme_changed(self, theme: Theme) -> None:
        self.map.set_theme(theme.name)

    def _on_ran(self, command_id: str) -> None:
        if command_id not in UNTOLD and f"command.{command_id}" in self.look.texts:
            self.log.add("command", "event.ran", title=f"command.{command_id}")

    def _on_refused(self, command_id: str, why: str) -> None:
        self.status.say(why, problem=True)
        self.log.add("problem", "event.refused", title=f"command.{command_id}", why=why)

    def _on_job_ended(self, end: JobEnd) -> None:
        if end.state.quiet and end.outcome != "failed":
            return
        seconds = formats.age(end.seconds, "en")  # the log outlives a change of language
        self.log.add(
            "problem" if end.outcome == "failed" else "job",
            f"event.job_{end.outcome}",
            title=end.state.title,
            time=seconds,
            why=end.reason,
        )

    def _on_engine_log(self, entry: EngineLog) -> None:
        self.replay.on_engine_log(entry)
        self.log.add("engine" if entry.level == "info" else "problem", f"engine.log.{entry.key}", **entry.values)

    def _show_banner(self) -> None:
        texts, world = self.look.texts, self.live.world
        words = [texts("app.replay")] if world is not None and not world.live else []
        if self.live.city is not None and self.live.city.invented:
            words.append(texts("app.invented"))
        self.map.set_banner(" · ".join(words))

    def _city_name(self) -> str:
        city = self.live.city
        if city is None:
            return ""
        return (city.name_en or city.name) if self.look.language == "en" else city.name

    def retranslate(self, *_: object) -> None:
        """Write what the window itself says in the language of the moment."""
        texts = self.look.texts
        self.opening.language = self.look.language
        self.setWindowTitle(texts("app.title"))
        for name, menu in self._menus.items():
            menu.setTitle(texts(f"menu.{name}"))
        self.map.set_language(self.look.language)
        if self.live.city is not None:
            self.status.set_twin(self._city_name(), self.live.city.invented)
            self._show_banner()

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

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep how everything was, then let go of it in reverse order."""
        self._keep()
        self.turns.close()
        self.look_back.close()
        self.live.close()
        self.opening.close()
        self.jobs.close()
        if self.engine is not None:
            self.engine.close()
        self.map.close()
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


def _fill(bar: QMenu | QToolBar, actions: Iterable[Any]) -> None:
    for action in actions:
        if action is None:
            bar.addSeparator()
        else:
            bar.addAction(action)
