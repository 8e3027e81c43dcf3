"""A window that is a map with a row above: what it is linked in, its layers, and its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QDateTimeEdit, QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.layer_book import LayerBook
from app.map.events import Pick
from app.map.view import MapView
from app.widgets.parts import label, named, tool
from layers.catalogue import LAYERS
from twin.world import World

LINKS = ("camera", "time", "selection")
OWN = ("clusters", "trails")
"""What it shows or not, whatever the main map does."""
ICONS = {
    "camera": "video-camera", "time": "clock", "selection": "crosshair-simple", "clusters": "circles-three",
    "trails": "path",
}  # fmt: skip


class MapWindow(QWidget):
    """Runs the commands ``second.…`` for what is done in its row.

    Parameters
    ----------
    desk : Desk
    card : callable
        What the card beside the pointer tells of a thing.
    """

    closing = Signal()

    def __init__(self, desk: Desk, card: Callable[[Pick], str]) -> None:
        super().__init__(None, Qt.WindowType.Window)
        named(self, "mapWindow").setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._desk = desk
        self.view = MapView(LAYERS)
        self.book = LayerBook(LAYERS, desk.layers.choices(), desk.layers.order)
        self.links = {name: tool("chip", checkable=True) for name in LINKS}
        self.own = {name: tool("chip", checkable=True) for name in OWN}
        self.layers, self.whole = QToolButton(), tool()
        self.at = QDateTimeEdit()
        self.at.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self.at.setKeyboardTracking(False)
        self._menu = QMenu(self)
        self._unmask = False
        self._lay_out()
        self._wire(card)
        self.retranslate()

    def _lay_out(self) -> None:
        bar = named(QWidget(), "secondBar")
        bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        bar.setFixedHeight(40)
        row = QHBoxLayout(bar)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        self._linked_words = label("quiet")
        row.addWidget(self._linked_words)
        for widget in (*self.links.values(), *self.own.values(), self.layers, self.whole):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.at)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(bar)
        box.addWidget(self.view, 1)
        self.layers.setMenu(self._menu)
        self.layers.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        for button in (*self.links.values(), *self.own.values(), self.layers, self.whole):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)

    def _wire(self, card: Callable[[Pick], str]) -> None:
        desk, view = self._desk, self.view
        for name, state in self.book.states.items():
            view.set_layer_state(name, state)
        view.set_layer_order(self.book.order)
        view.set_theme(desk.look.theme.name)
        view.set_language(desk.look.language)
        view.set_daylight(desk.settings.values.daylight)
        view.set_calm(desk.settings.values.reduced_motion)
        view.set_card(card)
        self.book.state_changed.connect(view.set_layer_state)
        desk.look.theme_changed.connect(self._on_theme)
        desk.look.language_changed.connect(self.retranslate)
        for name, link in self.links.items():
            link.clicked.connect(lambda on, name=name: desk.run("second.link", about=name, name=name, on=on))
        for name, button in self.own.items():
            button.clicked.connect(lambda on, name=name: desk.run("second.show", about=name, name=name, on=on))
        self.whole.clicked.connect(lambda: desk.run("second.whole"))
        self.at.dateTimeChanged.connect(self._on_time)
        self._menu.aboutToShow.connect(self._fill_menu)

    def set_linked(self, name: str, on: bool) -> None:
        """Show whether it is linked in ``camera``, ``time`` or ``selection``."""
        self.links[name].setChecked(on)
        if name == "time":
            self.at.setHidden(on)

    def set_unmask(self, unmask: bool) -> None:
        """Show plates and names in full, or masked."""
        if unmask != self._unmask:
            self._unmask = unmask
            self.view.set_unmask(unmask)

    def say_time(self, world: World, *, now: bool) -> None:
        """Say over the map what is not now, and what is invented."""
        texts, at = self._desk.look.texts, formats.local_time(world.at_s)
        words = [] if now else [texts("app.past", time=f"{at:%m-%d %H:%M:%S}")]
        self.view.set_banner(" · ".join([*words, *([texts("app.invented")] if world.city.invented else [])]))
        if not self.at.hasFocus():
            self.at.blockSignals(True)
            self.at.setDateTime(QDateTime.fromString(f"{at:%Y-%m-%dT%H:%M:%S}", Qt.DateFormat.ISODate))
            self.at.blockSignals(False)

    def _on_time(self, at: QDateTime) -> None:
        if not self.links["time"].isChecked():
            wanted: datetime = at.toPython()  # type: ignore[assignment]  # Qt's stubs say object
            self._desk.run("second.look", value=wanted.replace(tzinfo=formats.LOCAL).timestamp())

    def _on_theme(self, theme: object) -> None:
        self.view.set_theme(self._desk.look.theme.name)
        self.retranslate()

    def _fill_menu(self) -> None:
        self._menu.clear()
        for name in reversed(self.book.order):
            action = QAction(self._desk.look.texts(f"layer.{name}"), self._menu)
            action.setCheckable(True)
            action.setChecked(self.book.states[name].visible)
            action.toggled.connect(
                lambda on, name=name: self._desk.run("second.layer", about=name, name=name, visible=on)
            )
            self._menu.addAction(action)

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        look = self._desk.look
        self.setWindowTitle(look.texts("second.title"))
        self.view.set_language(look.language)
        self._linked_words.setText(look.texts("second.linked"))
        for name, link in (self.links | self.own).items():
            link.setText(look.texts(f"second.{name}"))
            link.setToolTip(look.texts(f"second_tip.{name}"))
            link.setIcon(look.icon(ICONS[name]))
        for button, key, icon in ((self.layers, "layers", "stack"), (self.whole, "whole", "map-trifold")):
            button.setText(look.texts(f"second.{key}"))
            button.setIcon(look.icon(icon))
        self.at.setAccessibleName(look.texts("second.time"))
        self.at.setToolTip(look.texts("second_tip.at"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it goes, and let go of its map."""
        self.closing.emit()
        look = self._desk.look
        look.theme_changed.disconnect(self._on_theme)
        look.language_changed.disconnect(self.retranslate)
        self.view.close()
        super().closeEvent(event)
