"""The event log: newest first, filtered by kind."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.desk import Desk
from app.events import KINDS, LONGEST, Event
from app.widgets.parts import tool

MARKS = {"engine": ("●", "good"), "job": ("■", "severity_4"), "command": ("›", "quiet"), "problem": ("◆", "severity_2")}


class EventPanel(QWidget):
    """Lines of the event log."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setWordWrap(True)
        self.list.setUniformItemSizes(False)
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.filters = {kind: tool(checkable=True, checked=True) for kind in KINDS}
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        for button in self.filters.values():
            button.toggled.connect(self._fill)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.list, 1)
        desk.log.added.connect(self._on_added)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self._fill)
        self.retranslate()

    def retranslate(self) -> None:
        """Write everything in the language of the moment, the past as well."""
        texts = self._desk.look.texts
        for kind, button in self.filters.items():
            button.setText(f"{MARKS[kind][0]} {texts(f'event_kind.{kind}')}")
            button.setToolTip(texts("event_log.filter_tip"))
        self.list.setAccessibleName(texts("panel.events"))
        self._fill()

    def _on_added(self, event: Event) -> None:
        if self.filters[event.kind].isChecked():
            self.list.insertItem(0, self._item(event))
            if self.list.count() > LONGEST:
                self.list.takeItem(self.list.count() - 1)

    def _fill(self, *_: object) -> None:
        self.list.clear()
        for event in self._desk.log.events:
            if self.filters[event.kind].isChecked():
                self.list.insertItem(0, self._item(event))

    def _item(self, event: Event) -> QListWidgetItem:
        texts = self._desk.look.texts
        values = {name: texts(value) if value in texts else value for name, value in event.values.items()}
        mark, token = MARKS[event.kind]
        item = QListWidgetItem(f"{formats.clock(event.at_s)}  {mark}  {texts(event.key, **values)}")
        item.setForeground(QColor(self._desk.look.theme[token if event.kind == "problem" else "text"]))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        item.setToolTip(item.text())
        return item
