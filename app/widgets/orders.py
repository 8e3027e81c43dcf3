"""The standing orders of scripts: those there are, and a form that asks for another one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.look import Look
from app.theme import ROW_PX
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from data.export.formats import FORMATS
from layers.catalogue import LAYERS
from twin.access import Purpose
from twin.accounts import Account
from twin.orders import Order, Terms

SIZE_PX = (880, 720)
ROWS, CHOICES = 5, 6
DAYS = 90
MOST_ROWS = 100_000_000


class OrdersDialog(QDialog):
    """Says what is ordered (``make`` and ``end``); who opened it does it."""

    make = Signal(str, object, int)
    """Account of a script, terms, and for how many days."""
    end = Signal(str)
    """Id of an order."""

    def __init__(self, look: Look, twin: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look, self._twin = look, twin
        self._purpose: Purpose | None = None
        texts = look.texts
        self.setWindowTitle(texts("orders.title"))
        self.resize(*SIZE_PX)
        names = ("id", "account", "what", "folder", "persons", "state")
        self.table = Table(TableModel(look, "orders", tuple(TableColumn(name) for name in names)), look)
        self.table.setMinimumHeight(ROWS * ROW_PX)
        self.table.chosen.connect(self._on_chosen)
        self._chosen = ""
        self.stop = QPushButton(texts("orders.end"))
        self.stop.setEnabled(False)
        self.stop.clicked.connect(lambda: self.end.emit(self._chosen))
        self.account = QComboBox()
        self.layers = _choices([(layer.name, texts(f"layer.{layer.name}")) for layer in LAYERS])
        self.formats = _choices([(name, name) for name in FORMATS])
        self.folder, self.where, self.hours = line(400), line(400), line(11)
        self.hours.setPlaceholderText("01:00-05:00")
        self.past = QCheckBox(texts("orders.past_too"))
        self.rows, self.days = _number(0, MOST_ROWS, 0), _number(1, 366, DAYS)
        self.rows.setSpecialValueText(texts("orders.any_number"))
        self.ask = QPushButton(texts("orders.ask"))
        self.ask.setDefault(True)
        self.ask.clicked.connect(self._on_ask)
        self.problem = label("problem", wrap=True)
        self.problem.hide()
        self._lay_out()

    def show_orders(self, orders: Sequence[Order], scripts: Sequence[Account], purpose: Purpose | None) -> None:
        """List the orders, newest first, and the accounts that one can be made for."""
        texts, now_s = self._look.texts, time.time()
        self._purpose = purpose
        rows = []
        for order in orders:
            until = formats.local_time(order.expires_at_s)
            over = texts("orders.ended", who=order.ended_by) if order.ended_by else texts("orders.expired")
            state = over if order.over(now_s) else texts("order.until", until=f"{until:%Y-%m-%d}")
            what = ", ".join(texts(f"layer.{name}") for name in sorted(order.terms.layers))
            persons = texts("order.persons", made=order.made_by, approved=order.approved_by)
            rows.append((order.id, order.account, what, order.terms.folder, persons, state))
        self.table.rows.set_rows([order.id for order in orders], rows)
        kept = self.account.currentData()
        self.account.clear()
        for script in scripts:
            self.account.addItem(f"{script.name} · {script.id}", script.id)
        self.account.setCurrentIndex(max(self.account.findData(kept), 0))
        self.ask.setEnabled(bool(scripts))
        if not scripts:
            self.say(texts("orders.no_script"))

    def say(self, words: str) -> None:
        """Tell what is wrong, or what comes next; empty for nothing."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def terms(self) -> Terms:
        """Return what the form says."""
        purpose = self._purpose or Purpose("")
        folder = self.folder.text().strip()
        return Terms(
            self._twin, _chosen(self.layers), _chosen(self.formats),
            str(Path(folder).expanduser().resolve()) if Path(folder).expanduser().is_absolute() else folder,
            purpose.text, purpose.reference, self.where.text().strip(), self.hours.text().strip(),
            self.past.isChecked(), self.rows.value(),
        )  # fmt: skip

    def _on_ask(self) -> None:
        terms = self.terms()
        problem = terms.problem()
        self.say(self._look.texts.said(problem) if problem else "")
        if not problem:
            self.make.emit(self.account.currentData(), terms, self.days.value())

    def _on_chosen(self, name: str) -> None:
        self._chosen = name
        self.stop.setEnabled(bool(name))

    def _lay_out(self) -> None:
        texts = self._look.texts
        form = QFormLayout()
        form.setSpacing(8)
        choices = QHBoxLayout()
        for name, chosen in (("layers", self.layers), ("formats", self.formats)):
            chosen.setAccessibleName(texts(f"requests.what.{name}"))
            choices.addWidget(chosen)
        form.addRow(texts("requests.what.account"), self.account)
        form.addRow(texts("orders.what"), choices)
        fields = {"folder": self.folder, "where": self.where, "hours": self.hours, "most_rows": self.rows,
                  "days": self.days}  # fmt: skip
        for name, field in fields.items():
            form.addRow(texts(f"requests.what.{name}"), field)
        form.addRow("", self.past)
        explain = label("quiet", wrap=True)
        explain.setText(texts("orders.explain"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.stop, alignment=Qt.AlignmentFlag.AlignRight)
        layout.addWidget(explain)
        layout.addLayout(form)
        layout.addWidget(self.problem)
        layout.addWidget(self.ask, alignment=Qt.AlignmentFlag.AlignRight)


def _choices(offered: Sequence[tuple[str, str]]) -> QListWidget:
    """Return a list of which some can be ticked."""
    found = QListWidget()
    found.setFixedHeight(CHOICES * ROW_PX)
    for name, title in offered:
        item = QListWidgetItem(title, found)
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(Qt.CheckState.Unchecked)
        item.setSizeHint(QSize(0, ROW_PX))
    return found


def _chosen(found: QListWidget) -> frozenset[str]:
    items = [found.item(row) for row in range(found.count())]
    return frozenset(
        item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() == Qt.CheckState.Checked
    )


def _number(least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    box.setGroupSeparatorShown(True)
    box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    return box
