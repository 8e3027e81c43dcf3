"""A titled list of lines on a page: a mark, words, a note at the right, and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.widgets.parts import label

AT_ONCE = 6
"""Lines that are written in one turn of the window's thread."""
TOP = Qt.AlignmentFlag.AlignTop


@dataclass(frozen=True, slots=True)
class Item:
    """One line.

    Parameters
    ----------
    words : str
    note : str or callable
        What stands at the right; a callable is asked each second.
    mark, mood : str
        A sign before the words, and how it is coloured: ``plain``, ``good``, ``warn``, ``quiet``.
    buttons : tuple of (str, callable)
        What a button says and does.
    below : bool
        The buttons stand below the words, of a line that has many of both.
    """

    words: str
    note: str | Callable[[], str] = ""
    mark: str = ""
    mood: str = "plain"
    buttons: tuple[tuple[str, Callable[[], object]], ...] = field(default=(), compare=False)
    below: bool = False


class _Line:
    """The widgets of a line, kept for the next item that stands there: to make and style them anew takes long."""

    def __init__(self, rows: QGridLayout, row: int) -> None:
        self._rows, self._row = rows, row
        self._box: QWidget | None = None
        self.mark, self.words, self.note = label("itemMark"), label("itemWords", wrap=True), label("quiet")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        rows.addWidget(self.mark, 2 * row, 0, TOP)
        rows.addWidget(self.words, 2 * row, 1, TOP)
        rows.addWidget(self.note, 2 * row, 2, TOP | Qt.AlignmentFlag.AlignRight)

    def show(self, item: Item) -> None:
        """Show an item."""
        self.mark.setText(item.mark)
        self.words.setText(item.words)
        self.note.setText(item.note() if callable(item.note) else item.note)
        for part in (self.mark, self.words):
            if part.property("mood") != item.mood:
                part.setProperty("mood", item.mood)
                part.style().polish(part)
        self._drop_buttons()
        if item.buttons:
            place = (2 * self._row + 1, 1, 1, 3) if item.below else (2 * self._row, 3, 1, 1)
            self._box = _buttons(item)
            self._rows.addWidget(self._box, *place, TOP)
        self.set_visible(True)

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        if not visible:
            self._drop_buttons()
        for part in (self.mark, self.words, self.note):
            part.setVisible(visible)

    def _drop_buttons(self) -> None:
        if self._box is not None:
            self._rows.removeWidget(self._box)
            self._box.hide()
            self._box.deleteLater()
            self._box = None


class Section(QWidget):
    """Shows items under a title; hidden where there is nothing to say and no words for that.

    A long list is written some lines a turn, so that the window's thread is free in between.
    """

    def __init__(self) -> None:
        super().__init__()
        self.title, self.empty = label("section"), label("quiet", wrap=True)
        self.items: tuple[Item, ...] = ()
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(4)
        self._rows.setColumnStretch(1, 1)
        self._lines: list[_Line] = []
        self._written = 0
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._write)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(6)
        layout.addWidget(self.title)
        layout.addWidget(self.empty)
        layout.addLayout(self._rows)

    def show_items(self, title: str, items: Sequence[Item], nothing: str = "") -> None:
        """Show other items; those that are the same are left as they are."""
        self.title.setText(title)
        self.empty.setText(nothing)
        self.empty.setVisible(not items and bool(nothing))
        self.setVisible(bool(items) or bool(nothing))
        if tuple(items) != self.items or _said(items) != _said(self.items):
            self.items, self._written = tuple(items), 0
            for line in self._lines[len(self.items) :]:
                line.set_visible(False)
            self._write()
        self.tick()

    def tick(self) -> None:
        """Write the notes that tell of the time."""
        for line, item in zip(self._lines[: self._written], self.items, strict=False):
            if callable(item.note):
                line.note.setText(item.note())

    def _write(self) -> None:
        upto = min(self._written + AT_ONCE, len(self.items))
        for row in range(self._written, upto):
            if row == len(self._lines):
                self._lines.append(_Line(self._rows, row))
            self._lines[row].show(self.items[row])
        self._written = upto
        if upto < len(self.items):
            self._more.start()


def _said(items: Sequence[Item]) -> list[tuple[str, ...]]:
    """Return what the buttons of items say: they may be in another language where the words are not."""
    return [tuple(words for words, _ in item.buttons) for item in items]


def _buttons(item: Item) -> QWidget:
    box = QWidget()
    layout = QHBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addStretch(1)
    for words, do in item.buttons:
        button = QPushButton(words)
        button.setProperty("small", "true")
        button.setAccessibleName(f"{words}: {item.words}")
        button.clicked.connect(lambda _on=False, do=do: do())
        layout.addWidget(button)
    return box


def scrolled(panel: QWidget, parts: Sequence[QWidget | QLayout]) -> None:
    """Put parts below each other on a page of a panel that scrolls."""
    page = QWidget()
    inner = QVBoxLayout(page)
    inner.setContentsMargins(12, 8, 12, 8)
    for part in parts:
        inner.addWidget(part if isinstance(part, QWidget) else _held(part))
    inner.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidget(page)
    layout = QVBoxLayout(panel)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(scroll)


def _held(layout: QLayout) -> QWidget:
    """Return a layout in a widget of its own, which keeps its height beside words that wrap."""
    holder = QWidget()
    layout.setContentsMargins(0, 8, 0, 8)
    holder.setLayout(layout)
    holder.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return holder


def name_row(form: QFormLayout, field: QWidget, words: str) -> None:
    """Write the label of a field of a form."""
    field.setAccessibleName(words)
    field.setMinimumWidth(80)
    told = form.labelForField(field)
    if isinstance(told, QLabel):
        told.setText(words)
