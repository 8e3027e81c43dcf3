from __future__ import annotations

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.look import Look
from app.texts import Texts
from app.widgets.table import Table, TableColumn, TableModel


@pytest.fixture
def table(qapp: QApplication, qtbot: QtBot) -> Table:
    look = Look(qapp, Texts("zh"), "dark")
    made = Table(TableModel(look, "traffic", (TableColumn("name"), TableColumn("speed", figure=True))), look)
    qtbot.addWidget(made)
    made.rows.set_rows(["a", "b", "c"], [("A", 30.0), ("B", math.nan), ("C", 9.0)])
    return made


def shown(table: Table) -> list[str]:
    model = table.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def test_rows_are_sorted_by_their_values_and_stay_so_with_new_ones(table: Table) -> None:
    table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert shown(table) == ["A", "C", "B"]
    table.rows.set_rows(["a", "b", "c"], [("A", 8.0), ("B", 20.0), ("C", 9.0)])
    assert shown(table) == ["B", "C", "A"]


def test_what_is_selected_stays_selected_when_the_order_changes(table: Table) -> None:
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    table.select_key("a")
    table.rows.set_rows(["a", "b", "c"], [("A", 1.0), ("B", 20.0), ("C", 9.0)])
    assert [str(index.data()) for index in table.selectionModel().selectedRows()] == ["A"]
    assert shown(table) == ["A", "C", "B"]
