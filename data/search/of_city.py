"""The names of a city, kept as a file beside its other caches and made again when the city has changed."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

from data.home import Home
from data.search.index import NameIndex, build_index
from twin.city.city import City
from twin.city.search import names_of


def names_path(home: Home, twin: str) -> Path:
    """Return where the names of a twin are kept."""
    return home.cache / "names" / f"{twin}.sqlite"


def open_names(city: City, folder: Path, path: Path) -> NameIndex:
    """Open the index of a city's names; one that is missing, torn or of another city is made first.

    Parameters
    ----------
    folder : Path
        Where the city lies: the index is of its files as they are now.
    """
    version = _version(folder)
    try:
        return NameIndex(path, version)
    except (ValueError, sqlite3.Error):
        path.parent.mkdir(parents=True, exist_ok=True)
        build_index(path, names_of(city), version)
        return NameIndex(path, version)


def _version(folder: Path) -> int:
    """Return a number that changes with any file of the city; reading what they hold would take longer."""
    files = sorted((file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in folder.iterdir())
    return zlib.crc32(repr(files).encode()) & 0x7FFFFFFF
