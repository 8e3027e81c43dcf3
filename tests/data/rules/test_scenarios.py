"""The 38 scenarios that come with the program: each from a raw observation to its hit, and silent without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pytest
import shapely

from data.connectors.demo_life.life import Life
from data.connectors.demo_life.occurrences import STRANGERS
from data.connectors.demo_life.scenes import Staged
from data.own_copy import shipped
from data.rules.demo import demo_fences, demo_lists
from data.rules.files import FOLDER, Folder
from tests.small_county import small_county
from tests.twin.rules.town import START, at
from tests.twin.small import FRAME, table
from twin.city.city import City
from twin.city.tables import SITE_KINDS
from twin.live.observation import Observation, ObservationArray, batch
from twin.rules.evaluate import Rules, Setting
from twin.rules.hit import Hit
from twin.rules.scenario import BOARDS, Loaded

HOUR = 3600.0
ON_ROAD = (0.0, 1002.0)
AWAY = (5000.0, 5000.0)
VIEWS = {"one-key", "one-map", "eagle-eye", "units", "cameras", "replay", "heat", "command"}


def folder() -> Folder:
    found = Folder((shipped(FOLDER),))
    found.read()
    return found


SCENARIOS = folder().scenarios
FIRING = {key: loaded for key, loaded in SCENARIOS.items() if loaded.scenario.when is not None}


def place_of(site: str) -> tuple[float, float]:
    """Return the middle of the one site of a kind in :func:`all_kinds`, in metres."""
    return 500.0 * SITE_KINDS.index(site), 0.0


def all_kinds() -> City:
    """Return a city with one site of each kind, 60 m wide and 500 m apart, and a main road 1 km north of them."""
    count = len(SITE_KINDS)
    middle = [place_of(kind) for kind in SITE_KINDS]
    sites = table(
        [shapely.box(x - 30, y - 30, x + 30, y + 30) for x, y in middle], id=list(SITE_KINDS), name=list(SITE_KINDS),
        name_en=list(SITE_KINDS), kind=list(SITE_KINDS), status=["open"] * count, capacity=[1] * count,
        building_id=[""] * count,
    )  # fmt: skip
    roads = table(
        [shapely.LineString([(-500, 1000), (6000, 1000)])], id=["r"], name=["人民大道"], name_en=[""],
        road_class=["primary"], lanes=[2], oneway=[False], speed_kmh=[60.0], width_m=[14.0], bridge=[False],
        from_node=[1], to_node=[2],
    )  # fmt: skip
    return City("all", "all", FRAME, {"sites": sites, "roads": roads})


CITY = all_kinds()
LISTS, FENCES = demo_lists(START), demo_fences(CITY, START)


def hits_of(key: str, *told: Sequence[Observation]) -> list[list[Hit]]:
    """Tell one scenario batches of rows; return what it found in each."""
    rules = Rules([SCENARIOS[key]], Setting(CITY, FENCES, LISTS))
    found = []
    for one in told:
        rows = batch("test", one).rows
        place_m = np.column_stack(FRAME.to_local(rows["lon_deg"], rows["lat_deg"]))
        found.append(rules.take(rows, place_m, float(rows["time_s"].max())))
    return found


def one(kind: str, where: str | tuple[float, float], after_s: float = 0.0, **told: Any) -> list[Observation]:
    """Return a batch of one row: at a site by its kind, or at a place in metres."""
    return [at("x", *(place_of(where) if isinstance(where, str) else where), after_s, kind, **told)]


def crowd(count: int, where: tuple[float, float], **told: Any) -> list[Observation]:
    return [at(f"c{n}", where[0] + n % 10, where[1] + n // 10, 0, "car", **told) for n in range(count)]


def called(kind: str, where: str, label: str, state: str = "alarm") -> tuple[list[Observation], list[Observation]]:
    """Return a device at rest, and the same one that calls."""
    return one(kind, where, 0, label=label, state="free"), one(kind, where, 60, label=label, state=state)


STOPS = [one("taxi", ON_ROAD, 15.0 * n, speed_mps=0.0 if n % 2 == 0 else 9.0) for n in range(11)]
NIGHT = 14.5 * HOUR
FIRES: dict[str, tuple[Sequence[Observation], ...]] = {
    # the last batch sets it off, those before it do not
    "drones": (one("drone", AWAY, 0, height_m=119.0), one("drone", AWAY, 5, height_m=121.0)),
    "devices": (one("air_sensor", AWAY), [at("y", 0, 0, 599, "car")], [at("y", 0, 0, 602, "car")]),
    "unlicensed-driver": (one("car", AWAY, label="浙F·I0002"), [at("z", *AWAY, 1, label="浙F·I0003")]),
    "dormitory": (one("card_reader", "dormitory", label="C-000007"),
                  one("card_reader", "station", 60, label=STRANGERS[0]),
                  one("card_reader", "dormitory", 120, label=STRANGERS[0])),
    "wanted": (one("card_reader", "station", label="C-000007"), one("card_reader", "station", 60, label=STRANGERS[1])),
    "community": called("alarm_button", "dormitory", "小区一键报警"),
    "hospital": called("alarm_button", "hospital", "医院一键报警"),
    "school": called("alarm_button", "school", "校园一键报警"),
    "building": called("camera_event", "dormitory", "电动车入梯"),
    "bus": (one("bus", ON_ROAD, state="moving"), one("bus", ON_ROAD, 5, state="alarm")),
    "key-places": (one("camera_event", "station", label="人数统计", value=250.0),
                   one("camera_event", "station", 60, label="人数统计", value=251.0)),
    "event": (crowd(60, place_of("station")), [at("late", *place_of("station"), 5, "taxi")]),
    "watched-vehicle": (one("car", AWAY, label="浙F·I0028"), [at("z", *AWAY, 1, label="浙F I0029")]),
    "fraud": called("service_desk", "market", "银行网点01"),
    "construction": (one("dump_truck", "construction", 0, speed_mps=3.0),
                     one("dump_truck", "construction", NIGHT, speed_mps=3.0)),
    "uncovered-truck": (one("dump_truck", ON_ROAD, 0, speed_mps=9.0, value=40.0),
                        one("dump_truck", ON_ROAD, 5, speed_mps=0.0, value=90.0),
                        one("dump_truck", ON_ROAD, 9, speed_mps=9.0, value=90.0)),
    "hazmat": tuple(one("hazmat_truck", (place_of("school")[0], 70.0), after) for after in (0, 60, 119, 121)),
    "street-order": called("camera_event", "market", "占道经营"),
    "parking": tuple(one("car", ON_ROAD, after, speed_mps=0.0) for after in (0, 300, 599, 601)),
    "congestion": (crowd(150, (10.0, 1010.0), speed_mps=1.0), [at("late", 20, 1020, 5, speed_mps=0.5)]),
    "green-wave": tuple(STOPS),
    "fire-lane": (*called("camera_event", "hospital", "占用消防通道"),
                  one("camera_event", "hospital", 181, label="占用消防通道", state="alarm")),
    "flood": (one("water_sensor", AWAY, value=3.4), one("water_sensor", AWAY, 60, value=3.6)),
    "dust-noise": tuple(one("noise_sensor", AWAY, after, value=76.0) for after in (0, 120, 299, 300)),
    "vessels": (one("boat", AWAY, 0, speed_mps=3.0), one("boat", AWAY, NIGHT, speed_mps=3.0),
                one("boat", AWAY, NIGHT + 31, speed_mps=3.0)),
    "joint-duty": called("alarm_button", "government", "联勤联动受理"),
    "inspection": (one("taxi", AWAY, label="浙F·I0042"), [at("z", *AWAY, 1, label="浙F·I0041")]),
    "one-window": (one("service_desk", "government", label="窗口01", value=10.0),
                   one("service_desk", "government", 60, label="窗口01", value=11.0)),
    "self-service": called("service_desk", "government", "自助机01", "fault"),
    "missing": called("alarm_button", "market", "走失定位器"),
}  # fmt: skip


def test_all_38_are_there_on_their_boards_and_none_is_refused() -> None:
    assert folder().refused == {}
    assert len(SCENARIOS) == 38
    counts = [sum(loaded.board == board for loaded in SCENARIOS.values()) for board in BOARDS]
    assert counts == [10, 12, 12, 4]
    assert SCENARIOS.keys() - FIRING.keys() == VIEWS
    assert FIRING.keys() == FIRES.keys()


@pytest.mark.parametrize("key", list(FIRES))
def test_from_a_raw_observation_to_its_hit(key: str) -> None:
    *before, last = hits_of(key, *FIRES[key])
    assert not list(chain.from_iterable(before))
    (hit,) = last
    loaded = SCENARIOS[key]
    assert (hit.scenario, hit.version, hit.severity) == (key, loaded.version, loaded.scenario.severity)
    assert hit.subjects
    assert hit.readings or hit.entries or hit.unless or hit.area
    assert hit.age_s >= 0


def test_a_plate_links_a_vehicle_and_a_card_is_what_was_held_to_a_reader() -> None:
    links = {key: hits_of(key, *FIRES[key])[-1][0].subjects[0].link for key in FIRES}
    assert {key for key, link in links.items() if link == "plate"} == {
        "unlicensed-driver", "watched-vehicle", "inspection",
    }  # fmt: skip
    assert {key for key, link in links.items() if link == "card"} == {"dormitory", "wanted"}


@pytest.mark.parametrize("loaded", SCENARIOS.values(), ids=list(SCENARIOS))
def test_each_says_why_for_whom_and_for_how_long(loaded: Loaded) -> None:
    told = loaded.scenario
    assert told.tell
    assert told.legal_basis != told.purpose
    assert (told.levels != {}) == (told.form != "view")
    if told.view is not None:
        assert told.view.layers


class Day:
    """A day of the demo life: ten minutes of all of it, then a look each third minute, and each ten seconds of a scene.

    What drives stands still between the looks; what calls, measures and has a scene follows the time.
    """

    def __init__(self) -> None:
        self.life = Life(small_county(), 300, 1, START)
        self.scenes = next(part for part in self.life.parts if isinstance(part, Staged))

    def told(self) -> Iterator[ObservationArray]:
        for _ in range(125):
            self.life.step(5.0)
            yield self.life.rows()
        while self.life.time_s < START + 24 * HOUR:
            self.life.time_s += 10.0 if self.scenes.tell(self.life.time_s) else 180.0
            yield self.life.rows()


def test_the_demo_life_sets_all_of_them_off_within_a_day() -> None:
    city, seen = small_county(), set[str]()
    rules = Rules(FIRING.values(), Setting(city, demo_fences(city, START), demo_lists(START)))
    for rows in Day().told():
        place_m = np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"]))
        seen |= {hit.scenario for hit in rules.take(rows, place_m, float(rows["time_s"].max()))}
    assert seen == FIRING.keys()
