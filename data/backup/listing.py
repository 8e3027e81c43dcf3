"""The list of a backup: every file with its length and SHA-256, and what the backup is of; told in docs/backup.md."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from data.home import Home
from twin.errors import BadInputError, IntegrityError
from twin.words import say

NAME = "backup.json"
FORMAT = 1


class Listed(msgspec.Struct, frozen=True):
    """One file."""

    bytes: int
    sha256: str


class Listing(msgspec.Struct, frozen=True):
    """A backup's list; ``files`` by their paths below it, ``records`` is ``sqlite`` or ``postgresql``."""

    format: int
    made_s: float
    program: str
    records: str
    files: Mapping[str, Listed]


def roots(home: Home) -> dict[str, Path]:
    """Return the folders that a backup holds, by their names in it; where data and state are one, it is one."""
    return {"data": home.data} if home.data == home.state else {"data": home.data, "state": home.state}


def digest(path: Path) -> Listed:
    """Return a file's length and hash."""
    with path.open("rb") as file:
        return Listed(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def paths_in(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, but for its list, by their paths there."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / NAME:
            yield path.relative_to(folder).as_posix()


def write_listing(folder: Path, listing: Listing) -> None:
    """Write the list, with its own hash in the line below it."""
    body = msgspec.json.format(msgspec.json.encode(listing), indent=1)
    (folder / NAME).write_bytes(body + b"\n" + hashlib.sha256(body).hexdigest().encode() + b"\n")


def read_listing(folder: Path) -> Listing:
    """Read the list of a backup.

    Raises
    ------
    twin.errors.BadInputError
        If it is no backup, or one of a newer program.
    twin.errors.IntegrityError
        If the list is damaged.
    """
    try:
        body, _, told = (folder / NAME).read_bytes().rstrip().rpartition(b"\n")
    except (FileNotFoundError, NotADirectoryError):
        raise BadInputError(str(folder), "it is no whole backup", "give a folder that `zhian backup` made") from None
    if hashlib.sha256(body).hexdigest().encode() != told:
        raise IntegrityError(say("{folder}: the list of the backup is damaged: take another one", folder=folder))
    listing = msgspec.json.decode(body, type=Listing)
    if listing.format != FORMAT:
        raise BadInputError(str(folder), "it was made by a newer program", "update this one")
    return listing


def verify(folder: Path) -> Listing:
    """Read every byte of a backup and compare.

    Raises
    ------
    twin.errors.BadInputError, twin.errors.IntegrityError
        As :func:`read_listing`, and if a file is missing, was changed, or is not of the backup.
    """
    listing = read_listing(folder)
    here = set(paths_in(folder))
    bad = sorted(here ^ listing.files.keys())
    bad += [name for name in sorted(here & listing.files.keys()) if digest(folder / name) != listing.files[name]]
    if bad:
        names = ", ".join(bad[:3]) + (" …" if len(bad) > 3 else "")
        raise IntegrityError(
            say("{folder} is torn: {count} files do not fit ({names}); take another one", folder=folder,
                count=len(bad), names=names)
        )  # fmt: skip
    return listing
