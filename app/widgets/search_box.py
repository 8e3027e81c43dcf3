"""The locator (Ctrl+K): places, roads, sites, buildings, devices, entities, coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from app.look import Look
from app.widgets.popup import Answer, AnswerPopup
from twin.city.search import Found

ICONS = {
    "places": "map-pin", "roads": "path", "sites": "buildings", "water": "drop", "buildings": "buildings",
    "devices": "camera", "point": "crosshair-simple", "crossings": "git-merge", "case": "folder-simple",
    "results": "ruler", "geofences": "polygon",
}  # fmt: skip


Ask = Callable[[str, Callable[[Sequence[Found]], None]], None]
"""Given what was typed, and what to call with the answers."""


class SearchBox(QLineEdit):
    """Asks while one types, and tells which answer was chosen."""

    chosen = Signal(object)
    """Found."""

    def __init__(self, look: Look, ask: Ask, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("searchBox")
        self.setClearButtonEnabled(True)
        self._look, self._ask = look, ask
        self._mark = self.addAction(look.icon("magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self.popup = AnswerPopup(self, look, window)
        self.popup.chosen.connect(self._on_chosen)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(150)
        self._wait.timeout.connect(self.ask)
        self.textEdited.connect(self._on_edited)
        self.returnPressed.connect(self.ask)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(lambda: self._mark.setIcon(look.icon("magnifying-glass")))
        self.retranslate()

    def retranslate(self) -> None:
        """Write the hint."""
        self.setPlaceholderText(self._look.texts("search.hint"))
        self.setAccessibleName(self._look.texts("search.name"))
        self.setToolTip(self._look.texts("search.tip"))

    def ask(self) -> None:
        """Ask at once for what stands in the line."""
        self._wait.stop()
        text = self.text().strip()
        if text:
            self._ask(text, lambda found: self._show(text, found))
        else:
            self.popup.hide()

    def _show(self, text: str, found: Sequence[Found]) -> None:
        """Show answers, unless something else stands in the line by now."""
        if text == self.text().strip():
            self.popup.show_answers([self._answer(one) for one in found], self._look.texts("search.nothing", text=text))

    def _on_edited(self, text: str) -> None:
        if text.strip():
            self._wait.start()
        else:
            self._wait.stop()
            self.popup.hide()

    def _on_chosen(self, found: Found) -> None:
        self.setText(self._name(found))
        self.chosen.emit(found)

    def _answer(self, found: Found) -> Answer:
        texts = self._look.texts
        keys = [*(f"{section}.{found.kind}" for section in _SECTIONS[found.table]), f"layer.{found.table}"]
        kind = next((texts(key) for key in keys if key in texts), found.kind)
        return Answer(self._name(found), kind, ICONS.get(found.table, "navigation-arrow"), found)

    def _name(self, found: Found) -> str:
        return (found.name_en or found.name) if self._look.language == "en" else found.name


_SECTIONS: dict[str, tuple[str, ...]] = {
    "places": ("place_kind",), "roads": ("road_class",), "sites": ("site_kind",), "water": ("water_kind",),
    "buildings": ("use",), "devices": ("device_kind",), "point": ("search",), "entity": ("kind",),
    "crossings": ("search",), "case": ("search",), "results": ("search",), "geofences": ("search",),
}  # fmt: skip
