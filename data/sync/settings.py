"""Which sources a twin has: ``sources.toml`` in the user's data folder, one table a twin.

::

    ["jiashan"]
    [["jiashan".source]]
    name = "demo life"
    kind = "demo-life"
    options = { seed = 1 }
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import msgspec

from data.connectors.contract import SourceSettings
from data.forms import learn
from data.home import Home
from twin.errors import BadInputError
from twin.words import say

FILE = "sources.toml"
DEMO = SourceSettings("demo life", "demo-life")


learn(tuple[SourceSettings, ...])


def sources_of(home: Home, twin: str, invented: bool) -> tuple[SourceSettings, ...]:
    """Return a twin's sources; where none were set, an invented twin has the demo life and a real one has nothing.

    Raises
    ------
    twin.errors.BadInputError
        If the settings cannot be read.
    """
    table = _read(home.data / FILE).get(twin)
    if table is None:
        return (DEMO,) if invented else ()
    try:
        return tuple(msgspec.convert(table.get("source", []), tuple[SourceSettings, ...]))
    except msgspec.ValidationError as error:
        raise BadInputError(
            str(home.data / FILE),
            say("a source of {twin}: {error}", twin=twin, error=error),
            "mend or remove the entry",
        ) from None


def set_sources(home: Home, twin: str, sources: Sequence[SourceSettings]) -> None:
    """Write a twin's sources; the other twins' stay as they are."""
    path = home.data / FILE
    tables = dict(_read(path))
    tables[twin] = {"source": [msgspec.to_builtins(source) for source in sources]}
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write("".join(_toml(name, table) for name, table in tables.items()))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> Mapping[str, Mapping[str, object]]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(
            str(path), say("not TOML: {error}", error=error), "mend it, or remove it to start afresh"
        ) from None


def _toml(twin: str, table: Mapping[str, object]) -> str:
    lines = [f"[{_value(twin)}]"]
    for source in cast(Sequence[Mapping[str, object]], table.get("source", [])):
        lines.append(f"[[{_value(twin)}.source]]")
        lines += [f"{key} = {_value(value)}" for key, value in source.items()]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_value(str(key))} = {_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str | bool | int | float):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    raise TypeError(f"{type(value).__name__} cannot stand in {FILE}")
