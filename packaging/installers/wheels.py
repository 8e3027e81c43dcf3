"""The program and its locked packages, put into a folder for one system, without what only developers use."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from installers.place import ROOT, Words, epoch, run, work

LOCK = ROOT / "requirements.lock"
PYTHON = "3.11"
FOR_BUILDING = ("editables", "hatchling", "pathspec", "pluggy", "trove-classifiers")
"""Locked for `make run`, which installs the checkout; of no use in an installer."""
UNUSED = (
    "bin", "**/tests", "**/*.pyi", "vtkmodules/test", "numpy/_core/include", "pyarrow/include", "pyarrow/src",
    "matplotlib/mpl-data/sample_data",
    *(f"PySide6/{name}*" for name in (
        "assistant", "balsam", "designer", "linguist", "lrelease", "lupdate", "qml", "qsb", "svgtoqml", "include",
        "typesystems", "glue", "doc", "metatypes", "scripts", "Qt/qml", "Qt/metatypes", "Qt/libexec", "Qt/lib/*Qml",
        "Qt/lib/*Quick", "Qt/lib/*Designer", "Qt/lib/*Labs", "Qt/lib/*Test", "Qt/lib/*Help", "QtQml", "QtQuick",
        "QtDesigner", "QtTest", "QtHelp", "QtUiTools", "Qt/plugins/qmltooling", "Qt/plugins/qmllint",
        "Qt/plugins/designer", "Qt/plugins/sqldrivers", "Qt6Qml", "Qt6Quick", "Qt6Designer", "Qt6Labs", "Qt6Test",
        "plugins/qmltooling", "plugins/qmllint", "plugins/designer", "plugins/sqldrivers", "rcc", "uic",
    )),
)  # fmt: skip
"""What no user needs, by patterns below the packages' folder: headers, tests, Qt's tools and its QML."""


def install(target: Path, platform: str) -> None:
    """Install every locked package, checked by its hash, and the program itself for a platform of uv's naming."""
    target.mkdir(parents=True, exist_ok=True)
    wanted: Words = ["--python-platform", platform, "--python-version", PYTHON, "--target", target, "--no-deps"]
    into: Words = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--link-mode=copy", *wanted]
    run([*into, "--only-binary", ":all:", "--require-hashes", "--requirement", LOCK])
    run([*into, "--no-index", own_wheel()])
    for name in FOR_BUILDING:
        remove(target, name)
    for path in unused(target):
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)


def own_wheel() -> Path:
    """Build the program's own wheel; its bytes depend on the sources alone."""
    folder = work() / "wheel"
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], SOURCE_DATE_EPOCH=str(epoch()))
    (wheel,) = folder.glob("*.whl")
    return wheel


def packages(folder: Path) -> list[metadata.Distribution]:
    """Return the packages in a folder, by name."""
    return sorted(metadata.distributions(path=[str(folder)]), key=lambda one: one.name.lower())


def remove(folder: Path, name: str) -> None:
    """Remove one package's files, as its own list tells them."""
    (told,) = folder.glob(f"{name.replace('-', '_')}-*.dist-info")
    for file in metadata.Distribution.at(told).files or ():
        (folder / file).unlink(missing_ok=True)
    shutil.rmtree(told)


def unused(folder: Path) -> Iterator[Path]:
    """Yield what :data:`UNUSED` names, a folder before what is in it."""
    for pattern in UNUSED:
        yield from (path for path in list(folder.glob(pattern)) if path.exists() or path.is_symlink())
