"""Banks by their names: those that come with the program, and the user's own in ``banks-known.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

from data.forms import learn
from data.home import Home
from data.own_copy import shipped
from twin.errors import BadInputError
from twin.fraud.receipt import BankName
from twin.words import said

SHIPPED, OWN = "banks.toml", "banks-known.toml"


class _Banks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bank: tuple[BankName, ...] = ()


learn(_Banks)


def banks_of(home: Home) -> tuple[BankName, ...]:
    """Return the banks there are, the user's own first.

    Raises
    ------
    twin.errors.BadInputError
        If the user's file cannot be read.
    """
    own = home.data / OWN
    return (*(_read(own) if own.exists() else ()), *_read(shipped(SHIPPED)))


def _read(path: Path) -> tuple[BankName, ...]:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Banks).bank
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), said(str(error)), "mend the file, or remove it") from None
