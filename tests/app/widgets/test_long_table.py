"""A table of millions of rows: only what is seen is read."""

from __future__ import annotations

from typing import Any

from pytestqt.qtbot import QtBot

from app.jobs import Jobs
from app.look import Look
from app.texts import Texts
from app.widgets.long_table import PAGE, LongModel, LongTable
from app.widgets.table import TableColumn
from tests.app.conftest import until

ROWS = 50_000_000


class Many:
    def __init__(self) -> None:
        self.asked: list[int] = []

    def page(self, first: int, count: int) -> list[tuple[Any, ...]]:
        self.asked.append(first)
        return [(number, 100 * number) for number in range(first, min(first + count, ROWS))]


def test_fifty_million_rows_are_there_at_once_and_few_are_read(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QApplication

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    look, jobs, source = Look(app, Texts("zh"), "dark"), Jobs(), Many()
    model = LongModel(look, jobs, "flow", (TableColumn("at"), TableColumn("amount", figure=True)))
    table = LongTable(model)
    qtbot.addWidget(table)
    asked: list[tuple[int, bool]] = []
    model.order = lambda column, falling: asked.append((column, falling))
    table.resize(400, 500)
    table.show()
    model.show_rows(source, ROWS)
    until(lambda: model.index(3, 0).data() == "3", 60.0)
    table.scrollToBottom()
    until(lambda: model.index(ROWS - 1, 1).data() == str(100 * (ROWS - 1)), 60.0)
    assert len(source.asked) <= 6
    assert all(first % PAGE == 0 for first in source.asked)
    table.sortByColumn(1, table.horizontalHeader().sortIndicatorOrder())
    assert asked
    assert asked[-1][0] == 1
    jobs.close()
