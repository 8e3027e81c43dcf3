from __future__ import annotations

import numpy as np
import pytest

from tests.twin.signals.made import crossing, plan
from twin.signals.changeover import Changeover, least_greens

OLD = plan(30.0, 10.0, 15.0, offset_s=12.0)
AT_S = 1_795_000_000.0


@pytest.mark.parametrize("offset_s", [0.0, 3.0, 12.0, 30.0, 55.0, 69.0])
def test_a_change_of_plan_keeps_minima_and_intergreens_and_ends_in_step(offset_s: float) -> None:
    junction, new = crossing(), plan(34.0, 8.0, 13.0, offset_s=offset_s)
    over = Changeover.of(Changeover.steady(OLD), new, AT_S, least_greens(junction, new))
    times = AT_S + np.arange(0.0, over.ends_s - AT_S + 2 * new.cycle_s, 1.0)
    lights = [over.lights_at(float(at)) for at in times]
    assert over.begin_s >= AT_S
    assert over.stage_at(over.ends_s + 200.0)[1:] == new.stage_at(over.ends_s + 200.0)
    for movement in junction.movements:
        green = np.array([movement.name in each.green for each in lights])
        edges = np.flatnonzero(np.diff(green.astype(int)))
        begins, ends = edges[np.diff(green.astype(int))[edges] == 1], edges[np.diff(green.astype(int))[edges] == -1]
        longs = [int(ends[ends > begin][0] - begin) for begin in begins if (ends > begin).any()]
        assert min(longs) >= movement.min_green_s - 1
    for conflict in junction.conflicts:
        one, other = (np.array([name in each.green for each in lights]) for name in (conflict.one, conflict.other))
        if conflict.filters:
            continue
        for late in range(5):
            assert not (one[: len(one) - late] & other[late:]).any()
            assert not (other[: len(one) - late] & one[late:]).any()


def test_a_second_change_waits_for_the_first() -> None:
    junction, new, newer = crossing(), plan(34.0, 8.0, 13.0, offset_s=40.0), plan(30.0, 10.0, 15.0, offset_s=3.0)
    first = Changeover.of(Changeover.steady(OLD), new, AT_S, least_greens(junction, new))
    second = Changeover.of(first, newer, AT_S + 5.0, least_greens(junction, newer))
    assert second.begin_s >= first.ends_s > AT_S + 5.0
    assert [second.stage_at(AT_S + at) for at in range(0, 60, 7)] == [
        first.stage_at(AT_S + at) for at in range(0, 60, 7)
    ]
    assert Changeover.of(first, newer, first.ends_s + 1.0, least_greens(junction, newer)).old == new
