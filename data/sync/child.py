"""The engine's process: reads orders from its standard input and says how it is doing on its standard output."""

from __future__ import annotations

import argparse
import asyncio
import os
import queue
import signal
import sys
import threading
from collections.abc import Callable, Sequence

from data.fanout.accounts import joined
from data.fanout.desk import DeskEngine
from data.home import Home
from data.sync.companion import keep_running, own_input
from data.sync.engine import Engine
from data.sync.messages import Message, line
from twin.errors import ZhianError
from twin.words import pack

RULES = "ZHIAN_RULES"
"""Set to ``off``, scenarios and traffic are not watched beside the engine: ``zhian … watch`` does it elsewhere."""
WAITING = 256
"""Lines kept for a parent that does not read; what comes after them is dropped, as the table holds the same figures."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the engine of a twin; the exit code is that of :mod:`twin.errors`."""
    parser = argparse.ArgumentParser(prog="zhian-engine", description="The engine of a twin, for the window.")
    parser.add_argument("--twin", required=True)
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in the terminal is the window's to answer
    try:
        asyncio.run(_run(Home.of_user(), arguments.twin))
    except ZhianError as error:
        print(pack(error.sentence), file=sys.stderr)  # for the window, which says it in its language
        return error.exit_code
    return 0


async def _run(home: Home, twin: str) -> None:
    say = _writer()
    engine = engine_of(home, twin, say)
    _read_orders(asyncio.get_running_loop(), engine)
    beside = [asyncio.ensure_future(keep_running(verb, say)) for verb in rules_beside(twin, engine)]
    try:
        await engine.run()
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


def rules_beside(twin: str, engine: Engine | DeskEngine) -> list[list[str]]:
    """Return the verbs that watch by the scenarios and the traffic; none on a desk that reads along, or where off."""
    if isinstance(engine, DeskEngine) or os.environ.get(RULES, "").lower() == "off":
        return []
    return [[verb, "watch", "--watched", "--twin", twin] for verb in ("scenario", "traffic")]


def engine_of(home: Home, twin: str, say: Callable[[Message], None]) -> Engine | DeskEngine:
    """Return the engine of a twin: its own, or the one that reads along with another machine's."""
    join = joined(home, twin)
    return Engine(home, twin, say) if join is None else DeskEngine(home, twin, say, join)


def _writer() -> Callable[[Message], None]:
    """Return a function that hands messages to a thread, as a parent that hangs must not stop the engine."""
    lines: queue.Queue[bytes] = queue.Queue(WAITING)

    def write() -> None:
        while True:
            try:
                os.write(1, lines.get())
            except OSError:
                return  # nobody listens any more; the closed input ends the engine

    threading.Thread(target=write, name="messages", daemon=True).start()

    def say(message: Message) -> None:
        if not lines.full():
            lines.put_nowait(line(message))

    return say


def _read_orders(loop: asyncio.AbstractEventLoop, engine: Engine | DeskEngine) -> None:
    """Follow orders read on a thread: a pipe on Windows cannot be awaited."""

    def read() -> None:
        with own_input() as orders:
            for text in orders:
                _call(loop, engine.read, text)
        _call(loop, lambda _: engine.quit(), b"")

    threading.Thread(target=read, name="orders", daemon=True).start()


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[bytes], None], text: bytes) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, text)
