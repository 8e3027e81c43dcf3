"""The doctor comes to its end on any machine, says what to do, and its bundle tells of no person."""

from __future__ import annotations

import getpass
import json
import socket
import zipfile
from pathlib import Path

import pytest

from app.cli import main
from app.doctor import machine, rounds, services, window
from app.doctor.bundle import redact
from app.doctor.finding import Finding
from app.texts import Texts, translations
from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.settings import set_sources
from twin.errors import ZhianError
from twin.words import Said, say


@pytest.fixture(autouse=True)
def no_display(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "值守 台"))


def test_every_check_answers_and_can_be_read_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert {one["check"] for one in told} == set(rounds.CHECKS)
    assert all(f"doctor.{name}" in Texts() for name in rounds.CHECKS)
    main(["--language", "zh", "doctor"])
    assert "此处没有显示器" in capsys.readouterr().out


def test_it_works_where_nothing_else_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Home.of_user().data
    (data / "settings.json").write_text("{")
    (data / "records.toml").write_text("database = 7")
    (data / "sources.toml").write_bytes(b"\xff")
    (data / "program.json").write_text('{"program": "99.0"}')
    assert main(["county", "list"]) != 0  # refused: the data are a newer program's
    assert "99.0" in capsys.readouterr().err
    assert main(["doctor", "--json"]) == ZhianError.exit_code
    states = {one["check"]: one["state"] for one in json.loads(capsys.readouterr().out)}
    assert {name for name, state in states.items() if state == "bad"} >= {"settings", "database", "data"}
    assert (data / "settings.json").read_text() == "{"


def test_a_check_that_fails_itself_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_home: Home) -> None:
        raise RuntimeError("odd")

    monkeypatch.setattr(rounds, "CHECKS", {"disk": broken})
    assert list(rounds.examine(Home.of_user())) == [Finding("disk", "bad", "odd")]


def test_a_port_that_another_holds_is_told_with_its_source() -> None:
    home = Home.of_user()
    twin = home.twin("county")
    twin.mkdir(parents=True)
    (twin / "twin.json").write_text("{}")
    with socket.socket() as other:
        other.bind(("", 0))
        other.listen()
        port = other.getsockname()[1]
        set_sources(home, "county", [SourceSettings("buses", "jt808", {"port": port})])
        (finding,) = services.ports(home)
    assert finding.state == "bad"
    assert "buses" in finding.found
    assert str(port) in finding.found


def test_a_broker_that_is_away_is_told_without_its_password() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    finding = services.reach(f"mqtt://operator:secret@127.0.0.1:{port}")
    assert (finding.state, "secret" in finding.found) == ("bad", False)


@pytest.mark.parametrize(
    ("code", "told", "complaint", "state"),
    [
        (0, '{"renderer": "NVIDIA T400", "version": "4.6"}\n', "", "ok"),
        (0, 'noise\n{"renderer": "llvmpipe (LLVM 15)", "version": "4.5"}\n', "", "warning"),
        (1, "", "there is no OpenGL context\n", "bad"),
        (-11, "", "", "bad"),
    ],
)
def test_a_driver_that_draws_by_software_or_dies_is_told(code: int, told: str, complaint: str, state: str) -> None:
    assert window.judge(code, told, complaint).state == state


def test_a_folder_on_the_network_is_known_by_its_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/home {tmp_path} nfs4 rw 0 0\n")
    assert machine.file_system(tmp_path / "deep", mounts) == "nfs4"
    assert machine.file_system(Path("/"), mounts) == "ext4"


@pytest.mark.parametrize(
    "told",
    ["浙F·8K2Q6", "330421199001011234", "13812345678", "6222021234567890123", "a.b@police.example", "10.8.0.12",
     "王小明", "120.92157 30.84123", "postgresql://user:word@db/zhian"],
)  # fmt: skip
def test_nothing_about_persons_and_places_is_left_in_a_log(told: str) -> None:
    secret = told.split("/")[2].split("@")[0] if "://" in told else told
    assert secret not in redact(f"2026-11-23 08:00:01,250 WARNING engine: {told} refused")


def test_a_bundle_holds_findings_packages_and_redacted_logs(tmp_path: Path) -> None:
    log = Home.of_user().state / "log"
    log.mkdir()
    (log / "zhian.log").write_text(f"ERROR {Path.home()}/x of {getpass.getuser()}: 浙F·8K2Q6 at 13812345678\n", "utf-8")
    main(["doctor", "--json", "--bundle", str(tmp_path / "support.zip")])
    with zipfile.ZipFile(tmp_path / "support.zip") as archive:
        assert set(archive.namelist()) == {"findings.json", "packages.txt", "log/zhian.log"}
        assert "numpy" in archive.read("packages.txt").decode()
        told = archive.read("log/zhian.log").decode()
    assert "8K2Q6" not in told
    assert "13812345678" not in told
    assert str(Path.home()) not in told


def test_what_it_finds_can_be_said_in_chinese() -> None:
    for finding in rounds.examine(Home.of_user()):
        for sentence in (finding.found, finding.advice):
            assert not isinstance(sentence, Said) or not sentence.values or sentence.template in translations()
    assert "磁盘" in Texts("zh").said(say("{free:.1f} GB free on the disk of {folder}", free=1.0, folder="/x"))
