"""The window's commands as Qt actions: menu, tool bar and shortcut share one object a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QKeySequence

from app.commands import Command, Commands
from app.look import Look
from twin.access import NO_PURPOSE
from twin.errors import BadInputError, NotAllowedError, ZhianError

ICONS: Mapping[str, str] = {
    "view.whole": "map-trifold", "view.north": "compass", "view.top": "arrow-square-down", "view.box": "bounding-box",
    "selection.clear": "x", "selection.fly_to": "navigation-arrow", "selection.follow": "crosshair-simple",
    "selection.copy_coordinates": "copy", "search.focus": "magnifying-glass", "palette.open": "command",
    "purpose.state": "identification-card", "purpose.clear": "prohibit", "theme.toggle": "moon",
    "view.daylight": "sun-horizon",
    "language.toggle": "translate", "window.full_screen": "arrows-out", "layout.reset": "arrow-counter-clockwise",
    "panel.layers": "stack", "panel.details": "info", "panel.events": "list-bullets", "panel.traffic": "path",
    "panel.fraud": "currency-circle-dollar", "panel.sites": "buildings", "picture.save": "image",
    "panel.networks": "share-network",
    "app.quit": "sign-out", "fraud.new_case": "plus", "layer.reset": "arrow-counter-clockwise",
    "jobs.cancel": "prohibit", "layer.save": "floppy-disk",
    "history.play": "play", "history.pause": "pause", "history.now": "clock-clockwise",
    "history.play_back": "rewind", "history.step_back": "caret-left", "history.step_on": "caret-right",
    "history.previous_event": "skip-back", "history.next_event": "skip-forward",
    "recording.play": "film-strip", "recording.pause": "pause", "recording.resume": "play", "recording.stop": "x",
}  # fmt: skip


class Actions(QObject):
    """Makes an action of each command, and runs commands so that a refusal becomes words."""

    ran = Signal(str)
    """Id of a command that was run."""
    told = Signal(str)
    """Something to be said to who is there."""
    refused = Signal(str, str)
    """Id of a command that was not, and why."""

    def __init__(self, commands: Commands, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._commands, self._look = commands, look
        self.by_id: dict[str, QAction] = {}
        self._icons: dict[str, str] = dict(ICONS)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)

    def add(self, command: Command, *, checkable: bool = False, icon: str = "") -> QAction:
        """Register a command and return its action; ``icon`` where :data:`ICONS` has none for it."""
        self._commands.add(command)
        if icon:
            self._icons[command.id] = icon
        action = QAction(self)
        action.setObjectName(command.id)
        action.setCheckable(checkable)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
        action.triggered.connect(lambda _checked=False: self.run(command.id))
        self.by_id[command.id] = action
        self._dress(command.id)
        return action

    def run(
        self, command_id: str, *, about: str = "", refused: Callable[[str], None] | None = None, **given: Any
    ) -> Any:
        """Run a command; if it is refused or fails, say why (to ``refused`` as well) and return None."""
        try:
            answer = self._commands.run(command_id, about=about, **given)
        except ZhianError as error:
            words = self._words(error)
            self.refused.emit(command_id, words)
            if refused is not None:
                refused(words)
            return None
        self.ran.emit(command_id)
        return answer

    def icon_name(self, command_id: str) -> str:
        """Return the icon of a command."""
        return self._icons.get(command_id, "caret-right")

    def retranslate(self, *_: object) -> None:
        """Write titles and tool tips anew, and tint the icons."""
        for command_id in self.by_id:
            self._dress(command_id)

    def _words(self, error: ZhianError) -> str:
        if isinstance(error, NotAllowedError) and NO_PURPOSE in str(error):
            return self._look.texts("purpose.needed")
        if isinstance(error, BadInputError) and f"problem.{error.subject}" in self._look.texts:
            return self._look.texts(f"problem.{error.subject}")
        return self._look.texts.error(error)

    def _dress(self, command_id: str) -> None:
        action, title = self.by_id[command_id], self._look.texts(f"command.{command_id}")
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setText(title)
        action.setToolTip(f"{title}  {shortcut}" if shortcut else title)
        name = "sun" if command_id == "theme.toggle" and self._look.theme.name == "dark" else self.icon_name(command_id)
        action.setIcon(self._look.icon(name))
