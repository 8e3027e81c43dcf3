"""The stated purpose: a button that always says it, and the dialog that takes it."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QPushButton, QSpinBox, QWidget

from app.look import Look
from app.widgets.parts import label, line
from twin.access import Purpose


class PurposeButton(QPushButton):
    """Says the purpose and how long it holds, or that names are masked."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("purposeButton")
        self._look = look
        self._purpose: Purpose | None = None
        self._until_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(10_000)
        self._timer.timeout.connect(self.show_purpose)
        look.language_changed.connect(self.show_purpose)
        look.theme_changed.connect(self.show_purpose)
        self.show_purpose()

    def set_purpose(self, purpose: Purpose | None, until_s: float = 0.0) -> None:
        """Show a purpose and when it ends."""
        self._purpose, self._until_s = purpose, until_s
        self._timer.start() if purpose is not None else self._timer.stop()
        self.show_purpose()

    def show_purpose(self, *_: object) -> None:
        """Write it."""
        texts, stated = self._look.texts, self._purpose is not None
        self.setProperty("stated", "true" if stated else "false")
        self.style().polish(self)
        self.setIcon(self._look.icon("identification-card", "severity_2" if stated else "quiet"))
        if self._purpose is None:
            self.setText(texts("purpose.none"))
            self.setToolTip(texts("purpose.none_tip"))
        else:
            minutes = max(1, round((self._until_s - time.time()) / 60))
            said = self._purpose.text if len(self._purpose.text) <= 10 else self._purpose.text[:9] + "…"
            self.setText(texts("purpose.stated", text=said, minutes=minutes))
            self.setToolTip(f"{self._purpose.text} · {self._purpose.reference}")
        self.setAccessibleName(f"{texts('purpose.name')}: {self.text()}")


class PurposeDialog(QDialog):
    """Asks why, for which case, and for how long."""

    def __init__(self, look: Look, minutes: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = look.texts
        self.setWindowTitle(texts("purpose.name"))
        self.setMinimumWidth(420)
        self.text = line(120)
        self.reference = line(60)
        self.text.setPlaceholderText(texts("purpose.text_hint"))
        self.reference.setPlaceholderText(texts("purpose.reference_hint"))
        self.minutes = QSpinBox()
        self.minutes.setRange(1, 480)
        self.minutes.setValue(minutes)
        self.minutes.setSuffix(texts("purpose.minutes_unit"))
        self.minutes.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self.state = buttons.addButton(texts("purpose.state"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.state.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        explain = label("quiet", wrap=True)
        explain.setText(texts("purpose.explain"))
        form = QFormLayout(self)
        form.setContentsMargins(24, 24, 24, 16)
        form.setSpacing(12)
        form.addRow(explain)
        for key, field in (("text", self.text), ("reference", self.reference), ("minutes", self.minutes)):
            form.addRow(texts(f"purpose.{key}"), field)
            field.setAccessibleName(texts(f"purpose.{key}"))
        form.addRow(buttons)
        self.text.textChanged.connect(self._on_text_changed)
        self._on_text_changed("")

    def purpose(self) -> Purpose:
        """Return what was stated."""
        return Purpose(self.text.text().strip(), self.reference.text().strip())

    def _on_text_changed(self, text: str) -> None:
        self.state.setEnabled(len(text.strip()) >= 2)
