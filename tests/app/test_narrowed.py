"""A street's account in the window and on the command line: what is outside of its street is not there."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.cli import main
from app.live_world import LiveWorld
from data.accounts.tickets import VARIABLE, write_ticket
from data.home import Home
from data.sync.journal import journal_path
from tests.app.conftest import StillEngine
from tests.data.export.county import AT_S, frame
from tests.data.history.factory import record
from tests.small_county import home_with_county
from twin.access import Actor, Scope
from twin.city.city import City
from twin.world import World

OWN, OTHER = Scope(streets=frozenset({"罗星"})), Scope(streets=frozenset({"西塘"}))


def test_each_world_of_the_window_is_cut_to_the_account_of_the_moment(qapp: QApplication, small_city: City) -> None:
    live = LiveWorld()
    engine = StillEngine(small_city, live)
    whole = frame(small_city)
    engine.show(whole)
    live.open(small_city)
    live.follow(engine)
    live.look()
    assert live.world is not None
    assert len(live.world.tracks) == len(whole)
    live.scope = lambda: OWN
    live.follow(engine)
    live.look()
    own = set(live.world.tracks.rows["id"])
    assert 0 < len(own) < len(whole)
    live.scope = lambda: OTHER
    live.show_past(World(small_city, whole, (), AT_S, live=False))
    assert not own & set(live.world.tracks.rows["id"])
    live.close()


def test_an_export_holds_the_rows_of_the_accounts_street_alone(
    tmp_path: Path, made_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(made_home))
    rows = []
    for number, scope in enumerate((Scope(), OWN, OTHER)):
        li = Actor("li", "李", frozenset({"investigator"}), scope)
        monkeypatch.setenv(VARIABLE, write_ticket(Home.of_user(), li, time.time()))
        target = tmp_path / f"{number}.csv"
        assert main(["export", "cameras", "--twin", "small", "--to", str(target), "--json"]) == 0
        rows.append(json.loads(capsys.readouterr().out)["rows"])
    assert rows[0] == rows[1] + rows[2]
    assert min(rows) > 0


def test_questions_to_the_history_are_cut_to_the_accounts_street(
    tmp_path: Path, small_city: City, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    home, rows = home_with_county(tmp_path), frame(small_city).rows
    record(journal_path(home, "small"), rows)
    begin, end = (datetime.fromtimestamp(AT_S + by_s).astimezone().isoformat() for by_s in (-600, 600))
    asked = ["--twin", "small", "--from", begin, "--until", end]

    def answers(scope: Scope, *question: str) -> list[dict[str, object]]:
        li = Actor("li", "李", frozenset({"investigator"}), scope)
        monkeypatch.setenv(VARIABLE, write_ticket(home, li, time.time()))
        assert main(["--json", "--purpose", "核查", "--reference", "J-1", "history", "ask", *question, *asked]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    everywhere = ("area", "--bbox", "100,20,130,50")
    seen = [{str(line["id"]) for line in answers(scope, *everywhere)} for scope in (Scope(), OWN, OTHER)]
    assert seen[0] == {key.decode() for key in rows["id"]}
    assert seen[1]
    assert not seen[1] & seen[2]
    assert seen[1] | seen[2] <= seen[0]
    one = min(seen[1])
    assert [bool(answers(scope, "track", one)) for scope in (Scope(), OWN, OTHER)] == [True, True, False]
    heat = [sum(int(str(cell["rows"])) for cell in answers(scope, "heat", "--cell", "0.0002", "--top", "0"))
            for scope in (Scope(), OWN)]  # fmt: skip
    assert 0 < heat[1] < heat[0] == len(rows)
