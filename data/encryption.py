"""Turning what an installation keeps into encrypted files and back, each whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from data.audit.trails import desk_file
from data.history.compactor import alone
from data.history.files import turn as turn_file
from data.history.manifest import FILES, MANIFEST, Manifest
from data.history.sealing import is_sealed as is_sealed_file
from data.history.sealing import lake_key
from data.home import Home
from data.records.settings import database_url
from data.sealed import is_sealed, kept_by, key_of, made_key, turn
from data.secrets import set_encrypt
from data.sync.recovery import mend

JOURNALS, NOTES = "journal-*.sqlite", "ferry-*.sqlite"
_LOG = logging.getLogger(__name__)


def databases(home: Home) -> list[Path]:
    """Return the databases that are encrypted where the settings say so.

    They are the records (if no server has them), the audit trail, the journals, the ferry's notes, the lists of lakes.
    """
    url = database_url(home)
    records = [Path(url.database)] if url.drivername == "sqlite" and url.database else []
    found = (*home.state.glob(JOURNALS), *home.state.glob(NOTES), *(lake / MANIFEST for lake in lakes(home)))
    return [kept_by(home, path) for path in (*records, desk_file(home), *sorted(found)) if path.exists()]


def lakes(home: Home) -> list[Path]:
    """Return the folders of history."""
    return sorted(path.parent for path in (home.data / "history").glob(f"*/{MANIFEST}"))


def state(home: Home) -> dict[str, bool]:
    """Return which databases, and which lakes as a whole, are encrypted, by their paths."""
    files = {lake: list(lake.glob("day=*/*.parquet")) for lake in lakes(home)}
    return {
        **{str(path): is_sealed(path) for path in databases(home)},
        **{str(lake): all(map(is_sealed_file, found)) for lake, found in files.items() if found},
    }


def encrypt(home: Home) -> list[Path]:
    """Encrypt what is not, and have new files encrypted; return what was turned.

    Raises
    ------
    twin.errors.ZhianError
        As :func:`data.sealed.turn`: the files before are turned then, that one and those after are as they were. All of
        them open; the same again goes on.
    OSError
        If the disk does not take a file of a lake.
    """
    key = made_key(home)
    set_encrypt(home, True)
    return list(_turned(home, key))


def decrypt(home: Home) -> list[Path]:
    """Take the encryption away again, as :func:`encrypt`."""
    set_encrypt(home, False)
    return list(_turned(home, ""))


def _turned(home: Home, key: str) -> Iterator[Path]:
    for path in databases(home):
        if path.match(JOURNALS):
            for level, name, values in mend(path):  # else what stands behind a break in its log would be lost
                _LOG.warning("%s %s %s", level, name, values)
        if is_sealed(path) is not bool(key):
            turn(path, key_of(home, path) if not key else "", key)
            yield path
    for lake in lakes(home):
        if _turn_lake(lake, lake_key(key) if key else b""):
            yield lake


def _turn_lake(lake: Path, key: bytes) -> bool:
    """Turn the files of a lake; tell whether any had to be."""
    with alone(lake):
        names = [path.relative_to(lake).as_posix() for path in sorted(lake.glob("day=*/*.parquet"))]
        turned = [name for name in names if is_sealed_file(lake / name) is not bool(key)]
        manifest = Manifest(lake)
        try:
            for name in turned:
                size = turn_file(lake, name, key)
                with manifest.change() as connection:
                    connection.execute(sa.update(FILES).where(FILES.c.name == name).values(bytes=size))
        finally:
            manifest.close()
    return bool(turned)
