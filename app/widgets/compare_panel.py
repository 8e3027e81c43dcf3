"""Two instants in figures: how many of each kind, who came, went and moved."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.texts import Texts
from app.theme import ROW_PX
from app.widgets.parts import label, tool
from app.widgets.table import Table, TableColumn, TableModel
from twin.live.difference import MOVED_M, Difference
from twin.world import World

LEAST_ROWS = 8


class ComparePanel(QWidget):
    """Lists the differences between A, left of the line, and B, right of it."""

    ended = Signal()
    """The comparison is to end."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._shown: tuple[World, World, Difference] | None = None
        self.instants, self.totals = label("section", wrap=True), label("quiet", wrap=True)
        columns = (
            TableColumn("kind", lambda kind: desk.look.texts(f"kind.{kind}"), width_px=96),
            *(TableColumn(name, formats.count, figure=True, width_px=56) for name in ("a", "b")),
            TableColumn("change", lambda change: f"{change:+,}" if change else "0", figure=True, width_px=64),
        )
        self.table = Table(TableModel(desk.look, "compare", columns), desk.look)
        self.end = tool()
        self.end.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.end.clicked.connect(self.ended)
        self.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.table.setMinimumHeight(LEAST_ROWS * ROW_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for part in (self.instants, self.table, self.totals, self.end):
            layout.addWidget(part, 1 if part is self.table else 0)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def show_difference(self, a: World, b: World, found: Difference) -> None:
        """Write the figures of two worlds."""
        self._shown = (a, b, found)
        self.retranslate()

    def clear(self) -> None:
        """Compare nothing any more."""
        self._shown = None
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        self.end.setText(texts("command.compare.end"))
        self.end.setEnabled(self._shown is not None)
        if self._shown is None:
            self.instants.setText(texts("compare.nothing"))
            self.totals.setText("")
            self.table.rows.set_rows([], [])
            return
        a, b, found = self._shown
        self.instants.setText(f"A  {instant_words(a, texts)}\nB  {instant_words(b, texts)}")
        self.table.rows.set_rows(
            [kind for kind, _, _ in found.kinds],
            [(kind, before, after, after - before) for kind, before, after in found.kinds],
        )
        self.totals.setText(
            texts(
                "compare.totals", went=formats.count(found.went), came=formats.count(found.came),
                moved=formats.count(found.moved), stayed=formats.count(found.stayed), metres=f"{MOVED_M:.0f}",
            )
        )  # fmt: skip


def instant_words(world: World, texts: Texts) -> str:
    """Name an instant: ``今天 08:15:00 历史``; one that is shown live is now."""
    if world.live and time.time() - world.at_s < 2.0:
        return f"{texts('compare.now')} {formats.clock(world.at_s)}"
    at, today = formats.local_time(world.at_s), formats.local_time(time.time())
    days = (today.date() - at.date()).days
    day = texts(f"compare.day_{days}") if days in (0, 1) else f"{at:%Y-%m-%d}"
    return f"{day} {formats.clock(world.at_s)}"
