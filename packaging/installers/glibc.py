"""The oldest glibc that everything in a folder runs with, read from the versions of symbols that it asks for."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

PROMISED = (2, 31)
ASKS = re.compile(r"GLIBC_(\d+)\.(\d+)")
ELF = b"\x7fELF"


def floor(folder: Path) -> tuple[tuple[int, int], list[Path]]:
    """Return the newest version that any library asks for, and the libraries that ask for it."""
    asked = {library: asks(library) for library in libraries(folder)}
    newest = max(asked.values(), default=(0, 0))
    return newest, [library for library, version in asked.items() if version == newest]


def libraries(folder: Path) -> Iterator[Path]:
    """Yield the programs and libraries below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == ELF:
                    yield path


def asks(library: Path) -> tuple[int, int]:
    """Return the newest glibc that one library asks for."""
    table = subprocess.run(["objdump", "-T", str(library)], capture_output=True, text=True, check=False).stdout
    return newest_of(table)


def newest_of(table: str) -> tuple[int, int]:
    """Return the newest version of glibc in a table of symbols."""
    return max(((int(major), int(minor)) for major, minor in ASKS.findall(table)), default=(0, 0))
