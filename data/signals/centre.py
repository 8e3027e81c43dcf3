"""The upper machine's side of GB/T 20999-2017: set the clock, send a plan, read it back, compare, have it run, go back.

An answer that does not come in time is asked for again, twice; a controller takes the same setting twice without harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from data.signals import objects
from data.signals.frames import (
    HEARTBEAT,
    QUERY,
    QUERY_REPLY,
    SET,
    SET_ERROR,
    SET_REPLY,
    Frame,
    FrameError,
    Item,
    Splitter,
    decode,
    encode,
    from_datagram,
)  # fmt: skip
from data.signals.objects import Fault
from twin.errors import BadInputError, IntegrityError, MissingPieceError
from twin.signals.plan import Junction, Plan
from twin.signals.timetable import Timetable
from twin.words import say

ANSWER_S = 2.0
TRIES = 3
AT_ONCE = 24
"""Items in one frame: a UDP frame then stays far below what is cut into pieces on the way."""


class Wire(Protocol):
    """One connection to a controller, or to several behind one address."""

    async def ask(self, frame: Frame) -> Frame:
        """Send a frame and return its answer."""
        ...

    async def close(self) -> None:
        """Let go of the socket."""
        ...


@dataclass(frozen=True, slots=True)
class Standing:
    """What a controller says it does: number of its plan, of its stage, its mode and its clock."""

    plan: int
    stage: int
    mode: int
    clock_s: float


class Talk:
    """Answers of one connection by controller and serial; what comes by itself goes to ``told``."""

    def __init__(self, told: Callable[[Frame], None]) -> None:
        self._told = told
        self._waiting: dict[tuple[int, int], asyncio.Future[Frame]] = {}
        self._serial = 0
        self.bad = 0

    def heard(self, plain: bytes) -> None:
        """Hand on what was cut out of the stream; what is no frame is counted."""
        try:
            frame = decode(plain)
        except FrameError:
            self.bad += 1
            return
        waiting = self._waiting.pop((frame.controller, frame.serial), None) if frame.kind & 0x0F <= 1 else None
        if waiting is not None and not waiting.done() and frame.kind not in (QUERY, SET, HEARTBEAT):
            waiting.set_result(frame)
        else:
            self._told(frame)

    async def ask(self, frame: Frame, send: Callable[[Frame], None]) -> Frame:
        """Send a frame until it is answered.

        Raises
        ------
        MissingPieceError
            If no answer comes.
        """
        for _ in range(TRIES):
            self._serial = self._serial % 255 + 1
            key = (frame.controller, self._serial)
            answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
            self._waiting[key] = answer
            send(Frame(frame.kind, frame.controller, frame.items, self._serial))
            try:
                async with asyncio.timeout(ANSWER_S):
                    return await answer
            except TimeoutError:
                self._waiting.pop(key, None)
        raise MissingPieceError(
            say("controller {id} does not answer: look at its line and its power", id=frame.controller)
        )


class TcpWire(asyncio.Protocol):
    """A connection over TCP."""

    def __init__(self, told: Callable[[Frame], None]) -> None:
        self._talk, self._splitter = Talk(told), Splitter()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Cut the stream."""
        for plain in self._splitter.feed(data):
            self._talk.heard(plain)

    async def ask(self, frame: Frame) -> Frame:
        """Send a frame and return its answer."""
        return await self._talk.ask(frame, self._send)

    def _send(self, frame: Frame) -> None:
        if self._transport is not None:
            self._transport.write(encode(frame))

    async def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
            await asyncio.sleep(0)  # the socket is let go of in the loop's next turn


class UdpWire(asyncio.DatagramProtocol):
    """A controller's UDP port."""

    def __init__(self, told: Callable[[Frame], None]) -> None:
        self._talk = Talk(told)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, _: object) -> None:
        """Take the datagram's frame."""
        try:
            self._talk.heard(from_datagram(data))
        except FrameError:
            self._talk.bad += 1

    async def ask(self, frame: Frame) -> Frame:
        """Send a frame and return its answer."""
        return await self._talk.ask(frame, self._send)

    def _send(self, frame: Frame) -> None:
        if self._transport is not None:
            self._transport.sendto(encode(frame, escaped=False))

    async def close(self) -> None:
        """Let go of the port."""
        if self._transport is not None:
            self._transport.close()
            await asyncio.sleep(0)  # as above


async def connect(host: str, port: int, told: Callable[[Frame], None] = lambda _: None, udp: bool = False) -> Wire:
    """Return a connection; ``told`` is given what controllers report by themselves."""
    loop = asyncio.get_running_loop()
    if udp:
        _, datagrams = await loop.create_datagram_endpoint(lambda: UdpWire(told), remote_addr=(host, port))
        return datagrams
    _, stream = await loop.create_connection(lambda: TcpWire(told), host, port)
    return stream


async def set_clock(wire: Wire, controller: int, now_s: float) -> None:
    """Set a controller's clock to the nearest second."""
    await _set(wire, controller, (Item(objects.UTC_TIME, objects.time_bytes(round(now_s))),))


async def standing(wire: Wire, controller: int) -> Standing:
    """Return what a controller says it does."""
    keys = (objects.PLAN_NOW, objects.STAGE_NOW, objects.MODE, objects.UTC_TIME)
    held = await _query(wire, controller, keys)
    plan, stage, mode = (held[key][0] for key in keys[:3])
    return Standing(plan, stage, mode, objects.time_of(held[objects.UTC_TIME]))


async def download(wire: Wire, junction: Junction, plan: Plan, number: int) -> None:
    """Send a plan as a number that does not run, read it back and compare; it does not run yet.

    Raises
    ------
    IntegrityError
        If what is read back is not what was sent.
    BadInputError
        If the controller refuses it.
    MissingPieceError
        If it does not answer.
    """
    items = objects.plan_items(junction, plan, number)
    await _hold(wire, junction, items, objects.phase_items(junction, plan))


async def download_day(wire: Wire, junction: Junction, day: Timetable, table: int, first: int) -> None:
    """Send the plans of a day, numbered from ``first``, and the table that says when each runs, as :func:`download`."""
    for number, slot in enumerate(day.slots, start=first):
        await download(wire, junction, slot.plan, number)
    await _hold(wire, junction, objects.day_items(junction, day, table), ())


async def _hold(wire: Wire, junction: Junction, items: Sequence[Item], there: Sequence[Item]) -> None:
    """Set items, then read them and what must be ``there`` already back and compare."""
    for part in _parts(items):
        await _set(wire, junction.id, part)
    meant = {item.key: item.value for item in (*items, *there)}
    held: dict[int, bytes] = {}
    for part in _parts([Item(key) for key in meant]):
        held |= await _query(wire, junction.id, [item.key for item in part])
    wrong = [key for key, value in meant.items() if held.get(key) != value]
    if wrong:
        raise IntegrityError(
            say("{junction}: the controller holds something else than was sent ({key}); the plan does not run",
                junction=junction.name, key=f"{wrong[0]:08x}")
        )  # fmt: skip


async def run(wire: Wire, controller: int, number: int) -> None:
    """Have a controller run one of the plans that it holds."""
    await _set(wire, controller, (Item(objects.ASSIGN_PLAN, bytes([number])),))


async def run_day(wire: Wire, controller: int, number: int) -> None:
    """Have a controller run the table of a day that the plan of this number belongs to."""
    table = 1 if number < objects.DAY_FIRST[2] else 2
    mode = Item(objects.ASSIGN_MODE, bytes([objects.LOCAL_COORDINATED]))
    await _set(wire, controller, (Item(objects.SCHEDULE_DAY + 1, bytes([table])), mode))


async def release(wire: Wire, junction: Junction, plan: Plan, now_s: float) -> tuple[int, int]:
    """Set the clock, send a plan beside the one that runs, read it back and have it run.

    Returns
    -------
    before, after : int
        Numbers of the plans: ``run(wire, junction.id, before)`` goes back.
    """
    await set_clock(wire, junction.id, now_s)
    before = (await standing(wire, junction.id)).plan
    after = 2 if before != 2 else 3
    await download(wire, junction, plan, after)
    await run(wire, junction.id, after)
    return before, after


def fault_in(frame: Frame) -> Fault | None:
    """Return the fault that a frame reports, None where it reports none or not a whole one."""
    try:
        return objects.fault_of(frame.items)
    except FrameError:
        return None


def _parts(items: Sequence[Item]) -> list[tuple[Item, ...]]:
    return [tuple(items[at : at + AT_ONCE]) for at in range(0, len(items), AT_ONCE)]


async def _set(wire: Wire, controller: int, items: Sequence[Item]) -> None:
    answer = await wire.ask(Frame(SET, controller, tuple(items)))
    if answer.kind == SET_ERROR and answer.items:
        raise BadInputError(
            str(controller),
            say("the controller refuses {key} with error {code}", key=f"{answer.items[0].key:08x}",
                code=answer.items[0].value.hex()),
            "look at what it allows",
        )  # fmt: skip
    if answer.kind != SET_REPLY:
        raise BadInputError(str(controller), "the controller answers something else than was asked", "ask it again")


async def _query(wire: Wire, controller: int, keys: Sequence[int]) -> dict[int, bytes]:
    answer = await wire.ask(Frame(QUERY, controller, tuple(Item(key) for key in keys)))
    held = {item.key: item.value for item in answer.items}
    if answer.kind != QUERY_REPLY or not all(held.get(key) for key in keys):
        raise BadInputError(str(controller), "the controller answers something else than was asked", "ask it again")
    return held
