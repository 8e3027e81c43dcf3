"""Alerts of scenarios in the history: marks on the day, the next of them, and what stood at an instant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.alerts import Alerts, PastWithAlerts
from data.home import Home
from data.operations.opening import open_operations
from tests.app.conftest import home_at
from tests.app.test_look_back import BEGIN_S, CALLS, MadeUpPast
from tests.twin.operations.hits import hit
from twin.access import Scope
from twin.city.city import City
from twin.reach import narrowed, reach_of

NOON_S = BEGIN_S + 12 * 3600.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = home_at(tmp_path)
    store = open_operations(made)
    store.take([hit(at_s=NOON_S), hit(subject="car-9", at_s=BEGIN_S + 80_100.0)])
    store.close()
    return made


def test_alerts_stand_on_the_day_beside_what_sources_told(home: Home, small_city: City) -> None:
    alerts = Alerts(home, lambda: True)
    past = PastWithAlerts(MadeUpPast(small_city), alerts)
    marks = past.happenings(BEGIN_S, BEGIN_S + 79_000.0)
    assert [mark.state for mark in marks] == ["alarm", "alert", "alarm"]
    assert (marks[1].key, marks[1].severity, marks[1].at_s) == ("demo-car-00042", 2, NOON_S)
    assert past.next_happening(CALLS[0].at_s, 1) == marks[1]
    assert past.next_happening(NOON_S, 1) == CALLS[1]
    assert past.next_happening(CALLS[1].at_s, -1) == marks[1]
    assert past.next_happening(CALLS[1].at_s, 1) is None, "the later alert began when nothing was recorded any more"
    assert [alert.subject for alert in past.world_at(NOON_S + 1.0).alerts] == ["demo-car-00042"]
    assert past.world_at(NOON_S - 1.0).alerts == ()
    alerts.close()


def test_who_may_not_see_alerts_sees_none(home: Home, small_city: City) -> None:
    alerts = Alerts(home, lambda: False)
    past = PastWithAlerts(MadeUpPast(small_city), alerts)
    assert list(past.happenings(BEGIN_S, BEGIN_S + 79_000.0)) == CALLS
    assert past.world_at(NOON_S + 1.0).alerts == ()
    assert past.next_happening(CALLS[0].at_s, 1) == CALLS[1]
    alerts.close()


def test_records_that_cannot_be_read_are_told_and_the_past_is_shown(home: Home, small_city: City) -> None:
    alerts = Alerts(home, lambda: True)
    (home.data / "records.toml").write_text("broken", "utf-8")
    assert alerts.at(NOON_S) == ()
    assert alerts.problem is not None
    alerts.close()


def test_a_streets_account_sees_the_alerts_of_its_street_alone(home: Home, small_city: City) -> None:
    alerts = Alerts(home, lambda: True)
    (one,) = alerts.at(NOON_S)
    borders = small_city.table("boundaries")
    streets = borders[borders["kind"] == "town"] if (borders["kind"] == "town").any() else borders
    own, other = (str(streets["name"].iloc[row]) for row in (0, -1))
    inside = streets.geometry.iloc[0].representative_point()
    origin = small_city.frame.origin_m
    lon, lat = small_city.frame.to_lonlat(inside.x - origin[0], inside.y - origin[1])
    world = MadeUpPast(small_city).world_at(NOON_S)
    there = replace(world, alerts=(replace(one, lon_deg=float(lon), lat_deg=float(lat)),))
    nowhere = replace(world, alerts=(replace(one, lon_deg=np.nan, lat_deg=np.nan),))
    reach = {name: reach_of(small_city, Scope(streets=frozenset({name}))) for name in (own, other)}
    assert len(narrowed(there, reach[own]).alerts) == 1
    assert narrowed(nowhere, reach[own]).alerts == ()
    assert own == other or narrowed(there, reach[other]).alerts == ()
    alerts.close()
