"""Which hits of a back-test are another version's too."""

from __future__ import annotations

from app.features.tried_marks import hits_by_version
from app.verbs.scenario import Tried
from tests.twin.operations.hits import hit
from tests.twin.rules.town import scenario, town
from twin.rules.back_test import BackTest

START_S = 1_790_000_000.0
HITS = tuple(hit(f"car-{number}", START_S + number) for number in range(4))


def tried(version: str, first: int, last: int) -> BackTest:
    return BackTest("try", version, START_S, START_S + 3600.0, 10, HITS[first:last])


def test_hits_are_of_this_version_alone_of_both_or_of_the_one_before_alone() -> None:
    loaded = scenario({"kind": "silent", "for_s": 60.0})
    now, before = tried("new", 1, 4), tried("old", 0, 2)
    assert hits_by_version(Tried(loaded, town(), now, before)) == (HITS[2:4], HITS[1:2], HITS[0:1])
    assert hits_by_version(Tried(loaded, town(), now, None)) == (HITS[1:4], (), ())
