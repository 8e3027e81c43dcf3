"""A dock with the window's own title bar: a name, a note, float and close."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.parts import label, named


class Dock(QDockWidget):
    """Holds one panel; its title is the text ``panel.<name>``."""

    def __init__(self, name: str, panel: QWidget, look: Look) -> None:
        super().__init__()
        self.name, self.panel, self._look = name, panel, look
        self.setObjectName(f"dock-{name}")
        self._title = TitleBar(self, look)
        self.setTitleBarWidget(self._title)
        body = named(QWidget(), "dockBody")
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(panel)
        self.setWidget(body)
        self.setMinimumWidth(180)
        look.language_changed.connect(self.retranslate)
        self.retranslate()

    def set_note(self, note: str) -> None:
        """Say something short beside the title: how many, how old."""
        self._title.note.setText(note)

    def set_past(self, words: str) -> None:
        """Say beside the title of which time the panel tells, if not of now."""
        self._title.past.setText(words)

    def retranslate(self) -> None:
        """Write the title in the language of the moment."""
        title = self._look.texts(f"panel.{self.name}")
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._title.retranslate(title)


class TitleBar(QWidget):
    """Title, note and two buttons; mouse presses go to the dock, which moves by them."""

    def __init__(self, dock: QDockWidget, look: Look) -> None:
        super().__init__()
        self.setObjectName("dockTitle")
        self._look = look
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(32)
        self._text = label("dockTitleText")
        self.past, self.note = label("dockTitlePast"), label("dockTitleNote")
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._float, self._close = QToolButton(), QToolButton()
        self._float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._close.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 4, 0)
        layout.setSpacing(8)
        layout.addWidget(self._text)
        layout.addWidget(self.past)
        layout.addWidget(self.note, 1)
        for button in (self._float, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setFixedSize(24, 24)
            layout.addWidget(button)
        look.theme_changed.connect(self._paint_icons)
        self._paint_icons()

    def retranslate(self, title: str) -> None:
        """Write the title and what the buttons do."""
        self._text.setText(title)
        for button, key in ((self._float, "dock.float"), (self._close, "dock.close")):
            button.setToolTip(self._look.texts(key))
            button.setAccessibleName(f"{self._look.texts(key)}: {title}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Drop the note where there is no room for it."""
        super().resizeEvent(event)
        self.note.setVisible(self.width() >= 160)

    def _paint_icons(self) -> None:
        self._float.setIcon(self._look.icon("arrow-square-out"))
        self._close.setIcon(self._look.icon("x"))
