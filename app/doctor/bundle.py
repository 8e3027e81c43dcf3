"""A support bundle: what helps to mend the program, without anything about persons."""

from __future__ import annotations

import dataclasses
import getpass
import json
import platform
import re
import zipfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from app.doctor.finding import Finding
from data.home import Home

LOG_BYTES = 2_000_000
"""Of each log its newest part."""
HIDDEN = (
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.]+"), "<mail>"),
    (re.compile(r"[\u4e00-\u9fff][A-Z]·?[A-Z0-9]{4,6}[A-Z0-9挂学警港澳]?"), "<plate>"),
    (re.compile(r"\b\d{17}[\dXx]\b"), "<identity>"),
    (re.compile(r"\b\d{12,19}\b"), "<number>"),
    (re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)"), "<phone>"),
    (re.compile(r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)"), "<address>"),
    (re.compile(r"(?<!\d)\d{2,3}\.\d{4,}"), "<degrees>"),
    (re.compile(r"://[^\s/@]+@"), "://<user>@"),
    (re.compile(r"[\u4e00-\u9fff·]{2,}"), "<chinese>"),
)  # fmt: skip
"""What may tell of a person or a place. Chinese is left out whole: a name cannot be told from other words."""


def redact(text: str) -> str:
    """Return a text without what :data:`HIDDEN` finds, and without the user's, the folder's and the machine's name."""
    own = {str(Path.home()): "~", getpass.getuser(): "<user>", platform.node(): "<machine>"}
    for name, instead in own.items():
        if len(name) > 2:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", instead, text)
    for pattern, instead in HIDDEN:
        text = pattern.sub(instead, text)
    return text


def write_bundle(path: Path, home: Home, findings: Sequence[Finding]) -> list[str]:
    """Write the bundle and return the names of what is in it.

    Settings, records, journals and the audit record are not in it.
    """
    packages = sorted(f"{one.name} {one.version}" for one in metadata.distributions())
    told = [dataclasses.asdict(one) for one in findings]
    parts = {
        "findings.json": redact(json.dumps(told, ensure_ascii=False, indent=1)),
        "packages.txt": "\n".join(packages),
    }
    folder = home.state / "log"
    for log in sorted(folder.glob("*.log*")) if folder.is_dir() else ():
        parts[f"log/{log.name}"] = redact(_end_of(log))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return list(parts)


def _end_of(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - LOG_BYTES, 0))
        return file.read().decode("utf-8", errors="replace")
