"""The publisher's process: beside the engine, so that a slow network or a fault in it never holds the engine up."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable

from data.fanout.accounts import Accounts
from data.fanout.link import checked
from data.fanout.publisher import Publisher
from data.home import Home
from data.sync.messages import Log, Message

RESTART_S = (0.5, 10.0)


def publisher(home: Home, twin: str, url: str, tell: Callable[[Message], None]) -> Publisher:
    """Return what publishes a twin to a server.

    Raises
    ------
    twin.errors.UsageError
        If the address cannot be used.
    """
    credential = Accounts(home, twin).credential() if url.startswith("tls:") else None
    checked(url, credential)

    def on_lost(reason: str) -> None:
        tell(Log("warning", "fanout_lost", "", {"url": url, "reason": reason}))

    return Publisher(home, twin, url, credential, on_lost)


def command(twin: str, url: str) -> list[str]:
    """Return the command line of a publisher that ends when its standard input does."""
    start = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "app"]
    return [*start, "fanout", "--watched", "--twin", twin, url]


async def keep_publishing(twin: str, url: str, tell: Callable[[Message], None]) -> None:
    """Run a publisher as a child until cancelled; one that dies is started again, after ever longer pauses."""
    pause = RESTART_S[0]
    while True:
        child = await asyncio.create_subprocess_exec(*command(twin, url), stdin=asyncio.subprocess.PIPE)
        try:
            code = await child.wait()
        finally:
            if child.returncode is None and child.stdin is not None:
                child.stdin.close()
                await child.wait()
        tell(Log("error", "fanout_died", "", {"code": str(code), "pause": f"{pause:g}"}))
        await asyncio.sleep(pause)
        pause = min(2 * pause, RESTART_S[1])


async def publish(publishing: Publisher, watched: bool) -> None:
    """Publish until cancelled or, if watched, until the parent is gone."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        if not loop.is_closed():
            loop.call_soon_threadsafe(gone.set)

    if watched:
        threading.Thread(target=wait, name="parent", daemon=True).start()
    work = asyncio.ensure_future(publishing.run())
    parent = asyncio.ensure_future(gone.wait())
    await asyncio.wait([work, parent], return_when=asyncio.FIRST_COMPLETED)
    for task in (work, parent):
        task.cancel()
    await asyncio.wait([work, parent])
    if not work.cancelled():
        work.result()
