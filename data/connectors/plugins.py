"""Connectors in the user's plug-in folder: each Python file there, and each package with a ``source.py``.

For the installed program, which sees no packages beside it. A plug-in's file name is its kind; it has ``open_source``
as our own connectors have, and may have ``read_again``. It runs with all the rights of the program, so one that others
could have written is not run.
"""

from __future__ import annotations

import importlib.util
import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import cast

from data.connectors.contract import OpenSource
from data.home import Home
from twin.errors import BadInputError
from twin.words import said, say

FOLDER = "plugins"
SWITCH = "ZHIAN_PLUGINS"
"""In the environment: ``no`` leaves them all out, as safe mode does."""
NAMESPACE = "zhian_plugins"
"""Plug-ins are imported below this name, so that none can stand in the place of another module."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that was found.

    Parameters
    ----------
    kind : str
        Of the sources that it opens.
    path : Path
        The file, or the package's folder.
    problem : str
        Why it is not used; empty if it may be.
    """

    kind: str
    path: Path
    problem: str = ""


def folder_of(home: Home) -> Path:
    """Return where plug-ins lie."""
    return home.data / FOLDER


def found(home: Home) -> tuple[Plugin, ...]:
    """List the plug-ins by kind, without running any; those that others could have written say so."""
    folder = folder_of(home)
    paths = sorted(folder.iterdir()) if folder.is_dir() and os.environ.get(SWITCH) != "no" else []
    return tuple(Plugin(path.stem.replace("_", "-"), path, _risk(path, folder)) for path in paths if _is_plugin(path))


def opener(home: Home, kind: str) -> OpenSource | None:
    """Import the plug-in of a kind; None if there is none.

    Raises
    ------
    twin.errors.BadInputError
        If it may not be run, fails while it is imported, or opens no source.
    """
    plugin = next((plugin for plugin in found(home) if plugin.kind == kind), None)
    if plugin is None:
        return None
    if plugin.problem:
        raise BadInputError(str(plugin.path), plugin.problem, "make it yours alone to write: chmod go-w")
    module = _imported(plugin)
    if not callable(getattr(module, "open_source", None)):
        raise BadInputError(str(plugin.path), "it has no `open_source`", "see docs/plug-ins.md")
    return cast(OpenSource, module.open_source)


def _is_plugin(path: Path) -> bool:
    if not path.stem.isidentifier() or path.name.startswith("_"):
        return False
    return path.suffix == ".py" and path.is_file() if path.suffix else (path / "source.py").is_file()


def _risk(path: Path, folder: Path) -> str:
    """Return why a plug-in may be another's; what is compiled beside it counts too, as Python runs that instead."""
    if os.name != "posix":
        return ""  # access lists are the system's business there
    for part in (folder, folder / "__pycache__", path, path.resolve(), path.resolve().parent, *_below(path)):
        if not part.exists():
            continue
        status = part.stat()
        if status.st_uid not in (os.getuid(), 0):
            return said("another user owns it")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return said("others may write to it")
    return ""


def _below(path: Path) -> Iterator[Path]:
    return path.rglob("*") if path.is_dir() else iter(())


def _imported(plugin: Plugin) -> ModuleType:
    """Import a plug-in under a name of its own, once; what goes wrong in it is told as its fault."""
    name, is_package = f"{NAMESPACE}.{plugin.path.stem}", plugin.path.is_dir()
    whole, file = (f"{name}.source", plugin.path / "source.py") if is_package else (name, plugin.path)
    known = sys.modules.get(whole)
    if known is not None and known.__file__ == str(file):
        return known
    _forget(name)
    sys.modules.setdefault(NAMESPACE, ModuleType(NAMESPACE))
    try:
        if is_package:
            sys.modules[name] = package = ModuleType(name)
            package.__path__ = [str(plugin.path)]
        return _run(whole, file)
    except (Exception, SystemExit) as error:  # a plug-in may raise whatever it likes; it is told
        _forget(name)
        problem = say("it cannot be imported: {name}: {error}", name=type(error).__name__, error=error)
        raise BadInputError(str(plugin.path), problem, "mend it, or take it out of the folder") from error


def _forget(name: str) -> None:
    for other in [other for other in list(sys.modules) if other == name or other.startswith(f"{name}.")]:
        del sys.modules[other]


def _run(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is no module")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
