"""The level of detail goes by the machine, or by what was chosen, and is kept."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.map.quality import LEVELS
from app.map.scene import PreparedScene
from app.map.view import MapView
from tests.app.map.conftest import look_down, picture, scene, view

__all__ = ["scene", "view"]


def test_a_software_gl_is_told_by_its_name(qtbot: QtBot, view: MapView) -> None:
    picture(qtbot, view)
    assert view.quality is LEVELS["software"]


@pytest.mark.parametrize("name", LEVELS)
def test_every_level_draws_the_town(qtbot: QtBot, view: MapView, scene: PreparedScene, name: str) -> None:
    look_down(view, 0.0, 0.0, 600.0)
    plain = picture(qtbot, view)
    view.set_quality(name)
    drawn = picture(qtbot, view)
    assert view.quality is LEVELS[name]
    assert abs(float(drawn.mean()) - float(plain.mean())) < 4.0
    view.set_quality("")
    assert view.quality is LEVELS["software"]
