"""A crossing with its simulated controller on a free port, and a centre that is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from data.signals.centre import Wire, connect
from data.signals.controller import Controller
from data.signals.frames import Frame
from data.signals.server import Server
from tests.twin.signals.made import crossing, plan

NOW_S = 1_795_000_000.0
JUNCTION = crossing()
FACTORY = plan(30.0, 10.0, 15.0, offset_s=12.0)
NEW = plan(34.0, 8.0, 13.0, offset_s=25.0)


@asynccontextmanager
async def line(
    controller: Controller,
    told: Callable[[Frame], None] = lambda _: None,
    udp: bool = False,
    recorded: Callable[[bytes, bool], None] = lambda *_: None,
) -> AsyncIterator[tuple[Server, Wire]]:
    """Serve a controller and connect to it."""
    server = Server({controller.junction.id: controller}, lambda: NOW_S, recorded)
    await server.open()
    wire = await connect("127.0.0.1", server.port, told, udp)
    try:
        yield server, wire
    finally:
        await wire.close()
        await server.close()
