"""Where the program keeps things: the user's data, cache, state and runtime folders."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from twin.errors import BadInputError, UsageError
from twin.words import say


@dataclass(frozen=True, slots=True)
class Home:
    """The user's folders. ``ZHIAN_HOME`` moves them all below one."""

    data: Path
    cache: Path
    state: Path
    runtime: Path

    @classmethod
    def of_user(cls) -> Home:
        """Return the folders of this user, made if need be."""
        moved = os.environ.get("ZHIAN_HOME")
        if moved:
            root = Path(moved).expanduser().absolute()
            home = cls(root / "data", root / "cache", root / "state", root / "runtime")
        else:
            dirs = platformdirs.PlatformDirs("zhian", appauthor=False)
            with warnings.catch_warnings():
                # Outside of a login there is no XDG_RUNTIME_DIR: the place taken then is as good.
                warnings.simplefilter("ignore", platformdirs.api.RuntimeDirWarning)
                runtime = dirs.user_runtime_path / "zhian"
            home = cls(dirs.user_data_path, dirs.user_cache_path, dirs.user_state_path, runtime)
            if not os.access(home.runtime.parent, os.W_OK):
                home = cls(home.data, home.cache, home.state, home.cache / "runtime")
        for folder in (home.data, home.cache, home.state, home.runtime):
            folder.mkdir(parents=True, exist_ok=True)
        return home

    def twin(self, name: str) -> Path:
        """Return the folder of a twin by its name."""
        if not re.fullmatch(r"[\w][\w.\- ]{0,63}", name):
            raise UsageError(
                say("{name!r} cannot name a twin: use letters, digits, dots, dashes or underscores", name=name)
            )
        return self.data / "twins" / name

    def twins(self) -> list[str]:
        """List the names of the twins kept here."""
        folder = self.data / "twins"
        found = (p.parent.name for p in folder.glob("*/twin.json")) if folder.is_dir() else iter(())
        return sorted(name for name in found if not name.startswith("."))  # a dot begins a twin in the making

    def current(self) -> str:
        """Return the name of the twin that opens by default: the one last made or opened."""
        pointer = self.data / "current"
        name = pointer.read_text("utf-8").strip() if pointer.exists() else ""
        if not name:
            raise BadInputError(
                say("zhian"), "no twin has been made yet", "make the demo county with `zhian county build`"
            )
        return name

    def set_current(self, name: str) -> None:
        """Make a twin the one that opens by default."""
        fresh = self.data / "current.new"
        fresh.write_text(name, "utf-8")
        fresh.replace(self.data / "current")
