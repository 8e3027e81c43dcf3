"""What an administrator sets for a machine, and what users may still change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.settings import SettingsFile
from data.policy import Policy, give_first, machine_policy
from twin.errors import NotAllowedError

ME = os.getuid() if hasattr(os, "getuid") else 0


def write(folder: Path, text: str) -> Path:
    (folder / "policy.toml").write_text(text, "utf-8")
    (folder / "policy.toml").chmod(0o644)
    return folder


def test_without_a_file_nothing_is_set(tmp_path: Path) -> None:
    assert machine_policy(tmp_path) == Policy()


def test_what_is_set_is_a_beginning_and_what_is_locked_stays(tmp_path: Path) -> None:
    write(tmp_path, 'locked = ["lock_minutes", "quality"]\n[settings]\ntheme = "light"\nlock_minutes = 5\n')
    policy = machine_policy(tmp_path, ME)
    path = tmp_path / "settings.json"
    path.write_text('{"lock_minutes": 30, "quality": "discrete", "language": "en"}', "utf-8")
    settings = SettingsFile(path, policy)
    assert (settings.values.theme, settings.values.lock_minutes, settings.values.quality) == ("light", 5, "")
    with pytest.raises(NotAllowedError, match="lock_minutes"):
        settings.change(lock_minutes=20)
    settings.change(theme="dark")
    settings.overlay(quality="discrete")
    assert settings.values.quality == ""
    again = SettingsFile(path, policy).values
    assert (again.theme, again.lock_minutes, again.language) == ("dark", 5, "en")


def test_a_policy_that_changes_reaches_those_who_chose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    SettingsFile(path, Policy({"theme": "light"})).change(clusters=False)
    assert SettingsFile(path, Policy({"theme": "dark", "lock_minutes": 3})).values.lock_minutes == 3
    assert SettingsFile(path, Policy({"theme": "dark"})).values.theme == "dark"


@pytest.mark.parametrize(
    "text", ["locked = 7", "[settings]\ntheme = 'pink'", "[settings]\nlayouts = {}", "hologram = true", "=", "\ufeffx"]
)
def test_a_policy_that_cannot_be_read_sets_nothing_and_is_told(tmp_path: Path, text: str) -> None:
    settings = SettingsFile(None, machine_policy(write(tmp_path, text), ME))
    assert settings.problem
    assert settings.values == SettingsFile(None).values


def test_a_policy_that_users_could_have_written_does_not_count(tmp_path: Path) -> None:
    (write(tmp_path, '[settings]\ntheme = "light"') / "policy.toml").chmod(0o666)
    policy = machine_policy(tmp_path, ME)
    assert policy.settings == {}
    assert "others may write" in policy.problem


def test_prepared_files_come_with_the_first_start_and_are_the_users_alone(tmp_path: Path) -> None:
    prepared, data = tmp_path / "etc/first-start", tmp_path / "data"
    (prepared / "keys").mkdir(parents=True)
    data.mkdir()
    (prepared / "sources.toml").write_text("# all desks\n")
    (prepared / "keys/desk.pem").write_text("secret")
    assert give_first(data, tmp_path / "etc") == ("keys/desk.pem", "sources.toml")
    assert (data / "keys/desk.pem").read_text() == "secret"
    assert os.name != "posix" or (data / "keys/desk.pem").stat().st_mode & 0o077 == 0


def test_settings_of_nobody_are_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = SettingsFile.of_nobody()
    settings.change(theme="light")
    assert settings.values.theme == "light"
    assert list(tmp_path.iterdir()) == []


def test_settings_that_are_reset_are_set_aside(tmp_path: Path) -> None:
    settings = SettingsFile(tmp_path / "settings.json", Policy({"lock_minutes": 7}))
    settings.change(theme="light", lock_minutes=9)
    aside = settings.reset()
    assert aside is not None
    assert '"light"' in aside.read_text("utf-8")
    assert (settings.values.theme, settings.values.lock_minutes) == ("dark", 7)
    assert not settings.path or not settings.path.exists()
