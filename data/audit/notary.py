"""Takes checkpoints of all trails when they are due, and brings them to the witness."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data.audit.checkpoints import ENDING, Found, newest_in, take, write
from data.audit.settings import AuditSettings, audit_settings
from data.audit.tables import ENTRIES
from data.audit.trails import Trail, trails
from data.home import Home
from data.signing.keys import own_key, own_publics
from twin.errors import DiskError, IntegrityError, ZhianError
from twin.words import say, why

USE = "audit"
LOCK_S = 60.0
ROUND_S = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What was done for one trail: the size of its newest checkpoint, and whether that was taken now."""

    trail: str
    size: int
    now: bool


def own_folder(home: Home) -> Path:
    """Return where this machine keeps its checkpoints, a folder for each trail."""
    return home.state / "checkpoints"


def take_checkpoints(home: Home, now_s: float, at_once: bool = False) -> list[Taken]:
    """Take what is due, or of every trail that has grown, and copy to the witness what it lacks.

    Raises
    ------
    twin.errors.IntegrityError
        If a trail does not follow its last checkpoint.
    twin.errors.DiskError
        If the witness cannot be written; this machine has the checkpoints then.
    """
    settings, own = audit_settings(home), own_folder(home)
    own.mkdir(parents=True, exist_ok=True)
    with _alone(own):
        taken = [_took(home, trail, settings, now_s, at_once) for trail in trails(home)]
        if settings.witness_folder is not None:
            _bring(own, settings.witness_folder, [trail.name for trail in trails(home)])
    return taken


async def keep_taking(home: Home, tell: Callable[[str], None]) -> None:
    """Take what is due once a minute until cancelled; a problem is told once, and an empty text when it is over."""
    before = ""
    while True:
        problem = await asyncio.to_thread(_problem, home)
        if problem != before:
            tell(problem)
        before = problem
        await asyncio.sleep(ROUND_S)


def _problem(home: Home) -> str:
    try:
        take_checkpoints(home, time.time())
    except ZhianError as error:
        return error.sentence
    return ""


def _took(home: Home, trail: Trail, settings: AuditSettings, now_s: float, at_once: bool) -> Taken:
    folder, key = own_folder(home) / trail.name, own_key(home, USE)
    last = newest_in(folder, own_publics(home, USE))
    if last is not None and last.problem:
        raise IntegrityError(
            say(
                "the last checkpoint of the audit trail {trail} does not hold: run `zhian audit verify`",
                trail=trail.name,
            )
        )
    with trail.reading() as connection:
        newest = connection.scalar(sa.select(sa.func.max(ENTRIES.c.seq)))
        if newest is None:  # nothing that this account may read: on a server only the auditor's may
            return Taken(trail.name, _size(last), False)
        size = newest + 1
        if not (size != _size(last) if at_once else _is_due(last, size, settings, now_s)):
            return Taken(trail.name, _size(last), False)
        size, text = take(connection, trail.name, last, key, now_s)
    write(folder, size, text)
    return Taken(trail.name, size, True)


def _size(last: Found | None) -> int:
    return last.size if last else 0


def _is_due(last: Found | None, size: int, settings: AuditSettings, now_s: float) -> bool:
    if last is None or last.checkpoint is None:
        return True
    waited_s = abs(now_s - last.checkpoint.at_s)
    return abs(size - last.size) >= settings.entries or (size != last.size and waited_s >= settings.minutes * 60)


def _bring(own: Path, witness: Path, names: Sequence[str]) -> None:
    try:
        for name in names:
            there = {path.name for path in (witness / name).glob(f"*{ENDING}")}
            for path in sorted((own / name).glob(f"*{ENDING}")):
                if path.name not in there:
                    write(witness / name, int(path.name.removesuffix(ENDING)), path.read_bytes())
    except OSError as error:
        raise DiskError(
            say(
                "the witness {folder} cannot be written ({error}): the checkpoints wait here",
                folder=witness,
                error=why(error),
            )
        ) from error


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(folder / "lock.sqlite", timeout=LOCK_S, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
