"""The queue as a list: a model that keeps the hand's place, and rows painted in two lines."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app import formats
from app.look import Look
from app.theme import BODY_PX, TABLE_PX, ui_font
from app.workbenches.operations.row import BROKEN, NONE, SHAPES, SOON, QueueRow, timer_words

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = Qt.ItemDataRole.UserRole
HEIGHT_PX, EDGE_PX, MARK_PX, GAP_PX = 44, 10, 22, 8
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


class QueueModel(QAbstractListModel):
    """Rows in the order they are to be dealt with."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.rows: tuple[QueueRow, ...] = ()
        self._place: dict[str, int] = {}

    def set_rows(self, rows: Sequence[QueueRow]) -> None:
        """Take new rows; where the same ones stand in the same order, only what changed is told."""
        before, fresh = self.rows, tuple(rows)
        if [row.key for row in before] == [row.key for row in fresh]:
            self.rows = fresh
            changed = [number for number, (old, new) in enumerate(zip(before, fresh, strict=True)) if old != new]
            if changed:
                self.dataChanged.emit(self.index(changed[0]), self.index(changed[-1]))
            return
        self.beginResetModel()
        self.rows = fresh
        self._place = {row.key: number for number, row in enumerate(self.rows)}
        self.endResetModel()

    def place(self, key: str) -> int:
        """Return the row of a key, -1 if it is gone."""
        return self._place.get(key, -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a row, or its words for those who hear the list."""
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return words(row, self._look)
        return None


def words(row: QueueRow, look: Look) -> str:
    """Return a row in one sentence: severity, title, place, state, and how many."""
    texts = look.texts
    parts = [texts(f"severity.{row.severity}"), row.title, row.place, texts(f"work_state.{row.state}"), row.owner]
    if row.count > 1:
        parts.append(texts("queue.count", count=formats.count(row.count)))
    return " · ".join(part for part in parts if part)


class QueueList(QListView):
    """Shows the model; the row in hand stays in hand while others come and go."""

    current_changed = Signal(str, bool)
    """Key of the row in hand, empty for none; and whether a hand took it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.queue = QueueModel(look)
        self.setModel(self.queue)
        self.setItemDelegate(QueueDelegate(look, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._told, self._by_hand = "", True
        self.selectionModel().currentChanged.connect(lambda *_: self._tell())

    @property
    def current(self) -> QueueRow | None:
        """The row in hand."""
        row = self.currentIndex().row()
        return self.queue.rows[row] if 0 <= row < len(self.queue.rows) else None

    def set_rows(self, rows: Sequence[QueueRow], hold: str = "") -> None:
        """Take new rows; ``hold`` comes to hand, else what was; if that is gone, the one that took its place."""
        kept, row, scrolled = hold or self._told, max(self.currentIndex().row(), 0), self.verticalScrollBar().value()
        self._by_hand = False
        self.blockSignals(True)
        self.queue.set_rows(rows)
        place = self.queue.place(kept) if kept else -1
        if rows and (self.currentIndex().row() < 0 or (hold and 0 <= place != self.currentIndex().row())):
            self.setCurrentIndex(self.queue.index(place if place >= 0 else min(row, len(rows) - 1)))
            self.verticalScrollBar().setValue(scrolled)
        self.blockSignals(False)
        self._tell()
        self._by_hand = True

    def hold(self, key: str) -> None:
        """Take a row in hand for the program and bring it into sight."""
        self._by_hand = False
        self._go_to(self.queue.place(key))
        self._by_hand = True

    def step(self, by: int) -> None:
        """Take the next row in hand, or the one before."""
        self._go_to(min(max(self.currentIndex().row() + by, 0), len(self.queue.rows) - 1))

    def step_to(self, key: str) -> None:
        """Take a row in hand."""
        self._go_to(self.queue.place(key))

    def _go_to(self, row: int) -> None:
        if row >= 0:
            self.setCurrentIndex(self.queue.index(row))
            self.scrollTo(self.currentIndex())

    def _tell(self) -> None:
        key = self.current.key if self.current is not None else ""
        if key != self._told and not self.signalsBlocked():
            self._told = key
            self.current_changed.emit(key, self._by_hand)


class QueueDelegate(QStyledItemDelegate):
    """Paints a row: mark, title and timer; below them place, state and the next step."""

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look
        self._title, self._bold, self._small = ui_font(BODY_PX), ui_font(BODY_PX, bold=True), ui_font(TABLE_PX)
        self._mark = ui_font(16)

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        """Return one height for all rows."""
        return QSize(180, HEIGHT_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint one row."""
        row, theme, texts, now_s = index.data(ROW_ROLE), self._look.theme, self._look.texts, time.time()
        area: QRect = option.rect  # type: ignore[attr-defined]  # missing in stubs
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:  # type: ignore[attr-defined]  # missing in stubs
            painter.fillRect(area, theme.colour("raised"))
            painter.fillRect(area.left(), area.top(), 3, area.height(), theme.colour("accent"))
        inside = area.adjusted(EDGE_PX, 4, -EDGE_PX, -4)
        upper = QRect(inside.left(), inside.top(), inside.width(), inside.height() // 2)
        lower = QRect(inside.left(), upper.bottom() + 1, inside.width(), inside.height() // 2)
        severity = theme.colour(f"severity_{row.severity}")
        _write(painter, upper, SHAPES[row.severity], self._mark, severity)
        self._paint_timer(painter, upper, row, now_s)
        title = row.title if row.count == 1 else f"{row.title}  ×{formats.count(row.count)}"
        _write(painter, upper.adjusted(MARK_PX, 0, 0, 0), title, self._bold if row.next else self._title,
               theme.colour("text" if row.next else "quiet"), keep_px=self._timer_px(row, now_s))  # fmt: skip
        step = texts(f"step.{row.next}") if row.next else texts(f"work_state.{row.state}")
        used = _write(painter, lower, step, self._small, theme.colour("accent" if row.next else "quiet"), side=RIGHT)
        about = " · ".join(part for part in (texts(f"severity.{row.severity}"), row.place, row.owner) if part)
        _write(painter, lower.adjusted(MARK_PX, 0, 0, 0), about, self._small, theme.colour("quiet"), keep_px=used)
        painter.setPen(theme.colour("raised"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.restore()

    def _timer_text(self, row: QueueRow, now_s: float) -> str:
        if row.timer(now_s) == NONE:
            return formats.age(max(now_s - row.since_s, 0.0), self._look.language)
        return timer_words(row.left_s(now_s))

    def _timer_px(self, row: QueueRow, now_s: float) -> int:
        return QFontMetrics(self._bold).horizontalAdvance(self._timer_text(row, now_s)) + 2 * GAP_PX

    def _paint_timer(self, painter: QPainter, area: QRect, row: QueueRow, now_s: float) -> None:
        """Write the timer: quiet while there is time, amber when it runs short, amber turned over once it broke."""
        theme, how, text = self._look.theme, row.timer(now_s), self._timer_text(row, now_s)
        colour = {NONE: "quiet", SOON: "severity_2", BROKEN: "ground"}.get(how, "text")
        if how == BROKEN:
            chip = QRect(area.right() - self._timer_px(row, now_s) + GAP_PX + 3, area.top() + 1, 0, 0)
            chip.setBottomRight(area.bottomRight())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("severity_2"))
            painter.drawRoundedRect(chip, 3, 3)
            area = area.adjusted(0, 0, -5, 0)
        _write(painter, area, text, self._small if how == NONE else self._bold, theme.colour(colour), side=RIGHT)


def _write(
    painter: QPainter, area: QRect, text: str, font: QFont, colour: QColor,
    *, side: Qt.AlignmentFlag = LEFT, keep_px: int = 0,
) -> int:  # fmt: skip
    """Write a text on one line, cut where it meets ``keep_px`` at the right; return how wide it is, with a gap."""
    painter.setFont(font)
    painter.setPen(colour)
    metrics = QFontMetrics(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(area.width() - keep_px, 0))
    painter.drawText(area.adjusted(0, 0, -keep_px, 0), int(side | Qt.AlignmentFlag.AlignVCenter), shown)
    return metrics.horizontalAdvance(shown) + GAP_PX
