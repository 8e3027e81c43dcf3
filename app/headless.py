"""A display of our own, where the machine has none."""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import PySide6

from twin.errors import MissingPieceError
from twin.words import say

# What Qt's xcb platform and VTK load at run time, and the Debian package each comes from.
LIBRARIES = {
    "EGL": "libegl1", "GL": "libgl1", "xkbcommon": "libxkbcommon0", "xkbcommon-x11": "libxkbcommon-x11-0",
    "dbus-1": "libdbus-1-3", "fontconfig": "libfontconfig1", "xcb-cursor": "libxcb-cursor0",
    "xcb-icccm": "libxcb-icccm4", "xcb-keysyms": "libxcb-keysyms1", "xcb-shape": "libxcb-shape0",
    "xcb-randr": "libxcb-randr0", "xcb-render-util": "libxcb-render-util0", "xcb-image": "libxcb-image0",
}  # fmt: skip


def check_pieces() -> None:
    """Find out whether a window can be opened on a virtual display.

    Raises
    ------
    twin.errors.MissingPieceError
        With the command that installs what is missing.
    """
    missing = [package for name, package in LIBRARIES.items() if not _is_there(name)]
    if shutil.which("Xvfb") is None:
        missing.insert(0, "xvfb")
    if missing:
        line = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
        raise MissingPieceError(
            say("there is no display, and to make one some pieces are missing. Install them: {line}", line=line)
        )


def _is_there(name: str) -> bool:
    """Tell whether the system has a library, or Qt brings it: the installed program has some beside Qt's own."""
    beside = Path(PySide6.__file__).parent / "Qt" / "lib"
    return ctypes.util.find_library(name) is not None or any(beside.glob(f"lib{name}.so*"))


@contextmanager
def virtual_display(width: int, height: int) -> Iterator[str]:
    """Start Xvfb on a free number, as ``DISPLAY`` of this process, and end it afterwards."""
    check_pieces()
    read, write = os.pipe()
    arguments = [
        "Xvfb",
        "-displayfd",
        str(write),
        "-screen",
        "0",
        f"{width}x{height}x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    server = subprocess.Popen(arguments, pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise MissingPieceError("Xvfb could not start a display; run `Xvfb :99` to see why")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)
