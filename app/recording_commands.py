"""The commands that play recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QApplication, QFileDialog

from app.commands import Call, Command
from app.look import Look
from app.recordings import SUFFIXES
from app.replay import Replay, asked_in

STEERING = ("pause", "resume", "stop")


def recording_commands(replay: Replay, look: Look) -> Iterator[Command]:
    """Play, and steer what plays; ``recording.play`` asks for files where ``paths`` does not name them."""

    def play(call: Call) -> None:
        paths = tuple(str(path) for path in call.arguments.get("paths") or _ask_for_files(look))
        if paths:
            replay.play(asked_in(call, paths))

    def steer(order: str) -> Callable[[Call], None]:
        return lambda call: replay.steer(order, float(call.arguments.get("value", 0.0)))

    yield Command("recording.play", play, "recording.play", "Ctrl+O", sensitive=True)
    for order in STEERING:
        yield Command(f"recording.{order}", steer(order), "recording.play")
    yield Command("recording.speed", steer("speed"), "recording.play", in_palette=False)
    yield Command("recording.seek", steer("seek"), "recording.play", in_palette=False)


def _ask_for_files(look: Look) -> list[str]:
    kinds = f"{look.texts('replay.files')} ({' '.join(f'*.{suffix}' for suffix in SUFFIXES)})"
    paths, _ = QFileDialog.getOpenFileNames(QApplication.activeWindow(), look.texts("replay.choose"), "", kinds)
    return paths
