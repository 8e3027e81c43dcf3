"""What waits for approval: each account with its own evidence and its own tick, one decision for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label, line
from app.workbenches.fraud.money_words import exact
from app.workbenches.fraud.work import Waiting


class ApprovalRow(QWidget):
    """One instruction: its tick, what it asks, and all it rests on."""

    def __init__(self, look: Look, waiting: Waiting, words: tuple[str, str]) -> None:
        super().__init__()
        self.waiting = waiting
        self.tick = QCheckBox(words[0])
        self.tick.setAccessibleName(" ".join(words))
        evidence = label("quiet", wrap=True)
        evidence.setText(words[1])
        evidence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(2)
        layout.addWidget(self.tick)
        layout.addWidget(evidence)


class ApprovalsTab(QWidget):
    """A page of ticks; ticks stay when the records are read again, unless the evidence is another."""

    decided = Signal(object, bool, str)
    """tuple[Waiting, ...], whether they are approved, and why not."""

    def __init__(
        self, look: Look, written: Callable[[str], str], named: Callable[[str], str], person: Callable[[str], str] = str
    ) -> None:
        super().__init__()
        self._look, self._written, self._named, self._person = look, written, named, person
        self.rows: list[ApprovalRow] = []
        self._shown: object = None
        self.empty = label("quiet", wrap=True, side=Qt.AlignmentFlag.AlignHCenter)
        self.all, self.approve, self.back = QCheckBox(), QPushButton(), QPushButton()
        self.why = line(200)
        self.approve.setProperty("primary", "true")
        self.all.toggled.connect(self._tick_all)
        self.approve.clicked.connect(lambda: self.decided.emit(self.ticked, True, ""))
        self.back.clicked.connect(lambda: self.decided.emit(self.ticked, False, self.why.text()))
        page = QWidget()
        self._page = QVBoxLayout(page)
        self._page.setContentsMargins(4, 0, 4, 0)
        self._page.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        buttons = QHBoxLayout()
        buttons.addWidget(self.all)
        buttons.addWidget(self.why, 1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.approve)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.empty)
        layout.addWidget(scroll, 1)
        layout.addLayout(buttons)
        self.retranslate()

    @property
    def ticked(self) -> tuple[Waiting, ...]:
        """What is ticked."""
        return tuple(row.waiting for row in self.rows if row.tick.isChecked())

    def retranslate(self) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        self.all.setText(texts("fraud.tick_all"))
        self.back.setText(texts("fraud.send_back"))
        self.why.setPlaceholderText(texts("fraud.why_back"))
        self.why.setAccessibleName(texts("fraud.why_back"))
        self.empty.setText(texts("fraud.nothing_to_approve"))
        self._shown = None
        self.show_waiting([row.waiting for row in self.rows])

    def show_waiting(self, waiting: Sequence[Waiting]) -> None:
        """Show what waits; a tick stays while the evidence stays the same."""
        written = [self._words(one) for one in waiting]
        if (waiting, written) == self._shown:
            return
        self._shown = (list(waiting), written)
        ticked = {row.waiting.mark for row in self.rows if row.tick.isChecked()}
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = [ApprovalRow(self._look, one, words) for one, words in zip(waiting, written, strict=True)]
        for place, row in enumerate(self.rows):
            row.tick.setChecked(row.waiting.mark in ticked)
            row.tick.toggled.connect(self._count)
            self._page.insertWidget(place, row)
        self.empty.setVisible(not self.rows)
        self.all.blockSignals(True)  # a tick for all was for those that were there then
        self.all.setChecked(bool(self.rows) and len(self.ticked) == len(self.rows))
        self.all.blockSignals(False)
        self._count()

    def _words(self, waiting: Waiting) -> tuple[str, str]:
        texts, one, measure = self._look.texts, waiting.instruction, waiting.measure
        what = texts(f"fraud.verb_{one.verb}")
        head = f"{what}  {self._written(one.account)}  {self._named(measure.holder)}"
        parts = [
            texts("fraud.evidence_payment", sum=exact(one.amount_fen or measure.amount_fen),
                  time=f"{formats.local_time(measure.paid_at_s):%m-%d %H:%M:%S}"),
            texts("fraud.evidence_rests", evidence=measure.evidence),
            texts("fraud.evidence_trace", mark=measure.trace_hash[:12]) if measure.trace_hash else "",
            texts("fraud.evidence_months", months=one.months) if one.months else "",
            texts("fraud.evidence_nth", nth=one.nth) if one.nth else "",
            texts("fraud.evidence_urgent") if measure.urgent and not measure.papers_s else one.basis,
            texts("fraud.evidence_officers", who=self._person(one.asked_by), second=self._person(one.second)),
            one.reason,
        ]  # fmt: skip
        return head, f"{one.case}  " + " · ".join(part for part in parts if part)

    def _tick_all(self, on: bool) -> None:
        for row in self.rows:
            row.tick.setChecked(on)

    def _count(self, *_: object) -> None:
        """Name what the buttons will do."""
        count = len(self.ticked)
        self.approve.setText(self._look.texts("fraud.approve_and_sign", count=count))
        for button in (self.approve, self.back):
            button.setEnabled(count > 0)
        for part in (self.all, self.why, self.back, self.approve):
            part.setVisible(bool(self.rows))
