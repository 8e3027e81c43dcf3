"""Settings files that come with the program, copied to the user's data folder to be changed there."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path

from data.home import Home
from twin.errors import BadInputError


def shipped(name: str) -> Path:
    """Return the file that comes with the program."""
    return Path(str(resources.files("resources"))) / name


def counting(name: str, home: Home) -> Path:
    """Return the user's own copy, or what comes with the program where there is none."""
    own = home.data / name
    return own if own.exists() else shipped(name)


def copy_shipped(name: str, home: Home) -> Path:
    """Copy the file that comes with the program into the data folder.

    Raises
    ------
    twin.errors.BadInputError
        If there is one already.
    """
    path = home.data / name
    if path.exists():
        raise BadInputError(str(path), "it is there already", "change it there")
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(shipped(name).read_bytes())
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    return path
