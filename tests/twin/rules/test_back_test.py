"""A back-test finds what the live rules find over the same rows, whatever is left out and however it is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tests.twin.rules.town import START, Run, at, placed, scenario, town
from twin.cql2.rows import chosen
from twin.cql2.tree import Node
from twin.live.kinds import CODE
from twin.live.observation import Observation, ObservationArray, batch
from twin.rules.back_test import BackTest, back_test
from twin.rules.evaluate import Setting

SETTING = Setting(town())


class Kept:
    """Rows in memory as a past; ``asked`` counts how many were given."""

    def __init__(self, rows: ObservationArray) -> None:
        self.told, self.asked = rows, 0

    def rows(self, where: Node | None, kinds: Sequence[str], begin_s: float, end_s: float) -> ObservationArray:
        told = self.told
        mask = np.isin(told["kind"], [CODE[kind] for kind in kinds])
        mask &= (told["time_s"] >= begin_s) & (told["time_s"] <= end_s)
        if where is not None:
            mask[mask] = chosen(where, told[mask])
        found = told[mask]
        self.asked += len(found)
        return np.asarray(found[np.argsort(found["time_s"], kind="stable")])


def wandering(hours: float = 1.5) -> ObservationArray:
    """Return cars and buses that wander about the town and measure noise, a row each 20 s."""
    chance = np.random.default_rng(4)
    told: list[Observation] = []
    for number in range(12):
        kind = ("car", "bus", "noise_sensor")[number % 3]
        place = chance.uniform(0, 100, 2)
        for step in range(int(hours * 180)):
            place = np.clip(place + chance.normal(0, 12, 2), -200, 300)
            more: dict[str, Any] = {"value": float(chance.uniform(50, 90)), "speed_mps": float(chance.uniform(0, 20))}
            told.append(
                at(f"{kind}{number}", place[0], place[1], step * 20.0 + number / 10, kind, label=f"L{number}", **more)
            )
    told.sort(key=lambda row: row.time_s)
    return batch("past", told).rows


ROWS = wandering()
SCHOOL = {"sites": ["school"]}


def told_live(run: Run) -> list[str]:
    """Tell rules the rows second by second; return the ids of their hits."""
    step = np.floor(ROWS["time_s"]).astype(np.int64)
    parts = [ROWS[step == second] for second in np.unique(step)]
    return [hit.id for part in parts for hit in run.rules.take(part, placed(part), float(part["time_s"].max()))]


@pytest.mark.parametrize(
    ("when", "watch"),
    [
        ({"kind": "holds", "holds": "value > 80", "until": "value < 60"}, {"kinds": ["noise_sensor"]}),
        ({"kind": "holds", "holds": "speed_mps > 5", "for_s": 60}, {"kinds": ["car"], "where": "label <> 'L3'"}),
        ({"kind": "stays", "area": SCHOOL, "for_s": 100}, {}), ({"kind": "enters", "area": SCHOOL}, {"kinds": ["car"]}),
        ({"kind": "near", "to": {"kinds": ["bus"]}, "within_m": 30}, {"kinds": ["car"], "where": "speed_mps > 3"}),
        ({"kind": "crowd", "most": 4, "area": SCHOOL}, {"layers": ["vehicles"]}),
    ],
)  # fmt: skip
def test_it_finds_what_the_live_rules_find(when: dict[str, Any], watch: dict[str, Any]) -> None:
    loaded = scenario(when, watch)
    live = told_live(Run(loaded))
    tested = back_test(loaded, SETTING, Kept(ROWS), START, START + 7200)
    assert live
    assert [hit.id for hit in tested.hits] == live


def test_what_the_watch_leaves_out_is_not_asked_for() -> None:
    past, loaded = Kept(ROWS), scenario({"kind": "holds", "holds": "value > 80"}, {"kinds": ["bus"]})
    tested = back_test(loaded, SETTING, past, START, START + 600)
    assert (
        tested.rows == past.asked == np.count_nonzero((ROWS["kind"] == CODE["bus"]) & (ROWS["time_s"] <= START + 600))
    )


def test_it_is_beside_the_version_before_with_hours_and_examples() -> None:
    past = Kept(ROWS)
    before, after = (
        back_test(
            scenario({"kind": "holds", "holds": f"value > {limit}"}, {"kinds": ["noise_sensor"]}),
            SETTING,
            past,
            START,
            START + 5400,
        )
        for limit in (85, 80)
    )
    assert len(after.hits) > len(before.hits) > 10
    assert {hit.id for hit in after.fresh(before)} == {hit.id for hit in after.hits} - {hit.id for hit in before.hits}
    assert sum(count for _, count in after.by_hour()) == len(after.hits)
    assert [hour for hour, _ in after.by_hour()] == [START, START + 3600]
    assert len(after.examples(5)) == 5
    assert after.examples(5)[0] == after.hits[0]


def test_a_silent_device_is_found_at_the_end_of_the_time() -> None:
    rows = batch("past", [at("s", 0, 0, 0, "air_sensor")]).rows
    loaded = scenario({"kind": "silent", "for_s": 300}, {"kinds": ["air_sensor"]})
    assert len(back_test(loaded, SETTING, Kept(rows), START, START + 400).hits) == 1
    assert back_test(loaded, SETTING, Kept(rows), START, START + 200).hits == ()


def test_no_past_has_no_hits() -> None:
    tested = back_test(scenario({"kind": "silent", "for_s": 9}), SETTING, Kept(ROWS[:0]), START, START + 60)
    assert (tested.rows, tested.hits, tested.examples()) == (0, (), ())
    assert isinstance(tested, BackTest)
