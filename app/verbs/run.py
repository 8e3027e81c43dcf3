"""``zhian run``: open the window; without a display, show it on one of our own and take its picture."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.home import Home
from twin.errors import MissingPieceError, NotAllowedError, UsageError
from twin.words import say


def add_parser(verbs: Any) -> None:
    """Add ``zhian run``."""
    parser = verbs.add_parser("run", help="open the window")
    parser.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="a twin's folder, or its twin.json")
    parser.add_argument("--twin", default="", help="name of the twin (default: the current one, else the demo county)")
    parser.add_argument("--small", action="store_true", help="the small county: quick to build, for a first look")
    parser.add_argument("--theme", choices=("dark", "light"), default="")
    parser.add_argument("--size", default="", metavar="WxH", help="size of the window, as 1920x1080")
    parser.add_argument("--screenshot", type=Path, metavar="FILE", help="show everything, write a picture, and end")
    parser.add_argument("--seconds", type=float, default=0.0, help="end after this many seconds with the county shown")
    parser.add_argument("--workspace", default="", help="watch, traffic, fraud, sites, networks or study")
    parser.add_argument("--safe-mode", action="store_true", help="default settings, drawn by software, no plug-ins")
    parser.add_argument("--reset-settings", action="store_true", help="set the settings aside and begin with defaults")
    parser.add_argument("--dialogs", action="store_true", help="for icons: say in a window, too, why it does not start")
    parser.set_defaults(run=_run)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    return (Command("app.run", lambda call: _open(session, call), "app.run", in_palette=False),)


def _run(arguments: argparse.Namespace, session: Session) -> int:
    size = _size(arguments.size)
    if find_spec("PySide6") is None:
        raise MissingPieceError(
            "this package has no window: install cn.zhian.twin for one; engine, exports and tools need none"
        )
    if arguments.folder is not None:
        arguments.twin = _twin_at(arguments.folder, session.home)
    if not session.commands.actor.id and has_display():
        from app.shell import sign_in

        if not sign_in(session):
            return NotAllowedError.exit_code
    return int(session.commands.run("app.run", about=arguments.twin, options=arguments, size=size) or 0)


def _open(session: Session, call: Call) -> int:
    from app.shell import run_window, run_without_display

    options, size = call.arguments["options"], call.arguments["size"]
    if not has_display():
        return run_without_display(options, size)
    return run_window(session, options, size)


def _twin_at(folder: Path, home: Home) -> str:
    """Return the name of the twin in a folder, as a file manager opens it."""
    place = (folder.parent if folder.name == "twin.json" else folder).resolve()
    if place.name not in home.twins() or home.twin(place.name).resolve() != place:
        raise UsageError(
            say("{folder} is no twin that is kept here: import it first, with `zhian import`", folder=folder)
        )
    return place.name


def has_display() -> bool:
    """Tell whether there is a display to open a window on."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    width, cross, height = text.lower().partition("x")
    if not cross or not width.isdecimal() or not height.isdecimal():
        raise UsageError(say("{text!r} is no size: write it as 1920x1080", text=text))
    if not (800 <= int(width) <= 16_384 and 500 <= int(height) <= 16_384):
        raise UsageError(say("{text} is too small or too large for a window", text=text))
    return int(width), int(height)
