"""A rehearsal on the map of the real window; what SUMO tells comes from a stand-in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from app.main_window import MainWindow
from app.workbenches.traffic import rehearsing
from app.workbenches.traffic.rehearsing import PAINTED, Rehearsals, bars
from tests.app.conftest import until
from twin.traffic.rehearsal import FIXED, LEAVE, Met, Moment, Rehearsed, Run


def moment(mode: str) -> Moment:
    """Return vehicles on a line from west to east, heading east."""
    east = np.linspace(-400.0, 400.0, 41)
    at = np.column_stack([east, np.zeros(41)])
    return Moment(mode, 60.0, at, np.full(41, 90.0), np.full(41, 10.0), np.arange(41))


def stand_in(_request: object, _report: object, _cancelled: object, seen: Callable[[Moment], None]) -> Rehearsed:
    for mode in (LEAVE, FIXED):
        seen(moment(mode))
    runs = [Run(mode, seed, seed > 2, Met(delay + seed, vehicles=9))
            for mode, delay in ((LEAVE, 40.0), (FIXED, 30.0)) for seed in range(6)]  # fmt: skip
    return Rehearsed("中山路", tuple(runs), "assumed", 600.0, 10.0)


def test_both_sides_are_painted_beside_a_line_and_put_away(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsing, "request_for", lambda *_: None)
    monkeypatch.setattr(rehearsing, "rehearse", stand_in)
    feature = next(feature for feature in window.features if isinstance(feature, Rehearsals))
    window.desk.run("rehearsal.run")
    until(lambda: feature.found is not None, 60.0)
    until(lambda: len(feature.moments) == 2, 60.0)
    assert PAINTED in window.map.extras.paintings
    assert feature.found is not None
    assert feature.found.best == FIXED
    lens, city = window.map._pilot.lens(), window.desk.live.city
    assert city is not None
    window.map.grab()  # paints without a fault
    left, right = (bars(moment(LEAVE), lens, city, left=side) for side in (True, False))
    assert all(bar.x1() < lens.width_px / 2 for bar in left)
    assert all(bar.x1() >= lens.width_px / 2 for bar in right)
    assert len(left) + len(right) <= 41
    window.desk.run("rehearsal.end")
    assert PAINTED not in window.map.extras.paintings
    assert feature.moments == {}
