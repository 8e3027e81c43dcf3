"""The one row at the top: menu, workspaces, search, purpose, user, clock."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenuBar, QSizePolicy, QToolButton, QWidget

from app.look import Look
from app.widgets.clock import Clock
from app.widgets.parts import label, tool
from app.widgets.purpose import PurposeButton
from app.widgets.search_box import Ask, SearchBox
from twin.access import Actor

MENU_PX, SHORT_PX = 72, 1500
"""The least width of the menu; and that of a window below which date and user are left out."""


class TopBar(QWidget):
    """Lays the row out; what happens in it is told by the parts' own signals."""

    workspace_chosen = Signal(str)

    def __init__(
        self,
        look: Look,
        workspaces: Sequence[str],
        ask: Ask,
        actor: Actor,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(44)
        self._look = look
        self.menu = QMenuBar()
        self.menu.setNativeMenuBar(False)
        self.menu.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.menu.setMinimumWidth(MENU_PX)  # what does not fit is behind its arrow
        self.search = SearchBox(look, ask, window)
        self.search.setMinimumWidth(160)
        self.search.setMaximumWidth(340)
        self.purpose, self.clock = PurposeButton(look), Clock(look)
        self.user = label("userName")
        self._actor = actor
        self.tabs = {name: tool("workspaceTab", checkable=True) for name in workspaces}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.menu, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addSpacing(8)
        for name, tab in self.tabs.items():
            tab.clicked.connect(lambda _on=False, name=name: self.workspace_chosen.emit(name))
            self._group.addButton(tab)
            layout.addWidget(tab)
        layout.addStretch(1)
        layout.addWidget(self.search, 3)
        for widget in (self.purpose, self.user, self.clock):
            layout.addWidget(widget)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write the names of the workspaces and of the user; Qt's own arrow of a full menu is dark in every theme."""
        arrow = self.menu.findChild(QToolButton, "qt_menubar_ext_button")
        if isinstance(arrow, QToolButton):
            arrow.setIcon(self._look.icon("caret-down"))
        key = f"actor.{self._actor.id}"
        self.user.setText(self._look.texts(key) if key in self._look.texts else self._actor.name)
        for name, tab in self.tabs.items():
            tab.setText(self._look.texts(f"workspace.{name}"))
            tab.setToolTip(self._look.texts(f"workspace_tip.{name}"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out the date and the user's name where there is little room."""
        super().resizeEvent(event)
        for part in (self.clock.date, self.user):
            part.setVisible(self.width() >= SHORT_PX)

    def show_workspace(self, name: str) -> None:
        """Mark the workspace that is shown."""
        if name in self.tabs:
            self.tabs[name].setChecked(True)
