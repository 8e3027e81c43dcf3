"""The event log: newest first, filtered by kind."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.desk import Desk
from app.events import KINDS, LONGEST, Event
from app.look import Look
from app.theme import ROW_PX, TABLE_PX, ui_font
from app.widgets.parts import tool

Index = QModelIndex | QPersistentModelIndex
MARKS = {"engine": ("●", "good"), "job": ("■", "severity_4"), "command": ("›", "quiet"), "problem": ("◆", "severity_2")}
TIME_ROLE, KIND_ROLE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
TIME_PX, MARK_PX, EDGE_PX = 62, 18, 12


class EventPanel(QWidget):
    """Lines of the event log."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.list = QListWidget()
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setItemDelegate(EventDelegate(desk.look, self))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.filters = {kind: tool("chip", checkable=True, checked=True) for kind in KINDS}
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
        self.retranslate()

    def retranslate(self) -> None:
        """Write everything in the language of the moment, the past as well."""
        texts = self._desk.look.texts
        for kind, button in self.filters.items():
            button.setText(texts(f"event_kind.{kind}"))
            button.setToolTip(texts("event_log.filter_tip"))
            button.setAccessibleName(f"{texts('event_log.filter_tip')}: {texts(f'event_kind.{kind}')}")
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
        values = {name: texts(value) if value in texts else texts.said(value) for name, value in event.values.items()}
        item = QListWidgetItem(texts(event.key, **values).strip())
        item.setData(TIME_ROLE, formats.clock(event.at_s))
        item.setData(KIND_ROLE, event.kind)
        item.setToolTip(f"{formats.clock(event.at_s)} {item.text()}")
        return item


class EventDelegate(QStyledItemDelegate):
    """Paints time, mark and words, the words in as many lines as they need."""

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self._font = ui_font(TABLE_PX)
        self._metrics = QFontMetrics(self._font)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return a height of one row, or more where the words wrap; three at most."""
        view: Any = self.parent()
        width = max(view.list.viewport().width() - TIME_PX - MARK_PX - 2 * EDGE_PX, 60)
        bounds = self._metrics.boundingRect(0, 0, width, 1000, Qt.TextFlag.TextWordWrap, index.data())
        return QSize(width, min(max(ROW_PX, bounds.height() + 10), 3 * self._metrics.height() + 10))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a line of the log."""
        area = option.rect.adjusted(EDGE_PX, 5, -EDGE_PX, -5)  # type: ignore[attr-defined]  # missing in stubs
        theme = self._look.theme
        mark, colour = MARKS[index.data(KIND_ROLE)]
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]  # missing in stubs
            painter.fillRect(option.rect, theme.colour("raised"))  # type: ignore[attr-defined]  # missing in stubs
        painter.setFont(self._font)
        top = Qt.AlignmentFlag.AlignTop
        painter.setPen(theme.colour("quiet"))
        painter.drawText(area, top, index.data(TIME_ROLE))
        painter.setPen(theme.colour(colour))
        painter.drawText(area.adjusted(TIME_PX, 0, 0, 0), top, mark)
        painter.setPen(theme.colour("severity_2" if colour == "severity_2" else "text"))
        words = area.adjusted(TIME_PX + MARK_PX, 0, 0, 0)
        painter.drawText(words, int(top | Qt.TextFlag.TextWordWrap), index.data())
        painter.restore()
