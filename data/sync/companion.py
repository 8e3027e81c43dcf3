"""Processes beside the engine: started with it, started again when they die, and ended with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Callable, Sequence
from typing import BinaryIO

from data.sync.messages import Log, Message

RESTART_S = (0.5, 10.0)
BEHIND = 5
"""Steps of niceness."""


async def keep_running(verb: Sequence[str], tell: Callable[[Message], None]) -> None:
    """Run a verb of the command line as a child until cancelled; it ends when its standard input does.

    What it prints is told line by line: the standard output of the engine is not its to write to.
    """
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    pause = RESTART_S[0]
    while True:
        child = await asyncio.create_subprocess_exec(*program, *verb, stdin=PIPE, stdout=PIPE)
        put_behind(child.pid)
        try:
            await _tell_lines(child, verb[0], tell)
            code = await child.wait()
        finally:
            if child.returncode is None and child.stdin is not None and child.stdout is not None:
                child.stdin.close()
                await child.stdout.read()  # else one that prints would wait for us
                await child.wait()
        tell(Log("error", "companion_died", "", {"verb": verb[0], "code": str(code), "pause": f"{pause:g}"}))
        await asyncio.sleep(pause)
        pause = min(2 * pause, RESTART_S[1])


def put_behind(process: int, steps: int = BEHIND) -> None:
    """Let engine and window go first: where there are two cores, three companions that start would keep both."""
    if hasattr(os, "setpriority"):
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, 0) + steps)


async def _tell_lines(child: asyncio.subprocess.Process, verb: str, tell: Callable[[Message], None]) -> None:
    if child.stdout is None:
        return
    async for line in child.stdout:
        text = line.decode(errors="replace").strip()
        tell(Log("warning", "companion_said", "", {"verb": verb, "text": text}))


def own_input() -> BinaryIO:
    """Return standard input, for a thread to wait in: one that waits in ``sys.stdin`` at the end aborts the program."""
    return open(sys.stdin.fileno(), "rb", closefd=False)


def when_parent_ends(act: Callable[[], None]) -> None:
    """Call ``act``, on a thread of its own, once standard input ends."""

    def wait() -> None:
        with own_input() as read:
            read.read()
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()
