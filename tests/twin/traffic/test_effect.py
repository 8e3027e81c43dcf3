from __future__ import annotations

import numpy as np
import pytest

from tests.data.traffic.made import stretch_of, traffic
from tests.small_county import small_county
from twin.traffic.effect import Effect, effect
from twin.traffic.graph import road_graph
from twin.traffic.slots import Slots

DAY_S = 86_400.0
TODAY_S = 1_790_035_200.0 // DAY_S * DAY_S


def compared(before: range, after: range, jam_before: range, jam_after: range) -> Effect | None:
    city = small_county()
    graph = road_graph(city)
    links = stretch_of(city, graph)
    sides = [
        traffic(graph, links, TODAY_S + day * DAY_S, jammed, slots)
        for day, jammed, slots in ((0, jam_before, before), (1, jam_after, after))
    ]
    mask = np.zeros(len(graph), np.bool_)
    mask[links] = True

    def kinds(side: Slots) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.zeros(len(side), np.int64)

    return effect(graph, sides[0], sides[1], mask, (kinds(sides[0]), kinds(sides[1])))


def test_a_jam_that_is_gone_is_told_with_an_interval_that_leaves_no_change_out() -> None:
    found = compared(range(90, 120), range(90, 120), range(96, 114), range(0))
    assert found is not None
    assert found.pairs == 30
    assert found.kmh.after > 2 * found.kmh.before
    assert found.kmh.sure
    assert found.kmh.low > 0
    assert found.delay_s.high < 0


def test_the_same_traffic_is_no_change_and_hours_of_one_side_alone_do_not_count() -> None:
    found = compared(range(90, 120), range(100, 150), range(90, 96), range(130, 140))
    assert found is not None
    assert found.pairs == 20
    assert found.kmh.before == pytest.approx(found.kmh.after)
    assert not found.kmh.sure
    assert compared(range(90, 120), range(117, 140), range(0), range(0)) is None
