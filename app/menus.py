"""The menus and the tool bar, from the window's own commands and those of its features."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QMenuBar, QToolBar

from app.actions import Actions
from app.features.feature import Entry
from app.texts import Texts
from app.widgets.parts import named

TOOLS = ("view.whole", "view.north", "view.top", "", "view.box", "selection.follow", "", "recording.play",
         "picture.save", "", "theme.toggle", "language.toggle", "window.full_screen", "layout.reset")  # fmt: skip
MENUS = {
    "app": ("palette.open", "search.focus", "", "purpose.state", "purpose.clear", "", "theme.toggle", "language.toggle",
            "window.full_screen", "", "app.quit"),
    "view": ("view.whole", "view.north", "view.top", "view.box", "view.daylight", "", "picture.save",
             "layer.save", "", "layer.reset"),
    "replay": ("recording.play", "", "recording.pause", "recording.resume", "recording.stop", "",
               "history.play", "history.play_back", "history.pause", "history.step_back", "history.step_on",
               "history.previous_event", "history.next_event", "history.now"),
    "select": ("selection.fly_to", "selection.follow", "selection.copy_coordinates", "selection.clear"),
}  # fmt: skip
BEFORE_FEATURES = "theme.toggle"
"""The tool before which the features' buttons stand."""


class Menus:
    """Fills a menu bar and a tool bar with actions.

    Parameters
    ----------
    bar : QMenuBar
    acts : Actions
        Has the actions of all commands already.
    entries : sequence of Entry
        What features add.
    panels : iterable of str
        Names of the docks.
    """

    def __init__(self, bar: QMenuBar, acts: Actions, entries: Sequence[Entry], panels: Iterable[str]) -> None:
        rows: dict[str, tuple[str, ...]] = dict(MENUS)
        for name in dict.fromkeys(entry.menu for entry in entries if entry.menu):
            added = tuple(entry.command.id for entry in entries if entry.menu == name)
            rows[name] = (*rows[name], "", *added) if name in rows else added
        rows["panels"] = (*(f"panel.{name}" for name in panels), "", "layout.reset")
        self._menus = {name: bar.addMenu("") for name in rows}
        for name, ids in rows.items():
            _fill(self._menus[name], acts, ids)
        self.tools = named(QToolBar(), "tools")
        self.tools.setMovable(False)
        self.tools.setOrientation(Qt.Orientation.Vertical)
        self.tools.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        _fill(self.tools, acts, _tools(entries))

    def retranslate(self, texts: Texts) -> None:
        """Write the titles of the menus."""
        for name, menu in self._menus.items():
            menu.setTitle(texts(f"menu.{name}"))


def _tools(entries: Sequence[Entry]) -> tuple[str, ...]:
    added = tuple(entry.command.id for entry in entries if entry.tool)
    place = TOOLS.index(BEFORE_FEATURES)
    return (*TOOLS[:place], *added, *([""] if added else []), *TOOLS[place:])


def _fill(bar: QMenu | QToolBar, acts: Actions, ids: Iterable[str]) -> None:
    for command_id in ids:
        if command_id:
            action: QAction = acts.by_id[command_id]
            bar.addAction(action)
        else:
            bar.addSeparator()
