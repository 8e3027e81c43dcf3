"""Where records are kept: ``records.toml`` in the user's data folder; without it, one SQLite file beside it.

::

    database = "postgresql+psycopg://zhian@db.example/zhian"
    password_file = "/etc/zhian/database-password"   # or none: ~/.pgpass, a certificate, the network's own way
    follow = true           # keep live state and positions in it, beside the cases
    position_days = 30      # older positions are dropped from it; the history lake keeps its own time
"""

from __future__ import annotations

import stat
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
import sqlalchemy as sa

from data.forms import learn
from data.home import Home
from data.sealed import key_of
from twin.errors import BadInputError
from twin.words import say

FILE = "records.toml"


class RecordsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings as they stand in the file."""

    database: str = ""
    password_file: str = ""
    follow: bool = True
    position_days: Annotated[int, msgspec.Meta(ge=1)] = 30


learn(RecordsSettings)


def records_settings(home: Home) -> RecordsSettings | None:
    """Return the settings; None where no file was written, and cases alone are kept.

    Raises
    ------
    twin.errors.BadInputError
        If they cannot be read, or others could read a password in them.
    """
    path = home.data / FILE
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text("utf-8")), RecordsSettings)
    except FileNotFoundError:
        return None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), said_without(error), "mend it, or remove it to start afresh") from None
    if settings.database and _url(path, settings.database).password:
        _must_be_private(path)
    return settings


def said_without(error: Exception) -> str:
    """Return what is wrong with the file, without quoting it: it may hold a password."""
    return say("not readable as settings ({kind})", kind=type(error).__name__)


def database_url(home: Home) -> sa.URL:
    """Return where the records are, with the password (of an encrypted file: the key) if we are to give one.

    Raises
    ------
    twin.errors.BadInputError
        As :func:`records_settings`, and if the database is of a kind we do not know.
    """
    settings = records_settings(home)
    if settings is None or not settings.database:
        return _keyed(home, sa.URL.create("sqlite", database=str(home.data / "records.sqlite")))
    path = home.data / FILE
    url = _url(path, settings.database)
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise BadInputError(
            str(path), say("there is no way to a database of the kind {kind}", kind=url.drivername),
            "write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME",
        )  # fmt: skip
    if settings.password_file:
        secret = Path(settings.password_file).expanduser()
        if not secret.exists():
            raise BadInputError(str(secret), "there is no such file or folder", "give the file that holds the password")
        _must_be_private(secret)
        url = url.set(password=secret.read_text("utf-8").strip())
    return _keyed(home, url)


def _keyed(home: Home, url: sa.URL) -> sa.URL:
    if url.drivername != "sqlite" or not url.database:
        return url
    return url.set(password=key_of(home, Path(url.database)) or None)


def _url(path: Path, text: str) -> sa.URL:
    try:
        return sa.make_url(text)
    except (sa.exc.ArgumentError, ValueError):
        raise BadInputError(
            str(path), "`database` is no address of a database",
            "write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME",
        ) from None  # fmt: skip


def _must_be_private(path: Path) -> None:
    if sys.platform != "win32" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise BadInputError(
            str(path), "others can read it, and it holds a password", "take their rights away: chmod 600"
        )
