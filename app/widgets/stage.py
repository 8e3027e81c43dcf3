"""The middle of the window: the map, framed while what it shows is not now, and a bar of time under it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.parts import named

FRAME_PX, BAR_PX = 3, 40


class Stage(QWidget):
    """Holds the map and the bar of time; :meth:`set_framed` draws the frame that says 'not now'.

    Bare, it is the map alone.

    Frame and bar always have their room: the map keeps its size, which would cost a turn of the window to change.
    """

    bared = Signal(bool)
    """Whether it is the map alone now."""

    def __init__(self, middle: QWidget, bar: QWidget) -> None:
        super().__init__()
        self._bar = bar
        named(self, "stage").setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._inside = QVBoxLayout(self)
        self._inside.setSpacing(0)
        self._inside.setContentsMargins(FRAME_PX, FRAME_PX, FRAME_PX, FRAME_PX)
        self._inside.addWidget(middle, 1)
        bar.setFixedHeight(BAR_PX)
        self._inside.addWidget(bar)
        self.set_framed(False)

    def set_bare(self, bare: bool) -> None:
        """Show the map alone, or the bar of time under it again."""
        if bare == self._bar.isHidden():
            return
        self._bar.setHidden(bare)
        self.bared.emit(bare)

    def set_framed(self, framed: bool) -> None:
        """Draw the frame, or take it away."""
        said = "true" if framed else "false"
        if said == self.property("framed"):
            return
        self.setProperty("framed", said)
        self.style().polish(self)


class MoveQuestion(QMessageBox):
    """Asks whether a recording from far away is moved into this twin."""

    yes = Signal()

    def __init__(self, look: Look, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        texts = look.texts
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts("replay.title"))
        self.setText(words)
        self.setInformativeText(texts("replay.far_hint"))
        self.move_here = self.addButton(texts("replay.here"), QMessageBox.ButtonRole.AcceptRole)
        self.leave = self.addButton(texts("replay.leave"), QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.move_here)
        self.move_here.clicked.connect(self.yes)
