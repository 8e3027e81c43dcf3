"""Traffic from the command line: a file of positions is matched, the jams of a day are told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from app.cli import main
from data.home import Home
from data.traffic.days import CHINA, Days
from data.traffic.store import TrafficStore
from tests.data.traffic.made import stretch_of, traffic
from tests.small_county import home_with_county, small_county
from twin.datums import wgs84_to_gcj02
from twin.traffic.graph import road_graph
from twin.traffic.jams import DAY_S

DAY = pd.Timestamp("2026-11-19T00:00:00", tz=CHINA).timestamp()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home with three mornings of one jam."""
    home = home_with_county(tmp_path_factory.mktemp("traffic") / "home")
    home.set_current("small")
    graph = road_graph(small_county())
    store, links = TrafficStore.of(home, "small", graph), stretch_of(small_county(), graph)
    for back in range(4):
        store.add(traffic(graph, links, DAY - back * DAY_S, range(96, 104), range(90, 110)))
    return home


@pytest.fixture(autouse=True)
def _at_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(home.data.parent))


def test_a_jam_of_the_newest_day_is_told_with_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "traffic", "jams"]) == 0
    (told,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told["lost_vehicle_hours"] > 1
    assert told["kmh"] == pytest.approx(5.0)
    assert (told["seen_days"], told["of_days"]) == (3, 3)
    assert set(told["causes"]) == {"demand", "plan", "spill_back", "incident", "works", "parking", "school"}
    assert main(["traffic", "jams", "--day", "2026-11-18T12:00:00+08:00"]) == 0
    assert "08:00–08:40" in capsys.readouterr().out


def test_a_day_without_records_has_no_jams(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "traffic", "jams", "--day", "2026-10-01T12:00:00+08:00"]) == 0
    assert capsys.readouterr().out == ""


def test_days_of_another_kind_do_not_make_a_jam_usual(home: Home) -> None:
    graph = road_graph(small_county())
    store = TrafficStore.of(home, "small", graph)
    sunday = DAY + 3 * DAY_S
    store.add(traffic(graph, stretch_of(small_county(), graph), sunday, range(96, 104), range(90, 110)))
    (told,) = Days(store, small_county()).day(sunday).jams
    assert (told.seen, told.days) == (0, 0)


def test_a_file_is_matched_and_its_hours_replaced(
    tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    city = small_county()
    graph = road_graph(city)
    links = stretch_of(city, graph)
    xy = [shapely.get_coordinates(graph.lines[graph.road[link]])[:: 1 if graph.forward[link] else -1] for link in links]
    way = shapely.LineString(np.concatenate(xy))
    along = np.arange(0.0, way.length, 40.0)
    local = shapely.get_coordinates(shapely.line_interpolate_point(way, along)) - np.asarray(graph.origin_m)
    lon, lat = wgs84_to_gcj02(*city.frame.to_lonlat(local[:, 0], local[:, 1]))
    path = tmp_path / "taxis.csv"
    times = pd.Timestamp("2026-11-10T08:00:00Z").timestamp() + 5.0 * np.arange(len(along))
    pd.DataFrame({"vehicle": "T1", "time": times, "lon": lon, "lat": lat}).to_csv(path, index=False)
    for _ in range(2):
        assert main(["--json", "traffic", "match", str(path)]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["trips"] == 1
    slots = TrafficStore.of(home, "small", graph).between(times[0] - 600, times[-1] + 600)
    assert slots.metres.sum() == pytest.approx(along[-1], rel=0.05)
    assert 3.6 * slots.metres.sum() / slots.seconds.sum() == pytest.approx(28.8, rel=0.05)
