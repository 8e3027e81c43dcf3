"""The units are what systemd takes, and leave the engine no right it does not need."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[2] / "packaging" / "systemd"
MOST_EXPOSED = 15
"""In tenths, as systemd-analyze counts; 0 is safest, services without a sandbox have 96."""


@pytest.mark.parametrize("unit", [UNITS / "zhian-sync@.service", UNITS / "user" / "zhian-sync@.service"])
def test_a_unit_runs_the_engine_of_its_twin_and_can_be_told(unit: Path, tmp_path: Path) -> None:
    lines = unit.read_text("utf-8").splitlines()
    assert {"Type=notify", "NoNewPrivileges=yes", "UMask=0077", "MemoryMax=4G"} <= set(lines)
    assert any(line.startswith("ExecStart=/usr/bin/zhian ") and line.endswith("sync --twin %i") for line in lines)
    assert "ExecReload=/bin/kill -HUP $MAINPID" in lines
    if shutil.which("systemd-analyze"):
        installed = tmp_path / unit.name
        installed.write_text(unit.read_text("utf-8").replace("/usr/bin/zhian", shutil.which("true") or ""), "utf-8")
        verify = subprocess.run(["systemd-analyze", "verify", str(installed)], capture_output=True, text=True)
        assert (verify.returncode, verify.stderr) == (0, "")


def test_the_service_is_shut_in() -> None:
    unit = UNITS / "zhian-sync@.service"
    lines = set(unit.read_text("utf-8").splitlines())
    assert {"ProtectSystem=strict", "StateDirectory=zhian", "CapabilityBoundingSet=", "PrivateDevices=yes"} <= lines
    if shutil.which("systemd-analyze"):
        command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", str(unit)]
        assert subprocess.run(command, capture_output=True).returncode == 0
