"""What is done before a version of the program opens a user's data for the first time.

New data get what the administrator prepared. Data of an older version are backed up first; the parts are brought up to
date as they are opened. Data of a newer version are refused: an older program would read them wrongly.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from data.alone import lock
from data.home import Home
from data.policy import give_first
from twin.errors import DiskError, ZhianError
from twin.words import say, why

STAMP = "program.json"
WAIT_S = 600.0
STEP_S = 0.2


class NewerDataError(ZhianError):
    """The data were kept by a newer version of the program."""


class Stamp(msgspec.Struct, frozen=True):
    """Which version of the program kept the data last."""

    program: str


def kept_by(data: Path) -> str:
    """Return the version that kept a data folder last; empty where none was told."""
    try:
        return msgspec.json.decode((data / STAMP).read_bytes(), type=Stamp).program
    except (FileNotFoundError, msgspec.MsgspecError):
        return ""


def numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers that compare; what follows them does not count."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def backups_of(home: Home) -> Path:
    """Return where the backups made before upgrades lie: beside the data, so that they cost little."""
    return home.data.with_name(f"{home.data.name}-before-upgrades")


def settle(home: Home, program: str, now_s: float) -> Path | None:
    """Make a user's folders fit this version before anything is opened; return the backup if one was made.

    Raises
    ------
    NewerDataError
        If a newer version kept them.
    twin.errors.DiskError
        If they are older and could not be backed up; nothing was changed then.
    """
    if kept_by(home.data) == program:
        return None
    until = time.monotonic() + WAIT_S
    while (held := lock(home.cache / "upgrade.sqlite")) is None:  # another start makes the backup
        if time.monotonic() > until:
            raise ZhianError("another start of the program is still backing the data up: try again later")
        time.sleep(STEP_S)
    try:
        return _settle(home, program, now_s)
    finally:
        held.close()


def _settle(home: Home, program: str, now_s: float) -> Path | None:
    found, made = kept_by(home.data), None
    if found == program:
        return None
    if numbers(found) > numbers(program):
        raise NewerDataError(
            say(
                "these data were kept by version {found}, and this is {program}, which is older: install {found} again,"
                " or restore a backup from {folder}",
                found=found,
                program=program,
                folder=backups_of(home),
            )
        )
    if not found and not any(home.data.iterdir()):
        give_first(home.data)
    elif found:
        made = _back_up(home, found, program, now_s)
    fresh = home.data / f"{STAMP}.new"
    fresh.write_bytes(msgspec.json.encode(Stamp(program)))
    fresh.replace(home.data / STAMP)
    return made


def _back_up(home: Home, found: str, program: str, now_s: float) -> Path:
    from data.backup.make import make_backup  # what it needs is loaded once a version, not at each start

    try:
        return make_backup(home, backups_of(home), found, now_s, share=True, server=False)
    except ZhianError as error:
        raise DiskError(
            say(
                "before version {program} opens the data of {found} they are backed up, and that failed: {reason}. Make"
                " room beside {folder}, then start again",
                program=program,
                found=found,
                folder=home.data,
                reason=why(error),
            )
        ) from error
