"""Which wave is picked; SUMO's part is told by a stand-in, which test_rehearsing tries for itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.traffic.picking import pick
from data.traffic.rehearsing import Request
from tests.twin.signals.made import arterial_city
from twin.signals.corridor import corridors
from twin.signals.plan import Plan
from twin.signals.wave import wave_at, wish_for
from twin.traffic.graph import road_graph
from twin.traffic.rehearsal import FIXED, LEAVE, Met, Rehearsed, Run
from twin.traffic.streams import Streams


def test_simulation_picks_the_fewest_stops_that_cost_nobody_anything() -> None:
    city = arterial_city((0.0, 400.0, 800.0))
    wish = wish_for(corridors(city, 3)[0])
    found = [
        replace(wave_at(wish, cycle), one_stop=share) for cycle, share in ((84.0, 0.9), (92.0, 0.95), (100.0, 0.97))
    ]
    streams = Streams((np.array([0, 1]),), np.array([400.0]), "tracks")
    request = Request(city, road_graph(city), wish.corridor, found[0].plans, streams)
    met = {84.0: Met(39.0, 40.0, one_stop=0.8, vehicles=9), 92.0: Met(38.0, 41.0, one_stop=0.9, vehicles=9),
           100.0: Met(44.0, 30.0, one_stop=0.99, vehicles=9)}  # fmt: skip
    asked: list[tuple[tuple[Plan, ...], tuple[str, ...], int]] = []
    shares: list[float] = []

    def run(one: Request, report: object, _cancelled: object) -> Rehearsed:
        asked.append((one.plans, one.watch, one.verdict))
        assert callable(report)
        report(0.5, FIXED)
        runs = (Run(LEAVE, 1, False, Met(40.0, 50.0, vehicles=9)), Run(FIXED, 1, False, met[one.plans[0].cycle_s]))
        return Rehearsed("", runs, "tracks", 900.0)

    picked = pick(request, wish, found, lambda share, _mode: shares.append(share), run=run)
    assert picked is found[1]
    assert {plans for plans, _, _ in asked} == {one.plans for one in found}
    assert all((watch, verdict) == ((), 0) for _, watch, verdict in asked)
    assert shares == sorted(shares)
    assert shares[-1] < 1.0
