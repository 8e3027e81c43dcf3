"""A round of the history as a child process, so that the engine's own thread keeps its time."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

from twin.words import said


async def history_round(twin: str, program: tuple[str, ...] = (sys.executable, "-m", "data.history")) -> str:
    """Make a round, and return what kept it from it, in words; empty if nothing did.

    Cancelled, it kills the child, which may happen to it at any point.
    """
    child = await asyncio.create_subprocess_exec(*program, "--twin", twin, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE)
    try:
        _, told = await child.communicate()
    except asyncio.CancelledError:
        child.kill()
        await child.wait()
        raise
    if not child.returncode:
        return ""
    lines = told.decode(errors="replace").strip().splitlines()
    return said(lines[-1]) if lines else f"exit code {child.returncode}"
