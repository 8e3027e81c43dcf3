"""The list of doors around an incident, each with what it can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.texts import Texts
from app.widgets.parts import label
from twin.operations.doors import Door
from twin.operations.records import DOOR_WISHES, Incident

Near = Sequence[tuple[Door, float]]
Send = Callable[[Door, str], object]


class DoorsForm:
    """Shows the doors; one click on what a door is to do asks for it, and the row says so."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.dialog: DoorsDialog | None = None

    def ask(self, incident: Incident, near: Near, send: Send) -> None:
        """Open the list."""
        self.close()
        look = self._desk.look
        self.dialog = DoorsDialog(look.texts, look.language, incident, near, send, QApplication.activeWindow())
        self.dialog.open()

    def close(self) -> None:
        """Put the list away."""
        if self.dialog is not None:
            self.dialog.close()
            self.dialog.deleteLater()
            self.dialog = None


class DoorsDialog(QDialog):
    """A row a door: its name, how far it is, and a button for each wish that names it."""

    def __init__(
        self, texts: Texts, language: str, incident: Incident, near: Near, send: Send, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(texts("command.work.door"))
        self.buttons: dict[tuple[str, str], QPushButton] = {}
        self._texts = texts
        about = label("quiet", wrap=True)
        about.setText(f"{incident.id} · {incident.title} · {incident.place}")
        rows = QGridLayout()
        rows.setColumnStretch(0, 1)
        for number, (door, away_m) in enumerate(near):
            name = label("factValue")
            name.setText(door.english if language == "en" and door.english else door.chinese)
            far = label("quiet")
            far.setText(formats.distance(away_m))
            rows.addWidget(name, number, 0)
            rows.addWidget(far, number, 1)
            for place, wish in enumerate(DOOR_WISHES, start=2):
                button = self.buttons[door.id, wish] = QPushButton(texts(f"door.{wish}"))
                button.setAccessibleName(f"{button.text()} {name.text()}")
                button.clicked.connect(partial(self._on_asked, door, wish, send))
                rows.addWidget(button, number, place)
        ends = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        ends.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())
        ends.button(QDialogButtonBox.StandardButton.Close).setText(texts("door.done"))
        ends.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(about)
        layout.addLayout(rows)
        layout.addWidget(ends)
        self.setMinimumWidth(520)

    def _on_asked(self, door: Door, wish: str, send: Send, _on: bool = False) -> None:
        send(door, wish)
        for other in DOOR_WISHES:
            asked = other == wish
            self.buttons[door.id, other].setEnabled(not asked)
            self.buttons[door.id, other].setText(self._texts(f"door.asked_{other}" if asked else f"door.{other}"))
