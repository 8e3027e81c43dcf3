"""How the trail is witnessed: ``audit.toml`` in the user's data folder, else the one that comes along."""

from __future__ import annotations

import platform
import re
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec

from data.forms import learn
from data.home import Home
from data.own_copy import counting
from twin.errors import BadInputError
from twin.words import say

FILE = "audit.toml"
Count = Annotated[int, msgspec.Meta(ge=1)]


class AuditSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings as they stand in the file.

    Parameters
    ----------
    witness : str
        A folder off this machine; empty for none.
    name : str
        Of this machine in it.
    entries, minutes : int
        When the next checkpoint is due.
    """

    witness: str = ""
    name: str = ""
    entries: Count = 1000
    minutes: Count = 10

    @property
    def machine(self) -> str:
        """Name of this machine, fit for a folder."""
        return re.sub(r"[^\w.-]", "-", self.name or platform.node() or "desk")

    @property
    def witness_folder(self) -> Path | None:
        """Where this machine's checkpoints are witnessed."""
        return Path(self.witness).expanduser() / self.machine if self.witness else None


learn(AuditSettings)


def audit_settings(home: Home) -> AuditSettings:
    """Return the settings that hold for this user.

    Raises
    ------
    twin.errors.BadInputError
        If they cannot be read.
    """
    path = counting(FILE, home)
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), AuditSettings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        remedy = "mend it, or remove it to go by the file that comes with the program"
        raise BadInputError(str(path), say("{error}", error=error), remedy) from None
