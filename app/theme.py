"""The window's colours, type and measures.

Colours are tokens in ``resources/styles/<theme>.toml``, section ``[ui]``; widgets name a token, never a colour.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

THEMES = ("dark", "light")
FONT_FAMILY = "Zhian Sans"
BODY_PX, TABLE_PX, TITLE_PX, FIGURE_PX = 13, 12, 16, 28
ROW_PX = 28


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme's tokens, as ``#RRGGBB``."""

    name: str
    tokens: dict[str, str]

    def __getitem__(self, token: str) -> str:
        return self.tokens[token]

    def colour(self, token: str, alpha: float = 1.0) -> QColor:
        """Return a token as Qt's colour."""
        colour = QColor(self.tokens[token])
        colour.setAlphaF(alpha)
        return colour


@lru_cache(maxsize=4)
def load_theme(name: str) -> Theme:
    """Read a theme's tokens."""
    text = (resources.files("resources") / "styles" / f"{name}.toml").read_text("utf-8")
    return Theme(name, tomllib.loads(text)["ui"])


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, section 1.4.3)."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def register_fonts() -> str:
    """Make the bundled fonts known to Qt and return their family."""
    folder = Path(str(resources.files("resources"))) / "fonts"
    known = [QFontDatabase.addApplicationFont(str(file)) for file in sorted(folder.glob("*.otf"))]
    if not known or min(known) < 0:
        raise FileNotFoundError(f"{folder}: the window's fonts cannot be loaded")
    return QFontDatabase.applicationFontFamilies(known[0])[0]


def ui_font(pixels: int = BODY_PX, bold: bool = False) -> QFont:
    """Return the window's font; its figures are all of one width."""
    font = QFont(FONT_FAMILY)
    font.setPixelSize(pixels)
    font.setBold(bold)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return font


def apply_theme(app: QApplication, name: str) -> Theme:
    """Dress the whole program."""
    theme = load_theme(name)
    app.setStyle("Fusion")
    app.setFont(ui_font())
    app.setPalette(_palette(theme))
    sheet = (resources.files("resources") / "styles" / "window.qss").read_text("utf-8")
    icons = Path(str(resources.files("resources"))) / "icons"
    app.setStyleSheet(Template(sheet).substitute(theme.tokens, name=name, icons=icons.as_posix()))
    return theme


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    tokens = {
        role.Window: "panel", role.WindowText: "text", role.Base: "panel", role.AlternateBase: "raised",
        role.Text: "text", role.Button: "raised", role.ButtonText: "text", role.BrightText: "text",
        role.ToolTipBase: "raised", role.ToolTipText: "text", role.PlaceholderText: "quiet", role.Link: "accent",
        role.LinkVisited: "accent", role.Highlight: "accent", role.HighlightedText: "ground", role.Mid: "line",
        role.Dark: "line", role.Light: "raised", role.Midlight: "raised", role.Shadow: "ground", role.Accent: "accent",
    }  # fmt: skip
    palette = QPalette()
    for which, token in tokens.items():
        palette.setColor(which, theme.colour(token))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, theme.colour("disabled"))
    return palette
