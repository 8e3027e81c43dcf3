"""The longest block of the window's thread, drawing left out: while a county is built, and while it lives.

``python -m benchmarks.gui_blocks [--small]`` on a display; prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from PySide6.QtCore import QEventLoop

from app.cli import open_session
from app.gui_watch import Blocks, GuiWatch, WatchedWindow
from app.headless import virtual_display
from app.opening import DEMO, SMALL
from app.settings import SettingsFile
from app.shell import make_application
from app.verbs.run import has_display


def until(met: Callable[[], bool], seconds: float) -> None:
    """Run the event loop until something holds."""
    loop, end = QEventLoop(), time.monotonic() + seconds
    while not met() and time.monotonic() < end:
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def measure(small: bool, live_s: float, play: list[Path]) -> dict[str, object]:
    """Build a county in a window, let it live, then play a recording, and watch all the while."""
    session = open_session("zh")
    make_application()
    window = WatchedWindow(session, SettingsFile.in_folder(session.home.data))
    watch = window.watch = GuiWatch(window)
    window.resize(1920, 1080)
    window.show()
    until(lambda: bool(window.arrangement.current), 10)
    results: dict[str, object] = {}

    def during(name: str, met: Callable[[], bool], seconds: float) -> None:
        watch.start()
        start = time.monotonic()
        until(met, seconds)
        results[name] = told(watch.stop(), time.monotonic() - start)

    shown: list[bool] = []
    window.opening.began.connect(lambda title: shown.append(title == "title_open"))
    window.open_twin(SMALL if small else DEMO, build=True, small=small)
    during("building", lambda: any(shown), 900)
    during("opening", lambda: window.live.city is not None, 300)
    during("first frame", lambda: window.live.world is not None and len(window.live.world.tracks) > 0, 120)
    during("living", lambda: False, live_s)
    if play and window.engine is not None:
        window.acts.run("recording.play", paths=play, here=True, speed=10.0)
        during("playing", lambda: False, live_s)
        results["played"] = window.replay.playback is not None
    window.close()
    return results


def told(blocks: Blocks, seconds: float) -> dict[str, object]:
    """Return what was seen as plain values."""
    return {
        "seconds": round(seconds, 1),
        "longest_ms": round(blocks.longest_ms, 1),
        "longest_kept_ms": round(blocks.longest_kept_ms, 1),
        "longest_cpu_ms": round(blocks.longest_cpu_ms, 1),
        "over_16_ms": blocks.over_16_ms,
        "kept_over_16_ms": blocks.kept_over_16_ms,
        "turns": blocks.turns,
        "worst_ms": blocks.worst_ms,
    }


def main() -> None:
    """Measure in a home of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--play", type=Path, nargs="*", default=[])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZHIAN_HOME"] = folder
        stack = ExitStack()
        if not has_display():
            os.environ["DISPLAY"] = stack.enter_context(virtual_display(1920, 1080))
        with stack:
            print(json.dumps(measure(arguments.small, arguments.seconds, arguments.play), ensure_ascii=False))


if __name__ == "__main__":
    main()
