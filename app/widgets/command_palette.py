"""The command palette (Ctrl+Shift+P): every command, found by parts of its title in either language."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.commands import Command
from app.look import Look
from app.texts import LANGUAGES
from app.widgets.popup import Answer, AnswerPopup


def score(wanted: str, title: str) -> int | None:
    """Rate how well ``wanted`` fits: its letters must stand in ``title`` in order; less is better, None is no fit."""
    wanted, title = wanted.casefold().replace(" ", ""), title.casefold()
    if wanted in title:
        return title.index(wanted)
    place, gaps = -1, 0
    for letter in wanted:
        found = title.find(letter, place + 1)
        if found < 0:
            return None
        gaps += found - place - 1
        place = found
    return 100 + gaps


class CommandPalette(QLineEdit):
    """A line over the map with the commands below it."""

    chosen = Signal(str)
    """Id of a command."""

    def __init__(
        self, look: Look, commands: Callable[[], Iterable[Command]], icon: Callable[[str], str], window: QWidget
    ):
        super().__init__(window)
        self.setObjectName("palette")
        self._look, self._commands, self._icon, self._window = look, commands, icon, window
        self.popup = AnswerPopup(self, look, window)
        self.popup.chosen.connect(self._on_chosen)
        self.textChanged.connect(self.ask)
        self.hide()

    def open(self) -> None:
        """Show it, with every command."""
        width = min(560, self._window.width() - 32)
        self.setGeometry((self._window.width() - width) // 2, 64, width, 36)
        self.setPlaceholderText(self._look.texts("palette.hint"))
        self.setAccessibleName(self._look.texts("palette.hint"))
        self.clear()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.ask()

    def ask(self, *_: object) -> None:
        """List the commands that fit what was typed."""
        fitting = [(rank, command) for command in self._commands() if (rank := self._rank(command)) is not None]
        fitting.sort(key=lambda pair: (pair[0], self._title(pair[1])))
        answers = [Answer(self._title(c), c.shortcut, self._icon(c.id), c.id) for _, c in fitting]
        self.popup.show_answers(answers, self._look.texts("palette.nothing"))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Go away when one turns elsewhere."""
        super().focusOutEvent(event)
        self.popup.hide()
        self.hide()

    def keyPressEvent(self, event: object) -> None:
        """Escape closes the line as well."""
        super().keyPressEvent(event)  # type: ignore[arg-type]  # Qt hands a QKeyEvent
        if getattr(event, "key", int)() == Qt.Key.Key_Escape:
            self.hide()

    def _on_chosen(self, command_id: str) -> None:
        self.hide()
        self.chosen.emit(command_id)

    def _title(self, command: Command) -> str:
        return self._look.texts(f"command.{command.id}")

    def _rank(self, command: Command) -> int | None:
        texts, wanted = self._look.texts, self.text()
        titles = [texts.in_language(language, f"command.{command.id}") for language in LANGUAGES]
        ranks = [rank for title in titles if (rank := score(wanted, title)) is not None]
        return min(ranks) if ranks else None
