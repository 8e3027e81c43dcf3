from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import LineString, Point

from app import locator
from data.search.index import NameIndex, build_index
from tests.twin.small import FRAME, frame, table
from twin.city.city import City
from twin.city.search import names_of
from twin.fraud.case import Case
from twin.kept import Kept, Result
from twin.live.frame import TrackFrame
from twin.world import World


def town() -> City:
    lines = [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (200, 0)]), LineString([(100, 0), (100, 90)])]
    roads = table(
        lines, id=["a", "b", "c"], name=["人民大道", "人民大道", "西塘路"], name_en=["", "", ""],
        road_class=["primary"] * 3, from_node=[1, 2, 2], to_node=[2, 3, 4],
    )  # fmt: skip
    return City("镇", "Town", FRAME, {"roads": roads})


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameIndex]:
    path = Path(tmp_path_factory.mktemp("names")) / "names.sqlite"
    build_index(path, names_of(town()))
    index = NameIndex(path)
    yield index
    index.close()


def world(tracks: TrackFrame | None = None) -> World:
    return World(town(), frame(("car-1", "car", 0, 0, 0, 0)) if tracks is None else tracks, (), 0.0, live=True)


@pytest.mark.parametrize(
    "text",
    [
        "人民大道西塘路",
        "西塘路人民大道",
        "人民大道与西塘路",
        "西塘路和人民大道路口",
        "人民大道/西塘路",
        "renmindadaoxitanglu",
        "rmddxtl",
    ],
)
def test_a_crossing_is_found_by_its_roads(index: NameIndex, text: str) -> None:
    assert "crossings" in {found.table for found in locator.find(index, world(), text, unmask=False)}


def test_a_road_comes_before_its_crossings(index: NameIndex) -> None:
    assert locator.find(index, world(), "西塘路", unmask=False)[0].table == "roads"


@pytest.mark.parametrize("text", ["人民大道88号", "人民大道 88", "人民大道88号3幢201室"])
def test_an_address_is_answered_by_its_road(index: NameIndex, text: str) -> None:
    assert [(one.table, one.name) for one in locator.find(index, world(), text, False)] == [("roads", "人民大道")]


def test_a_crossing_is_a_bare_place(index: NameIndex) -> None:
    crossing = next(f for f in locator.find(index, world(), "人民大道与西塘路", False) if f.table == "crossings")
    pick = locator.pick_of(town(), crossing)
    assert pick.layer == "point"
    assert pick.position_m[:2] == pytest.approx((100.0, 0.0), abs=0.05)


def test_a_plate_is_found_by_who_stated_a_purpose_alone(index: NameIndex) -> None:
    assert locator.find(index, world(), "car-19z", unmask=False) == ()
    found = locator.find(index, world(), "car-19z", unmask=True)
    assert [one.id for one in found] == ["car-1"]


def test_an_entity_whose_id_begins_so_comes_first(index: NameIndex) -> None:
    tracks = frame(("x-bus", "bus", 0, 0, 0, 0), ("bus-7", "bus", 0, 0, 0, 0))
    assert [one.id for one in locator.find_entities(world(tracks), "BUS", unmask=False)] == ["bus-7", "x-bus"]


def test_what_drones_are_called_is_no_secret(index: NameIndex) -> None:
    tracks = frame(("d1", "drone", 0, 0, 0, 0))
    assert [one.id for one in locator.find_entities(world(tracks), "浙F·D19", unmask=False)] == ["d1"]


def test_cases_and_what_is_kept_are_found_by_number_and_name(index: NameIndex) -> None:
    case = Case("FZ20261122-0001", "冒充客服", Decimal(5), datetime.now(UTC))
    found = locator.find(index, world(), "fz2026", False, [case])
    assert [(one.table, one.id) for one in found] == [("case", "FZ20261122-0001")]
    for text in ("冒充", "maochong", "mckf", "客服"):
        assert "FZ20261122-0001" in {one.id for one in locator.find(index, world(), text, False, [case])}
    assert locator.find(index, world(), "冒", False, [case]) == ()
    result = Result("r1", "viewshed", "钟楼视域", Point(588_050, 3_412_000), 1.0, "m2", 0.0, 0.0, True, "")
    kept = replace(world(), kept=Kept(results=(result,)))
    assert [one.id for one in locator.find(index, kept, "钟楼", False)] == ["r1"]


@pytest.mark.parametrize("text", ["", " ", "与", "%_'\"", "a" * 5000, "\x00\ud800", "FZ", "。。。"])
def test_whatever_is_typed_is_answered(index: NameIndex, text: str) -> None:
    assert locator.find(index, world(), text, unmask=True) is not None


def test_small_letters_are_made_large_in_bulk() -> None:
    assert locator.fold_case(np.array([b"abC\xe8\xa5", b"z"])).tolist() == [b"ABC\xe8\xa5", b"Z"]
