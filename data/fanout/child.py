"""The publisher's process: beside the engine, so that a slow network or a fault in it never holds the engine up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from data.fanout.accounts import Accounts
from data.fanout.link import checked
from data.fanout.publisher import Publisher
from data.home import Home
from data.sync.companion import when_parent_ends
from data.sync.messages import Log, Message


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


async def publish(publishing: Publisher, watched: bool) -> None:
    """Publish until cancelled or, if watched, until the parent is gone."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(gone.set)

    if watched:
        when_parent_ends(end)
    work = asyncio.ensure_future(publishing.run())
    parent = asyncio.ensure_future(gone.wait())
    await asyncio.wait([work, parent], return_when=asyncio.FIRST_COMPLETED)
    for task in (work, parent):
        task.cancel()
    await asyncio.wait([work, parent])
    if not work.cancelled():
        work.result()
