"""The set-up speaks plainly when a machine lacks something, and does nothing twice."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"packaging_{name}", PACKAGING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The bootstrap of an empty checkout on a machine whose packages are all there."""
    module = load("bootstrap")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text(f"# {name}\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv/bin/python")
    monkeypatch.setattr(
        module, "LOCKS", {"run": tmp_path / "requirements.lock", "dev": tmp_path / "requirements-dev.lock"}
    )
    monkeypatch.setattr(module, "missing_packages", lambda for_tests: [])
    return module


def test_an_unknown_target_is_a_usage_error(bootstrap: ModuleType) -> None:
    assert bootstrap.main(["fly"]) == 2
    assert bootstrap.main([]) == 2


def test_a_user_without_rights_is_told_the_exact_command(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda for_tests: ["libxcb-cursor0", "xvfb"])
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    assert bootstrap.main(["run"]) == 3
    assert "sudo apt-get install -y --no-install-recommends libxcb-cursor0 xvfb" in capsys.readouterr().err


def test_a_system_without_apt_is_told_the_names(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "missing_packages", lambda for_tests: ["libegl1"])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    assert bootstrap.main(["run"]) == 3
    assert "libegl1" in capsys.readouterr().err


def test_an_old_python_is_refused(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    assert bootstrap.main(["run"]) == 3
    assert "3.11" in capsys.readouterr().err


def test_a_library_that_is_not_there_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    module = load("bootstrap")
    monkeypatch.setattr(module.sys, "platform", "linux")
    monkeypatch.setattr(module, "loads", lambda library: library != "libEGL.so.1")
    monkeypatch.setenv("DISPLAY", ":0")
    assert module.missing_packages(for_tests=False) == ["libegl1"]


def test_the_loader_knows_the_c_library_and_not_an_invented_one() -> None:
    module = load("bootstrap")
    if sys.platform.startswith("linux"):
        assert module.loads("libc.so.6")
    assert not module.loads("libzhian-nowhere.so.9")


def test_the_second_run_does_nothing_and_a_new_lock_sets_up_again(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))

    assert bootstrap.main(["run"]) == 0
    assert len(calls) == 2
    assert "--require-hashes" in calls[0]
    assert bootstrap.main(["run"]) == 0
    assert len(calls) == 2

    bootstrap.LOCKS["run"].write_text("# another\n")
    assert bootstrap.main(["run"]) == 0
    assert len(calls) == 4


def test_what_the_tests_need_serves_to_run_too(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))
    assert bootstrap.main(["dev"]) == 0
    assert bootstrap.main(["run"]) == 0
    assert len(calls) == 2


def test_a_wheelhouse_replaces_the_network(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, ...]] = []
    monkeypatch.setattr(bootstrap, "pip", lambda *arguments: calls.append(arguments))
    monkeypatch.setenv("WHEELHOUSE", "/media/stick/wheels")
    assert bootstrap.main(["run"]) == 0
    assert calls[0][1:4] == ("--no-index", "--find-links", "/media/stick/wheels")


def test_an_index_address_in_a_lock_is_found(tmp_path: Path) -> None:
    module = load("check_locks")
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n--index-url somewhere\n")
    (tmp_path / "uv.lock").write_text("")
    assert module.addresses(tmp_path) == [
        "uv.lock must not be in the tree",
        "requirements.lock:2 names an index address",
    ]
