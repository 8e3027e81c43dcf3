from __future__ import annotations

import math
from pathlib import Path

import pytest

from data.history.policy import EVERY_S, FILE, Keeping, Policy, policy_of
from data.home import Home
from twin.errors import BadInputError
from twin.live.kinds import CODE


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path, tmp_path, tmp_path)


def written(home: Home, text: str) -> Policy:
    (home.data / FILE).write_text(text, "utf-8")
    return policy_of(home)


def test_without_a_file_the_defaults_hold(home: Home) -> None:
    record = policy_of(home).record
    assert record.interval_s()[CODE["car"]] == EVERY_S["vehicles"]
    assert record.changing()[CODE["gate"]]
    assert not record.recordings


def test_a_kind_beats_its_layer(home: Home) -> None:
    record = written(home, "[record]\nevery_s = { vehicles = 30, bus = 2 }\non_change = ['drone']\n").record
    interval_s = record.interval_s()
    assert (interval_s[CODE["car"]], interval_s[CODE["bus"]], interval_s[CODE["drone"]]) == (30, 2, EVERY_S["drones"])
    assert record.changing()[CODE["drone"]]
    assert not record.changing()[CODE["gate"]]


def test_the_closest_name_says_how_long_is_kept() -> None:
    keep = Keeping(days={"people/internal": 30, "people": 90, "*/secret": 1, "*": 365})
    assert keep.days_of("people", "internal") == 30
    assert keep.days_of("people", "secret") == 90
    assert keep.days_of("vehicles", "secret") == 1
    assert keep.days_of("vehicles", "") == 365
    assert Keeping().days_of("vehicles", "") == math.inf


@pytest.mark.parametrize(
    "text",
    ["[record", "[record]\nevery = 3", "[record]\nevery_s = { ships = 3 }", "[keep]\nfirst_to_go = ['car']",
     "[keep]\nquota_gb = -1", "[keep]\nquota_gb = nan", "\xff"],
)  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(home: Home, text: str) -> None:
    (home.data / FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInputError, match="defaults"):
        policy_of(home)
