"""A line to type in and a list of answers below it: the locator and the command palette share it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.look import Look
from app.theme import TABLE_PX, ui_font
from app.widgets.parts import label

Index = QModelIndex | QPersistentModelIndex
NOTE_ROLE = Qt.ItemDataRole.UserRole
VALUE_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One line of the list: a title, a quiet note at its right, an icon, and what it stands for."""

    title: str
    note: str
    icon: str
    value: Any


class AnswerModel(QAbstractListModel):
    """The answers to what was typed."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.answers: tuple[Answer, ...] = ()

    def set_answers(self, answers: Sequence[Answer]) -> None:
        """Show other answers."""
        self.beginResetModel()
        self.answers = tuple(answers)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many answers there are."""
        return 0 if parent.isValid() else len(self.answers)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a part of an answer."""
        answer = self.answers[index.row()]
        if role == Qt.ItemDataRole.DecorationRole:
            return self._look.icon(answer.icon)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{answer.title}, {answer.note}"
        return {Qt.ItemDataRole.DisplayRole: answer.title, NOTE_ROLE: answer.note, VALUE_ROLE: answer.value}.get(role)


class AnswerDelegate(QStyledItemDelegate):
    """Paints a title at the left and its note at the right."""

    row_px = 32

    def __init__(self, look: Look, parent: QObject) -> None:
        super().__init__(parent)
        self._look = look

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return the size of a row."""
        return QSize(200, self.row_px)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the row, then its note over the right end."""
        super().paint(painter, option, index)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]  # missing in stubs
        painter.save()
        painter.setFont(ui_font(TABLE_PX))
        painter.setPen(self._look.theme.colour("ground" if selected else "quiet"))
        area = option.rect.adjusted(0, 0, -12, 0)  # type: ignore[attr-defined]  # missing in stubs
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, index.data(NOTE_ROLE) or "")
        painter.restore()


class AnswerPopup(QFrame):
    """The list below a line edit; the keyboard stays in the line."""

    chosen = Signal(object)
    """What the chosen answer stands for."""

    def __init__(self, line: QLineEdit, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("popup")
        self._line, self._window = line, parent
        self.model = AnswerModel(look)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(AnswerDelegate(look, self))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_clicked)
        self._nothing = label("quiet", side=Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.list)
        layout.addWidget(self._nothing)
        line.installEventFilter(self)
        self.hide()

    def show_answers(self, answers: Sequence[Answer], nothing: str) -> None:
        """Show answers, or why there are none."""
        self.model.set_answers(answers)
        self.list.setVisible(bool(answers))
        self._nothing.setVisible(not answers)
        self._nothing.setText(nothing)
        if answers:
            self.list.setCurrentIndex(self.model.index(0, 0))
        self._place(len(answers))
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that move through the list and close it when the line is left."""
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent) or not self.isVisible():
            return False
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
        if key in steps:
            self._step(steps[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._on_clicked(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.hide()
        else:
            return False
        return True

    def _step(self, by: int) -> None:
        count = self.model.rowCount()
        if count:
            row = min(max(self.list.currentIndex().row() + by, 0), count - 1)
            self.list.setCurrentIndex(self.model.index(row, 0))

    def _on_clicked(self, index: Index) -> None:
        if index.isValid():
            self.hide()
            self.chosen.emit(index.data(VALUE_ROLE))

    def _place(self, rows: int) -> None:
        below = self._line.mapTo(self._window, self._line.rect().bottomLeft())
        width = max(self._line.width(), 380)
        left = min(below.x(), self._window.width() - width - 8)
        self.setGeometry(max(left, 8), below.y() + 4, width, 12 + 32 * max(1, min(rows, 12)))
