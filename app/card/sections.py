"""The parts of a card below the facts: a heading with its age, and lines that act when they are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListView, QVBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label
from app.widgets.popup import VALUE_ROLE, Answer, AnswerDelegate, AnswerModel, Index

PARTS = ("where", "cameras", "units", "alerts", "inside", "day")
ROW_PX, TALLEST_PX = 28, 168
OLD_S = 5.0
"""From so old on a part says its age."""


class Section(QWidget):
    """One part: title and note, then lines or why there are none."""

    chosen = Signal(object)
    """What a line stands for."""

    def __init__(self, name: str, look: Look) -> None:
        super().__init__()
        self.name, self._look = name, look
        self.at_s = 0.0
        self._note = ""
        self.title, self.note, self.empty = label("section"), label("quiet"), label("quiet", wrap=True)
        self.model = AnswerModel(look)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Rows(look, self))
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._on_chosen)
        self.list.activated.connect(self._on_chosen)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.list)
        layout.addWidget(self.empty)
        self.working()

    def working(self) -> None:
        """Say that the answer is being worked out."""
        self.at_s = 0.0
        self.show_lines((), self._look.texts("card.working"), "", 0.0)

    def show_lines(self, lines: Sequence[Answer], nothing: str, note: str, at_s: float) -> None:
        """Show lines, or why there are none; ``at_s`` is the instant they are of, 0 for what does not age."""
        kept = self.list.currentIndex().row()
        self._note, self.at_s = note, at_s
        self.model.set_answers(lines)
        self.list.setFixedHeight(ROW_PX * max(len(lines), 1))
        self.list.setVisible(bool(lines))
        if 0 <= kept < len(lines) and self.list.hasFocus():
            self.list.setCurrentIndex(self.model.index(kept, 0))
        self.empty.setVisible(not lines)
        self.empty.setText(nothing)
        self.title.setText(self._look.texts(f"card.{self.name}"))
        self.list.setAccessibleName(self.title.text())
        self.tell_age(at_s)

    def tell_age(self, now_s: float) -> None:
        """Write how old the lines are, once they are."""
        old_s = now_s - self.at_s
        age = formats.age(old_s, self._look.language) if self.at_s and old_s >= OLD_S else ""
        self.note.setText(" · ".join(part for part in (self._note, age) if part))

    def _on_chosen(self, index: Index) -> None:
        value = index.data(VALUE_ROLE)
        if value is not None:
            self.chosen.emit(value)


class _Rows(AnswerDelegate):
    row_px = ROW_PX


class PicturePart(QWidget):
    """The last picture of a camera, with its time, or why there is none; hidden for all else."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.image = QImage()
        self.title, self.note, self.empty = label("section"), label("quiet"), label("quiet", wrap=True)
        self.shown = QLabel()
        self.shown.setMinimumWidth(1)  # the picture follows the part's width, not the other way round
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.shown)
        layout.addWidget(self.empty)
        self.hide()

    def show_words(self, words: str) -> None:
        """Say why there is no picture."""
        self.show_image(QImage(), "", words)

    def show_image(self, image: QImage, note: str, words: str = "") -> None:
        """Show a picture; ``note`` is its time and age."""
        self.image = image
        self.title.setText(self._look.texts("card.picture"))
        self.note.setText(note)
        self.empty.setText(words)
        self.empty.setVisible(bool(words))
        self.shown.setVisible(not image.isNull())
        self.shown.setAccessibleName(f"{self.title.text()} {note}")
        self._fit()
        self.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the picture as wide as the part."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if not self.image.isNull() and self.width() > 1:
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self.shown.setPixmap(QPixmap.fromImage(self.image.scaled(self.width(), TALLEST_PX, keep, smooth)))


class CardSections(QWidget):
    """All parts of a card; hidden while nothing is selected."""

    chosen = Signal(object)
    """A :class:`twin.card.parts.Line` or :class:`twin.card.day.Moment`."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.parts: Mapping[str, Section] = {name: Section(name, look) for name in PARTS}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for part in self.parts.values():
            part.chosen.connect(self.chosen)
            layout.addWidget(part)
        self.hide()

    def begin(self) -> None:
        """Show that everything is being worked out."""
        for part in self.parts.values():
            part.working()
        self.show()

    def tell_ages(self, now_s: float) -> None:
        """Write how old each part is."""
        for part in self.parts.values():
            part.tell_age(now_s)
