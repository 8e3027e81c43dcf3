"""Units are proposed by how soon they are there, and by what speaks for and against each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from data.router.times import RoadTimes
from tests.small_county import small_county
from twin.geo import FloatArray
from twin.operations.plans import Plan, PlanStep
from twin.operations.proposal import Need, link_speeds, need_of, propose
from twin.operations.records import Dispatch, Step, Unit
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.speeds import RoadSpeeds
from twin.traffic.travel import REACHED, UNREACHABLE, Reach, Route, Travel

NOW_S = 1_790_000_000.0
GOAL = np.zeros(2)
ANYBODY = Need()
CAR = Unit("c", 1, "free", "一组", "police_car", "police", ("patrol",))


@dataclass(frozen=True)
class Straight:
    """A router for which all is straight; north of 50 km there are no roads."""

    mps: float

    @property
    def graph(self) -> RoadGraph:
        raise NotImplementedError

    def with_speeds(self, kmh: FloatArray) -> Straight:
        raise NotImplementedError

    def to_one(self, starts_m: FloatArray, goal_m: FloatArray, limit_s: float = np.inf) -> Travel:
        away = np.hypot(*(starts_m - goal_m).T)
        seconds = np.where(starts_m[:, 1] > 50_000.0, np.inf, away / self.mps)
        return Travel(seconds, np.where(np.isfinite(seconds), REACHED, UNREACHABLE).astype(np.int8))

    def from_one(self, start_m: FloatArray, goals_m: FloatArray, limit_s: float = np.inf) -> Travel:
        return self.to_one(goals_m, start_m)

    def route(self, start_m: FloatArray, goal_m: FloatArray) -> Route:
        raise NotImplementedError

    def reach(self, place_m: FloatArray, limit_s: float, inward: bool = False) -> Reach:
        raise NotImplementedError


def order(*units: tuple[Unit, float], need: Need = ANYBODY) -> list[str]:
    places = np.array([[away, 0.0] for _, away in units])
    found = propose([unit for unit, _ in units], places, GOAL, Straight(10.0), Straight(1.5), NOW_S, need)
    return [one.unit.id for one in found]


def test_the_soonest_is_first_whether_it_drives_walks_or_flies() -> None:
    walker, drone = replace(CAR, id="w", kind="officer"), replace(CAR, id="d", kind="drone")
    assert order((CAR, 2000.0), (walker, 600.0), (drone, 2700.0)) == ["d", "c", "w"]
    assert order((CAR, 90.0), (walker, 90.0)) == ["c", "w"]


@pytest.mark.parametrize(
    ("other", "need"),
    [
        (replace(CAR, id="other", load=3), ANYBODY),
        (replace(CAR, id="other", until_s=NOW_S + 600.0), ANYBODY),
        (replace(CAR, id="other", skills=()), Need(("patrol",))),
        (replace(CAR, id="other"), Need(tried=frozenset({"other"}))),
    ],
)
def test_a_little_nearer_is_not_enough_where_something_speaks_against_it(other: Unit, need: Need) -> None:
    assert order((other, 900.0), (CAR, 1000.0), need=need) == ["c", "other"]
    assert order((other, 900.0), (replace(CAR, state="off_duty"), 1000.0), need=need) == ["other"]


def test_what_is_not_free_has_no_place_or_no_road_is_not_proposed() -> None:
    busy = [(replace(CAR, id=state, state=state), 100.0) for state in ("assigned", "off_duty", "out_of_order")]
    assert order(*busy) == []
    assert order((CAR, np.nan)) == []
    assert propose([], np.zeros((0, 2)), GOAL, Straight(10.0), Straight(1.5), NOW_S) == ()
    assert propose([CAR], np.zeros((1, 2)), np.array([np.nan, 0.0]), Straight(10.0), Straight(1.5), NOW_S) == ()
    assert propose([CAR], np.array([[0.0, 60_000.0]]), GOAL, Straight(10.0), Straight(1.5), NOW_S) == ()


def test_each_says_what_speaks_for_and_against_it() -> None:
    units = [replace(CAR, load=4, until_s=NOW_S + 60.0), replace(CAR, id="t", skills=())]
    found = propose(units, np.array([[100.0, 0.0], [200.0, 0.0]]), GOAL, Straight(10.0), Straight(1.5), NOW_S,
                    Need(("patrol",), frozenset({"t"})))  # fmt: skip
    assert {one.unit.id: one.reasons for one in found} == {
        "c": ("nearest", "skilled", "busy_shift", "shift_ends"), "t": ("rested", "lacks_skill", "tried"),
    }  # fmt: skip


def test_an_incident_asks_for_the_skill_of_its_next_step_and_not_for_those_who_did_not_answer() -> None:
    skills = ("medic", "patrol")
    plan = Plan("p", "", "", tuple(PlanStep(name, "", "", "dispatcher", 60.0, "send", name) for name in skills))
    steps = [
        Step(name, 1, "waiting", "I", "p", name, place, "dispatcher", "send", 0.0) for place, name in enumerate(skills)
    ]
    gone = Dispatch("D", 1, "silent", "I", "c", "ann", 0.0, 0.0)
    assert need_of(steps[::-1], [gone], plan) == Need(("medic",), frozenset({"c"}))
    assert need_of([replace(steps[0], state="done"), steps[1]], [], plan) == Need(("patrol",))
    assert need_of(steps, [], None) == Need()


def test_a_jam_makes_another_unit_the_soonest_on_real_roads() -> None:
    graph = road_graph(small_county(), "drive")
    drive, nodes = RoadTimes(graph), graph.node_m - np.asarray(graph.origin_m)
    goal = nodes[len(nodes) // 2]
    seconds = drive.to_one(nodes, goal).seconds
    near = int(np.argsort(seconds)[5])
    far = int(np.flatnonzero(np.isfinite(seconds) & (seconds > 2.0 * seconds[near]))[0])
    units, places = [replace(CAR, id="near"), replace(CAR, id="far")], nodes[[near, far]]
    assert [one.unit.id for one in propose(units, places, goal, drive, drive, NOW_S)] == ["near", "far"]
    roads, way = len(graph.links_of), graph.road[drive.route(nodes[near], goal).links]
    jam = RoadSpeeds(np.full(roads, np.nan, np.float32), np.zeros(roads, np.int32), np.zeros(roads, np.int8))
    jam.mean_kmh[way], jam.vehicles[way] = 0.1, 5
    jammed = drive.with_speeds(link_speeds(drive, jam))
    assert jammed.to_one(places, goal).seconds[0] > 2.0 * seconds[near]
    jam.vehicles[way] = 1
    assert drive.with_speeds(link_speeds(drive, jam)).to_one(places, goal).seconds[0] == pytest.approx(seconds[near])
