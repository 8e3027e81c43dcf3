"""Joins the parts of the window: what one says, others do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app import formats
from app.arrangement import CONTEXTUAL, WALL, WORKSPACES
from app.engine import EngineLog
from app.facts import entity_facts, is_live
from app.jobs import JobEnd
from app.legend import Legend
from app.look_back_screen import LookBackScreen
from app.map.events import Pick
from app.map.tools import Tool
from app.replay_screen import ReplayScreen
from app.widgets.stage import MoveQuestion
from twin.access import Purpose
from twin.world import World

if TYPE_CHECKING:
    from app.main_window import MainWindow

FOLLOWING = ("layers", "details", "traffic", "sites")
"""The docks whose panels show the world of the map, of now or of the past; they say so."""
PAST_COUNTS_MS = 1500
"""So long after the past came into view its rows are counted: who drags the handle waits for the picture."""
UNTOLD = frozenset(
    {
        "details.show",
        "search.find",
        "search.focus",
        "palette.open",
        "map.fly_to",
        "layer.set_opacity",
        "recording.seek",
        "history.speed",
        "history.step_back",
        "history.step_on",
    }
)


class Wiring(QObject):
    """Answers the signals of a window's parts.

    Parameters
    ----------
    window : MainWindow
    untold : frozenset of str
        Ids of commands whose runs are no line of the event log.
    """

    def __init__(self, window: MainWindow, untold: frozenset[str]) -> None:
        super().__init__(window)
        self._window, self._untold = window, UNTOLD | untold
        self.legend = Legend(window.map, window.layers, window.look, self)
        self.replay_screen = ReplayScreen(window.replay, window.look_back, window.time_bar, window.acts)
        self.look_back_screen = LookBackScreen(window.look_back, window.time_bar, window.acts)
        self._later = QTimer(self, interval=PAST_COUNTS_MS, singleShot=True)
        self._later.timeout.connect(self._count_rows)
        self._join_commands()
        self._join_map()
        self._join_time()
        self._join_rest()

    def _join_commands(self) -> None:
        window, acts = self._window, self._window.acts
        acts.ran.connect(self._on_ran)
        acts.refused.connect(self._on_refused)
        acts.told.connect(window.status.say)
        window.command_palette.chosen.connect(acts.run)
        window.top.workspace_chosen.connect(lambda name: acts.run(f"workspace.{name}"))
        window.top.search.chosen.connect(window.deeds.go_to)
        window.top.purpose.clicked.connect(lambda: acts.run("purpose.state"))
        for name, dock in window.arrangement.docks.items():
            dock.visibilityChanged.connect(lambda on, name=name: acts.by_id[f"panel.{name}"].setChecked(on))

    def _join_map(self) -> None:
        window, view = self._window, self._window.map
        window.layers.state_changed.connect(view.set_layer_state)
        window.layers.order_changed.connect(view.set_layer_order)
        view.picked.connect(lambda pick: window.selection.select([] if pick is None else [pick]))
        view.box_selected.connect(window.selection.select)
        view.pointer_moved.connect(window.status.set_cursor)
        view.tool_changed.connect(self._on_tool_changed)
        view.set_card(self.card)
        window.look.theme_changed.connect(lambda theme: view.set_theme(theme.name))

    def _join_time(self) -> None:
        window = self._window
        window.live.moved.connect(self._on_moved)
        window.live.panels_due.connect(self._on_panels_due)
        window.showing.engine_said.connect(self._on_engine_log)
        window.replay.refused.connect(lambda why: self._on_refused("recording.play", why))
        window.look_back.failed.connect(lambda error: self._on_refused("history.look", window.look.texts.error(error)))

    def _join_rest(self) -> None:
        window = self._window
        window.look.language_changed.connect(window.retranslate)
        window.arrangement.changed.connect(self._on_workspace_changed)
        window.purpose.changed.connect(self._on_purpose_changed)
        window.selection.changed.connect(self._on_selection_changed)
        window.follower.changed.connect(self._on_following)
        window.jobs.changed.connect(window.status.jobs.set_jobs)
        window.jobs.ended.connect(self._on_job_ended)
        window.status.cancel_job.connect(window.jobs.cancel)
        window.opening.began.connect(window.opening_panel.begin)
        window.opening.reported.connect(window.opening_panel.report)

    def ask_to_move(self, words: str, play: Callable[[], None]) -> None:
        """Ask whether a recording from far away is moved into this twin."""
        question = MoveQuestion(self._window.look, words, self._window)
        question.yes.connect(play)
        question.open()

    def card(self, pick: Pick) -> str:
        """Return what the card beside the pointer tells of a thing: a title, then a line a fact."""
        texts, world = self._window.look.texts, self._window.live.world
        if world is None or not is_live(pick.layer):
            return f"{texts(f'layer.{pick.layer}')}\n{pick.key}"
        facts = entity_facts(world, pick, self._window.session.commands.purpose is not None)
        if facts is None:
            return pick.key
        kind = next((str(fact.value) for fact in facts.facts if fact.name == "kind"), "other")
        lines = [facts.title or pick.key, texts(f"kind.{kind}")]
        speed = next((fact.value for fact in facts.facts if fact.name == "speed_mps"), None)
        return "\n".join([*lines, f"{speed * 3.6:.0f} km/h"] if speed is not None else lines)

    def _on_tool_changed(self, tool: Tool | None) -> None:
        self._window.acts.by_id["view.box"].setChecked(tool is self._window.map.boxes)

    def _on_moved(self, world: World) -> None:
        window = self._window
        window.map.set_world(world, 1.0 if window.look_back.stand is None else window.look_back.pace)
        window.turns.soon(lambda: window.replay.on_world(world), "replay")
        window.follower.on_world(world)
        if not world.live:
            window.show_banner()
        self._frame(world)

    def _on_panels_due(self, world: World) -> None:
        window = self._window
        window.replay.on_world(world)
        mode = "live" if len(world.tracks) else "waiting"
        if not world.live:
            mode = "past" if window.look_back.shows_past else "replay"
        if mode != window.top.clock.mode:
            window.top.clock.set_mode(mode, world.at_s)
            window.show_banner()
        elif not world.live:
            window.top.clock.set_mode(mode, world.at_s)
        self._frame(world)
        for name in FOLLOWING:
            window.arrangement.docks[name].set_past("" if world.live else f"◆ {formats.clock(world.at_s)}")
        if world.live:
            self._count_rows()
        elif not self._later.isActive():
            self._later.start()

    def _count_rows(self) -> None:
        window, world = self._window, self._window.live.world
        if world is None or window.jobs.is_running("statuses"):
            return
        layers = tuple(window.layers.layers.values())
        window.jobs.submit(
            "job.statuses",
            lambda _report, _cancelled: {layer.name: layer.status(world) for layer in layers},
            window.layers.set_statuses,
            key="statuses",
            quiet=True,
        )

    def _frame(self, world: World) -> None:
        """Draw the frame that says that this is not now."""
        self._window.stage.set_framed(not world.live)

    def _on_selection_changed(self, picks: tuple[Pick, ...]) -> None:
        self._window.map.set_selection(picks)
        self._window.turns.soon(self._show_details, "details dock")

    def _show_details(self) -> None:
        window, picks = self._window, self._window.selection.picks
        dock = window.arrangement.docks[CONTEXTUAL]
        wanted = bool(picks) and window.arrangement.current != WALL
        if not dock.isFloating() and dock.isVisible() != wanted:
            dock.setVisible(wanted)
            window.arrangement.share_heights()

    def _on_following(self, following: bool) -> None:
        self._window.acts.by_id["selection.follow"].setChecked(following)
        self._window.details.set_following(following)

    def _on_purpose_changed(self, purpose: Purpose | None, until_s: float) -> None:
        window = self._window
        window.top.purpose.set_purpose(purpose, until_s)
        window.map.set_unmask(purpose is not None)
        window.details.set_unmask(purpose is not None)
        window.log.add(
            "command",
            "event.purpose" if purpose else "event.purpose_ended",
            reference=getattr(purpose, "reference", ""),
        )

    def _on_workspace_changed(self, name: str) -> None:
        window = self._window
        window.top.show_workspace(name)
        for part in (window.top, window.status, window.menus.tools):
            part.setHidden(name == WALL)
        window.stage.set_bare(name == WALL)
        wanted = next(workspace for workspace in WORKSPACES if workspace.name == name).layers
        for layer in {layer for workspace in WORKSPACES for layer in workspace.layers} & set(window.layers.layers):
            if window.layers.states[layer].visible != (layer in wanted):
                window.layers.change(layer, visible=layer in wanted)
        window.arrangement.docks[CONTEXTUAL].setVisible(bool(window.selection.picks) and name != WALL)

    def _on_ran(self, command_id: str) -> None:
        if command_id not in self._untold and f"command.{command_id}" in self._window.look.texts:
            self._window.log.add("command", "event.ran", title=f"command.{command_id}")

    def _on_refused(self, command_id: str, why: str) -> None:
        self._window.status.say(why, problem=True)
        self._window.log.add("problem", "event.refused", title=f"command.{command_id}", why=why)

    def _on_job_ended(self, end: JobEnd) -> None:
        if end.state.quiet and end.outcome != "failed":
            return
        seconds = formats.age(end.seconds, "en")  # the log outlives a change of language
        self._window.log.add(
            "problem" if end.outcome == "failed" else "job",
            f"event.job_{end.outcome}",
            title=end.state.title,
            time=seconds,
            why=end.reason,
        )

    def _on_engine_log(self, entry: EngineLog) -> None:
        self._window.replay.on_engine_log(entry)
        kind = "engine" if entry.level == "info" else "problem"
        self._window.log.add(kind, f"engine.log.{entry.key}", **entry.values)
