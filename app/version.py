"""The program's version."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path


@cache
def program_version() -> str:
    """Return the version as installed, or that of the checkout the program runs from."""
    try:
        return metadata.version("zhian-twin")
    except metadata.PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])
