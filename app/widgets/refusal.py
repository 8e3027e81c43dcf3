"""Why the program does not start, said in a window: who clicked an icon sees no terminal."""

from __future__ import annotations

from PySide6.QtWidgets import QMessageBox

from app.shell import make_application
from app.texts import Texts
from app.theme import apply_theme, register_fonts


def show_refusal(texts: Texts, sentence: str) -> None:
    """Show the sentence until it is closed."""
    app = make_application()
    register_fonts()
    apply_theme(app, "dark")
    box = QMessageBox(QMessageBox.Icon.Warning, texts("app.title"), sentence)
    box.setInformativeText(texts("crash.doctor"))
    box.exec()
