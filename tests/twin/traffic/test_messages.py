"""What screens say: never cut, never about a road that is not better; and which measures of layout are worth it."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from data.traffic.equilibrium import equilibrium
from data.traffic.feeds import DATEX, datex, json_feed
from tests.small_county import small_county
from twin.city.city import City
from twin.traffic.assignment import Demand, Drivers, Volumes, volumes
from twin.traffic.guidance import Guidance, Situation, guide
from twin.traffic.measures import (
    Measure,
    applied,
    costed,
    proposals,
    quietest,
    shut_by,
    works_by_hour,
)
from twin.traffic.messages import Message, Screen, messages, screens_for, width, worded
from twin.traffic.model import LEFT, STRAIGHT, RoadModel, assumed_demand, road_model


@pytest.fixture(scope="module")
def city() -> City:
    return small_county()


@pytest.fixture(scope="module")
def model(city: City) -> RoadModel:
    return road_model(city)


@pytest.fixture(scope="module")
def demand(model: RoadModel) -> Demand:
    return assumed_demand(model, 5000.0)


@pytest.fixture(scope="module")
def load(model: RoadModel, demand: Demand) -> Volumes:
    return volumes(model.network, equilibrium(model.network, [Drivers(demand)], gap=1e-5).routes[0])


@pytest.fixture(scope="module")
def closed(model: RoadModel, load: Volumes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    rows = np.zeros(len(load.link), np.bool_)
    rows[np.argsort(-load.link * (model.link >= 0))[:2]] = True
    return rows


@pytest.fixture(scope="module")
def advice(model: RoadModel, demand: Demand, closed: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Guidance:
    return guide(equilibrium, Situation(model.network, (Drivers(demand),), model.network, closed), 1e-5)


@pytest.fixture(scope="module")
def told(
    city: City, model: RoadModel, advice: Guidance, load: Volumes, closed: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> list[Message]:
    names = city.table("roads")["name"].to_numpy(object)
    return messages(model, advice, screens_for(model, advice, names), names, load, closed)


@pytest.mark.parametrize("columns", range(1, 14))
def test_a_text_fits_its_screen_or_is_not_shown(columns: int) -> None:
    screen = Screen("V1", "", 0, columns, 3)
    lines = worded(screen, "人民大道", "春文街", 7)
    assert len(lines) <= 3
    assert all(width(line) <= columns for line in lines)
    assert all("人民大道" in line for line in lines if "人民" in line), "names are whole"
    assert bool(lines) == (columns >= 5)


def test_the_fullest_wording_that_fits_is_taken() -> None:
    assert worded(Screen("V1", "", 0, 8, 3), "人民大道", "春文街", 7) == ("人民大道拥堵", "请改走春文街", "约快7分钟")
    assert worded(Screen("V1", "", 0, 8, 2), "人民大道", "春文街", 7) == ("人民大道拥堵", "请改走春文街")
    assert worded(Screen("V1", "", 0, 5, 2), "人民大道", "春文街", 7) == ("人民大道堵", "请走春文街")
    assert worded(Screen("V1", "", 0, 8, 3), "人民大道", "", 0, closed=True) == ("前方封闭绕行",)
    assert width("G60 路") == 3.0


def test_screens_before_a_closed_road_name_it_and_a_way_round(
    told: list[Message], model: RoadModel, city: City, closed: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> None:
    assert told
    names = city.table("roads")["name"].to_numpy(object)
    shut = {str(name) for name in names[model.graph.road[model.link[closed]]]}
    for message in told:
        assert message.trouble in shut
        assert message.via not in shut
        assert "封闭" in message.lines[0]
        assert not np.isin(message.links, model.link[closed]).any()
        assert message.links[0] == message.screen.link
        ends = model.graph.head[message.links[:-1]], model.graph.tail[message.links[1:]]
        assert (ends[0] == ends[1]).all(), "the way is in one piece"


def test_both_feeds_tell_the_same(told: list[Message], model: RoadModel, city: City) -> None:
    feed = json.loads(json_feed(city, model.graph, told, 1_790_000_000.0))
    assert [item["take"] for item in feed["advice"]] == [message.via for message in told]
    assert feed["made"] == "2026-09-21T14:13:20Z"
    assert feed["until"] > feed["made"]
    lon, lat = feed["advice"][0]["route"][0]
    west, south, east, north = 120.0, 30.0, 122.0, 32.0
    assert west < lon < east
    assert south < lat < north
    root = ET.fromstring(datex(city, model.graph, told, 1_790_000_000.0))  # noqa: S314 - made just now
    situations = root.findall(f".//{{{DATEX}}}situation")
    assert [one.get("id") for one in situations] == [item["id"] for item in feed["advice"]]
    assert json.loads(json_feed(city, model.graph, [], 0.0))["advice"] == []


def test_measures_are_proposed_with_reasons_and_costed(
    city: City, model: RoadModel, demand: Demand, load: Volumes
) -> None:
    found = proposals(model, load, city)
    assert found
    assert all(measure.reasons for measure in found)
    ranked = costed(equilibrium, model, demand, found, load, 1e-6)
    assert [one.won_h for one in ranked] == sorted((one.won_h for one in ranked), reverse=True)
    assert any(one.worth_it for one in ranked)
    assert not proposals(model, Volumes(load.link * 0.1, load.turn * 0.1), city)


def test_a_measure_that_wins_nothing_is_better_left(model: RoadModel, demand: Demand, load: Volumes) -> None:
    empty = model.link[[int(np.argmin(load.link + 1e9 * (model.link < 0)))]]
    (left,) = costed(equilibrium, model, demand, [Measure("pocket", empty, turn=LEFT)], load, 1e-6)
    assert not left.worth_it


def test_each_kind_changes_what_it_says(model: RoadModel, load: Volumes) -> None:
    network, turns = model.network, model.network.turns
    row = int(np.flatnonzero((model.kind == LEFT) & (model.lanes[turns.before] >= 2))[0])
    link = model.link[[turns.before[row]]]
    more = applied(model, Measure("pocket", link, turn=LEFT)).turns.delay.capacity
    assert more[row] > turns.delay.capacity[row]
    moved = applied(model, Measure("lane_use", link, turn=STRAIGHT, other=LEFT)).turns.delay.capacity
    assert moved[row] < turns.delay.capacity[row]
    busy = int(np.argmax(model.buses))
    assert applied(model, Measure("bus_bay", model.link[[busy]])).delay.capacity[busy] > network.delay.capacity[busy]
    shops = int(np.argmax(model.parked))
    freed = applied(model, Measure("parking_ban", model.link[[shops]])).delay.capacity
    assert freed[shops] > network.delay.capacity[shops]
    assert (np.delete(freed, shops) == np.delete(network.delay.capacity, shops)).all()
    pair = Measure("one_way", link, shut=model.graph.links_of[model.graph.road[link]].ravel()[1:])
    shut = shut_by(model, pair)
    assert shut is not None
    assert shut.sum() == 1


def test_a_one_way_street_that_cuts_someone_off_cannot_be(model: RoadModel, demand: Demand, load: Volumes) -> None:
    every = Measure("one_way", np.zeros(0, np.int64), shut=model.link[model.link >= 0])
    (told,) = costed(equilibrium, model, demand, [every], load)
    assert np.isnan(told.won_h)
    assert not told.worth_it


def test_works_cost_least_at_night(model: RoadModel, demand: Demand, load: Volumes) -> None:
    profile = np.array([0.05] * 5 + [0.2, 0.6, 1.0, 0.9] + [0.5] * 7 + [0.8, 1.0, 0.8, 0.5, 0.4, 0.3, 0.2, 0.1])
    works = Measure("works", model.link[[int(np.argmax(load.link * (model.link >= 0)))]], left=0.4)
    cost = works_by_hour(equilibrium, model, demand, works, profile)
    assert cost[7] > cost[12] >= cost[2] >= 0
    assert quietest(cost, 6) in {22, 23, 0}
