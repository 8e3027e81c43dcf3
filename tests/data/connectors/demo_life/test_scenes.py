"""The scenes of the demo day: who plays stands where the scene is about, drives no faster than told, then is gone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from data.connectors.demo_life.scenes import (
    NIGHT_BOAT,
    STOPPED_TAXI,
    TANKER,
    VISIT_H,
    VISIT_S,
    VISITORS,
    Scene,
    Staged,
    since,
    staged,
)
from tests.small_county import small_county
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.kinds import CODE

EAST_H, DAY_S = 8.0, 86_400.0
MIDNIGHT_S = 1_790_035_200.0 - 8 * 3600.0
"""Midnight in China."""


def at_hour(stage: Staged, hour: float) -> FloatArray:
    """Return the local places of those who have a scene at an hour, (N, 2) metres."""
    stage.tell(MIDNIGHT_S + hour * 3600.0)
    return np.column_stack(small_county().frame.to_local(stage.rows["lon_deg"], stage.rows["lat_deg"]))


@pytest.fixture(scope="module")
def stage() -> Staged:
    return staged(small_county(), EAST_H)


def test_a_tanker_halts_beside_a_school_or_a_hospital_then_drives_off(stage: Staged) -> None:
    sites = small_county().table("sites")
    areas = sites[sites["kind"].isin(("school", "hospital"))].geometry.to_numpy()
    origin = small_county().frame.origin_m
    halts = at_hour(stage, TANKER.hours[0] + 0.05)
    assert stage.rows["kind"].tolist() == [CODE["hazmat_truck"]]
    assert stage.rows["speed_mps"].tolist() == [0.0]
    assert shapely.distance(areas, shapely.Point(halts[0] + origin)).min() < 50.0
    later = at_hour(stage, TANKER.hours[0] + 0.1)
    assert stage.rows["speed_mps"].tolist() == [TANKER.speed_mps]
    assert np.hypot(*(later - halts)[0]) > 1.0


@pytest.mark.parametrize("scene", [TANKER, STOPPED_TAXI, NIGHT_BOAT])
def test_nobody_gets_farther_than_told(scene: Scene, stage: Staged) -> None:
    places = np.array([at_hour(stage, scene.hours[0] + after / 3600.0)[0] for after in range(1, 300, 5)])
    assert (np.hypot(*np.diff(places, axis=0).T) <= 5.0 * scene.speed_mps + 0.1).all()


def test_a_taxi_is_stopped_again_and_again(stage: Staged) -> None:
    speeds = []
    for after in range(5, 205, 10):
        at_hour(stage, STOPPED_TAXI.hours[0] + after / 3600.0)
        speeds.append(float(stage.rows["speed_mps"][0]))
    assert sum(before < 0.5 < now for before, now in pairwise(speeds)) >= 5


def test_visitors_come_one_after_the_other_and_leave(stage: Staged) -> None:
    counts = [len(at_hour(stage, VISIT_H[0] + after / 3600.0)) for after in (1, 60, 120, VISIT_S - 1, VISIT_S + 1)]
    assert counts == [*sorted(counts[:4]), 0]
    assert counts[3] == VISITORS
    assert len(np.unique(np.floor(at_hour(stage, VISIT_H[0] + 0.14) / 300.0), axis=0)) == 1


def test_a_place_without_sites_water_and_squares_has_no_scenes() -> None:
    bare = staged(City("bare", "bare", small_county().frame, {"roads": small_county().table("roads")}), EAST_H)
    assert not any(bare.tell(MIDNIGHT_S + hour * 3600.0) for hour in range(24))


def test_hours_are_local_and_go_over_midnight() -> None:
    assert since((23.0,), MIDNIGHT_S + 1800.0, EAST_H) == pytest.approx(5400.0)
    assert since((1.0, 8.0), MIDNIGHT_S + 8.5 * 3600.0, EAST_H) == pytest.approx(1800.0)
    assert since((8.0,), MIDNIGHT_S + 8 * 3600.0 - 60.0, EAST_H) == pytest.approx(DAY_S - 60.0)
