"""Guidance, layout and origins from the command line, to the files that go out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.cli import main
from data.home import Home
from data.traffic.announcing import outbox_of
from data.traffic.planning import Planning, Question
from tests.small_county import home_with_county, small_county
from twin.errors import UsageError, ZhianError

TRIPS = ["--trips", "5000"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = home_with_county(tmp_path_factory.mktemp("planning") / "home")
    home.set_current("small")
    return home


@pytest.fixture(autouse=True)
def _at_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(home.data.parent))


@pytest.fixture(scope="module")
def busiest() -> str:
    """Return the road with the most traffic that others can stand in for."""
    plan = Planning(small_county())
    model, load, _ = plan.flows(Question(trips=5000.0))
    for row in np.argsort(-load.link * (model.link >= 0)).tolist():
        name = str(plan.names[model.graph.road[model.link[row]]])
        if name:
            return name
    raise AssertionError("no road has a name")


def printed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_all_together_spend_less_at_the_optimum(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "traffic", "assign", *TRIPS]) == 0
    assert main(["--json", "traffic", "assign", *TRIPS, "--optimum"]) == 0
    each, best = printed(capsys)
    assert best["vehicle_hours"] <= each["vehicle_hours"]  # type: ignore[operator]  # numbers
    assert main(["traffic", "assign", *TRIPS]) == 0
    assert "车小时" in capsys.readouterr().out


def test_advice_goes_to_screens_and_navigation_and_is_withdrawn(
    home: Home, busiest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["traffic", "guide", "--road", busiest, "--left", "0.3", *TRIPS]
    assert main(["--json", *ask]) == 0
    (told,) = printed(capsys)
    assert told["says"]
    won = [one["won"] for one in told["effect"]]  # type: ignore[attr-defined]  # a list
    assert won == sorted(won)
    assert won[0] == 0.0
    assert main([*ask, "--send"]) == 5, "a purpose is needed"
    assert not outbox_of(home, "small").exists()
    capsys.readouterr()
    assert main(["--purpose", "traffic", "--reference", "G60 事故", *ask, "--send"]) == 0
    assert "服从 60%" in capsys.readouterr().out
    folder = outbox_of(home, "small")
    shown = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "screens").glob("*.json"))]
    lit = [one for one in shown if one["lines"]]
    assert lit
    feed = json.loads((folder / "navigation.json").read_text("utf-8"))
    assert feed["advice"]
    (folder / "screens" / f"{lit[0]['screen']}.json").write_text("{", "utf-8")
    assert main(["traffic", "withdraw"]) == 0
    after = [json.loads(path.read_text("utf-8")) for path in sorted((folder / "screens").glob("*.json"))]
    assert all(one["lines"] == [] for one in after)
    assert json.loads((folder / "navigation.json").read_text("utf-8"))["advice"] == []


def test_departures_are_advised_by_quarters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "traffic", "guide", "--times", "--trips", "9000"]) == 0
    (told,) = printed(capsys)
    wished, goes = np.array(told["quarters"]).T
    assert wished.sum() == pytest.approx(goes.sum(), rel=1e-3)
    assert goes.max() <= wished.max()


def test_layout_and_works_are_costed(busiest: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "traffic", "measures", *TRIPS]) == 0
    ranked = printed(capsys)
    assert ranked
    assert all(one["reasons"] for one in ranked)
    assert main(["traffic", "measures", "--works", busiest, "--left", "0.5", *TRIPS]) == 0
    out = capsys.readouterr().out
    assert "占道施工" in out
    assert "维持现状" in out
    assert "施工 8 小时" in out
    assert "流量变化为假定" in out
    assert main(["traffic", "measures", "--trips", "10"]) == 0
    assert "维持现状最好" in capsys.readouterr().out


def test_origins_of_a_file_are_told_without_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    city = small_county()
    road = city.table("roads").iloc[int(np.argmax(city.table("roads").length))]
    line = road.geometry
    at = np.array([line.interpolate(d).coords[0][:2] for d in np.arange(0, line.length, 60.0)])
    lon, lat = city.frame.to_lonlat(*(at - np.asarray(city.frame.origin_m)).T)
    count = len(at)
    rows = {
        "vehicle": np.repeat(np.arange(6), count), "time": np.tile(1.79e9 + 6.0 * np.arange(count), 6),
        "lon": np.tile(lon, 6), "lat": np.tile(lat, 6),
    }  # fmt: skip
    path = tmp_path / "fixes.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    assert main(["--json", "traffic", "origins", str(path)]) == 0
    (told,) = printed(capsys)
    assert told["trips"] == 6
    assert all(one["vehicles"] >= 5 for one in told["between"])  # type: ignore[attr-defined]  # a list
    pd.DataFrame(rows)[: 4 * count].to_csv(path, index=False)
    assert main(["--json", "traffic", "origins", str(path)]) == 0
    (told,) = printed(capsys)
    assert told["between"] == []


def test_what_cannot_be_is_said_clearly(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["traffic", "guide", "--road", "无此路"]) == 2
    assert "没有名为“无此路”的道路" in capsys.readouterr().err
    assert main(["traffic", "assign", "--trips", "900000"]) == 1
    assert "道路承载不了这样的需求" in capsys.readouterr().err
    assert main(["traffic", "origins", str(Path("nowhere.csv"))]) == 4


def test_lorries_keep_off_the_roads_they_may_not_use(busiest: str) -> None:
    plan = Planning(small_county())
    free = plan.flows(Question(trips=5000.0, lorries=0.1))[2]
    model, _, kept_off = plan.flows(Question(trips=5000.0, lorries=0.1, lorry_free=(busiest,)))
    assert kept_off >= free * (1 - 1e-4)
    assert model.left_out == 0
    with pytest.raises(UsageError):
        plan.roads(("",))
    with pytest.raises(ZhianError, match="trips an hour"):
        plan.demand(model, 1e6)
