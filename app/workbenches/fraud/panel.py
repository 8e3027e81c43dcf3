"""Fraud cases: the list, and a short form for a new one."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from twin.fraud.case import LONGEST_TITLE, Case


class FraudPanel(QWidget):
    """Cases of this desk, newest first."""

    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.cases: tuple[Case, ...] = ()
        self._wanted = ""
        self.new = QPushButton()
        self.new.clicked.connect(lambda: desk.run("fraud.new_case"))
        self.empty = label("quiet", wrap=True, side=Qt.AlignmentFlag.AlignHCenter)
        self.form = NewCaseForm(desk)
        self.form.opened.connect(lambda case: self.show_case(case.number))
        self.table = Table(TableModel(desk.look, "cases", self._columns()), desk.look)
        self.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.table.chosen.connect(self._on_chosen)
        self.sheet = label("quiet", wrap=True, rich=True)
        self.sheet.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sheet.hide()
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.new)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.form)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.sheet)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)

    def start_new(self) -> None:
        """Open the form."""
        self.form.show()
        self.form.title.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def refresh(self) -> None:
        """Read the list again, off the window's thread."""
        read = self._desk.run("fraud.list_cases")
        if read is None:
            self._on_read(())
        else:
            self._desk.jobs.submit(
                "job.cases", lambda *_: read(), self._on_read, self._on_unread, key="cases", quiet=True
            )

    def _on_read(self, cases: tuple[Case, ...]) -> None:
        self.cases = cases
        self.retranslate()
        if self._wanted and any(case.number == self._wanted for case in cases):
            self.table.select_key(self._wanted)
            self._on_chosen(self._wanted)
            self._wanted = ""

    def _on_unread(self, error: Exception) -> None:
        """Say instead of the list why it cannot be read."""
        self._on_read(())
        self.empty.setText(self._desk.look.texts.error(error))

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        self.new.setText(texts("command.fraud.new_case"))
        self.new.setIcon(self._desk.look.icon("plus", "text"))
        self.empty.setText(texts("cases.none"))
        self.table.setAccessibleName(texts("panel.fraud"))
        self.form.retranslate()
        self._fill()

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._desk.look.texts
        return (
            TableColumn("number", width_px=136),
            TableColumn("title", width_px=168),
            TableColumn("amount", self._yuan, figure=True, width_px=92),
            TableColumn("opened_at", lambda at: f"{at.astimezone(formats.LOCAL):%m-%d %H:%M}", width_px=92),
            TableColumn("status", lambda value: texts(f"case_status.{value}"), width_px=60),
        )

    def _yuan(self, amount: Decimal) -> str:
        return formats.yuan(amount, self._desk.look.language)

    def _fill(self) -> None:
        self.table.rows.set_rows(
            [case.number for case in self.cases],
            [(case.number, case.title, case.amount_yuan, case.opened_at, case.status) for case in self.cases],
        )
        self.table.setVisible(bool(self.cases))
        self.empty.setVisible(not self.cases)
        total = sum((case.amount_yuan for case in self.cases), Decimal(0))
        text = self._desk.look.texts("cases.note", count=len(self.cases), total=self._yuan(total))
        self.note.emit(text if self.cases else "")

    def show_case(self, number: str) -> None:
        """Read the list again and choose a case in it."""
        self._wanted = number
        self.refresh()

    def _on_chosen(self, number: str) -> None:
        texts = self._desk.look.texts
        case = next(case for case in self.cases if case.number == number)
        opened = f"{case.opened_at.astimezone(formats.LOCAL):%Y-%m-%d %H:%M:%S}"
        self.sheet.setText(
            texts(
                "cases.sheet", number=case.number, amount=f"{case.amount_yuan:,.2f}", opened=opened, by=case.opened_by
            )
        )
        self.sheet.show()


class NewCaseForm(QFrame):
    """Title and amount; the number and the time are given."""

    opened = Signal(object)
    """Case."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.title = line(LONGEST_TITLE)
        self.amount = line(24)
        self._labels = (label("quiet"), label("quiet"))
        self.problem = label("problem", wrap=True)
        self.problem.hide()
        self.save, self.cancel = QPushButton(), QPushButton()
        self.save.setProperty("primary", "true")
        self.save.clicked.connect(self.submit)
        self.cancel.clicked.connect(self._close)
        self.amount.returnPressed.connect(self.submit)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.save)
        form = QFormLayout(self)
        form.setContentsMargins(4, 0, 4, 8)
        form.addRow(self._labels[0], self.title)
        form.addRow(self._labels[1], self.amount)
        form.addRow(self.problem)
        form.addRow(buttons)
        self.hide()

    def retranslate(self) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        for name, field, key in zip(self._labels, (self.title, self.amount), ("title", "amount"), strict=True):
            name.setText(texts(f"cases.{key}"))
            field.setAccessibleName(texts(f"cases.{key}"))
            field.setPlaceholderText(texts(f"cases.{key}_hint"))
        self.save.setText(texts("cases.open"))
        self.cancel.setText(texts("cases.cancel"))

    def submit(self) -> None:
        """Open the case as typed, or say what is wrong; it is written off the window's thread."""
        self.problem.hide()
        write = self._desk.run("fraud.open_case", title=self.title.text(), amount=self.amount.text(), refused=self._say)
        if write is not None:
            self.save.setEnabled(False)
            self._desk.jobs.submit("job.cases", lambda *_: write(), self._on_opened, self._on_failed, quiet=True)

    def _on_opened(self, case: Case) -> None:
        self._close()
        self.opened.emit(case)

    def _on_failed(self, error: Exception) -> None:
        self.save.setEnabled(True)
        self._say(self._desk.look.texts.error(error))

    def _say(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.show()

    def _close(self) -> None:
        for field in (self.title, self.amount):
            field.clear()
        self.save.setEnabled(True)
        self.problem.hide()
        self.hide()
