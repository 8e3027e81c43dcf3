"""What is said after a failure that nobody caught, or a run that did not end as it should; never modal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.look import Look
from app.widgets.parts import label, named


class CrashDialog(QDialog):
    """Says what happened and what can be done; the window goes on behind it.

    Parameters
    ----------
    logs : Path
        The folder of the logs.
    make_bundle : callable
        Called when a support bundle is asked for.
    """

    def __init__(self, look: Look, logs: Path, make_bundle: Callable[[], object], parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.setMinimumWidth(520)
        self.setModal(False)
        self.said = label(wrap=True)
        self._explain = label("quiet", wrap=True)
        self.copy, self.folder, self.bundle = QPushButton(), QPushButton(), QPushButton()
        self.go_on = named(QPushButton(), "primary")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.said.text()))
        self.folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(logs))))
        self.bundle.clicked.connect(make_bundle)
        self.go_on.clicked.connect(self.close)
        self.go_on.setDefault(True)
        buttons = QHBoxLayout()
        for button in (self.copy, self.folder, self.bundle):
            buttons.addWidget(button)
        buttons.addStretch()
        buttons.addWidget(self.go_on)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(24, 24, 24, 16)
        whole.setSpacing(12)
        whole.addWidget(self.said)
        whole.addWidget(self._explain)
        whole.addLayout(buttons)
        self.retranslate()
        look.language_changed.connect(self.retranslate)

    def retranslate(self, *_: object) -> None:
        """Say what is always there in the language of now."""
        texts = self._look.texts
        self._explain.setText(texts("crash.explain"))
        for button, key in (
            (self.copy, "copy"),
            (self.folder, "folder"),
            (self.bundle, "bundle"),
            (self.go_on, "go_on"),
        ):
            button.setText(texts(f"crash.{key}"))

    def tell(self, title: str, sentence: str) -> None:
        """Say it; what was said before and is still open is replaced."""
        self.setWindowTitle(title)
        self.said.setText(sentence)
        self.show()
        self.raise_()
