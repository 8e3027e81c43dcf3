"""Some minutes of the demo county, worked through to the last alert; ``make test-shifts`` lives two whole shifts."""

from __future__ import annotations

import contextlib
from pathlib import Path

from data.home import Home
from data.operations.opening import locate_in
from data.operations.results import lines
from data.simulate.shift import unended
from tests.data.operations.made import opened
from tests.shifts.counted import counted
from tests.shifts.day import START_S, live, town_of
from tests.small_county import small_county
from twin.operations.records import Alert, Incident, Unit
from twin.operations.results import FIGURES

DAY_S = 86_400.0


def test_every_alert_ends_in_a_recorded_outcome_and_the_results_equal_an_independent_count(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path, tmp_path)
    town = town_of(small_county(), home, units=8, seed=1)
    with contextlib.closing(opened(tmp_path, locate_in(town.city))) as store:
        live(store, town, hours=0.2, entities=200, seed=1)
        alerts = store.find(Alert)
        assert len(alerts) > 10
        assert unended(store) == []
        assert {one.state for one in store.find(Incident)} <= {"closed", "withdrawn", "merged"}
        assert {unit.state for unit in store.find(Unit)} == {"free"}
        assert any(alert.place for alert in alerts)
        assert any(incident.on_scene_s for incident in store.find(Incident))
        for figure in FIGURES:
            for by in figure.by:
                found = lines(store.engine, figure.id, by, START_S, START_S + DAY_S)
                assert repr(found) == repr(counted(store, figure.id, by, START_S, START_S + DAY_S)), (figure.id, by)
