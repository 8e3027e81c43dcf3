from __future__ import annotations

import pytest

from app.map.glyphs import SHAPES
from app.map.style import THEMES, load_style, rgb
from twin.city.tables import BUILDING_USES, DEVICE_KINDS, LAND_KINDS, ROAD_CLASSES, SITE_KINDS
from twin.live.kinds import KINDS
from twin.traffic.speeds import GRADES


@pytest.mark.parametrize("theme", THEMES)
def test_every_kind_in_the_tables_has_a_look(theme: str) -> None:
    style = load_style(theme)
    assert set(BUILDING_USES) <= set(style.values["buildings"])
    assert set(ROAD_CLASSES) <= set(style.values["roads"])
    assert set(GRADES) <= set(style.values["lines"])
    assert set(LAND_KINDS) <= set(style.values["land"])
    assert {kind.name for kind in KINDS} | set(SITE_KINDS) | set(DEVICE_KINDS) <= set(style.symbols)
    assert {symbol.shape for symbol in style.symbols.values()} <= set(SHAPES)


def test_both_themes_name_the_same_things() -> None:
    dark, light = (load_style(theme).values for theme in THEMES)
    assert {s: set(t) for s, t in dark.items()} == {s: set(t) for s, t in light.items()}


def test_movers_are_the_brightest_things_at_night() -> None:
    style = load_style("dark")

    def brightness(colour: str) -> float:
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), rgb(colour), strict=True))

    roofs = max(brightness(style.colour("buildings", use)) for use in BUILDING_USES)
    assert all(brightness(style.symbol(kind.name).colour) > roofs + 0.1 for kind in KINDS)
