"""A rehearsal from the command line; SUMO's part is told by a stand-in, which tests/data/traffic tries for itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import rehearsals
from app.cli import main
from data.home import Home
from data.store.twin_folder import save_city
from data.traffic.rehearsing import Request
from tests.twin.signals.made import arterial_city
from twin.signals.wave import wave_at
from twin.traffic.rehearsal import ACTUATED, FIXED, LEAVE, Met, Rehearsed, Run

ROAD = "中山路"
ASKED: list[Request] = []


def stand_in(request: Request, _report: object) -> Rehearsed:
    ASKED.append(request)
    delay = {LEAVE: 40.0, FIXED: 38.0, ACTUATED: 30.0}
    runs = [Run(mode, seed, seed > 1, Met(delay.get(mode, 39.0) + seed, 50.0, 30.0, 20.0, 1.0, 0.8, 100))
            for mode in request.modes for seed in range(4)]  # fmt: skip
    return Rehearsed(request.corridor.name, tuple(runs), request.streams.origin, 600.0, 60.0)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "data", tmp_path / "cache", tmp_path / "state", tmp_path / "runtime")
    for folder in (home.data, home.cache, home.state, home.runtime):
        folder.mkdir(parents=True)
    save_city(arterial_city(tuple(400.0 * row for row in range(6))), home.twin("road"))
    home.set_current("road")
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setattr(rehearsals, "rehearse", stand_in)
    monkeypatch.setattr(rehearsals, "pick", lambda _request, _wish, found, *_: found[0])
    monkeypatch.setattr(rehearsals, "waves", lambda wish: (wave_at(wish, 84.0),))  # one cycle, not the whole scan
    ASKED.clear()


def test_modes_are_told_with_their_intervals_and_one_is_advised(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["signals", "rehearse", ROAD, "--modes", FIXED, ACTUATED, "--choosing", "2", "--verdict", "2"]
    assert main(["--json", *asked]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["best"], told["demand"]) == (ACTUATED, "assumed")
    assert list(told["modes"]) == [LEAVE, FIXED, ACTUATED]
    assert told["modes"][ACTUATED]["all_s"]["mean"] == 32.5
    assert told["change"][ACTUATED]["mean"] < -0.2
    (request,) = ASKED
    assert len(request.plans) == 6
    assert request.streams.vph.sum() > 1000
    assert any(m.turn == "walk" for m in request.corridor.junctions[0].movements)
    assert main(asked) == 0
    assert "32.5 ± 6.4" in capsys.readouterr().out


def test_counts_bend_the_traffic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = tmp_path / "counts.csv"
    counts.write_text("link,vph\na0,900\n", "utf-8")
    assert main(["signals", "rehearse", ROAD, "--counts", str(counts)]) == 0
    streams = ASKED[0].streams
    graph = ASKED[0].graph
    rows = {name: row for row, name in enumerate(graph.names(graph.usable))}
    on = sum(vph for way, vph in zip(streams.ways, streams.vph, strict=True) if rows["a0"] in way.tolist())
    assert on == pytest.approx(900.0, rel=0.1)
    counts.write_text("link,vph\nnowhere,900\n", "utf-8")
    assert main(["signals", "rehearse", ROAD, "--counts", str(counts)]) != 0
    assert "nowhere" in capsys.readouterr().err


def test_what_makes_no_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in (["--share", "0"], ["--verdict", "1"], ["--minutes", "-3"]):
        assert main(["signals", "rehearse", ROAD, *asked]) != 0
    assert main(["signals", "rehearse", "没有路"]) != 0
    assert ROAD not in capsys.readouterr().out


def test_a_captured_exchange_is_put_into_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = tmp_path / "capture.txt"
    capture.write_text("> 7e0014010201000000010105300101051103000002a92b7d\n", "utf-8")
    assert main(["signals", "read", str(capture)]) == 0
    assert "11030000 run plan: 2" in capsys.readouterr().out
    capture.write_text("hello", "utf-8")
    assert main(["signals", "read", str(capture)]) == 4
    assert "不是报文抓取文件" in capsys.readouterr().err
