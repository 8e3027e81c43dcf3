"""What is in an installer, said: a bill of materials (CycloneDX), the licences of everything, sums and a signature."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from installers.place import APP_ID, TITLE, epoch, missing, run

LICENCE_FILE = re.compile(r"(^|/)(licen[cs]e|copying|copyright|notice|authors)[^/]*$", re.IGNORECASE)
COMMON = Path("/usr/share/common-licenses")
REFUSED = re.compile(r"(?<![LA-Z])A?GPL|GNU (Affero )?General Public", re.IGNORECASE)
ALLOWED_WITH_IT = re.compile(r"LGPL|Lesser| OR ", re.IGNORECASE)
"""Beside a licence that is refused, one of these gives a choice, or is the weaker one that linking allows."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that is inside.

    Parameters
    ----------
    purl : str
        Its address among packages (package-url), as ``pkg:pypi/numpy@2.4.6``.
    """

    name: str
    version: str
    purl: str
    licence: str


def of_package(package: metadata.Distribution) -> Part:
    """Return what a Python package says of itself."""
    name = package.name.lower().replace("_", "-")
    return Part(package.name, package.version, f"pkg:pypi/{name}@{package.version}", licence_of(package.metadata))


def licence_of(told: Any) -> str:
    """Return a package's licence in one line: its expression, else its field, else its classifiers."""
    field = str(told.get("License-Expression") or told.get("License") or "").strip()
    classes = [
        str(line).rpartition(" :: ")[2] for line in told.get_all("Classifier") or () if "License ::" in str(line)
    ]
    if field and "\n" not in field and len(field) < 120:
        return field
    return " OR ".join(classes) if classes else field.partition("\n")[0][:120]


def of_debian(table: str) -> list[Part]:
    """Return the parts in a table of source packages and their versions, as ``deb/python.sh`` leaves it."""
    rows = (line.split("\t") for line in table.splitlines() if line)
    return [Part(name, version, f"pkg:deb/debian/{name}@{version}?type=source", "") for name, version in rows]


def refused(parts: Iterable[Part]) -> list[str]:
    """Return a line for each part whose licence would make the whole program another's."""
    return [
        f"{part.name} {part.version}: {part.licence}"
        for part in parts
        if REFUSED.search(part.licence) and not ALLOWED_WITH_IT.search(part.licence)
    ]


def bill(name: str, version: str, parts: Sequence[Part]) -> dict[str, object]:
    """Return the bill of materials of an installer; the same parts and commit give the same bytes."""
    listed = json.dumps([part.purl for part in parts])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{name}@{version}{listed}')}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.fromtimestamp(epoch(), UTC).isoformat(),
            "component": {"type": "application", "bom-ref": APP_ID, "name": TITLE["en"], "version": version},
        },
        "components": [_component(part) for part in parts],
    }


def _component(part: Part) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "library", "bom-ref": part.purl, "name": part.name, "version": part.version, "purl": part.purl,
    }  # fmt: skip
    return component | ({"licenses": [{"license": {"name": part.licence}}]} if part.licence else {})


def collect_licences(packages: Iterable[metadata.Distribution], to: Path) -> list[str]:
    """Copy the licences of all packages, a folder each; return the names of those that bring none."""
    without = []
    for package in packages:
        files = [file for file in package.files or () if LICENCE_FILE.search(str(file))]
        there = [path for file in files if (path := Path(str(package.locate_file(file)))).is_file()]
        for path in there:
            folder = to / package.name.lower()
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path.name)
        if not there and "LGPL" in licence_of(package.metadata):
            (to / package.name.lower()).mkdir(parents=True)
            for name in ("LGPL-3", "GPL-3"):  # Qt's packages name their licence and leave its words out
                shutil.copyfile(COMMON / name, to / package.name.lower() / name)
        elif not there:
            without.append(package.name)
    return without


def write_json(path: Path, what: Mapping[str, object]) -> None:
    """Write JSON as people read it."""
    path.write_text(json.dumps(what, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_sums(folder: Path) -> Path:
    """Write SHA256SUMS of what is handed on; signed by minisign where ``SIGN_KEY`` names its secret key."""
    sums = folder / "SHA256SUMS"
    files = sorted(path for path in folder.iterdir() if path.suffix in (".deb", ".exe", ".json") and path.is_file())
    sums.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in files), "ascii")
    key = os.environ.get("SIGN_KEY")
    if key:
        if not shutil.which("minisign"):
            raise missing("to sign, minisign is needed: apt-get install minisign")
        run(["minisign", "-S", "-s", key, "-m", sums, "-t", f"{TITLE['en']}, commit of {epoch()}"])
    return sums


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
