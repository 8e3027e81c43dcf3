"""The layer tree: what lies over what, seen or not, how many, how old, and why nothing comes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    QTimer,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHeaderView,
    QSlider,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app import formats
from app.desk import Desk
from app.theme import ROW_PX
from app.widgets.parts import label, line
from layers.layer import LayerState, LayerStatus
from twin.world import World

Index = QModelIndex | QPersistentModelIndex
EYE, NAME, COUNT, AGE = range(4)
HEADS = ("", "", "count", "age")
MIME = "application/x-zhian-layer"
SYMBOL_LAYERS = frozenset({"vehicles", "people", "drones", "sensors", "cameras", "sites", "signals"})


class LayerModel(QAbstractTableModel):
    """Layers, the topmost first."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._book = desk, desk.layers
        self._now_s = 0.0
        self.names = tuple(reversed(self._book.order))
        self._book.order_changed.connect(self._on_order_changed)
        self._book.state_changed.connect(self.repaint)
        self._book.statuses_changed.connect(self.repaint)
        desk.look.language_changed.connect(self.repaint)
        desk.look.theme_changed.connect(self.repaint)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return how many layers there are."""
        return 0 if parent.isValid() else len(self.names)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of columns: eye, name, count, age."""
        return 0 if parent.isValid() else len(HEADS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a heading."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role != Qt.ItemDataRole.DisplayRole or not HEADS[section]:
            return None
        return self._desk.look.texts(f"layer_tree.{HEADS[section]}")

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        name = self.names[index.row()]
        state, status = self._book.states[name], self._book.statuses.get(name)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(index.column(), name, status)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == EYE:
            return self._desk.look.icon(
                "eye" if state.visible else "eye-slash", "text" if state.visible else "disabled"
            )
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(index.column())
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._desk.look.theme[_token(index.column(), state, status)])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._tip(name, state, status)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let rows be dragged, and dropped between rows."""
        if not index.isValid():
            return Qt.ItemFlag.ItemIsDropEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled

    def supportedDropActions(self) -> Qt.DropAction:
        """Rows move, they are not copied."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        """Return the one type that is taken."""
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Carry the dragged layer's name."""
        data = QMimeData()
        data.setData(MIME, self.names[indexes[0].row()].encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Move the layer to where it was dropped; the view must not remove rows itself, so the answer is False."""
        name = data.data(MIME).toStdString()
        if name in self.names:
            rest = [other for other in self.names if other != name]
            place = len(rest) if row < 0 else row - (self.names.index(name) < row)
            self._desk.run("layer.move", about=name, name=name, place=len(rest) - place)
        return False

    def repaint(self, *_: object) -> None:
        """Show everything anew."""
        self.dataChanged.emit(self.index(0, 0), self.index(len(self.names) - 1, AGE))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, AGE)

    def set_now(self, now_s: float) -> None:
        """Count ages from this instant."""
        self._now_s = now_s

    def _on_order_changed(self, order: tuple[str, ...]) -> None:
        self.beginResetModel()
        self.names = tuple(reversed(order))
        self.endResetModel()

    def _text(self, column: int, name: str, status: LayerStatus | None) -> str:
        if column == NAME:
            filtered = " ⧩" if self._book.states[name].where else ""
            return self._desk.look.texts(f"layer.{name}") + filtered
        if status is None:
            return ""
        if column == COUNT:
            return formats.count(status.count) if status.count else ""
        if column == AGE and status.newest_s:
            return formats.age(self._now_s - status.newest_s, self._desk.look.language)
        return ""

    def _tip(self, name: str, state: LayerState, status: LayerStatus | None) -> str:
        texts = self._desk.look.texts
        parts = [texts(f"layer.{name}"), texts("layer_tree.shown" if state.visible else "layer_tree.hidden")]
        if state.where:
            parts.append(state.where)
        if status is not None and status.reason:
            parts.append(texts(status.reason) if status.reason in texts else texts.said(status.reason))
        return " · ".join(parts)


def _token(column: int, state: LayerState, status: LayerStatus | None) -> str:
    if status is not None and status.reason and not status.count:
        return "disabled"
    if status is not None and status.reason:
        return "severity_2"
    if not state.visible:
        return "disabled"
    return "text" if column == NAME else "quiet"


def _alignment(column: int) -> int:
    side = Qt.AlignmentFlag.AlignRight if column in (COUNT, AGE) else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)


class LayerTree(QWidget):
    """The list of layers, and below it what can be chosen for the one that is selected."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.model = LayerModel(desk)
        self.view = _view(self.model)
        self.view.clicked.connect(self._on_clicked)
        self.view.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.choices = LayerChoices(desk)
        self.sources = label("quiet", wrap=True, rich=True)
        self.sources.setContentsMargins(12, 6, 12, 8)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.choices)
        layout.addWidget(self.sources)
        desk.live.panels_due.connect(lambda world: desk.turns.soon(lambda: self._on_panels_due(world), "layer tree"))
        self.model.modelReset.connect(lambda: self.choices.show_layer(self.choices.name))
        desk.look.language_changed.connect(self.retranslate)
        self.choices.show_layer("vehicles" if "vehicles" in desk.layers.layers else self.model.names[0])
        self.retranslate()

    def retranslate(self) -> None:
        """Name the list for those who hear it."""
        self.view.setAccessibleName(self._desk.look.texts("panel.layers"))

    def _on_clicked(self, index: QModelIndex) -> None:
        name = self.model.names[index.row()]
        if index.column() == EYE:
            self._desk.run("layer.show", about=name, name=name, visible=not self._desk.layers.states[name].visible)

    def _on_current_changed(self, index: QModelIndex) -> None:
        if index.isValid():
            self.choices.show_layer(self.model.names[index.row()])

    def _on_panels_due(self, world: World) -> None:
        self.model.set_now(world.at_s)
        texts, theme = self._desk.look.texts, self._desk.look.theme
        lines = []
        for source in world.sources:
            colour = theme["good" if source.up else "severity_2"]
            state = f"{formats.count(source.rate_hz)}/s" if source.up else texts.said(source.reason)
            name = texts(f"source.{source.kind}") if f"source.{source.kind}" in texts else source.name
            lines.append(f'<span style="color:{colour}">{"●" if source.up else "◆"}</span> {name} · {state}')
        self.sources.setText("<br>".join(lines))
        self.sources.setVisible(bool(lines))


class LayerChoices(QWidget):
    """Opacity, symbol and filter of one layer."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self.name = desk, ""
        self._title = label("section")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setSingleStep(5)
        self.opacity.setPageStep(20)
        self.symbol = QComboBox()
        self.where = line(clear=True)
        self._problem = label("problem", wrap=True)
        self._labels = {name: label("quiet") for name in ("opacity", "symbol", "filter")}
        self._form = QFormLayout(self)
        self._form.setContentsMargins(12, 8, 12, 8)
        self._form.setSpacing(8)
        self._form.addRow(self._title)
        for name, field in zip(self._labels.values(), (self.opacity, self.symbol, self.where), strict=True):
            name.setBuddy(field)
            self._form.addRow(name, field)
        self._form.addRow(self._problem)
        self._problem.hide()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(60)
        self._settle.timeout.connect(self._on_opacity_settled)
        self.opacity.valueChanged.connect(lambda: self._settle.start())
        self.symbol.activated.connect(self._on_symbol_activated)
        self.where.editingFinished.connect(self._on_filter_finished)
        desk.layers.state_changed.connect(self._on_state_changed)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def show_layer(self, name: str) -> None:
        """Show the choices of a layer."""
        self.name = self._desk.layers.chosen = name
        state = self._desk.layers.states[name]
        self._settle.stop()
        self.opacity.blockSignals(True)
        self.opacity.setValue(round(state.opacity * 100))
        self.opacity.blockSignals(False)
        self.where.setText(state.where)
        self._say("")
        self._title.setText(self._desk.look.texts(f"layer.{name}"))
        self._form.setRowVisible(self.symbol, name in SYMBOL_LAYERS)
        self._form.setRowVisible(self.where, bool(self._desk.layers.layers[name].columns))
        self.symbol.setCurrentIndex(max(self.symbol.findData(state.symbol), 0))
        columns = [column.name for column in self._desk.layers.layers[name].columns]
        self.where.setToolTip(self._desk.look.texts("layer_tree.filter_tip", columns=", ".join(columns)))

    def retranslate(self) -> None:
        """Write every word in the language of the moment."""
        texts = self._desk.look.texts
        for name, words in self._labels.items():
            words.setText(texts(f"layer_tree.{name}"))
        for name, field in (("opacity", self.opacity), ("symbol", self.symbol), ("filter", self.where)):
            field.setAccessibleName(texts(f"layer_tree.{name}"))
        self.where.setPlaceholderText(texts("layer_tree.filter_hint"))
        chosen = max(self.symbol.currentIndex(), 0)
        self.symbol.clear()
        for symbol in ("", "dot", "ring"):
            self.symbol.addItem(texts(f"symbol.{symbol or 'own'}"), symbol)
        self.symbol.setCurrentIndex(chosen)
        if self.name:
            self.show_layer(self.name)

    def _on_opacity_settled(self) -> None:
        self._desk.run("layer.set_opacity", about=self.name, name=self.name, opacity=self.opacity.value() / 100)

    def _on_symbol_activated(self) -> None:
        self._desk.run("layer.set_symbol", about=self.name, name=self.name, symbol=self.symbol.currentData())

    def _on_filter_finished(self) -> None:
        where = self.where.text().strip()
        if where != self._desk.layers.states[self.name].where:
            self._say("")
            self._desk.run("layer.filter", about=self.name, name=self.name, where=where, refused=self._say)

    def _on_state_changed(self, name: str, state: LayerState) -> None:
        if name == self.name and not math.isclose(state.opacity * 100, self.opacity.value(), abs_tol=0.6):
            self.show_layer(name)

    def _say(self, problem: str) -> None:
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self.where.setProperty("wrong", "true" if problem else "false")
        self.where.style().polish(self.where)


def _view(model: LayerModel) -> QTableView:
    view = QTableView()
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setModel(model)
    view.setTabKeyNavigation(False)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
    view.setDragDropOverwriteMode(False)
    view.setDropIndicatorShown(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(ROW_PX)
    head = view.horizontalHeader()
    head.setHighlightSections(False)
    head.setMinimumSectionSize(24)
    modes = ((EYE, "Fixed"), (NAME, "Stretch"), (COUNT, "ResizeToContents"), (AGE, "ResizeToContents"))
    for column, mode in modes:
        head.setSectionResizeMode(column, QHeaderView.ResizeMode[mode])
    view.setColumnWidth(EYE, 32)
    return view
