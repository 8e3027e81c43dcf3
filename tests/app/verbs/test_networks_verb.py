"""``zhian networks``: zones, sources and rules, with an engine and without."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from app.cli import main
from data.connectors.contract import Gap, Record, SourceSettings
from data.home import Home
from data.sync.journal import Entry, Journal, Origin, journal_path
from data.sync.settings import set_sources
from data.sync.shared import CAPACITY, open_for_writing, table_path
from tests.small_county import home_with_county
from twin.live.table import LiveTable
from twin.world import SourceState

Said = pytest.CaptureFixture[str]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    home = home_with_county(tmp_path)
    home.set_current("small")
    sources = [
        SourceSettings("vans", "jt808", zone="视频专网", classification="一般"),
        SourceSettings("moon", "jt808", zone="月球"),
        SourceSettings("own", "jt808"),
    ]
    set_sources(home, "small", sources)
    return home


def found(capsys: Said) -> dict[str, dict[str, object]]:
    told = json.loads(capsys.readouterr().out)
    return {source["name"]: {**source, "zone": zone["name"]} for zone in told["zones"] for source in zone["sources"]}


def test_each_source_stands_under_its_network(home: Home, capsys: Said) -> None:
    assert main(["--json", "networks"]) == 0
    sources = found(capsys)
    assert {name: source["zone"] for name, source in sources.items()} == {
        "vans": "视频专网", "moon": "月球", "own": "公安网",
    }  # fmt: skip
    assert (sources["moon"]["comes_in"], sources["moon"]["rule"]) == (False, "what no rule allows")
    assert sources["own"]["classification"] == "重要"


def test_what_the_journal_says_is_told(home: Home, capsys: Said) -> None:
    journal = Journal(journal_path(home, "small"))
    records = [Record(bytes([n]), "1390", "0200", 1.0, b"raw") for n in range(3)]
    refused = [(Record(b"", "1390", "0200", 0.0, b"raw"), "no id")]
    gaps = [Gap("1390", 5, 4, 3, 1.0, 2.0)]
    journal.append([Entry(Origin("vans", "视频专网", "一般"), time.time(), 4, records, refused, gaps)])
    journal.close()
    assert main(["networks", "--rules"]) == 0
    said = capsys.readouterr().out
    assert "received 4 = stored 3 + duplicate 0 + quarantined 1" in said
    assert "1 gaps, 3 messages missing" in said
    assert "serials 5–8: 3 missing" in said
    assert "kept out whole by the rule “what no rule allows”" in said
    assert "police network (here)" in said
    assert "may leave: 公开数据上互联网 (to 互联网; 公开;" in said
    assert "No engine runs" in said


def test_a_source_that_is_open_and_says_nothing_is_silent(home: Home, capsys: Said) -> None:
    shared = open_for_writing(table_path(home, "small"))
    table = LiveTable(shared.buffer, CAPACITY, 1, 1, pid=1)
    states = (
        SourceState("vans", "jt808", True, "", time.time() - 45, 0.0, None, "视频专网", "一般", 3, 86_400.0, 2),
        SourceState("own", "jt808", True, "", time.time(), 12.5),
        SourceState("moon", "jt808", False, "nobody answers there", 0.0, 0.0),
    )
    for state in states:
        table.tell_source(table.source(state.name, state.kind), state)
    table.commit(1.0)
    table.beat(time.time(), time.monotonic())
    try:
        assert main(["networks"]) == 0
        said = capsys.readouterr().out
        assert main(["--json", "--language", "zh", "networks"]) == 0
        sources = found(capsys)
    finally:
        table.close()
        shared.close()
    assert "silent · 3 connected · last heard 45." in said
    assert "2 clocks run ahead (median of all 86400 s)" in said
    assert "12.5/s · last heard 0" in said
    assert "down: nobody answers there" in said
    assert (sources["vans"]["silent"], sources["vans"]["peers"], sources["own"]["peers"]) == (True, 3, None)


def test_the_rules_can_be_taken_over(home: Home, capsys: Said) -> None:
    assert main(["networks", "--init"]) == 0
    assert (home.data / "zones.toml").exists()
    assert main(["networks", "--init"]) == 4
    assert main(["networks", "--minutes", "0"]) == 2
