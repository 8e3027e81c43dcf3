"""Tables of the window: sort, filter, choose columns, copy with headings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication, QKeySequence, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView

from app.look import Look
from app.theme import ROW_PX

Index = QModelIndex | QPersistentModelIndex
SORT_ROLE = Qt.ItemDataRole.UserRole
KEY_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column: ``<texts>.<name>`` is its heading.

    ``text`` writes a value; ``token`` names its colour; figures are right-aligned.
    """

    name: str
    text: Callable[[Any], str] = str
    figure: bool = False
    token: Callable[[Any], str] | None = None
    width_px: int = 90
    tip: Callable[[Any], str] | None = None


class TableModel(QAbstractTableModel):
    """Rows of values, each with a key that stays when values change."""

    def __init__(self, look: Look, texts: str, columns: Sequence[TableColumn]) -> None:
        super().__init__()
        self._look, self._texts, self.columns = look, texts, tuple(columns)
        self.keys: list[str] = []
        self._rows: list[tuple[Any, ...]] = []
        self._sorted_by: tuple[int, bool] | None = None
        look.language_changed.connect(self._repaint)
        look.theme_changed.connect(self._repaint)

    def set_rows(self, keys: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        """Take new values; if the keys are those of before, the view keeps its place and selection."""
        keys, rows = self._in_order(list(keys), list(rows))
        if keys == self.keys:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.columns) - 1))
        elif len(keys) == len(self.keys) and set(keys) == set(self.keys):
            self._rearrange(keys, rows)
        else:
            self.beginResetModel()
            self.keys, self._rows = keys, rows
            self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by the values of a column, not by what is written; new rows are sorted so as well."""
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self.set_rows(self.keys, self._rows)

    def _in_order(self, keys: list[str], rows: list[tuple[Any, ...]]) -> tuple[list[str], list[tuple[Any, ...]]]:
        if self._sorted_by is None:
            return keys, rows
        column, falling = self._sorted_by
        order = sorted(range(len(rows)), key=lambda row: _worth(rows[row][column]), reverse=falling)
        return [keys[row] for row in order], [rows[row] for row in order]

    def _rearrange(self, keys: list[str], rows: list[tuple[Any, ...]]) -> None:
        """Put the same rows into another order; what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        place = {key: row for row, key in enumerate(keys)}
        before = self.persistentIndexList()
        after = [self.index(place[self.keys[index.row()]], index.column()) for index in before]
        self.keys, self._rows = keys, rows
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a heading, aligned as its column."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._look.texts(f"{self._texts}.{column.name}")
        return _alignment(column) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        column, value = self.columns[index.column()], self._rows[index.row()][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(value)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ForegroundRole and column.token is not None:
            return QColor(self._look.theme[column.token(value)])
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip(value) if column.tip is not None else column.text(value)
        return self.keys[index.row()] if role == KEY_ROLE else None

    def _repaint(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(self.columns) - 1))


class _Proxy(QSortFilterProxyModel):
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Let the model sort: comparing row by row through Qt takes a hundred times as long."""
        self.sourceModel().sort(column, order)


class Table(QTableView):
    """A table view over a :class:`TableModel`."""

    chosen = Signal(str)
    """Key of the row that was clicked or entered."""

    def __init__(self, model: TableModel, look: Look) -> None:
        super().__init__()
        self._look, self.rows = look, model
        self._proxy = _Proxy(self)
        self._proxy.setSourceModel(model)
        self._proxy.setFilterKeyColumn(-1)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModel(self._proxy)
        self._set_manner()
        self._wide = max(range(len(model.columns)), key=lambda number: model.columns[number].width_px)
        self._fitting = self._by_hand = False
        model.modelReset.connect(self.fit)
        model.dataChanged.connect(self.fit)
        self.horizontalHeader().sectionResized.connect(self._on_section_resized)
        look.language_changed.connect(self.fit)
        self._fitting = True
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width_px)
        self._fitting = False
        self.clicked.connect(self._on_chosen)
        self.activated.connect(self._on_chosen)

    def fit(self, *_: object) -> None:
        """Give each column what its words need; the widest takes what is left."""
        if self._by_hand or not self.isVisible():
            return
        self._fitting = True
        header = self.horizontalHeader()
        others = [number for number in range(header.count()) if number != self._wide]
        others = [number for number in others if not header.isSectionHidden(number)]
        for number in others:
            needed = max(self.sizeHintForColumn(number), header.sectionSizeHint(number)) + 4
            self.setColumnWidth(number, min(needed, 150))
        left = self.viewport().width() - sum(self.columnWidth(number) for number in others)
        self.setColumnWidth(self._wide, max(left, 96))
        self._fitting = False

    def showEvent(self, event: QShowEvent) -> None:
        """Fit the words now that they are seen."""
        super().showEvent(event)
        self.fit()

    def _on_section_resized(self, *_: object) -> None:
        self._by_hand = self._by_hand or not self._fitting

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the new width."""
        super().resizeEvent(event)
        self.fit()

    def filter(self, text: str) -> None:
        """Show only the rows in which ``text`` stands somewhere."""
        self._proxy.setFilterFixedString(text)

    def shown_rows(self) -> int:
        """Return how many rows the filter leaves."""
        return self._proxy.rowCount()

    def select_key(self, key: str) -> None:
        """Select a row and bring it into sight."""
        if key in self.rows.keys:
            index = self._proxy.mapFromSource(self.rows.index(self.rows.keys.index(key), 0))
            self.selectRow(index.row())
            self.scrollTo(index)

    def copy(self) -> None:
        """Put the selected rows, or all that are shown, on the clipboard with their headings."""
        picked = sorted({index.row() for index in self.selectedIndexes()}) or range(self._proxy.rowCount())
        columns = [number for number in range(len(self.rows.columns)) if not self.isColumnHidden(number)]
        heads = [str(self._proxy.headerData(number, Qt.Orientation.Horizontal)) for number in columns]
        lines = [[str(self._proxy.index(row, number).data()) for number in columns] for row in picked]
        QGuiApplication.clipboard().setText("\n".join("\t".join(cells) for cells in [heads, *lines]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer copying and the choice of columns."""
        menu = QMenu(self)
        menu.addAction(self._look.icon("copy"), self._look.texts("table.copy"), self.copy)
        menu.addSeparator()
        for number, column in enumerate(self.rows.columns[1:], start=1):
            action = menu.addAction(str(self._proxy.headerData(number, Qt.Orientation.Horizontal)))
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(number))
            action.toggled.connect(lambda on, number=number: self.setColumnHidden(number, not on))
            action.setObjectName(f"column-{column.name}")
        menu.exec(event.globalPos())
        menu.deleteLater()

    def keyPressEvent(self, event: Any) -> None:
        """Copy on Ctrl+C; Enter chooses."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    def _set_manner(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSortingEnabled(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionsMovable(True)
        self.horizontalHeader().setResizeContentsPrecision(60)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def _on_chosen(self, index: Index) -> None:
        self.chosen.emit(index.data(KEY_ROLE))


def _alignment(column: TableColumn) -> int:
    side = Qt.AlignmentFlag.AlignRight if column.figure else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


def _worth(value: Any) -> Any:
    """Return what a value is sorted by; what is unknown comes first."""
    return -math.inf if isinstance(value, float) and math.isnan(value) else value
