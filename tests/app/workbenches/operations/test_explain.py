from __future__ import annotations

from dataclasses import replace

import pytest

from app.texts import Texts
from app.workbenches.operations.explain import explained, masked_label
from tests.app.workbenches.operations.made import PLATE, hit


def lines(language: str = "zh", unmask: bool = False) -> dict[str, str]:
    return {one.name: one.words for one in explained([hit()], Texts(language), unmask)}


def test_of_a_plate_it_says_linked_vehicle_and_never_who_drives() -> None:
    assert lines()["对象"] == "与 小客车 浙F·8***6 关联的车辆"
    assert lines("en")["Who"].startswith("a vehicle linked to Car")


def test_values_ages_and_what_would_have_kept_it_silent_are_told() -> None:
    said = lines("en")
    assert said["Stayed"] == "12 min"
    assert said["Speed"] == "36 km/h"
    assert said["Silent if"] == "Stayed < 10 min"
    assert "data 1.2 s old" in said["When"]
    assert said["Rule"] == "suspended-driver · version 9f3c2ab1"


def test_a_list_past_its_age_warns() -> None:
    warnings = [one.words for one in explained([hit()], Texts("zh"), False) if one.warns]
    assert warnings == ["名单为 1970-01-01 版，已过期"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_without_a_purpose_neither_plate_nor_note_is_told(language: str) -> None:
    said = " ".join(lines(language).values())
    assert PLATE not in said
    assert "暂扣" not in said
    assert PLATE in " ".join(lines(language, unmask=True).values())


def test_many_hits_are_counted_and_the_newest_told() -> None:
    said = {one.name: one.words for one in explained([hit(at_s=2000.0), hit()], Texts("en"), False)}
    assert said["When"].endswith("2 times")


def test_what_nobody_has_a_word_for_is_shown_as_it_is() -> None:
    odd = replace(hit(), readings=(replace(hit().readings[0], name="smell", value=3.25, unit="µg"),), unless=())
    assert {one.name: one.words for one in explained([odd], Texts("en"), False)}["smell"] == "3.25 µg"


def test_no_hit_explains_nothing() -> None:
    assert explained([], Texts("zh"), False) == ()


def test_people_lose_all_but_their_first_character_and_devices_nothing() -> None:
    assert masked_label("officer", "王小明", False) == "王**"
    assert masked_label("camera", "县一医院急诊", False) == "县一医院急诊"
