"""The page of guidance: advice, layout, origins and destinations, a tab each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.look import Look
from app.workbenches.traffic.guidance_tab import GuidanceTab
from app.workbenches.traffic.layout_tab import LayoutTab
from app.workbenches.traffic.origins_tab import OriginsTab

NARROWEST_PX = 180


class GuidancePanel(QWidget):
    """Holds the tabs."""

    note = Signal(str)
    seen = Signal()
    """It is shown."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setMinimumWidth(NARROWEST_PX)
        self.ways, self.layout_tab, self.origins = GuidanceTab(look), LayoutTab(look), OriginsTab(look)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        for tab in (self.ways, self.layout_tab, self.origins):
            self.tabs.addTab(tab, "")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        for row, name in enumerate(("ways", "layout", "origins")):
            self.tabs.setTabText(row, self._look.texts(f"guidance.tab.{name}"))
        self.note.emit(self._look.texts("guidance.assumed"))
        for tab in (self.ways, self.layout_tab, self.origins):
            tab.fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Have what it lists read."""
        super().showEvent(event)
        self.seen.emit()
