"""The user's folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.home import Home
from twin.errors import BadInputError, UsageError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "zhian"))
    return Home.of_user()


def test_one_variable_moves_every_folder(home: Home, tmp_path: Path) -> None:
    for folder in (home.data, home.cache, home.state, home.runtime):
        assert folder.is_dir()
        assert folder.is_relative_to(tmp_path / "zhian")


def test_nothing_lies_in_the_checkout_by_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ZHIAN_HOME", raising=False)
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    (tmp_path / "XDG_RUNTIME_DIR").mkdir(mode=0o700)
    home = Home.of_user()
    assert all(folder.is_relative_to(tmp_path) for folder in (home.data, home.cache, home.state, home.runtime))


@pytest.mark.parametrize("name", ["", "../elsewhere", "a/b", "-rf", ".hidden", "x" * 65, "a\nb"])
def test_a_name_that_could_leave_the_folder_is_refused(home: Home, name: str) -> None:
    with pytest.raises(UsageError):
        home.twin(name)


def test_a_chinese_name_is_a_name(home: Home) -> None:
    assert home.twin("演示县").parent == home.data / "twins"


def test_the_current_twin_is_the_one_last_set(home: Home) -> None:
    with pytest.raises(BadInputError, match="zhian county build"):
        home.current()
    home.set_current("small")
    home.set_current("演示县")
    assert home.current() == "演示县"


def test_only_whole_twins_are_listed(home: Home) -> None:
    (home.twin("whole")).mkdir(parents=True)
    (home.twin("whole") / "twin.json").write_text("{}")
    home.twin("half").mkdir()
    assert home.twins() == ["whole"]
