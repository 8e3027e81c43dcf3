"""The window's theme and language of the moment, and the icons in its colours."""

from __future__ import annotations

from pathlib import Path

import PySide6
import qtawesome
from PySide6.QtCore import QLocale, QObject, QTranslator, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from app.texts import Texts
from app.theme import Theme, apply_theme

TRANSLATIONS = Path(PySide6.__file__).parent / "Qt" / "translations"


class Look(QObject):
    """Holds the theme and the language; widgets follow its signals."""

    theme_changed = Signal(object)
    """Theme."""
    language_changed = Signal(str)

    def __init__(self, app: QApplication, texts: Texts, theme: str) -> None:
        super().__init__(app)
        self._app, self.texts = app, texts
        self._translator = QTranslator(self)
        self.theme: Theme = apply_theme(app, theme)
        self._translate_qt()

    @property
    def language(self) -> str:
        """``zh`` or ``en``."""
        return self.texts.language

    def set_theme(self, name: str) -> None:
        """Dress the window anew."""
        self.theme = apply_theme(self._app, name)
        self.theme_changed.emit(self.theme)

    def set_language(self, language: str) -> None:
        """Speak another language from now on."""
        self.texts.language = language
        self._translate_qt()
        self.language_changed.emit(language)

    def icon(self, name: str, colour: str = "quiet", active: str = "text") -> QIcon:
        """Return an icon of the one set (Phosphor) in the colour of a token."""
        tokens = self.theme
        options = {"color": tokens[colour], "color_active": tokens[active], "color_disabled": tokens["disabled"]}
        icon: QIcon = qtawesome.icon(f"ph.{name}", **options)
        return icon

    def _translate_qt(self) -> None:
        """Load Qt's own words (Cancel, Copy, Undo) for the language."""
        self._app.removeTranslator(self._translator)
        chinese = self.language == "zh"
        QLocale.setDefault(QLocale("zh_CN" if chinese else "en_GB"))
        if chinese and self._translator.load("qtbase_zh_CN", str(TRANSLATIONS)):
            self._app.installTranslator(self._translator)
