"""A SUMO simulation as a source of traffic: invented, and shown as such."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from data.connectors.contract import Parcel, Rewound, SourceSettings
from data.connectors.sumo.client import Client, Moment
from data.connectors.sumo.decoder import rows_of
from data.connectors.sumo.options import SPEEDS, Options, read_options
from data.connectors.sumo.places import Places
from twin.city.city import City
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationBatch
from twin.words import say
from twin.world import Playback

GOODBYE_S = 1.0
"""How long SUMO may take to answer a goodbye."""
KNOCK_S = 0.1
"""Between two tries to reach a SUMO that we started."""


class Sumo:
    """A running simulation.

    Parameters
    ----------
    middle : (float, float)
        Longitude and latitude of the city's middle, where a net without a place of its own may be laid.
    """

    def __init__(
        self, name: str, options: Options, middle: tuple[float, float], clock: Callable[[], float] = time.time
    ) -> None:
        self._name, self._options, self._middle, self._clock = name, options, middle, clock
        self._speed, self._paused = options.speed, False
        self._begin_s = self._time_s = self._end_s = 0.0
        self._wake = asyncio.Event()
        self._busy = False

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield the vehicles after each step, until the simulation ends."""
        process, port = await self._start() if self._options.config else (None, self._options.port)
        client: Client | None = None
        try:
            client = await self._reach(port, process)
            places = await asyncio.to_thread(self._places, client)
            self._set_off(client)
            yield Rewound()
            async for moment in self._moments(client):
                self._time_s = moment.time_s
                at_s = self._clock() if self._options.as_now else self._begin_s + moment.time_s
                yield ObservationBatch(self._name, rows_of(moment.vehicles, places, at_s))
        finally:
            if client is not None:
                await self._leave(client)
            if process is not None:
                _end(process)
                await process.wait()

    async def _moments(self, client: Client) -> AsyncIterator[Moment]:
        """Yield the simulation after each step, as fast as it is to be shown."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            while self._paused:
                await self._wake.wait()
                self._wake.clear()
                due = loop.time()
            moment = await self._step(client, client.time_s + self._options.report_s)
            yield moment
            if moment.expected <= 0 or 0 < client.end_s <= moment.time_s:
                return
            due = max(due + self._options.report_s / self._speed, loop.time() - 1.0)  # a stop is not made up for
            await asyncio.sleep(due - loop.time())

    async def _step(self, client: Client, upto_s: float) -> Moment:
        self._busy = True
        try:
            async with asyncio.timeout(self._options.patience_s):  # not wait_for, see Python 3.11
                moment = await asyncio.to_thread(client.step, upto_s)
        except TimeoutError:
            raise ConnectionError(say("SUMO does not answer")) from None
        self._busy = False
        return moment

    async def _leave(self, client: Client) -> None:
        """Go: politely, unless SUMO still owes us an answer."""
        try:
            if not self._busy:
                async with asyncio.timeout(GOODBYE_S):
                    await asyncio.to_thread(client.leave)
        except TimeoutError:
            return  # it is cut off all the same
        finally:
            self._busy = False
            client.hang_up()

    async def _start(self) -> tuple[Process, int]:
        """Start a SUMO of our own."""
        options = self._options
        program = shutil.which(options.program)
        if program is None:
            raise BadInputError(
                self._name,
                say("there is no program {program}", program=options.program),
                "install Eclipse SUMO, or start it elsewhere and give host and port",
            )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        command = [program, "-c", options.config, "--remote-port", str(port), "--no-step-log", "--no-warnings"]
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
        )
        return process, port

    async def _reach(self, port: int, process: Process | None) -> Client:
        """Connect; a SUMO that we started may take a while to read its net."""
        host = self._options.host if process is None else "127.0.0.1"
        loop = asyncio.get_running_loop()
        until = loop.time() + self._options.patience_s
        while True:
            try:
                return await asyncio.to_thread(Client, host, port, self._options.order if process is None else 0)
            except ConnectionError:
                if process is None or loop.time() > until:
                    raise
                if process.returncode is not None:
                    raise await self._died(process) from None
            await asyncio.sleep(KNOCK_S)

    async def _died(self, process: Process) -> BadInputError:
        words = (await process.stderr.read() if process.stderr is not None else b"").decode(errors="replace")
        first = next((line for line in words.splitlines() if line.strip()), str(process.returncode))
        return BadInputError(
            self._name, say("SUMO did not start: {reason}", reason=first.strip()), "mend its configuration"
        )

    def _places(self, client: Client) -> Places:
        if self._options.here:
            return client.places_around(*self._middle)
        places = client.places()
        if places is None:
            raise BadInputError(
                self._name,
                "its net does not say where on earth it is",
                "set `here` to lay it in the middle of this twin",
            )
        return places

    def _set_off(self, client: Client) -> None:
        begin = self._options.begin
        self._begin_s = begin.timestamp() if begin is not None else self._clock() - client.time_s
        self._time_s, self._end_s = client.time_s, client.end_s

    def playback(self) -> Playback | None:
        """Tell where the simulation stands: the screen says that it is not now, unless the settings want it so."""
        if self._options.as_now:
            return None
        at_s = self._begin_s + self._time_s
        end_s = max(self._begin_s + self._end_s, at_s)
        return Playback(min(self._begin_s, at_s), end_s, at_s, self._speed, self._paused)

    def steer(self, order: str, value: float) -> None:
        """Follow ``pause``, ``resume`` and ``speed``; a simulation cannot be wound."""
        if self._options.as_now or order not in ("pause", "resume", "speed"):
            raise UsageError(say("a simulation cannot follow {order!r}", order=order))
        if order == "speed":
            if not SPEEDS[0] <= value <= SPEEDS[1]:
                raise UsageError(
                    say(
                        "a recording plays {slowest:g} to {fastest:g} times as fast, not {times:g}",
                        slowest=SPEEDS[0],
                        fastest=SPEEDS[1],
                        times=value,
                    )
                )
            self._speed = value
        else:
            self._paused = order == "pause"
        self._wake.set()

    def report(self) -> tuple[str, ...]:
        """Say that all of it is invented."""
        lines = [say("SUMO: simulated traffic, not what is outside")]
        if self._options.as_now:
            lines.append(say("the settings want it shown as if it were now"))
        if self._options.here:
            lines.append(say("its net is laid in the middle of this twin, wherever it was made for"))
        return tuple(lines)


def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def open_source(settings: SourceSettings, city: City) -> Sumo:
    """Make the source; it connects, or starts SUMO, once its batches are asked for.

    Raises
    ------
    twin.errors.BadInputError
        If an option cannot be used.
    """
    options = read_options(settings)
    if options.config and not Path(options.config).is_file():
        raise BadInputError(settings.name, say("there is no file {path}", path=options.config), "mend sources.toml")
    west, south, east, north = city.bounds_m()
    x, y = city.frame.origin_m
    lon, lat = city.frame.to_lonlat((west + east) / 2 - x, (south + north) / 2 - y)
    return Sumo(settings.name, options, (float(lon), float(lat)))
