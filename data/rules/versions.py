"""The versions of scenarios that have counted on this machine, so that a back-test can tell what the one before gives.

Each version is a file of its own under the state folder, named by when it began to count: two processes that note the
same one at once leave it twice, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from data.forms import learn
from data.home import Home
from data.whole_file import write_file
from twin.rules.scenario import Loaded

FOLDER = "scenario-versions"
MOST = 20
"""So many are kept of each scenario."""
learn(Loaded)


def note(home: Home, counting: Iterable[Loaded], now_s: float) -> None:
    """Keep those that count now and did not when this was last asked.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    for loaded in counting:
        kept = _kept(home, loaded.id)
        if kept and kept[-1].stem.endswith(f"-{loaded.version}"):
            continue
        folder = home.state / FOLDER / loaded.id
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / f"{int(now_s * 1000):016d}-{loaded.version}.json", msgspec.json.encode(loaded))
        for old in kept[: max(len(kept) + 1 - MOST, 0)]:
            old.unlink(missing_ok=True)


def before(home: Home, loaded: Loaded) -> Loaded | None:
    """Return the version that counted last before this one; None where none is known, or none can be read any more."""
    for path in reversed(_kept(home, loaded.id)):
        if path.stem.endswith(f"-{loaded.version}"):
            continue
        try:
            return msgspec.json.decode(path.read_bytes(), type=Loaded)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            continue  # of a program that knew other words
    return None


def _kept(home: Home, scenario: str) -> list[Path]:
    return sorted((home.state / FOLDER / scenario).glob("*.json"))
