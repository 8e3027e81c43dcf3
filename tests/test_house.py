"""The house stands as ARCHITECTURE.md draws it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("app", "twin", "layers", "data", "resources")


def tracked() -> list[str]:
    """Return the files git knows."""
    answer = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in answer.stdout.splitlines() if (ROOT / name).exists()]


def test_the_top_level_is_what_the_plan_says() -> None:
    allowed = {
        *ROOMS, "packaging", "tests", "docs", "benchmarks", ".ci", "pyproject.toml", "Makefile", "LICENSE", "README.md",
        "README.zh-CN.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "requirements.lock",
        "requirements-dev.lock", "requirements-lake.lock", ".gitignore", ".gitattributes",
    }  # fmt: skip
    assert {name.split("/")[0] for name in tracked()} == allowed


@pytest.mark.parametrize("room", ["twin", "layers", "data"])
def test_a_lower_room_loads_no_qt_and_no_vtk(room: str) -> None:
    script = f"""
import importlib, pkgutil, sys, {room}
for module in pkgutil.walk_packages({room}.__path__, "{room}."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
loaded = [name for name in sys.modules if name.split(".")[0] in ("PySide6", "vtkmodules", "vtk", "pyvista", "qtpy")]
print(sorted(loaded)); sys.exit(bool(loaded))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_package_files_are_empty_so_that_the_linter_sees_every_import() -> None:
    full = [name for name in tracked() if name.endswith("__init__.py") and (ROOT / name).read_text("utf-8").strip()]
    assert full == []


def test_every_test_folder_is_a_package() -> None:
    folders = {Path(name).parent for name in tracked() if name.startswith("tests/") and name.endswith(".py")}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []


def test_packaging_does_not_hide_the_library_of_that_name() -> None:
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_resources_hold_no_code() -> None:
    code = [name for name in tracked() if name.startswith("resources/") and name.endswith(".py")]
    assert [name for name in code if not name.endswith("__init__.py")] == []


def test_locks_and_sources_name_no_package_index() -> None:
    address = re.compile(r"https?://|index-url|find-links")
    locks = [ROOT / name for name in tracked() if name.endswith(".lock")]
    assert {lock.name for lock in locks} == {"requirements.lock", "requirements-dev.lock", "requirements-lake.lock"}
    assert [lock.name for lock in locks if address.search(lock.read_text("utf-8"))] == []


def test_the_wheel_would_carry_every_room() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert set(settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == set(ROOMS)
    assert settings["tool"]["hatch"]["build"]["ignore-vcs"] is True
