"""A titled list of lines on a page: a mark, words, a note at the right, and buttons."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import Qt
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


class Section(QWidget):
    """Shows items under a title; hidden where there is nothing to say and no words for that."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.empty = label("section"), label("quiet", wrap=True)
        self.items: tuple[Item, ...] = ()
        self._rows = QGridLayout()
        self._rows.setHorizontalSpacing(8)
        self._rows.setVerticalSpacing(4)
        self._rows.setColumnStretch(1, 1)
        self._notes: list[tuple[QLabel, Callable[[], str]]] = []
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
            self.items = tuple(items)
            self._make()
        self.tick()

    def tick(self) -> None:
        """Write the notes that tell of the time."""
        for note, words in self._notes:
            note.setText(words())

    def _make(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._notes.clear()
        for row, item in enumerate(self.items):
            self._add(row, item)

    def _add(self, row: int, item: Item) -> None:
        mark, words, note = label("itemMark"), label("itemWords", wrap=True), label("quiet")
        mark.setText(item.mark)
        for part in (mark, words):
            part.setProperty("mood", item.mood)
        words.setText(item.words)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        if callable(item.note):
            self._notes.append((note, item.note))
        else:
            note.setText(item.note)
        top = Qt.AlignmentFlag.AlignTop
        self._rows.addWidget(mark, 2 * row, 0, top)
        self._rows.addWidget(words, 2 * row, 1, top)
        self._rows.addWidget(note, 2 * row, 2, top | Qt.AlignmentFlag.AlignRight)
        if item.buttons:
            place = (2 * row + 1, 1, 1, 3) if item.below else (2 * row, 3, 1, 1)
            self._rows.addWidget(_buttons(item), *place, top)


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
