"""The engine as a service: signals in, and words for the service manager out (``man sd_notify``)."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable

from data.fanout.desk import DeskEngine
from data.sync.engine import Engine
from data.sync.messages import Log, Message, Order, Status

Say = Callable[[Message], None]
READY = frozenset({"sources_started", "fanout_joined"})
"""What an engine, and one that reads along with another, says once it is at work."""


async def serve(engine: Engine | DeskEngine) -> None:
    """Run an engine that SIGTERM ends cleanly and SIGHUP has read its settings again.

    Raises
    ------
    twin.errors.ZhianError
        As :meth:`data.sync.engine.Engine.run`.
    """
    loop = asyncio.get_running_loop()

    def on(name: str, answer: Callable[[], None]) -> None:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None:
            signal.signal(number, lambda _number, _frame: loop.call_soon_threadsafe(answer))

    def end() -> None:
        notify("STOPPING=1")
        engine.quit()

    on("SIGTERM", end)
    on("SIGHUP", lambda: engine.obey(Order("reload")))
    await engine.run()


def is_managed() -> bool:
    """Tell whether a service manager listens to us."""
    return bool(os.environ.get("NOTIFY_SOCKET"))


def telling_manager(show: Say) -> Say:
    """Return ``show`` so that the service manager learns when the sources run, how they do, and that we are alive.

    How they do goes to the manager alone, whose log would grow by a line a second.
    """

    def tell(message: Message) -> None:
        if isinstance(message, Status):
            words = f"{message.entities} entities, {message.rate_hz:.0f}/s, {message.memory_mb:.0f} MB"
            notify(f"WATCHDOG=1\nSTATUS={words}")
            return
        if isinstance(message, Log) and message.key in READY:
            notify("READY=1")
        show(message)

    return tell


def notify(state: str) -> None:
    """Tell the service manager a state, if there is one.

    Raises
    ------
    OSError
        If it does not listen where it said it would.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.connect("\0" + address[1:] if address.startswith("@") else address)
        there.sendall(state.encode())
