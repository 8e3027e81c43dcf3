"""What the window needs: a display, a driver that draws, fonts with Chinese."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from app.doctor.finding import Finding
from app.verbs.run import has_display
from data.home import Home
from data.own_copy import shipped
from twin.words import said, say

FONTS = ("ZhianSans-Regular.otf", "ZhianSans-Bold.otf")
LEAST_FONT_BYTES = 1_000_000
ANSWER_S = 60.0
BY_SOFTWARE = ("llvmpipe", "softpipe", "swrast", "basic render")


def drawing(_home: Home) -> Iterator[Finding]:
    """Tell what draws the map. A driver may end the process that asks it, so a child asks."""
    if find_spec("PySide6") is None:
        yield Finding("drawing", "ok", said("this package has no window; engine, exports and tools need none"))
        return
    if not has_display():
        yield Finding("drawing", "ok", said("there is no display here; engine, exports and tools need none"))
        return
    child = [sys.executable, "-m", "app.doctor.driver"]
    try:
        answer = subprocess.run(child, capture_output=True, text=True, check=False, timeout=ANSWER_S)
    except subprocess.TimeoutExpired:
        yield _bad(say("the graphics driver gave no answer in {seconds:.0f} s", seconds=ANSWER_S))
        return
    yield judge(answer.returncode, answer.stdout, answer.stderr)


def judge(code: int, told: str, complaint: str) -> Finding:
    """Return the finding of what the child told."""
    if code or not told.strip():
        last = complaint.strip().rpartition("\n")[2]
        return _bad(say("the map cannot be drawn: {reason}", reason=last or say("exit code {code}", code=code)))
    driver: dict[str, Any] = json.loads(told.strip().rpartition("\n")[2])
    found = say("{renderer}, OpenGL {version}", renderer=driver["renderer"], version=driver["version"])
    if any(name in str(driver["renderer"]).lower() for name in BY_SOFTWARE):
        advice = said("the processor draws: install the driver of the graphics card, if the machine has one")
        return Finding("drawing", "warning", found, advice)
    return Finding("drawing", "ok", found)


def _bad(found: str) -> Finding:
    advice = said("start with `zhian run --safe-mode`, which draws by software; then mend the driver (libgl1, libegl1)")
    return Finding("drawing", "bad", found, advice)


def fonts(_home: Home) -> Iterator[Finding]:
    """Tell whether the program's own fonts are whole: those of the system are not used."""
    for name in FONTS:
        path = shipped("fonts") / name
        if not path.exists() or path.stat().st_size < LEAST_FONT_BYTES:
            found = say("{file} is missing or cut off: Chinese cannot be shown", file=path)
            yield Finding("fonts", "bad", found, said("install the program again"))
            return
    yield Finding("fonts", "ok", said("the fonts with Chinese are in the program"))
