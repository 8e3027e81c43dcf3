from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.sync.gate import Gate
from data.sync.quarantine import KEPT, Quarantine
from tests.twin.live.factory import ids, rows
from tests.twin.small import FRAME, city
from twin.city.city import City, Terrain
from twin.live.observation import Observation, batch

NOW_S = 1000.0


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", b"", "no id"),
        ("kind", 200, "kind unknown"),
        ("state", 99, "state unknown"),
        ("lon_deg", math.nan, "position not a number"),
        ("lat_deg", math.inf, "position not a number"),
        ("lon_deg", 190.0, "position out of range"),
        ("lat_deg", -91.0, "position out of range"),
        ("lat_deg", 51.3, "position far from this twin"),
        ("lat_deg", 90.0, "position far from this twin"),
        ("lat_deg", 31.8, "place not to be reached in this time"),
        ("height_m", math.nan, "height not a number"),
        ("time_s", math.nan, "time not a number"),
        ("time_s", NOW_S + 301, "time ahead of now"),
        ("speed_mps", 80.0, "speed not plausible"),
        ("speed_mps", -1.0, "speed not plausible"),
        ("speed_mps", math.inf, "speed not plausible"),
        ("heading_deg", 361.0, "heading out of range"),
    ],
)
def test_what_fails_is_kept_out_with_its_reason_and_its_neighbours_pass(field: str, value: Any, reason: str) -> None:
    told = rows(("a", 1.0), ("b", 1.0), ("c", 1.0))
    gate = Gate(city())
    gate.check(told, NOW_S)
    told[field][1] = value
    passed = gate.check(told, NOW_S)
    assert passed.reasons == (reason,)
    assert ids(passed.rows) == ["a", "c"]
    assert len(passed.failed) == 1


def test_the_unknown_is_allowed_where_it_may_be() -> None:
    told = rows(("a", NOW_S + 299))
    assert math.isnan(told["speed_mps"][0])
    assert Gate(city()).check(told, NOW_S).reasons == ()


def test_positions_stand_on_the_ground() -> None:
    x, y = FRAME.origin_m
    hill = Terrain(np.full((2, 2), 40.0, np.float32), x - 1000.0, y + 1000.0, 1000.0)
    lon, lat = FRAME.to_lonlat(120.0, -70.0)
    told = rows(("a", 1.0), kind="drone", lon_deg=float(lon), lat_deg=float(lat))
    told["height_m"] = 25.0
    passed = Gate(City("山", "Hill", FRAME, {}, hill)).check(told, NOW_S)
    assert passed.position_m[0] == pytest.approx([120.0, -70.0, 65.0], abs=0.01)


def test_an_empty_batch_passes() -> None:
    assert len(Gate(city()).check(rows()[:0], NOW_S).rows) == 0


def test_the_quarantine_counts_all_keeps_the_newest_and_writes_no_label(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "quarantine.jsonl")
    told = rows(*((f"e{number}", 1.0) for number in range(KEPT + 5)))
    told["label"] = "浙F·I0001".encode()
    quarantine.add("demo", told, ("no id",) * len(told), 5.0)
    assert len(quarantine) == KEPT + 5
    assert len(quarantine.newest) == KEPT
    text = (tmp_path / "quarantine.jsonl").read_text("utf-8")
    assert "浙F" not in text
    first = json.loads(text.splitlines()[0])
    assert (first["id"], first["reason"], first["speed_mps"]) == ("e5", "no id", None)


def test_a_full_quarantine_file_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.quarantine.FILE_BYTES", 10)
    quarantine = Quarantine(tmp_path / "quarantine.jsonl")
    for _ in range(2):
        quarantine.add("demo", rows(("a", 1.0)), ("no id",), 5.0)
    assert len((tmp_path / "quarantine.jsonl").read_text("utf-8").splitlines()) == 1
    assert (tmp_path / "quarantine.jsonl.1").exists()


def test_a_person_of_the_public_never_becomes_a_dot() -> None:
    told = batch("handsets", [Observation("p1", "pedestrian", 1.0, 120.92, 30.84)])
    passed = Gate(city()).check(told.rows, 2.0)
    assert len(passed.rows) == 0
    assert passed.reasons == ("kind unknown",)
