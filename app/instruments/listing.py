"""A panel of things that are kept: what can be done with the chosen one, and the table of them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label
from app.widgets.table import Table, TableColumn, TableModel


class Listing(QWidget):
    """A table with a row of buttons above it and a line below.

    Parameters
    ----------
    desk : Desk
    name : str
        Of its texts: ``<name>.<column>`` are the headings, ``<name>.empty`` stands where there is nothing.
    columns : sequence of TableColumn
    actions : mapping of str to str
        Commands and their icons; each is run with the chosen row as ``key``.
    always : frozenset of str
        Those that need no row.
    """

    note = Signal(str)
    chose = Signal(str)
    """Id of the row that was chosen; empty for none."""

    def __init__(
        self, desk: Desk, name: str, columns: Sequence[TableColumn], actions: Mapping[str, str],
        always: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        super().__init__()
        self._desk, self._name, self._actions, self._always = desk, name, actions, always
        self.chosen = ""
        self.model = TableModel(desk.look, name, columns)
        self.table = Table(self.model, desk.look)
        self.table.chosen.connect(self._on_chosen)
        self.buttons = {command_id: QToolButton() for command_id in actions}
        self.row = QHBoxLayout()
        self.row.setContentsMargins(8, 4, 8, 4)
        self.row.setSpacing(4)
        for command_id, button in self.buttons.items():
            button.setIconSize(QSize(18, 18))
            button.clicked.connect(lambda _checked=False, command_id=command_id: self.do(command_id))
            self.row.addWidget(button)
        self.row.addStretch(1)
        self.empty, self.more = label("quiet", wrap=True), label("quiet", wrap=True)
        self.empty.setContentsMargins(12, 10, 12, 10)
        self.more.setContentsMargins(12, 4, 12, 8)
        self.more.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.row)
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.more)
        layout.addStretch(0)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)
        self.retranslate()
        self.set_rows([], [])

    def do(self, command_id: str) -> None:
        """Run a command for the row that is chosen."""
        self._desk.run(command_id, about=self.chosen, key=self.chosen)

    def choose(self, key: str) -> None:
        """Choose a row."""
        self.table.select_key(key)
        self._on_chosen(key)

    def set_rows(self, keys: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Show these rows; the chosen one stays chosen if it is still there."""
        self.model.set_rows(keys, rows)
        self.empty.setVisible(not keys)
        self.table.setVisible(bool(keys))
        self.note.emit(formats.count(len(keys)) if keys else "")
        self._on_chosen(self.chosen if self.chosen in self.model.keys else "")

    def say(self, words: str) -> None:
        """Write the line below the table; empty for none."""
        self.more.setText(words)
        self.more.setVisible(bool(words))

    def retranslate(self, *_: object) -> None:
        """Write every word in the language of the moment."""
        texts = self._desk.look.texts
        self.empty.setText(texts(f"{self._name}.empty"))
        self.table.setAccessibleName(texts(f"panel.{self._name}"))
        for command_id, button in self.buttons.items():
            button.setIcon(self._desk.look.icon(self._actions[command_id]))
            button.setToolTip(texts(f"command.{command_id}"))
            button.setAccessibleName(texts(f"command.{command_id}"))

    def _on_chosen(self, key: str) -> None:
        self.chosen = key
        for command_id, button in self.buttons.items():
            button.setEnabled(bool(key) or command_id in self._always)
        self.chose.emit(key)
