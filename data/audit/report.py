"""Verifying all trails of an installation against their checkpoints, here and at the witness."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from data.audit.checkpoints import Found, checkpoints, newest_in
from data.audit.notary import USE, own_folder
from data.audit.settings import audit_settings
from data.audit.tables import ENTRIES
from data.audit.trail import Page, pages
from data.audit.trails import DESK, Trail, trails
from data.audit.verify import MISSING, Mark, Verification, Walk
from data.home import Home
from data.signing.keys import own_publics
from twin.audit.clocks import Move, moves
from twin.errors import BadInputError

NOT_WITNESSED = "it is not the one that the witness has"
NO_WITNESS = "the witness has none of its checkpoints"
Progress = Callable[[int, int], None]
"""Told how many entries were followed, and of how many."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the checkpoint over so many entries."""

    size: int
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What was found of one trail.

    Parameters
    ----------
    taken, witnessed : int
        Checkpoints here, and at the witness (-1 where there is none).
    newest_s : float
        When the newest that holds was taken; 0 for none.
    """

    trail: str
    found: Verification
    faults: tuple[Fault, ...] = ()
    moved: tuple[Move, ...] = ()
    taken: int = 0
    witnessed: int = -1
    newest_s: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing was changed, removed or exchanged. A clock that was moved is told, and breaks nothing."""
        return not self.found.problem and not self.faults


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a trail is signed: its entries, and over how many the newest checkpoints are (0 for none, -1 unknown)."""

    trail: str
    entries: int
    here: int
    at_s: float
    witness: int


def standing(home: Home) -> list[Standing]:
    """Return how far each trail is signed, without following it."""
    there, keys, found = audit_settings(home).witness_folder, own_publics(home, USE), list[Standing]()
    for trail in trails(home):
        with trail.reading() as connection:
            entries = connection.scalar(sa.select(sa.func.max(ENTRIES.c.seq))) or 0
        here = newest_in(own_folder(home) / trail.name, keys)
        witnessed = newest_in(there / trail.name, keys) if there else None
        at_s = here.checkpoint.at_s if here and here.checkpoint else 0.0
        sizes = (one.size - 1 if one else 0 for one in (here, witnessed))
        found.append(Standing(trail.name, entries, next(sizes), at_s, next(sizes) if there else -1))
    return found


class _Clocks(msgspec.Struct, frozen=True):
    at_s: float
    up_s: float
    boot: str
    seat: str


def verify_all(
    home: Home, witness: Path | None = None, keys: Mapping[bytes, bytes] | None = None,
    noted: Mapping[int, Mark] | None = None, progress: Progress = lambda done, of: None,
) -> list[Report]:  # fmt: skip
    """Verify every trail of an installation.

    Parameters
    ----------
    witness : Path, optional
        The witness folder; by default that of the settings.
    keys : mapping of bytes to bytes, optional
        The public keys that count, by their ids; by default this machine's own.

    noted : mapping of int to Mark, optional
        What was noted elsewhere of the desk's own trail.

    Raises
    ------
    twin.errors.BadInputError
        If the witness is not there.
    """
    settings = audit_settings(home)
    there = witness / settings.machine if witness else settings.witness_folder
    if there is not None and not there.parent.is_dir():
        raise BadInputError(str(there.parent), "the witness folder is not there", "connect it, or name another")
    keys, known = own_publics(home, USE) if keys is None else keys, trails(home)
    reports = [
        _verified(trail, own_folder(home), there, keys, (noted or {}) if trail.name == DESK else {}, progress)
        for trail in known
    ]
    names = {trail.name for trail in known}
    lost = {path.name for folder in (own_folder(home), there) if folder for path in folder.glob("*/")} - names
    return reports + [Report(name, Verification(0, "", 0, MISSING)) for name in sorted(lost)]


def _verified(
    trail: Trail, own: Path, there: Path | None, keys: Mapping[bytes, bytes], noted: Mapping[int, Mark],
    progress: Progress,
) -> Report:  # fmt: skip
    here = checkpoints(own / trail.name, keys)
    witnessed = checkpoints(there / trail.name, keys) if there else []
    faults = [Fault(one.size, one.problem) for one in (*here, *witnessed) if one.problem]
    by_size = {one.size: one for one in witnessed}
    faults += [Fault(one.size, NOT_WITNESSED) for one in here if by_size.get(one.size, one).text != one.text]
    if there and here and not witnessed:
        faults.append(Fault(0, NO_WITNESS))
    marks = {**_marks([*here, *witnessed]), **noted}
    with trail.reading() as connection:
        found, moved = followed(connection, marks, progress)
    newest_s = max((one.checkpoint.at_s for one in (*here, *witnessed) if one.checkpoint), default=0.0)
    unique = tuple(sorted(set(faults), key=lambda fault: fault.size))
    return Report(trail.name, found, unique, moved, len(here), len(witnessed) if there else -1, newest_s)


def _marks(found: Sequence[Found]) -> dict[int, Mark]:
    """Return what the checkpoints that we signed say; the witness comes last and counts."""
    told = [one.checkpoint for one in found if one.checkpoint]
    return {one.size - 1: Mark(bytes.fromhex(one.hash), bytes.fromhex(one.root)) for one in told}


def followed(
    connection: sa.Connection, marks: Mapping[int, Mark], progress: Progress
) -> tuple[Verification, tuple[Move, ...]]:
    """Follow a trail, and look at its clocks."""
    of = (connection.scalar(sa.select(sa.func.max(ENTRIES.c.seq))) or 0) + 1
    walk, clocks = Walk(marks=marks), list[_Clocks]()
    for page in pages(connection):
        walk.take(page)
        if walk.problem:
            break
        clocks += _clocks(page)
        progress(len(clocks), of)
    return walk.ended(), _moved(clocks)


def _clocks(page: Page) -> list[_Clocks]:
    decode = msgspec.json.Decoder(_Clocks).decode
    return [decode(body) for _, body, _ in page]


def _moved(clocks: Sequence[_Clocks]) -> tuple[Move, ...]:
    at_s, up_s = (np.array([getattr(one, name) for one in clocks], np.float64) for name in ("at_s", "up_s"))
    boot, seat = (_codes([getattr(one, name) for one in clocks]) for name in ("boot", "seat"))
    return tuple(moves(np.arange(len(clocks)), at_s, up_s, boot, seat))


def _codes(words: Sequence[str]) -> NDArray[np.int64]:
    known: dict[str, int] = {}
    return np.array([known.setdefault(word, len(known)) for word in words], np.int64)
