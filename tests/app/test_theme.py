from __future__ import annotations

import re
from importlib import resources

import pytest
from PySide6.QtGui import QFontDatabase, QFontMetricsF, QRawFont
from pytestqt.qtbot import QtBot

from app.theme import FONT_FAMILY, THEMES, contrast, load_theme, register_fonts, ui_font

SURFACES = ("ground", "panel", "raised")


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("surface", SURFACES)
def test_words_can_be_read_on_every_surface(name: str, surface: str) -> None:
    theme = load_theme(name)
    assert contrast(theme["text"], theme[surface]) >= 7.0
    assert contrast(theme["quiet"], theme[surface]) >= 4.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("token", ["severity_1", "severity_2", "severity_3", "severity_4", "good", "accent"])
def test_colours_that_carry_words_can_be_read(name: str, token: str) -> None:
    theme = load_theme(name)
    assert contrast(theme[token], theme["panel"]) >= 4.5


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_both_themes_have_the_same_tokens_and_the_sheet_asks_for_no_other() -> None:
    dark, light = (set(load_theme(name).tokens) for name in THEMES)
    sheet = (resources.files("resources") / "styles" / "window.qss").read_text("utf-8")
    assert dark == light
    assert set(re.findall(r"\$(\w+)", sheet)) <= dark | {"icons", "name"}


def test_the_bundled_font_has_rare_hanzi_and_figures_of_one_width(qtbot: QtBot) -> None:
    assert register_fonts() == FONT_FAMILY
    assert FONT_FAMILY in QFontDatabase.families()
    raw = QRawFont.fromFont(ui_font())
    assert raw.familyName() == FONT_FAMILY
    assert all(raw.supportsCharacter(ord(c)) for c in "智安孪生龘镕嘉善西塘éμ°▲◆●■○→…")
    metrics = QFontMetricsF(ui_font())
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1
