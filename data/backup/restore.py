"""Restoring a backup: read and compared whole, put beside its place, and only then in it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from data.backup.listing import roots, verify
from data.backup.server import load, must_be_empty
from data.home import Home
from data.records.settings import FILE, database_url
from data.sync.shared import is_written
from twin.errors import DiskError, UsageError
from twin.words import say, why


def restore(home: Home, folder: Path, *, replace: bool, now_s: float) -> tuple[Path, ...]:
    """Put a backup in the place of what is here, which is set aside; return where that is.

    Only where the records are (``records.toml``) stays as it is here: another machine may have another server.

    Raises
    ------
    twin.errors.IntegrityError, twin.errors.BadInputError
        If the backup is not whole, or none; nothing was changed then.
    twin.errors.UsageError
        If an engine runs, something is here and ``replace`` is not set, or the database server holds records.
    twin.errors.DiskError
        If there is no room; nothing was changed then.
    """
    running = [path.stem for path in home.runtime.glob("live-*.table") if is_written(path)]
    if running:
        raise UsageError(say("an engine is running ({name}): stop it first", name=", ".join(running)))
    if not replace and (home.twins() or any(home.state.glob("journal-*.sqlite"))):
        raise UsageError("there are twins here already: say --replace, and they are set aside")
    listing = verify(folder)
    here = roots(home)
    fresh = {part: root.with_name(f"{root.name}.restoring") for part, root in here.items()}
    try:
        for part, target in fresh.items():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            if (folder / part).is_dir():
                shutil.copytree(folder / part, target, dirs_exist_ok=True)
        if (home.data / FILE).exists():
            shutil.copy2(home.data / FILE, fresh["data"] / FILE)
        if listing.records == "postgresql":
            url = database_url(Home(fresh["data"], home.cache, home.state, home.runtime))
            must_be_empty(url)
            load(url, folder / "records.dump")
    except OSError as error:
        for target in fresh.values():
            shutil.rmtree(target, ignore_errors=True)
        raise DiskError(say("the backup could not be restored: {reason}", reason=why(error))) from error
    except BaseException:
        for target in fresh.values():
            shutil.rmtree(target, ignore_errors=True)
        raise
    return tuple(_swap(here[part], fresh[part], now_s) for part in here)


def _swap(root: Path, fresh: Path, now_s: float) -> Path:
    """Put a folder in the place of another, and return where that one is now."""
    aside = root.with_name(f"{root.name}.before-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now_s))}")
    if hasattr(os, "sync"):
        os.sync()
    root.rename(aside)
    fresh.rename(root)
    return aside
