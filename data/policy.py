"""What the machine's administrator has set for all: ``policy.toml`` in ``/etc/xdg/zhian`` or ``%ProgramData%\\zhian``.

::

    locked = ["language", "lock_minutes"]   # users cannot change these; the others they can

    [settings]                              # as in a user's settings.json
    language = "zh"
    lock_minutes = 5

A folder ``first-start`` beside it is copied into the data folder of each user who has none yet: ``sources.toml``,
``records.toml``, certificates and whatever else a desk needs, so that nobody has to be asked.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from twin.words import said, say, why

NAME = "policy.toml"
FIRST_START = "first-start"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was set; ``problem`` says why a file that is there does not count."""

    settings: dict[str, Any] = {}
    locked: tuple[str, ...] = ()
    problem: str = ""


def policy_folder() -> Path:
    """Return the machine's folder. A user's environment has no say in where that is."""
    if sys.platform == "win32":
        return platformdirs.site_config_path("zhian", appauthor=False)
    return Path("/etc/xdg/zhian")


def machine_policy(folder: Path | None = None, owner: int = 0) -> Policy:
    """Read the machine's policy; a file that cannot be read or that users could have written sets nothing.

    Parameters
    ----------
    owner : int
        The user besides root whose file counts.
    """
    path = (folder or policy_folder()) / NAME
    try:
        if not path.exists():
            return Policy()
        if problem := others_could_write(path, owner):
            return Policy(problem=say("{file}: {reason}", file=path, reason=problem))
        policy = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Policy)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        return Policy(problem=say("{file}: {reason}", file=path, reason=why(error)))
    return policy


def others_could_write(path: Path, owner: int) -> str:
    """Return why a file may be another's than the administrator's; empty if it is not."""
    if os.name != "posix":
        return ""  # access lists are the system's business there
    status = path.stat()
    if status.st_uid not in (0, owner):
        return said("another user owns it")
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return said("others may write to it")
    return ""


def give_first(data: Path, folder: Path | None = None) -> tuple[str, ...]:
    """Copy what the administrator prepared into a data folder that has nothing yet; return the names.

    Only its user can read the copies: there may be passwords and keys among them.
    """
    prepared = (folder or policy_folder()) / FIRST_START
    files = sorted(path for path in prepared.rglob("*") if path.is_file()) if prepared.is_dir() else []
    names = [path.relative_to(prepared) for path in files]
    for name in names:
        target = data / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch(0o600)
        shutil.copyfile(prepared / name, target)
    return tuple(name.as_posix() for name in names)
