"""The queue: the row in hand with its next step, how much of what there is, and the list."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label, tool
from app.workbenches.operations.next_card import NextCard
from app.workbenches.operations.queue_list import QueueList
from app.workbenches.operations.row import SEVERITIES, SHAPES, QueueRow, counted


class QueuePanel(QWidget):
    """Lays the parts out and keeps their clocks; what is done is said by ``card`` and ``list``."""

    note = Signal(str)
    mute_asked = Signal()
    others_asked = Signal(bool)
    """The queues of all desks are wanted, or no longer."""

    def __init__(self, look: Look, card: NextCard) -> None:
        super().__init__()
        self.setMinimumWidth(180)  # a small screen leaves no more beside the map
        self._look, self.card = look, card
        self._rows: tuple[QueueRow, ...] = ()
        self._hold = ""
        self.list = QueueList(look)
        self.chips = {severity: tool("severityChip", checkable=True, checked=True) for severity in SEVERITIES}
        self.mute = tool("chip", checkable=True)
        self.mute.clicked.connect(self.mute_asked)
        self.others = tool("chip", checkable=True)
        self.others.clicked.connect(self.others_asked)
        self._elsewhere = 0
        self.problem, self.empty = label("problem", wrap=True), label("quiet", wrap=True)
        self.problem.hide()
        row = QHBoxLayout()
        row.setContentsMargins(8, 4, 8, 4)
        row.setSpacing(4)
        for severity, chip in self.chips.items():
            chip.setProperty("severity", str(severity))
            chip.toggled.connect(self._fill)
            row.addWidget(chip)
        row.addStretch(1)
        row.addWidget(self.others)
        row.addWidget(self.mute)
        for part in (self.problem, self.empty):
            part.setContentsMargins(12, 8, 12, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.problem)
        layout.addWidget(card)
        layout.addLayout(row)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.list, 1)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._second.start()
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def show_rows(self, rows: tuple[QueueRow, ...], hold: str) -> None:
        """Show rows in the order they are given; ``hold`` is in hand."""
        if (rows, hold) != (self._rows, self._hold):
            self._rows, self._hold = rows, hold
            self._fill()

    def show_elsewhere(self, count: int, everywhere: bool) -> None:
        """Say how many rows other desks have, and whether they are shown here too."""
        self._elsewhere = count
        texts = self._look.texts
        self.others.setChecked(everywhere)
        self.others.setVisible(bool(count) or everywhere)
        self.others.setText(texts("queue.everywhere") if everywhere else texts("queue.others", count=count))
        self.others.setToolTip(texts("queue.others_tip"))
        self.others.setAccessibleName(self.others.text())

    def show_problem(self, words: str) -> None:
        """Say why there is nothing new; nothing if all is well."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def set_muted(self, muted: bool, can_sound: bool) -> None:
        """Show whether the sound is off, or whether there is none."""
        texts = self._look.texts
        self.mute.setChecked(muted or not can_sound)
        self.mute.setEnabled(can_sound)
        self.mute.setIcon(self._look.icon("speaker-slash" if muted or not can_sound else "speaker-high"))
        self.mute.setToolTip(
            texts("queue.muted" if muted else "queue.sounds") if can_sound else texts("queue.no_sound")
        )
        self.mute.setAccessibleName(self.mute.toolTip())

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        self.list.setAccessibleName(texts("panel.queue"))
        self.show_elsewhere(self._elsewhere, self.others.isChecked())
        for severity, chip in self.chips.items():
            chip.setToolTip(texts("queue.chip_tip", severity=texts(f"severity.{severity}")))
            chip.setAccessibleName(chip.toolTip())
        self._fill()

    def _fill(self, *_: object) -> None:
        counts = counted(self._rows)
        for severity, chip in self.chips.items():
            chip.setText(f"{SHAPES[severity]} {formats.count(counts[severity])}")
        shown = tuple(row for row in self._rows if self.chips[row.severity].isChecked())
        self.list.set_rows(shown, self._hold)
        self.list.setVisible(bool(shown))
        self.empty.setVisible(not shown)
        texts = self._look.texts
        self.empty.setText(texts("queue.hidden", count=len(self._rows)) if self._rows else texts("queue.empty"))
        waiting = sum(bool(row.next) for row in self._rows)
        self.note.emit(texts("queue.note", waiting=waiting, all=len(self._rows)) if self._rows else "")

    def _tick(self) -> None:
        if self.isVisible():
            self.card.tick()
            self.list.viewport().update()
