"""The fraud desk beside the map: what to stop first, cases, approvals, holds; and the form of the first call."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from app.workbenches.fraud.approvals import ApprovalsTab
from app.workbenches.fraud.intake import IntakeForm, Read
from app.workbenches.fraud.measures import MeasuresTab
from app.workbenches.fraud.money_words import exact
from app.workbenches.fraud.queue_tab import QueueTab
from app.workbenches.fraud.work import Work
from app.workbenches.operations.section import Item, Section
from twin.fraud.records import FraudCase, Payment
from twin.fraud.store import Whole

TABS = ("queue", "cases", "approvals", "holds")
TICK_MS = 1000


class FraudPanel(QWidget):
    """Shows the work; what is wanted runs as a command."""

    note = Signal(str)
    seen = Signal(bool)
    """It is shown, or hidden."""

    def __init__(
        self, desk: Desk, work: Work, read: Read, written: Callable[[str], str], named: Callable[[str], str]
    ) -> None:
        super().__init__()
        self._desk, self._work, self._written, self._named = desk, work, written, named
        self.cases: tuple[FraudCase, ...] = ()
        self._wanted = ""
        self.new, self.trace, self.stop = QPushButton(), QPushButton(), QPushButton()
        self.second = line(32)
        self.problem = label("problem", wrap=True)
        self.empty = label("quiet", wrap=True, side=Qt.AlignmentFlag.AlignHCenter)
        self.problem.hide()
        self.form = IntakeForm(desk, read, work.clock)
        self.table = Table(TableModel(desk.look, "cases", self._columns()), desk.look)
        self.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.payments = Section()
        self.queue = QueueTab(desk.look, written)
        self.approvals = ApprovalsTab(desk.look, written, named)
        self.holds = MeasuresTab(desk.look, written, lambda: work.clock())
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for tab in (self.queue, self._cases_page(), self.approvals, self.holds):
            self.tabs.addTab(tab, "")
        self._build()
        self._join()
        self.retranslate()

    def _cases_page(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.payments)
        return page

    def _build(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.second, 1)
        for button in (self.trace, self.stop, self.new):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 4)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.problem)
        layout.addWidget(self.form)
        layout.addWidget(self.tabs, 1)
        layout.addStretch()

    def _join(self) -> None:
        desk, work = self._desk, self._work
        self.new.clicked.connect(lambda: desk.run("fraud.new_case"))
        self.trace.clicked.connect(lambda: desk.run("fraud.trace", refused=self.say))
        self.stop.clicked.connect(lambda: desk.run("fraud.stop", refused=self.say))
        self.form.opened.connect(self.show_case)
        self.form.shown.connect(lambda shown: self.tabs.setVisible(not shown))
        self.table.chosen.connect(self._on_chosen)
        work.changed.connect(self.fill)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)
        self._tick = QTimer(self)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self.holds.tick)

    # Its life

    def showEvent(self, event: QShowEvent) -> None:
        """Read while it is seen."""
        super().showEvent(event)
        self._tick.start()
        self.seen.emit(True)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Read no more while nobody looks."""
        super().hideEvent(event)
        self._tick.stop()
        self._work.stop()
        self.seen.emit(False)

    def refresh(self) -> None:
        """Read the records, if whoever is there may."""
        self._desk.run("fraud.look", refused=self._on_unread)

    def start_new(self, receipt: str = "") -> None:
        """Open the form."""
        self.form.start(receipt)

    def say(self, words: str) -> None:
        """Say what was refused."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def _on_unread(self, why: str) -> None:
        """Say instead of the list why it cannot be read."""
        self.empty.setText(why)
        self.empty.show()

    # Showing

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        for button, key, icon in ((self.new, "new_case", "plus"), (self.trace, "trace", "path"),
                                  (self.stop, "stop", "hand-palm")):  # fmt: skip
            button.setText(texts(f"fraud.button_{key}"))
            button.setToolTip(texts(f"command.fraud.{key}"))
            button.setIcon(self._desk.look.icon(icon, "text"))
        self.second.setPlaceholderText(texts("fraud.second"))
        self.second.setAccessibleName(texts("fraud.second"))
        self.empty.setText(texts("cases.none"))
        self.table.setAccessibleName(texts("panel.fraud"))
        self.form.retranslate()
        self.approvals.retranslate()
        self.queue.retranslate()
        self.fill()

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._desk.look.texts
        return (
            TableColumn("number", width_px=136),
            TableColumn("title", width_px=168),
            TableColumn("amount", self._yuan, figure=True, width_px=92),
            TableColumn("opened_at", lambda at: f"{formats.local_time(at):%m-%d %H:%M}", width_px=92),
            TableColumn("status", lambda value: texts(f"case_status.{value}"), width_px=60),
        )

    def _yuan(self, fen: int) -> str:
        return formats.yuan(Decimal(fen) / 100, self._desk.look.language)

    def fill(self) -> None:
        """Show what was read."""
        told, texts = self._work.told, self._desk.look.texts
        self.cases = told.cases
        self.table.rows.set_rows(
            [case.number for case in told.cases],
            [(case.number, case.title, case.amount_fen, case.opened_at_s, case.status) for case in told.cases],
        )
        self.table.setVisible(bool(told.cases))
        self.empty.setVisible(not told.cases)
        self.approvals.show_waiting(told.waiting)
        self.holds.show_told(told)
        counts = {"cases": len(told.cases), "approvals": len(told.waiting), "holds": len(told.measures),
                  "queue": self.queue.count}  # fmt: skip
        for number, name in enumerate(TABS):
            words = texts(f"fraud.tab_{name}")
            late = " ▲" if name == "holds" and told.red else ""
            self.tabs.setTabText(number, f"{words} {counts[name]}{late}" if counts[name] else f"{words}{late}")
        total = sum(case.amount_fen for case in told.cases)
        note = texts("cases.note", count=len(told.cases), total=self._yuan(total))
        self.note.emit(note if told.cases else "")
        self._fill_case(told.held)
        if self._wanted and any(case.number == self._wanted for case in told.cases):
            self.table.select_key(self._wanted)
            self._wanted = ""

    def _fill_case(self, whole: Whole | None) -> None:
        """Show the payments of the case in hand, and what is held of each."""
        texts = self._desk.look.texts
        for button in (self.trace, self.stop):
            button.setEnabled(whole is not None and bool(whole.payments))
        if whole is None:
            self.payments.show_items("", [])
            return
        held = {one.account: one for one in whole.measures}
        victim = self._named(whole.case.victim) or texts("fraud.unknown")
        title = texts("fraud.case_in_hand", number=whole.case.number, victim=victim, by=whole.case.opened_by)
        items = [self._payment(one, held.get(one.to_account)) for one in whole.payments if one.state == "entered"]
        self.payments.show_items(title, items, texts("fraud.no_payments"))

    def _payment(self, one: Payment, measure: object) -> Item:
        texts, state = self._desk.look.texts, getattr(measure, "state", "")
        words = f"{exact(one.amount_fen)} → {self._written(one.to_account)} {self._named(one.to_holder)}"
        doubts = [texts(f"doubt.{doubt}") if f"doubt.{doubt}" in texts else doubt for doubt in one.doubts]
        note = texts(f"fraud.state_{state}") if state else f"{formats.local_time(one.paid_at_s):%m-%d %H:%M}"
        mood = "good" if state in ("stopped", "extended", "frozen", "returned") else "warn" if doubts else "plain"
        return Item("；".join([words, *doubts]), note, "●" if state else "○", mood)

    def show_case(self, number: str) -> None:
        """Read the list again and choose a case in it."""
        self._wanted = number
        self.tabs.setCurrentIndex(TABS.index("cases"))
        self._work.hold(number)
        self.refresh()

    def _on_chosen(self, number: str) -> None:
        self.say("")
        self._work.hold(number)
