from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.settings import LAYOUT_VERSION, LayerChoice, SettingsFile


def test_defaults_stand_where_there_is_no_file(tmp_path: Path) -> None:
    settings = SettingsFile.in_folder(tmp_path)
    assert settings.values.theme == "dark"
    assert settings.problem == ""
    assert not (tmp_path / "settings.json").exists()


def test_what_was_chosen_is_there_again(tmp_path: Path) -> None:
    SettingsFile.in_folder(tmp_path).change(theme="light", layers={"water": LayerChoice(visible=False)})
    again = SettingsFile.in_folder(tmp_path).values
    assert again.theme == "light"
    assert again.layers["water"].visible is False


@pytest.mark.parametrize("bad", [b"{", b"[]", b'{"theme": "pink"}', b"\xff\xfe", b'{"purpose_minutes": 0}', b""])
def test_a_bad_file_is_set_aside_and_said(tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "settings.json").write_bytes(bad)
    settings = SettingsFile.in_folder(tmp_path)
    assert settings.values.theme == "dark"
    assert settings.problem
    kept = list(tmp_path.glob("settings.json.bad-*"))
    assert [file.read_bytes() for file in kept] == [bad]


def test_fields_of_a_newer_program_are_kept(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "light", "hologram": true}', "utf-8")
    SettingsFile.in_folder(tmp_path).change(theme="dark")
    assert json.loads((tmp_path / "settings.json").read_text("utf-8"))["hologram"] is True


def test_layouts_of_another_version_are_forgotten(tmp_path: Path) -> None:
    old = {"layout_version": LAYOUT_VERSION + 1, "layouts": {"watch": "AAAA"}, "theme": "light"}
    (tmp_path / "settings.json").write_text(json.dumps(old), "utf-8")
    values = SettingsFile.in_folder(tmp_path).values
    assert values.layouts == {}
    assert values.theme == "light"


def test_what_is_laid_over_for_one_run_is_not_kept(tmp_path: Path) -> None:
    settings = SettingsFile.in_folder(tmp_path)
    settings.overlay(theme="light")
    settings.change(workspace="traffic")
    assert settings.values.theme == "light"
    assert SettingsFile.in_folder(tmp_path).values.theme == "dark"
