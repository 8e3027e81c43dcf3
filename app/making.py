"""What the verbs that make twins share: telling progress, and preparing the scene that the window draws."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable

from app.map.prepare import prepare
from app.session import Session
from data.home import Home
from twin.city.city import City

Progress = Callable[[float, str], None]
BAR = 28


class Teller:
    """Tells progress: a bar on stderr for people, JSON lines on stdout for programs.

    Parameters
    ----------
    session : Session
    stages : str
        Where the texts of the stages are, as ``county.stage``.
    """

    def __init__(self, session: Session, stages: str) -> None:
        self._session, self._stages = session, stages
        self._last = ""

    def __call__(self, share: float, stage: str) -> None:
        """Tell that ``share`` of the work (0 to 1) is done and what comes now."""
        if self._session.as_json:
            print(json.dumps({"progress": round(share, 3), "stage": stage}), flush=True)
            return
        title = self._session.texts(f"{self._stages}.{stage}")
        filled = round(share * BAR)
        line = f"[{'█' * filled}{'·' * (BAR - filled)}] {share:4.0%} {title}"
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{line}", end="\n" if stage == "done" else "", file=sys.stderr, flush=True)
        elif stage != self._last:
            print(line, file=sys.stderr, flush=True)
        self._last = stage


def prepare_scene(city: City, home: Home, name: str, progress: Progress) -> None:
    """Make the drawing cache beside its place, then swap it in: a stopped run leaves no half scene."""
    scenes = home.cache / "scenes"
    fresh = scenes / f".{name}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        prepare(city, fresh, progress)
        shutil.rmtree(scenes / name, ignore_errors=True)
        fresh.rename(scenes / name)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
