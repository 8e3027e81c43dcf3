from __future__ import annotations

from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.connectors.registry import kinds, open_source
from data.home import Home
from data.sync.settings import DEMO, FILE, set_sources, sources_of
from tests.twin.small import city
from twin.errors import BadInputError, UsageError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, tmp_path, tmp_path, tmp_path)


def test_an_invented_place_lives_and_a_real_one_waits_for_its_sources(home: Home) -> None:
    assert sources_of(home, "county", invented=True) == (DEMO,)
    assert sources_of(home, "andorra", invented=False) == ()


def test_settings_come_back_as_they_were_set(home: Home) -> None:
    options = {"paths": ['C:\\drives\\"a".gpx', "轨迹.csv"], "speed": 2.5, "loop": True, "columns": {"time": "时 间"}}
    mine = (SourceSettings("巡逻 1", "recorded-track", options), DEMO)
    set_sources(home, "嘉善", mine)
    set_sources(home, "other", ())
    assert sources_of(home, "嘉善", invented=True) == mine
    assert sources_of(home, "other", invented=True) == ()
    assert [path.name for path in home.data.iterdir()] == [FILE]


@pytest.mark.parametrize("text", ["[broken", '["county"]\n[["county".source]]\nname = 3', "\x00"])
def test_settings_that_cannot_be_read_are_told(home: Home, text: str) -> None:
    (home.data / FILE).write_text(text, "utf-8")
    with pytest.raises(BadInputError, match=FILE):
        sources_of(home, "county", invented=True)


def test_connectors_are_found_by_their_folders() -> None:
    assert {"demo-life", "recorded-track"} <= set(kinds())


def test_a_kind_nobody_knows_is_told() -> None:
    with pytest.raises(UsageError, match="no connector of the kind 'tea'"):
        open_source(SourceSettings("tea", "tea"), city())
