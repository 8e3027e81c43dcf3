"""What a hand new to the map should know, shown once."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QWidget

from app.commands import Command
from app.desk import Desk
from app.features.feature import Context, Entry, Feature
from app.widgets.parts import label, named

VERSION = 1
"""Of the hints: who has seen these is not shown them again."""
LINES = ("turn", "pan", "zoom", "search", "palette", "back")
LEFT_PX, TOP_PX = 16, 56


class Hints(QObject, Feature):
    """Shows the card when the first twin is open, and whenever it is asked for."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self.card = HintCard(context.desk, context.map)
        self.card.read.clicked.connect(self._on_read)
        context.map.installEventFilter(self)
        context.map.frame_drawn.connect(self._on_frame)

    def entries(self) -> Iterator[Entry]:
        """Return the command."""
        yield Entry(Command("hints.show", lambda _: self._show(), "view", "F1"), "app", "lightbulb", told=False)

    def close(self) -> None:
        """Let go of the map."""
        self._context.map.removeEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Keep the card in its place when the map gets another size."""
        if event.type() == QEvent.Type.Resize and self.card.isVisible():
            self.card.settle()
        return False

    def _on_frame(self, _stats: object) -> None:
        """Wait for the first picture of a twin; then for none."""
        if self._context.map.city is None:
            return
        self._context.map.frame_drawn.disconnect(self._on_frame)
        if self._context.desk.settings.values.hints_seen < VERSION:
            self._context.desk.turns.soon(self._show)

    def _show(self) -> None:
        self.card.show()
        self.card.raise_()
        self.card.settle()

    def _on_read(self) -> None:
        self.card.hide()
        self._context.desk.settings.change(hints_seen=VERSION)
        self._context.map.setFocus()


class HintCard(QFrame):
    """A few lines: what to do with the mouse or the keys, and what it does."""

    def __init__(self, desk: Desk, view: QWidget) -> None:
        super().__init__(view)
        self._desk, self._view = desk, view
        named(self, "hints").hide()
        self._title = label("heading")
        self._rows = {name: (label("hintKeys"), label("hintWords")) for name in LINES}
        self.read = named(QPushButton(), "primary")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.addWidget(self._title, 0, 0, 1, 2)
        for row, (keys, words) in enumerate(self._rows.values(), start=1):
            grid.addWidget(keys, row, 0)
            grid.addWidget(words, row, 1)
        grid.addWidget(self.read, len(LINES) + 1, 1, Qt.AlignmentFlag.AlignRight)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def settle(self) -> None:
        """Stand in the upper left corner, below the banner, where nothing else is drawn over the map."""
        self.adjustSize()
        self.move(LEFT_PX, TOP_PX)

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        self._title.setText(texts("hints.title"))
        self.read.setText(texts("hints.read"))
        for name, (keys, words) in self._rows.items():
            keys.setText(texts(f"hint_keys.{name}"))
            words.setText(texts(f"hint.{name}"))
