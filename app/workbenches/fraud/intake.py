"""The form of the first call: what is said once; a pasted receipt fills in what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.workbenches.fraud.money_words import exact
from app.workbenches.operations.section import name_row
from twin.errors import BadInputError, ZhianError
from twin.fraud.case import LONGEST_TITLE, new_case
from twin.fraud.deeds import NewPayment, OpenCase
from twin.fraud.states import KINDS
from twin.words import say

RECEIPT_PX = 64
FIELDS = ("title", "amount", "kind", "victim", "phone", "from_account", "to_account", "to_holder", "paid", "story")
LABELLED = ("title", "amount", "victim", "to_account", "from_account", "story")
"""The others stand beside one of these."""
Read = Callable[[str, float], tuple[NewPayment, ...]]
"""Reads pasted receipts, and the time of now."""


class IntakeForm(QFrame):
    """Takes a case down; a payment is entered by its account, holder and time, or comes from a receipt."""

    opened = Signal(object)
    """The number of the case."""
    shown = Signal(bool)

    def __init__(self, desk: Desk, read: Read, clock: Callable[[], float]) -> None:
        super().__init__()
        self._desk, self._read, self._clock = desk, read, clock
        self.payments: tuple[NewPayment, ...] = ()
        self.receipt = QPlainTextEdit()
        self.receipt.setFixedHeight(RECEIPT_PX)
        self.receipt.setTabChangesFocus(True)
        self.receipt.textChanged.connect(self._on_receipt)
        self.found = label("quiet", wrap=True)
        self.title, self.amount, self.kind = line(LONGEST_TITLE), line(24), QComboBox()
        self.victim, self.phone, self.from_account = line(64), line(32), line(48)
        self.to_account, self.to_holder, self.paid, self.story = line(48), line(64), line(32), line(2000)
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
        self._form = QFormLayout(self)
        self._form.setContentsMargins(4, 0, 4, 8)
        self._form.setVerticalSpacing(4)
        self._form.addRow("receipt", self.receipt)
        self._form.addRow("", self.found)
        for left, right in (("title", "kind"), ("amount", "paid"), ("victim", "phone"), ("to_account", "to_holder")):
            self._form.addRow(left, _beside(getattr(self, left), getattr(self, right)))
        self._form.addRow("from_account", self.from_account)
        self._form.addRow("story", self.story)
        self._form.addRow(self.problem)
        self._form.addRow(buttons)
        self.found.hide()
        self.hide()

    def retranslate(self) -> None:
        """Write everything in the language of the moment."""
        texts, kind = self._desk.look.texts, self.kind.currentData()
        self.kind.clear()
        for name in KINDS:
            self.kind.addItem(texts(f"fraud_kind.{name}"), name)
        self.kind.setCurrentIndex(max(self.kind.findData(kind or "other"), 0))
        name_row(self._form, self.receipt, texts("intake.receipt"))
        self.receipt.setPlaceholderText(texts("intake.receipt_hint"))
        for name in FIELDS:
            field: QWidget = getattr(self, name)
            words = texts(f"intake.{name}")
            field.setAccessibleName(words)
            field.setToolTip(words)
            if not isinstance(field, QComboBox):
                field.setPlaceholderText(texts(f"intake.{name}_hint"))  # type: ignore[attr-defined]  # lines have one
            told = self._form.labelForField(field) or self._form.labelForField(field.parentWidget() or field)
            if isinstance(told, QLabel) and name in LABELLED:
                told.setText(words)
        self.save.setText(texts("cases.open"))
        self.cancel.setText(texts("cases.cancel"))

    def start(self, receipt: str = "") -> None:
        """Open the form; a receipt that was copied is read at once."""
        self.show()
        self.shown.emit(True)
        if receipt:
            self.receipt.setPlainText(receipt)
        (self.title if receipt else self.receipt).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _on_receipt(self) -> None:
        """Fill in what the receipt tells; what a hand wrote stays."""
        text = self.receipt.toPlainText().strip()
        self.payments, words = (), ""
        if text:
            try:
                self.payments = self._read(text, self._clock())
            except ZhianError as error:
                words = self._desk.look.texts.error(error)
        if self.payments:
            first = self.payments[0]
            total = sum(payment.amount_fen for payment in self.payments)
            told = {
                "amount": exact(total).replace(",", ""), "to_account": first.to_account, "to_holder": first.to_holder,
                "from_account": first.from_account, "victim": first.from_holder,
                "paid": f"{formats.local_time(first.paid_at_s):%Y-%m-%d %H:%M:%S}" if first.paid_at_s else "",
            }  # fmt: skip
            for name, value in told.items():
                if value and not getattr(self, name).isModified():
                    getattr(self, name).setText(value)
            words = self._said()
        self.found.setText(words)
        self.found.setVisible(bool(words))

    def _said(self) -> str:
        texts = self._desk.look.texts
        words = [texts("intake.read", count=len(self.payments))]
        doubts = dict.fromkeys(doubt for payment in self.payments for doubt in payment.doubts)
        words += [texts(f"doubt.{doubt}") if f"doubt.{doubt}" in texts else doubt for doubt in doubts]
        return "；".join(words) if texts.language == "zh" else "; ".join(words)

    def deed(self) -> OpenCase:
        """Return what was taken down.

        Raises
        ------
        twin.errors.BadInputError
            If there is no title, or a sum or a time is none.
        """
        fresh = new_case(self.title.text(), self.amount.text(), datetime.fromtimestamp(self._clock()).astimezone())
        fen = int(fresh.amount_yuan * 100)
        payments = self._as_corrected(fen)
        if not payments and self.to_account.text().strip():
            payments = (
                NewPayment(
                    self.to_account.text().strip(), fen, self._paid_s(), self.to_holder.text().strip(),
                    self.from_account.text().strip(), self.victim.text().strip(),
                ),
            )  # fmt: skip
        return OpenCase(
            fresh.title, fen, str(self.kind.currentData() or "other"), victim=self.victim.text().strip(),
            victim_phone=self.phone.text().strip(), victim_account=self.from_account.text().strip(),
            story=self.story.text().strip(), happened_s=payments[0].paid_at_s if payments else 0.0, payments=payments,
        )  # fmt: skip

    def _as_corrected(self, fen: int) -> tuple[NewPayment, ...]:
        """Return what the receipts tell; of a single one, with what a hand has corrected."""
        if len(self.payments) != 1:
            return self.payments
        (payment,) = self.payments
        by_hand = {name: getattr(self, name).text().strip() for name in ("to_account", "to_holder", "from_account")
                   if getattr(self, name).isModified()}  # fmt: skip
        paid_at_s = self._paid_s() if self.paid.isModified() else payment.paid_at_s
        sources = tuple(one for one in payment.sources if one.field not in by_hand)
        return (replace(payment, **by_hand, amount_fen=fen, paid_at_s=paid_at_s, sources=sources),)

    def _paid_s(self) -> float:
        text = self.paid.text().strip()
        for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"):
            try:
                return datetime.strptime(text, form).replace(tzinfo=formats.LOCAL).timestamp()
            except ValueError:
                continue
        raise BadInputError(say("time"), say("{text!r} is no time", text=text), "type it like 2026-11-23 09:30")

    def submit(self) -> None:
        """Open the case as it was taken down, or say what is wrong; it is written off the window's thread."""
        self.problem.hide()
        try:
            deed = self.deed()
        except ZhianError as error:
            self.say(self._words(error))
            return
        self.save.setEnabled(False)
        self._desk.run("fraud.open_case", deed=deed, refused=self.say)

    def _words(self, error: ZhianError) -> str:
        texts = self._desk.look.texts
        if isinstance(error, BadInputError) and f"problem.{error.subject}" in texts:
            return texts(f"problem.{error.subject}")
        return texts.error(error)

    def done(self, number: str) -> None:
        """Close the form: the case is on record."""
        self._close()
        self.opened.emit(number)

    def say(self, problem: str) -> None:
        """Say what was wrong; everything that was typed stays."""
        self.save.setEnabled(True)
        self.problem.setText(problem)
        self.problem.show()

    def _close(self) -> None:
        for name in FIELDS:
            field = getattr(self, name)
            if not isinstance(field, QComboBox):
                field.setText("")  # clearing would count as written by hand, and no receipt would fill it again
        self.receipt.clear()
        self.payments = ()
        self.save.setEnabled(True)
        self.problem.hide()
        self.hide()
        self.shown.emit(False)


def _beside(left: QWidget, right: QWidget) -> QWidget:
    """Return two fields beside each other."""
    box = QWidget()
    layout = QHBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    layout.addWidget(left, 3)
    layout.addWidget(right, 2)
    return box
