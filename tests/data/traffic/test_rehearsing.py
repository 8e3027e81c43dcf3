from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.traffic.rehearsing import Request, rehearse
from tests.twin.signals.made import arterial_city
from twin.errors import CancelledError
from twin.signals.corridor import corridors
from twin.signals.plan import whole
from twin.signals.stages import options, usual
from twin.traffic.graph import road_graph
from twin.traffic.rehearsal import FIXED, LEAVE, PRESSURE, Moment
from twin.traffic.streams import area, assumed


@pytest.fixture(scope="module")
def request_() -> Request:
    """Return two minutes on two signals."""
    city = arterial_city((0.0, 400.0))
    graph = road_graph(city)
    (corridor,) = corridors(city, 2)
    rows = list(zip(corridor.without_walkers().junctions, corridor.out, corridor.back, strict=True))
    flows = [usual(*row) for row in rows]
    plans = tuple(whole(next(iter(options(*row, flow, 70.0).values()))) for row, flow in zip(rows, flows, strict=True))
    streams = assumed(graph, area(graph, corridor), corridor, flows)
    return Request(city, graph, corridor, plans, streams, (LEAVE, FIXED, PRESSURE), (LEAVE, FIXED), 1, 1, 120.0)


def test_all_modes_meet_the_same_traffic_and_two_are_seen_side_by_side(request_: Request) -> None:
    shares: list[float] = []
    seen: list[Moment] = []
    found = rehearse(request_, lambda share, _mode: shares.append(share), seen=seen.append)
    assert [(run.mode, run.held_out) for run in found.runs] == [
        (LEAVE, True), (FIXED, True), (PRESSURE, True), (LEAVE, False), (FIXED, False), (PRESSURE, False)
    ]  # fmt: skip
    many = {run.seed: set[int]() for run in found.runs}
    for run in found.runs:
        many[run.seed].add(run.met.vehicles)
        assert 5.0 < run.met.all_s < 90.0
        assert 0.0 < run.met.walk_s < 60.0
    assert all(len(each) == 1 for each in many.values())
    assert shares == sorted(shares)
    both = [{moment.mode for moment in seen if moment.time_s == at} for at in (60.0, 120.0)]
    assert both == [{LEAVE, FIXED}] * 2
    middle = next(moment for moment in seen if moment.time_s == 120.0)
    assert len(middle.vehicle) > 3
    assert np.abs(middle.position_m[:, 1]).max() < 310.0
    assert found.faster > 1.0


def test_it_can_be_stopped_at_any_word(request_: Request) -> None:
    with pytest.raises(CancelledError):
        rehearse(replace(request_, watch=()), cancelled=lambda: True)
