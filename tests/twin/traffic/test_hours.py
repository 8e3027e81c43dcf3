from __future__ import annotations

import numpy as np
import pytest

from tests.data.router.grid import grid
from tests.data.traffic.made import traffic
from twin.traffic.graph import road_graph
from twin.traffic.hours import USUAL, ByHour, profile
from twin.traffic.slots import together

MIDNIGHT_S = 1_790_006_400.0  # of a day in China


def test_the_course_of_the_day_is_that_of_the_local_hours_once_each_was_seen() -> None:
    graph = road_graph(grid())
    links = np.arange(len(graph))
    hours = [traffic(graph, links[: 1 + (hour == 8)], MIDNIGHT_S, range(0), range(12 * hour, 12 * hour + 12))
             for hour in range(24)]  # fmt: skip
    found = profile(together(hours))
    assert found is not None
    assert found.argmax() == 8
    assert found[20] == pytest.approx(0.5)
    assert profile(together(hours[:23])) is None


def test_works_over_midnight_are_summed() -> None:
    found = ByHour(tuple(float(hour) for hour in range(24)), measured=False)
    assert found.of(22, 4) == 22 + 23 + 0 + 1
    assert USUAL.max() == 1.0
    assert len(USUAL) == 24
