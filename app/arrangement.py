"""The workspaces: named arrangements of the docks, which come back as they were left."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QByteArray, QObject, Qt, Signal
from PySide6.QtWidgets import QMainWindow

from app.settings import LAYOUT_VERSION, SettingsFile
from app.widgets.dock import Dock


@dataclass(frozen=True, slots=True)
class Workspace:
    """Which docks stand left and right of the map, top to bottom; widths as shares of the window.

    ``heights`` are the shares of the right column. ``layers`` are shown here and hidden elsewhere. Docks of ``beside``
    open in the place of another, as its tab: they need its height.
    """

    name: str
    left: Sequence[str]
    right: Sequence[str]
    left_share: float = 0.135
    right_share: float = 0.20
    heights: Sequence[int] = (1, 1, 1)
    layers: frozenset[str] = frozenset()
    beside: Mapping[str, str] = field(default_factory=dict)


WORKSPACES: tuple[Workspace, ...] = (
    Workspace("watch", ("layers",), ("queue", "details", "events"), right_share=0.18, heights=(5, 3, 2)),
    Workspace("operations", (), ("queue", "incident", "details"), right_share=0.25, heights=(5, 5, 4)),
    Workspace("traffic", ("layers",), ("jams", "traffic", "details"), left_share=0.122, right_share=0.255,
              heights=(7, 3, 2),
              layers=frozenset({"congestion"}), beside={"waves": "jams", "guidance": "jams"}),
    Workspace("fraud", (), ("fraud", "money", "details"), right_share=0.34, heights=(5, 6, 2)),
    Workspace("sites", ("layers",), ("sites", "details", "events"), right_share=0.235, heights=(5, 3, 2)),
    Workspace("networks", ("layers",), ("networks", "details", "events"), right_share=0.235, heights=(6, 3, 2)),
    Workspace("study", ("layers",), ("details", "traffic", "sites"), right_share=0.235, heights=(3, 3, 3)),
    Workspace("wall", (), ()),
)  # fmt: skip
MAP_SHARE = 0.555
EDGES_PX, BARS_PX = 66, 122  # tool bar, separators and frame; the rows above and below the map
WALL = "wall"
"""The workspace that is the map alone."""
CONTEXTUAL = "details"
"""The dock that is only there while something is selected."""


class Arrangement(QObject):
    """Puts the docks of a main window where a workspace wants them, and remembers where the user put them."""

    changed = Signal(str)
    """Name of the workspace that is shown now."""

    def __init__(self, window: QMainWindow, docks: Mapping[str, Dock], settings: SettingsFile) -> None:
        super().__init__(window)
        self._window, self.docks, self._settings = window, docks, settings
        self.current = self.before = ""
        for dock in docks.values():
            window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            dock.hide()

    def show(self, name: str) -> None:
        """Leave the workspace of now as it is and show another."""
        if name not in {workspace.name for workspace in WORKSPACES}:
            name = WORKSPACES[0].name
        if self.current:
            self.keep()
        if self.current != name:
            self.before = self.current
        self.current = name
        kept = self._settings.values.layouts.get(name, "")
        if not kept or not self._window.restoreState(_unpacked(kept), LAYOUT_VERSION):
            self.arrange()
        self.changed.emit(name)

    def arrange(self) -> None:
        """Put the docks of this workspace where they were meant to be."""
        workspace = next(workspace for workspace in WORKSPACES if workspace.name == self.current)
        for dock in self.docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        left, right = self._widths(workspace)
        self._column(workspace.left, Qt.DockWidgetArea.LeftDockWidgetArea, left)
        self._column(workspace.right, Qt.DockWidgetArea.RightDockWidgetArea, right)
        for dock in self.docks.values():
            if not self.shows(dock.name):  # one that is opened by its command has a place as well
                place = self.docks.get(workspace.beside.get(dock.name, ""))
                self._window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
                if place is not None:
                    self._window.tabifyDockWidget(place, dock)
                dock.hide()
        self.share_heights()

    def share_heights(self) -> None:
        """Give the docks of the right column their shares of its height."""
        workspace = next(workspace for workspace in WORKSPACES if workspace.name == self.current)
        shown = [name for name in workspace.right if self.docks[name].isVisibleTo(self._window)]
        heights = [workspace.heights[workspace.right.index(name)] * 100 for name in shown]
        self._window.resizeDocks([self.docks[name] for name in shown], heights, Qt.Orientation.Vertical)

    def reset(self) -> None:
        """Forget how every workspace was left."""
        self._settings.change(layouts={})
        self.arrange()
        self.changed.emit(self.current)

    def keep(self) -> None:
        """Remember how this workspace is now."""
        state = base64.b64encode(self._window.saveState(LAYOUT_VERSION).data()).decode()
        self._settings.change(layouts=self._settings.values.layouts | {self.current: state}, workspace=self.current)

    def shows(self, name: str) -> bool:
        """Tell whether a dock belongs to this workspace."""
        workspace = next(workspace for workspace in WORKSPACES if workspace.name == self.current)
        return name in (*workspace.left, *workspace.right)

    def _widths(self, workspace: Workspace) -> tuple[int, int]:
        """Return the widths of both columns, in pixels, so that the map keeps its share of the window."""
        width, height = self._window.width(), self._window.height()
        left = max(round(width * workspace.left_share), 184) if workspace.left else 0
        free = width - EDGES_PX - MAP_SHARE * width * height / max(height - BARS_PX, 1)
        return left, max(min(round(width * workspace.right_share), int(free) - left), 184)

    def _column(self, names: Sequence[str], area: Qt.DockWidgetArea, width: int) -> None:
        docks = [self.docks[name] for name in names if name in self.docks]
        for dock in docks:
            self._window.addDockWidget(area, dock)
            dock.setVisible(dock.name != CONTEXTUAL)
        if docks:
            self._window.resizeDocks(docks, [width] * len(docks), Qt.Orientation.Horizontal)


def _unpacked(state: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(state, validate=True))
    except ValueError:
        return QByteArray()
