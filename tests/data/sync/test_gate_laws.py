"""What must hold of the gate whatever comes: how messages are cut into batches and mixed does not matter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import SourceSettings
from data.sync.gate import Gate
from tests.twin.small import city
from twin.datums import Coordinates, gcj02_to_bd09, wgs84_to_gcj02
from twin.live.observation import OBSERVATION_DTYPE, Observation, ObservationArray, batch

NOW_S = 1_800_000_000.0
CITY = city()

observations = st.builds(
    Observation,
    id=st.sampled_from("abc"),
    kind=st.sampled_from(["car", "officer", "air_sensor"]),
    time_s=st.builds(
        lambda ahead, jitter: NOW_S + ahead + jitter,
        st.sampled_from([0.0, 0.0, 0.0, -900.0, 86_400.0]),
        st.integers(-200, 200).map(float),
    ),
    lon_deg=st.sampled_from([120.92, 120.921, 120.93, 121.42, 30.8]),
    lat_deg=st.sampled_from([30.83, 30.831, 30.85, 120.9]),
)
told_rows = st.lists(observations, max_size=40).map(lambda seen: batch("", seen).rows)


@dataclass(frozen=True)
class Verdict:
    reason: str
    time_s: float


def judge(gate: Gate, told: ObservationArray) -> list[Verdict]:
    """Return what the gate says of each row, in the order of the rows."""
    passed = gate.check(told, NOW_S)
    said = [Verdict("", 0.0)] * len(told)
    for place, time_s in zip(passed.index.tolist(), passed.rows["time_s"].tolist(), strict=True):
        said[place] = Verdict("", time_s)
    for place, reason in zip(passed.failed_index.tolist(), passed.reasons, strict=True):
        said[place] = Verdict(reason, 0.0)
    assert len(passed.index) + len(passed.failed_index) == len(told)
    return said


@settings(max_examples=150, derandomize=True, deadline=None)
@given(told_rows, st.lists(st.integers(0, 40), max_size=5))
def test_batches_cut_elsewhere_give_the_same_verdicts(told: ObservationArray, cuts: list[int]) -> None:
    gate = Gate(CITY)
    cut = [verdict for part in np.split(told, sorted(cuts)) for verdict in judge(gate, part)]
    assert cut == judge(Gate(CITY), told)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(told_rows, st.randoms(use_true_random=False))
def test_entities_mixed_otherwise_give_the_same_verdicts(told: ObservationArray, chance: object) -> None:
    order = np.arange(len(told))
    chance.shuffle(order)  # type: ignore[attr-defined]  # random.Random, which hypothesis does not name
    mixed = np.empty_like(order)
    for name in (b"a", b"b", b"c"):  # each entity's own order stays
        mixed[np.sort(np.flatnonzero(told["id"][order] == name))] = np.flatnonzero(told["id"] == name)
    said, plain = judge(Gate(CITY), told[mixed]), judge(Gate(CITY), told)
    assert said == [plain[i] for i in mixed.tolist()]


@settings(max_examples=100, derandomize=True, deadline=None)
@given(st.binary(max_size=10 * OBSERVATION_DTYPE.itemsize))
def test_any_bytes_at_all_are_judged(noise: bytes) -> None:
    told = np.frombuffer(
        noise[: len(noise) // OBSERVATION_DTYPE.itemsize * OBSERVATION_DTYPE.itemsize], OBSERVATION_DTYPE
    )
    for coordinates in ("wgs-84", "gcj-02", "bd-09"):
        passed = Gate(CITY).check(told, NOW_S, SourceSettings("s", "script", coordinates=coordinates))
        assert len(passed.rows) + len(passed.failed) == len(told)


@pytest.mark.parametrize("coordinates", ["gcj-02", "bd-09"])
def test_degrees_of_chinese_maps_are_put_where_they_belong(coordinates: Coordinates) -> None:
    plain = batch("", [Observation("a", "car", NOW_S, 120.92, 30.83)]).rows
    there = wgs84_to_gcj02(plain["lon_deg"], plain["lat_deg"])
    told = plain.copy()
    told["lon_deg"], told["lat_deg"] = there if coordinates == "gcj-02" else gcj02_to_bd09(*there)
    passed = Gate(CITY).check(told, NOW_S, SourceSettings("s", "script", coordinates=coordinates))
    as_is = Gate(CITY).check(plain, NOW_S)
    assert passed.position_m[0] == pytest.approx(as_is.position_m[0], abs=0.01)
    assert passed.rows["lon_deg"][0] == pytest.approx(120.92, abs=1e-9)
    shifted = Gate(CITY).check(told, NOW_S).position_m[0] - as_is.position_m[0]
    assert 100 < float(np.hypot(shifted[0], shifted[1])) < 2000


@pytest.mark.parametrize(("lon", "lat"), [(30.83, 120.92), (39.9, 116.4)])
def test_exchanged_axes_are_told_where_they_would_lie_in_the_twin(lon: float, lat: float) -> None:
    told = batch("", [Observation("a", "car", NOW_S, lon, lat)]).rows
    reason = "longitude and latitude exchanged" if lat > 120 else "position out of range"
    assert Gate(CITY).check(told, NOW_S).reasons == (reason,)


def test_exchanged_axes_are_told_also_where_both_can_be_a_latitude() -> None:
    from twin.city.city import City
    from twin.geo import LocalFrame

    west = City("西", "West", LocalFrame.around(80.0, 40.0), {})
    told = batch("", [Observation("a", "car", NOW_S, 40.0, 80.0)]).rows
    assert Gate(west).check(told, NOW_S).reasons == ("longitude and latitude exchanged",)
