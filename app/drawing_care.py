"""What is done when the graphics driver is missing or dies: said, and begun again with software rendering."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtGui import QOffscreenSurface, QOpenGLContext

SOFTWARE = {"LIBGL_ALWAYS_SOFTWARE": "1", "GALLIUM_DRIVER": "llvmpipe", "QT_OPENGL": "software"}
"""Mesa's and Qt's own switches: on Linux, and on Windows where Qt brings a software renderer."""
MARK = "ZHIAN_SOFTWARE_GL"
"""In the environment of a program that was begun again; says why: ``missing``, ``died``, ``wished``, or ``safe``."""
SAFE = {"ZHIAN_PLUGINS": "no"}
"""What safe mode leaves out; the engine that the window starts leaves it out too."""
LEAST_GL = (3, 2)
FAULTS = ("Fatal Python error", "Windows fatal exception")


def why_software() -> str:
    """Return why this program draws with software: empty if it was not begun again for it."""
    return os.environ.get(MARK, "")


def can_draw() -> bool:
    """Tell whether the driver gives a context that the map can be drawn in."""
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return False
    version = context.format().version()
    context.doneCurrent()
    return tuple(version) >= LEAST_GL


def died_drawing(log: Path) -> bool:
    """Tell whether the last run ended inside a frame, by what it left in its fault log; that is put aside once read."""
    if not log.exists() or not log.stat().st_size:
        return False
    text = log.read_text("utf-8", errors="replace")[-100_000:]
    log.replace(log.with_suffix(".old"))
    start = max(text.rfind(fault) for fault in FAULTS)
    if start < 0:
        return False
    thread = text[text.find("Current thread", start) :].partition("\n\n")[0]
    return " in paintGL" in thread


def begin_again(why: str) -> None:
    """Put the same program with software rendering in this one's place."""
    switches = SOFTWARE | (SAFE if why == "safe" else {})
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    os.execve(sys.executable, [*program, *sys.argv[1:]], {**os.environ, **switches, MARK: why})  # noqa: S606 - ourselves
