from __future__ import annotations

import numpy as np

from tests.twin.live.factory import rows
from twin.live.difference import difference
from twin.live.frame import TrackFrame, empty_frame


def frame(*where: tuple[str, float], kind: str = "car") -> TrackFrame:
    """Return entities by id, each so many metres east."""
    told = rows(*((key, 1.0) for key, _ in where), kind=kind)
    position = np.array([(east, 0.0, 0.0) for _, east in where], np.float32).reshape(-1, 3)
    return TrackFrame(told, position, np.zeros(len(told), np.uint8), 1, 1.0)


def test_who_came_went_moved_and_stayed_is_counted_by_id() -> None:
    found = difference(frame(("gone", 0), ("still", 0), ("moved", 0)), frame(("moved", 51), ("still", 49), ("new", 0)))
    assert (found.went, found.came, found.moved, found.stayed) == (1, 1, 1, 1)
    assert found.kinds == (("car", 3, 3),)


def test_kinds_that_are_in_one_instant_only_are_told() -> None:
    found = difference(frame(("a", 0), ("b", 0), kind="bus"), frame(("c", 0)))
    assert found.kinds == (("car", 0, 1), ("bus", 2, 0))
    nothing = difference(empty_frame(), empty_frame())
    assert nothing.kinds == ()
    assert nothing.came == nothing.went == 0
