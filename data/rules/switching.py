"""A scenario switched on or off: in the user's own copy of its file, which counts before the one of the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from data.home import Home
from data.own_copy import shipped
from data.rules.files import FOLDER
from data.whole_file import write_file
from twin.errors import BadInputError
from twin.rules.scenario import Loaded
from twin.words import say, why

_ON = re.compile(r"^on[ \t]*=.*$", re.MULTILINE)
_TABLE = re.compile(r"^\[", re.MULTILINE)


def switch(home: Home, loaded: Loaded, on: bool) -> Path:
    """Write the user's copy of a scenario with ``on`` as it is wanted, whole or not at all, and return it.

    Everything else stays as it stands in the file that counts now, comments too. Rules at work notice by themselves.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read or written.
    """
    place = Path(FOLDER) / loaded.board / f"{loaded.id}.toml"
    own = home.data / place
    try:
        text = switched((own if own.exists() else shipped("") / place).read_text("utf-8"), on)
        own.parent.mkdir(parents=True, exist_ok=True)
        write_file(own, text.encode())
    except OSError as error:
        raise BadInputError(
            str(own), say("it cannot be written: {reason}", reason=why(error)), "free the disk, or the folder's rights"
        ) from None
    return own


def switched(text: str, on: bool) -> str:
    """Return the text of a scenario's file with ``on`` as it is wanted; it stands before the first part."""
    found = _TABLE.search(text)
    place = found.start() if found else len(text)
    head, rest = text[:place], text[place:]
    line = f"on = {str(on).lower()}"
    head = _ON.sub(line, head) if _ON.search(head) else f"{head.rstrip()}\n{line}\n\n"
    if tomllib.loads(head + rest).get("on") is not on:
        raise ValueError(line)
    return head + rest
