"""The machine: its system, folders, disk, clock."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from app.doctor.finding import Finding
from app.version import program_version
from data.home import Home
from data.own_copy import shipped
from twin.words import said, say

OLDEST_GLIBC = (2, 31)
FULL_BYTES, LOW_BYTES = 10**9, 10**10
OVER_THE_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs"})
ANSWER_S = 5.0


def system(_home: Home) -> Iterator[Finding]:
    """Tell the versions, and whether the system is old."""
    kind, glibc = platform.libc_ver()
    versions = say(
        "version {version}, Python {python}, {system}", version=program_version(), python=platform.python_version(),
        system=f"{platform.platform(terse=True)} {platform.machine()}",
    )  # fmt: skip
    numbers = tuple(int(part) for part in glibc.split(".") if part.isdecimal())
    if kind == "glibc" and numbers < OLDEST_GLIBC:
        advice = said("use a system with glibc 2.31 or newer, as Debian 11")
        yield Finding("system", "bad", say("glibc {version} is too old", version=glibc), advice)
    yield Finding("system", "ok", versions)


def folders(home: Home) -> Iterator[Finding]:
    """Tell whether the user's folders can be written, are on this machine's disk, and are the user's alone."""
    for folder in dict.fromkeys((home.data, home.cache, home.state, home.runtime)):
        if not os.access(folder, os.W_OK | os.X_OK):
            advice = say("give the user the rights to {folder}, or set ZHIAN_HOME", folder=folder)
            yield Finding("folders", "bad", say("{folder} cannot be written", folder=folder), advice)
        elif (kind := file_system(folder)) in OVER_THE_NETWORK:
            found = say("{folder} is on {kind}: databases there are slow, and can be damaged", folder=folder, kind=kind)
            yield Finding("folders", "warning", found, said("set ZHIAN_HOME to a folder on this machine's own disk"))
        elif folder == home.data and readable_by_all(folder):
            found = say("every user of this machine can read {folder}", folder=folder)
            yield Finding("folders", "warning", found, say("chmod 700 {folder}", folder=folder))
        else:
            yield Finding("folders", "ok", said(str(folder)))


def file_system(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the kind of file system that a folder is on; empty where the system does not tell."""
    if not mounts.exists():
        return ""
    rows = (line.split() for line in mounts.read_text("utf-8", errors="replace").splitlines())
    here = folder.resolve()
    points = [(Path(row[1].encode().decode("unicode_escape")), row[2]) for row in rows if len(row) > 2]
    return max(((len(point.parts), kind) for point, kind in points if here.is_relative_to(point)), default=(0, ""))[1]


def readable_by_all(folder: Path) -> bool:
    """Tell whether other users of the machine can get to a folder and read it."""
    if os.name != "posix":
        return False
    reach = all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)
    return reach and bool(folder.stat().st_mode & 0o004)


def room(home: Home) -> Iterator[Finding]:
    """Tell how much room the disk of the data has."""
    free = shutil.disk_usage(home.data).free
    found = say("{free:.1f} GB free on the disk of {folder}", free=free / 1e9, folder=home.data)
    advice = said("make room: journals and history grow, and what arrives on a full disk is not answered")
    state = "bad" if free < FULL_BYTES else "warning" if free < LOW_BYTES else "ok"
    yield Finding("disk", "ok", found) if state == "ok" else Finding("disk", state, found, advice)  # type: ignore[arg-type]


def clock(_home: Home) -> Iterator[Finding]:
    """Tell whether the clock is plausible, and kept by a time server."""
    now = datetime.now().astimezone()
    found = say("{time}", time=f"{now:%Y-%m-%d %H:%M:%S %z}")
    if now.timestamp() < shipped("access.toml").stat().st_mtime:
        advice = said("set the clock: sources, deadlines and the audit record go by it")
        yield Finding("clock", "bad", say("{time} is before this program was made", time=found), advice)
    elif _synchronised() is False:
        advice = said("name your network's time server in chrony or systemd-timesyncd")
        yield Finding("clock", "warning", say("{time}, not kept by a time server", time=found), advice)
    else:
        yield Finding("clock", "ok", found)


def _synchronised() -> bool | None:
    """Ask systemd; None where it does not know."""
    if sys.platform != "linux" or shutil.which("timedatectl") is None:
        return None
    command = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANSWER_S)
    return {"yes": True, "no": False}.get(answer.stdout.strip())
