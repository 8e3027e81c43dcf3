"""The bar says how fast a recording plays, also where somebody else chose the speed."""

from __future__ import annotations

import pytest

from app.main_window import MainWindow
from twin.world import Playback


@pytest.mark.parametrize(("speed", "words"), [(1.0, "1×"), (20.0, "20×"), (1000.0, "1000×")])
def test_any_speed_is_shown(window: MainWindow, speed: float, words: str) -> None:
    window.playback_bar.set_playback(Playback(1000.0, 2000.0, 1500.0, speed, False))
    assert window.playback_bar.speed.currentText() == words
    listed = [float(window.playback_bar.speed.itemData(row)) for row in range(window.playback_bar.speed.count())]
    assert listed == sorted(listed)
    window.playback_bar.set_playback(None)
