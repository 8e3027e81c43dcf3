"""A hit is the same hit whenever it is worked out, and tells how old its data and its lists are."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from twin.rules.hit import Hit, Limit, ListedEntry, Reading, Subject

ENTRY = ListedEntry("suspended", "浙F·I0042", "C1", "交警支队", "秩序科", 1000.0)
HIT = Hit(
    "unlicensed-driver", "a1b2", 2, 5000.0, 5000.4, 120.9, 30.8,
    (Subject("demo-car-00042", "car", "浙F·I0042", "plate"),),
    (Reading("speed_mps", 12.5, "m/s"),), (Limit("speed_mps", "<", 5.0, "m/s"),), "", (ENTRY,),
)  # fmt: skip


def test_the_same_hit_seen_later_by_another_version_keeps_its_id() -> None:
    assert replace(HIT, seen_s=9000.0, version="ffff", severity=1).id == HIT.id


@pytest.mark.parametrize(
    "other",
    [replace(HIT, at_s=5001.0), replace(HIT, scenario="wanted"), replace(HIT, area="老城"), replace(HIT, subjects=())],
)
def test_another_time_scenario_area_or_entity_is_another_hit(other: Hit) -> None:
    assert other.id != HIT.id


def test_it_tells_the_age_of_its_data_and_of_its_lists() -> None:
    assert HIT.age_s == pytest.approx(0.4)
    assert not HIT.overdue
    assert replace(HIT, entries=(ENTRY, replace(ENTRY, overdue=True))).overdue


def test_no_plate_is_in_the_id() -> None:
    assert replace(HIT, subjects=(replace(HIT.subjects[0], label="浙F·I0043"),)).id == HIT.id


def test_it_travels_as_json() -> None:
    back = msgspec.json.decode(msgspec.json.encode(HIT), type=dict[str, object])
    assert back["id"] == HIT.id
    assert back["subjects"] == [{"id": "demo-car-00042", "kind": "car", "label": "浙F·I0042", "link": "plate"}]
