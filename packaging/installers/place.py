"""Where installers are made, and from what."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
APP_ID = "cn.zhian.twin"
SERVER_ID = "cn.zhian.twin.server"
TITLE = {"en": "Zhian Twin", "zh": "智安孪生"}
SAID = {"en": "A desktop digital twin of a county", "zh": "县域三维数字孪生"}
MAKER = "Zhian Twin maintainers <maintainers@zhian.invalid>"
MISSING_PIECE = 3
Words = list[str | Path]
"""Of a command line."""


def version() -> str:
    """Return the version in four numbers, as UOS and Windows ask; the last is ``BUILD``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return f"{project['version']}.{os.environ.get('BUILD', '0')}"


def epoch() -> int:
    """Return the time that all files inside get: that of the commit, unless ``SOURCE_DATE_EPOCH`` says another."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or told(["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]))


def work() -> Path:
    """Return the folder for all that is made on the way; it is outside of the checkout, and can be removed."""
    folder = Path(os.environ.get("WORK") or "/var/tmp/zhian-installers")  # noqa: S108 - kept between builds, by name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def out() -> Path:
    """Return the folder of what is handed on."""
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    return folder


def run(command: Sequence[str | Path], **environment: str) -> None:
    """Run a program to its end; its failure is ours."""
    words = [str(word) for word in command]
    print("+", " ".join(words)[:160], file=sys.stderr)
    subprocess.run(words, check=True, env=os.environ | environment)


def told(command: Sequence[str | Path]) -> str:
    """Return what a program printed."""
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


def missing(what: str) -> SystemExit:
    """Return the end of a build that lacks something, with what to do."""
    print(f"packaging: {what}", file=sys.stderr)
    return SystemExit(MISSING_PIECE)
