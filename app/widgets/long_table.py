"""A table of millions of rows: only what is seen is read, off the window's thread, a page at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from app.jobs import Jobs
from app.look import Look
from app.widgets.table import TableColumn

Index = QModelIndex | QPersistentModelIndex
PAGE, MOST_PAGES, ROW_PX, MOST_COPIED = 256, 64, 24, 5000


class Pages(Protocol):
    """Rows by their place; called off the window's thread, one call at a time."""

    def page(self, first: int, count: int) -> list[tuple[Any, ...]]:
        """Return rows from a place on."""
        ...


class LongModel(QAbstractTableModel):
    """Asks for the pages that are looked at, and keeps the newest; a row that is not there yet shows dots."""

    def __init__(self, look: Look, jobs: Jobs, texts: str, columns: Sequence[TableColumn]) -> None:
        super().__init__()
        self._look, self._jobs, self._texts, self.columns = look, jobs, texts, tuple(columns)
        self._pages: OrderedDict[int, list[tuple[Any, ...]]] = OrderedDict()
        self._source: Pages | None = None
        self._count = self._answer = 0
        self._asked: set[int] = set()
        self.order: Callable[[int, bool], None] | None = None
        look.language_changed.connect(lambda _: self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0))

    def show_rows(self, source: Pages | None, count: int) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._source, self._count = source, count
        self._answer += 1
        self._pages.clear()
        self._asked.clear()
        self.endResetModel()

    def row(self, number: int) -> tuple[Any, ...] | None:
        """Return a row if it is there; else have its page read."""
        page, at = divmod(number, PAGE)
        rows = self._pages.get(page)
        if rows is None:
            self._read(page)
            return None
        self._pages.move_to_end(page)
        return rows[at] if at < len(rows) else None

    def _read(self, page: int) -> None:
        source, answer = self._source, self._answer
        if source is None or page in self._asked:
            return
        self._asked.add(page)

        def came(rows: list[tuple[Any, ...]]) -> None:
            if answer != self._answer:
                return
            self._asked.discard(page)
            self._pages[page] = rows
            if len(self._pages) > MOST_PAGES:
                self._pages.popitem(last=False)
            first, last = page * PAGE, min((page + 1) * PAGE, self._count) - 1
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

        self._jobs.submit("job.page", lambda *_: source.page(page * PAGE, PAGE), came, quiet=True)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many rows there are."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a heading; rows have none."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._look.texts(f"{self._texts}.{self.columns[section].name}")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.figure else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        row = self.row(index.row())
        return "…" if row is None else column.text(row[index.column()])

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Have the rows asked for in another order."""
        if self.order is not None and column >= 0:
            self.order(column, order == Qt.SortOrder.DescendingOrder)


class LongTable(QTableView):
    """Shows a :class:`LongModel`; all rows are of one height, so that scrolling costs the same anywhere."""

    chosen = Signal(object)
    """tuple: the row that was clicked."""

    def __init__(self, model: LongModel) -> None:
        super().__init__()
        self.rows = model
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.setSortingEnabled(True)
        for number, column in enumerate(model.columns):
            self.setColumnWidth(number, column.width_px)
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self, index: QModelIndex) -> None:
        row = self.rows.row(index.row())
        if row is not None:
            self.chosen.emit(row)

    def copy(self) -> None:
        """Put the selected rows that are there on the clipboard with their headings."""
        numbers = sorted({index.row() for index in self.selectionModel().selectedRows()})[:MOST_COPIED]
        rows = [row for row in map(self.rows.row, numbers) if row is not None]
        heads = [str(self.rows.headerData(at, Qt.Orientation.Horizontal)) for at in range(len(self.rows.columns))]
        cells = [[column.text(value) for column, value in zip(self.rows.columns, row, strict=False)] for row in rows]
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in [heads, *cells]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy on Ctrl+C."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)
