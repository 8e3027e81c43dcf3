"""The auditor's panel: questions, the entries that answer them, what is out of the ordinary, and whether all holds."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from data.audit.report import Report, Standing
from twin.audit.lookups import NO_CASE, Limits, Sign
from twin.audit.questions import Question

DAYS = (1, 7, 30, 365)
TYPED_MS = 250
ASKED = ("who", "what", "about", "purpose")


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: the newest entries that are asked for, how many are, the signs, and how far all is signed."""

    entries: pd.DataFrame
    count: int
    signs: Sequence[Sign]
    standing: Sequence[Standing]


class AuditPanel(QWidget):
    """Two tables, one of entries and one of signs; a sign that is chosen asks for its entries."""

    asked = Signal(object)
    """Question."""
    note = Signal(str)
    MOST = 2_000
    """Rows that are shown; the question is to be narrowed for others."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._between = (0.0, math.inf)
        self._rows: dict[str, dict[str, Any]] = {}
        self._count, self._signs = 0, tuple[Sign, ...]()
        self._standing: Sequence[Standing] = ()
        self._reports: Sequence[Report] = ()
        self.lines = {name: line(100, clear=True) for name in ASKED}
        self.period, self.refused = QComboBox(), QCheckBox()
        self.verify, self.again = QPushButton(), QPushButton()
        self.tabs, self.pages = QTabBar(), QStackedWidget()
        self.table, self.signs = self._tables()
        self.detail, self.state = label("quiet", wrap=True), label("quiet", wrap=True)
        self.result, self.problem = label("", wrap=True), label("problem", wrap=True)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPED_MS)
        self._lay_out()
        self._connect()
        self.retranslate()

    @property
    def days(self) -> int:
        """How far back is read."""
        return DAYS[max(self.period.currentIndex(), 0)]

    def question(self) -> Question:
        """Return what is asked for."""
        told = {name: self.lines[name].text() for name in ASKED}
        return Question(**told, refused=self.refused.isChecked(), begin_s=self._between[0], end_s=self._between[1])

    def begin(self) -> None:
        """Say that it works."""
        self.problem.hide()
        self.verify.setEnabled(False)
        self.result.setText(self._desk.look.texts("auditor.working"))

    def show_read(self, read: Read) -> None:
        """Show what was read."""
        self._signs, self._standing = tuple(read.signs), read.standing
        self.verify.setEnabled(True)
        self._show_signs()
        self._show_standing()
        self._show_reports()
        self.show_entries(read.entries, read.count)

    def show_entries(self, entries: pd.DataFrame, count: int) -> None:
        """List entries; ``count`` are asked for."""
        self._count = count
        self._rows = {f"{row['trail']} {row['seq']}": row for row in map(_named, entries.to_dict("records"))}
        rows = [
            (
                row["at_s"],
                row["actor"],
                self._deed(row),
                row["object"],
                row["purpose"],
                row["reference"],
                row["allowed"],
            )
            for row in self._rows.values()
        ]
        self.table.rows.set_rows(list(self._rows), rows)
        self._retab()
        self.choose("")

    def show_reports(self, reports: Sequence[Report]) -> None:
        """Say whether all holds."""
        self._reports = tuple(reports)
        self.verify.setEnabled(True)
        self._show_reports()

    def tell(self, error: Exception) -> None:
        """Say what went wrong."""
        self.verify.setEnabled(True)
        self.result.clear()
        self.problem.setText(self._desk.look.texts.error(error))
        self.problem.show()

    def choose(self, key: str) -> None:
        """Tell all of an entry."""
        row, texts = self._rows.get(key), self._desk.look.texts
        if row is None:
            if self.tabs.currentIndex():
                self.detail.setText(texts("auditor.choose_sign" if self._signs else "auditor.no_signs"))
                return
            more = texts("auditor.more", shown=len(self._rows), count=self._count)
            self.detail.setText(more if self._count > len(self._rows) else texts("auditor.choose"))
            return
        at = f"{formats.local_time(row['at_s']):%Y-%m-%d %H:%M:%S.%f}"[:-3]
        told = [
            texts(
                "auditor.entry", trail=texts(f"audit.trail.{row['trail']}"), seq=row["seq"], at=at, action=row["action"]
            )
        ]
        told.append(texts("auditor.clock", seat=row["seat"], up=f"{row['up_s']:,.0f}", boot=row["boot"]))
        told += [f"{texts('auditor.reason')} {texts.said(row['reason'])}"] if row["reason"] else []
        told += [f"{texts(f'auditor.{name}')} {row[name]}" for name in ("details", "shown") if row[name]]
        self.detail.setText("\n".join([*told, f"{texts('auditor.hash')} {row['hash']}"]))

    def choose_sign(self, key: str) -> None:
        """Ask for the entries of a sign."""
        sign = self._signs[int(key)]
        for name, text in (("who", sign.actor), ("what", ""), ("about", sign.about), ("purpose", "")):
            self.lines[name].setText(text)
        self.refused.setChecked(False)
        self._typed.stop()
        self._between = (sign.begin_s, sign.end_s)
        self.tabs.setCurrentIndex(0)
        self.asked.emit(self.question())

    def retranslate(self, *_: object) -> None:
        """Write its words in the language of the moment."""
        texts = self._desk.look.texts
        at = self.period.currentIndex() if self.period.count() else DAYS.index(30)
        for name in ASKED:
            self.lines[name].setPlaceholderText(texts(f"auditor.ask.{name}"))
            self.lines[name].setAccessibleName(texts(f"auditor.ask.{name}"))
        self.period.blockSignals(True)
        self.period.clear()
        self.period.addItems([texts("auditor.days", days=days) for days in DAYS])
        self.period.setCurrentIndex(at)
        self.period.blockSignals(False)
        self.period.setAccessibleName(texts("auditor.period"))
        self.refused.setText(texts("auditor.only_refused"))
        self.verify.setText(texts("auditor.verify"))
        self.again.setText(texts("auditor.again"))
        self._retab()
        self._show_signs()
        self._show_standing()
        self._show_reports()
        self.choose("")

    def showEvent(self, event: QShowEvent) -> None:
        """Read when it is first seen."""
        super().showEvent(event)
        if not self._standing:
            self._read()

    def _read(self) -> None:
        self._between = (0.0, math.inf)
        self._desk.run("auditor.read")

    def _tables(self) -> tuple[Table, Table]:
        look = self._desk.look
        entries = (
            TableColumn("at", lambda at_s: f"{formats.local_time(at_s):%m-%d %H:%M:%S}", width_px=110),
            TableColumn("actor"),
            TableColumn("action", self._title, width_px=120, tip=str),
            TableColumn("object", width_px=160),
            TableColumn("purpose", width_px=120),
            TableColumn("reference"),
            TableColumn(
                "allowed", lambda allowed: look.texts("audit.allowed" if allowed else "auditor.refused"),
                token=lambda allowed: "quiet" if allowed else "severity_2",
            ),
        )  # fmt: skip
        signs = (
            TableColumn("kind", lambda kind: look.texts(f"auditor.kinds.{kind}"), token=_token),
            TableColumn("actor"),
            TableColumn("figures", self._figures, width_px=300),
            TableColumn("at", lambda at_s: f"{formats.local_time(at_s):%m-%d %H:%M}", width_px=110),
        )
        return (
            Table(TableModel(look, "auditor.columns", entries), look),
            Table(TableModel(look, "auditor.columns", signs), look),
        )

    def _lay_out(self) -> None:
        asked = QGridLayout()
        asked.setSpacing(8)
        for number, name in enumerate(ASKED):
            asked.addWidget(self.lines[name], number // 2, number % 2)
        row = QHBoxLayout()
        row.addWidget(self.period)
        row.addWidget(self.refused)
        row.addStretch(1)
        row.addWidget(self.again)
        row.addWidget(self.verify)
        self.tabs.addTab("")
        self.tabs.addTab("")
        self.pages.addWidget(self.table)
        self.pages.addWidget(self.signs)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(asked)
        layout.addLayout(row)
        layout.addWidget(self.tabs)
        layout.addWidget(self.pages, 1)
        for words in (self.detail, self.problem, self.result, self.state):
            layout.addWidget(words)
        self.problem.hide()

    def _connect(self) -> None:
        for text in self.lines.values():
            text.textEdited.connect(lambda _: self._typed.start())
        self._typed.timeout.connect(self._on_typed)
        self.refused.clicked.connect(self._on_typed)
        self.period.activated.connect(lambda _: self._read())
        self.again.clicked.connect(self._read)
        self.verify.clicked.connect(lambda: self._desk.run("auditor.verify"))
        self.tabs.currentChanged.connect(self._turn)
        self.table.chosen.connect(self.choose)
        self.signs.chosen.connect(self.choose_sign)
        self._desk.look.language_changed.connect(self.retranslate)

    def _turn(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.choose("")

    def _on_typed(self) -> None:
        self._between = (0.0, math.inf)
        self.asked.emit(self.question())

    def _retab(self) -> None:
        texts = self._desk.look.texts
        self.tabs.setTabText(0, texts("auditor.tab_entries", count=formats.count(self._count)))
        self.tabs.setTabText(1, texts("auditor.tab_signs", count=len(self._signs)))
        self.note.emit(texts("auditor.note", count=len(self._signs)) if self._signs else "")

    def _show_signs(self) -> None:
        rows = [(sign.kind, sign.actor, sign, sign.end_s) for sign in self._signs]
        self.signs.rows.set_rows([str(number) for number in range(len(rows))], rows)

    def _deed(self, row: dict[str, Any]) -> str:
        """Return the command that was run, where it was one, else the action."""
        kind = str(row["kind"])
        return kind if f"command.{kind}" in self._desk.look.texts else str(row["action"])

    def _title(self, deed: str) -> str:
        texts = self._desk.look.texts
        return texts(f"command.{deed}") if f"command.{deed}" in texts else deed

    def _figures(self, sign: Sign) -> str:
        texts = self._desk.look.texts
        of = f"{sign.of:.1f}" if sign.of % 1 else f"{sign.of:.0f}"
        return texts(
            f"auditor.figures.{sign.kind}", count=sign.count, of=of, about=sign.about, minutes=Limits().within_s // 60
        )

    def _show_standing(self) -> None:
        texts, now_s = self._desk.look.texts, time.time()
        told = []
        for one in self._standing:
            age = formats.age(now_s - one.at_s, texts.language) if one.at_s else texts("auditor.never")
            how = "none" if one.witness < 0 else "behind" if one.witness < one.here else "there"
            told.append(
                texts(
                    "auditor.standing", trail=texts(f"audit.trail.{one.trail}"), entries=formats.count(one.entries),
                    unsigned=formats.count(one.entries - one.here), age=age, witness=texts(f"auditor.witness.{how}"),
                )
            )  # fmt: skip
        self.state.setText("\n".join(told))

    def _show_reports(self) -> None:
        texts, told = self._desk.look.texts, list[str]()
        for report in self._reports:
            found, trail = report.found, texts(f"audit.trail.{report.trail}")
            if found.problem:
                told.append(texts("auditor.broken", trail=trail, seq=found.bad_seq, problem=texts.said(found.problem)))
            told += [
                texts("audit.fault", trail=trail, size=one.size, problem=texts.said(one.problem))
                for one in report.faults
            ]
            if report.holds:
                told.append(texts("auditor.holds", trail=trail, count=formats.count(found.count)))
            told += [texts("audit.moved", entry=one.seq, seconds=f"{one.by_s:+.0f}").strip() for one in report.moved]
        self.result.setObjectName("" if all(report.holds for report in self._reports) else "problem")
        self.result.style().unpolish(self.result)
        self.result.style().polish(self.result)
        self.result.setText("\n".join(told))


def _token(kind: str) -> str:
    return "severity_3" if kind == NO_CASE else "severity_2"


def _named(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}
