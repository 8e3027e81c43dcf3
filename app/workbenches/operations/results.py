"""The results page: figures computed from the records, each with the question behind it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.look import Look
from app.theme import TABLE_PX, ui_font
from app.widgets.parts import label, tool
from app.widgets.table import Table, TableColumn, TableModel
from app.workbenches.operations.figures import Answer, Wish
from app.workbenches.operations.parts import Parts
from data.operations.load import Load
from twin.operations.results import FIGURES, Figure

DAYS = (1, 7, 30, 365)
DAY_S = 86_400.0
MOST_BARS, BAR_PX = 10, 22
NAMED = {"scenario": "scenario", "agency": "agency"}


class ResultsPanel(QWidget):
    """Choose a figure; see it as a table and as bars, and how it was asked."""

    note = Signal(str)
    asked = Signal(object)
    """Wish"""

    def __init__(self, desk: Desk, parts: Parts) -> None:
        super().__init__()
        self._desk, self._parts = desk, parts
        self.found: Answer | None = None
        self.figure, self.by, self.days = QComboBox(), QComboBox(), QComboBox()
        self.save, self.how = QPushButton(), tool("chip", checkable=True)
        self.save.clicked.connect(lambda: desk.run("results.save"))
        self.load = label("quiet", wrap=True)
        self.bars = Bars(desk.look)
        self.table = Table(TableModel(desk.look, "work_results", self._columns()), desk.look)
        self.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
        self.query = QPlainTextEdit()
        self.query.setReadOnly(True)
        self.query.hide()
        self.how.toggled.connect(self.query.setVisible)
        self._lay_out()
        self.figure.currentIndexChanged.connect(self._on_figure)
        for box in (self.by, self.days):
            box.currentIndexChanged.connect(self.ask)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.bars.update)
        self.retranslate()

    def _lay_out(self) -> None:
        row, foot = QHBoxLayout(), QHBoxLayout()
        for box in (self.figure, self.by, self.days):
            row.addWidget(box, 1)
        foot.addWidget(self.how)
        foot.addStretch(1)
        foot.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self.load)
        layout.addWidget(self.bars)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.query, 1)
        layout.addLayout(foot)

    def wish(self) -> Wish:
        """Return what is chosen, up to now."""
        now_s = time.time()
        return Wish(self.figure.currentData(), self.by.currentData(), now_s - DAY_S * self.days.currentData(), now_s)

    def ask(self, *_: object) -> None:
        """Ask for what is chosen, while it can be seen."""
        if self.isVisible() and self._desk.live.city is not None:
            self.asked.emit(self.wish())

    def show_answer(self, found: Answer) -> None:
        """Show what came of it."""
        self.found = found
        rows = [(self.name_of(one.key), one.count, one.median, one.p90, one.before, one.change) for one in found.lines]
        self.table.rows.set_rows([one.key for one in found.lines], rows)
        self.bars.show_lines([(self.name_of(one.key), one.count, one.before) for one in found.lines[:MOST_BARS]])
        self.query.setPlainText(found.query)
        self._tell_load(found.load)
        self.note.emit(formats.count(sum(one.count for one in found.lines)))

    def name_of(self, key: str) -> str:
        """Return what a line is of, in the language of the moment."""
        texts, by = self._desk.look.texts, self.found.wish.by if self.found is not None else "all"
        if not key:
            return texts("work_results.all") if by == "all" else texts("work_results.unknown")
        return self._parts.name(NAMED[by], key, texts.language) if by in NAMED else key

    def showEvent(self, event: QShowEvent) -> None:
        """Ask at once."""
        super().showEvent(event)
        self.ask()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        _fill(self.figure, [(texts(f"figure.{one.id}"), one.id) for one in FIGURES])
        _fill(self.days, [(texts(f"work_results.days_{days}"), days) for days in DAYS])
        self._fill_by()
        self.save.setText(texts("command.results.save"))
        self.how.setText(texts("work_results.how"))
        for part, name in ((self.figure, "figure"), (self.by, "by"), (self.days, "days"), (self.table, "table")):
            part.setAccessibleName(texts(f"work_results.name_{name}"))
        if self.found is not None:
            self.show_answer(self.found)

    def _on_figure(self, *_: object) -> None:
        self._fill_by()
        self.ask()

    def _fill_by(self) -> None:
        texts = self._desk.look.texts
        figure: Figure = next(one for one in FIGURES if one.id == self.figure.currentData())
        _fill(self.by, [(texts(f"work_results.by_{by}"), by) for by in figure.by])

    def _tell_load(self, load: Load) -> None:
        texts = self._desk.look.texts
        words = texts(
            "work_results.load",
            hour=f"{load.an_hour:.2g}",
            mean=f"{load.mean:.2g}",
            worst=load.worst,
            over=load.over,
            steps=load.steps,
        )
        self.load.setText(words if load.manageable else f"◆ {words}")

    def _columns(self) -> tuple[TableColumn, ...]:
        def took(value: float) -> str:
            return "—" if math.isnan(value) else formats.age(value, self._desk.look.language)

        def share(value: float | None) -> str:
            return "—" if value is None else f"{value:+.0%}"

        return (
            TableColumn("key", str, width_px=150),
            TableColumn("count", formats.count, figure=True, width_px=60),
            TableColumn("median", took, figure=True, width_px=72),
            TableColumn("p90", took, figure=True, width_px=72),
            TableColumn("before", formats.count, figure=True, width_px=72),
            TableColumn("change", share, figure=True, width_px=64),
        )


class Bars(QWidget):
    """A bar a line, with a thin one below it for the year before."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.lines: tuple[tuple[str, int, int], ...] = ()

    def show_lines(self, lines: Sequence[tuple[str, int, int]]) -> None:
        """Show names with the count of now and of a year before."""
        self.lines = tuple(lines)
        self.setFixedHeight(BAR_PX * max(len(lines), 1))
        self.setToolTip("\n".join(f"{name}  {now:,} / {before:,}" for name, now, before in lines))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the bars on one scale."""
        painter, theme = QPainter(self), self._look.theme
        font = ui_font(TABLE_PX)
        painter.setFont(font)
        most = max((max(now, before) for _, now, before in self.lines), default=0) or 1
        names, room = 0.36 * self.width(), 0.54 * self.width()
        for number, (name, now, before) in enumerate(self.lines):
            top = float(BAR_PX * number)
            painter.setPen(theme.colour("quiet"))
            shown = QFontMetricsF(font).elidedText(name, Qt.TextElideMode.ElideRight, names - 8)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, names - 8, BAR_PX), Qt.AlignmentFlag.AlignRight | middle, shown)
            painter.fillRect(QRectF(names, top + 4, room * now / most, 10), theme.colour("severity_4"))
            painter.fillRect(QRectF(names, top + 15, room * before / most, 3), theme.colour("off"))
            painter.setPen(theme.colour("text"))
            place = QRectF(names + room * now / most + 6, top, 80, BAR_PX - 4)
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | middle, formats.count(now))


def _fill(box: QComboBox, entries: Sequence[tuple[str, object]]) -> None:
    """Fill a box anew; what was chosen stays so where it is still there."""
    chosen = box.currentData()
    box.blockSignals(True)
    box.clear()
    for words, value in entries:
        box.addItem(words, value)
    box.setCurrentIndex(max(box.findData(chosen), 0))
    box.blockSignals(False)
