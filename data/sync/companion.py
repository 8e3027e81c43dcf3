"""Processes beside the engine: started with it, started again when they die, and ended with it."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence

from data.sync.messages import Log, Message

RESTART_S = (0.5, 10.0)


async def keep_running(verb: Sequence[str], tell: Callable[[Message], None]) -> None:
    """Run a verb of the command line as a child until cancelled; it ends when its standard input does."""
    program = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    pause = RESTART_S[0]
    while True:
        child = await asyncio.create_subprocess_exec(*program, *verb, stdin=asyncio.subprocess.PIPE)
        try:
            code = await child.wait()
        finally:
            if child.returncode is None and child.stdin is not None:
                child.stdin.close()
                await child.wait()
        tell(Log("error", "companion_died", "", {"verb": verb[0], "code": str(code), "pause": f"{pause:g}"}))
        await asyncio.sleep(pause)
        pause = min(2 * pause, RESTART_S[1])


def when_parent_ends(act: Callable[[], None]) -> None:
    """Call ``act``, on a thread of its own, once standard input ends."""

    def wait() -> None:
        sys.stdin.buffer.read()
        act()

    threading.Thread(target=wait, name="parent", daemon=True).start()
