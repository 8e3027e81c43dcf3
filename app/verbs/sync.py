"""``zhian sync`` runs the engine of a twin in the foreground; ``zhian play`` plays recordings into it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.audit.notary import keep_taking
from data.connectors.contract import SourceSettings
from data.connectors.registry import open_source
from data.fanout import child as fanout
from data.records.settings import records_settings
from data.store.twin_folder import open_city
from data.sync import child, service
from data.sync.companion import keep_running
from data.sync.engine import Engine
from data.sync.messages import Log, Message, Order, Ready, leave_order, line
from data.sync.shared import BusyTableError
from twin.errors import UsageError
from twin.words import say

RECORDING = "recording"


def add_parser(verbs: Any) -> None:
    """Add ``zhian sync`` and ``zhian play``."""
    sync = verbs.add_parser("sync", help="run the engine without a window")
    sync.add_argument("--twin", default="", help="which twin (default: the current one)")
    sync.add_argument(
        "--fanout", default="", metavar="URL", help="let desks read along through the NATS server at tls://HOST:PORT"
    )
    sync.add_argument("--watched", action="store_true", help=argparse.SUPPRESS)
    sync.set_defaults(run=_sync)
    play = verbs.add_parser("play", help="play recorded tracks: CSV, GPX, GeoJSON, GeoParquet")
    play.add_argument("files", nargs="+", metavar="FILE")
    play.add_argument("--twin", default="", help="which twin (default: the current one)")
    play.add_argument("--speed", type=float, default=1.0, metavar="X", help="times real time, 0.01 to 1000 (default 1)")
    play.add_argument("--loop", action="store_true", help="begin again at the end")
    play.add_argument("--here", action="store_true", help="move the recording into this twin, for a demonstration")
    play.add_argument("--zone", default="", help="of times without one: Asia/Shanghai or +08:00")
    play.add_argument("--kind", default="car", help="of entities whose kind is not told (default car)")
    play.add_argument(
        "--column", action="append", default=[], metavar="ROLE=NAME", help="as time=定位时间; may be repeated"
    )
    play.set_defaults(run=_play)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""

    def sync(call: Call) -> None:
        _serve(session, call.arguments["twin"], call.arguments["fanout"])

    def play(call: Call) -> None:
        play_in(session, call.arguments["twin"], call.arguments["settings"])

    return (
        Command("engine.run", sync, permission="engine.run", in_palette=False),
        Command("engine.play", play, permission="recording.play", sensitive=True, in_palette=False),
    )


def _sync(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    if arguments.watched:
        return child.main(["--twin", twin])
    session.commands.run("engine.run", about=twin, twin=twin, fanout=arguments.fanout)
    return 0


def _play(arguments: argparse.Namespace, session: Session) -> int:
    twin = arguments.twin or session.home.current()
    options = {
        "paths": [str(Path(file).absolute()) for file in arguments.files],
        "columns": dict(_pair(text) for text in arguments.column),
        **{name: getattr(arguments, name) for name in ("speed", "loop", "here", "zone", "kind")},
    }
    settings = SourceSettings(RECORDING, "recorded-track", options)
    session.commands.run("engine.play", about=twin, twin=twin, settings=settings)
    return 0


def _pair(text: str) -> tuple[str, str]:
    role, equals, name = text.partition("=")
    if not equals:
        raise UsageError(say("--column {text}: write ROLE=NAME, as time=定位时间", text=text))
    return role, name


def play_in(session: Session, twin: str, settings: SourceSettings) -> None:
    """Play to the end in an engine of our own, or hand it to the one that runs."""
    try:
        _run(session, twin, [replace(settings, options={**settings.options, "stay": False})])
    except BusyTableError:
        open_source(settings, open_city(session.home.twin(twin), ()))  # what is wrong with it is told here
        leave_order(session.home, twin, Order("add", settings.name, settings=settings))
        print(session.texts("engine.line.handed"))


def _serve(session: Session, twin: str, url: str) -> None:
    """Run the engine until told to end, and beside it what lets desks read along."""
    say = _printer(session)
    told = service.telling_manager(say) if service.is_managed() else say
    if url:
        fanout.publisher(session.home, twin, url, told)  # what is wrong with the address is told here

    beside = [["fanout", "--watched", "--twin", twin, url]] if url else []
    if (settings := records_settings(session.home)) is not None and settings.follow:
        beside.append(["records", "follow", "--watched", "--twin", twin])

    async def all_of_it() -> None:
        engine = child.engine_of(session.home, twin, told)
        verbs = [*beside, *child.rules_beside(twin, engine)]
        running = [asyncio.ensure_future(keep_running(verb, told)) for verb in verbs]
        running.append(asyncio.ensure_future(keep_taking(session.home, lambda problem: told(_witnessed(problem)))))
        try:
            await service.serve(engine)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(all_of_it())


def _witnessed(problem: str) -> Log:
    return Log("error", "checkpoint_failed", "", {"reason": problem}) if problem else Log("info", "checkpoint_taken")


def _run(session: Session, twin: str, sources: Sequence[SourceSettings]) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    asyncio.run(Engine(session.home, twin, _printer(session), sources).run())


def _printer(session: Session) -> Callable[[Message], None]:
    def show(message: Message) -> None:
        if session.as_json:
            sys.stdout.write(line(message).decode())
        else:
            print(_words(session, message))
        sys.stdout.flush()

    return show


def _words(session: Session, message: Message) -> str:
    texts = session.texts
    if isinstance(message, Log):
        words = texts(
            f"engine.log.{message.key}", **{name: texts.said(value) for name, value in message.values.items()}
        )
        key = f"source.{message.source}"
        name = texts(key) if key in texts else message.source
        return f"{name}: {words}" if name else words
    if isinstance(message, Ready):
        return texts("engine.line.started", table=message.table)
    return texts(
        "engine.line.status",
        entities=message.entities,
        rate=message.rate_hz,
        oldest=message.oldest_s,
        quarantined=message.quarantined,
        memory=message.memory_mb,
    )
