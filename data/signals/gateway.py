"""All controllers of an arterial through one address: release, go back, and ask what they do. For a job's thread."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from data.home import Home
from data.signals import centre, objects
from data.signals.centre import Wire, connect
from twin.errors import BadInputError, MissingPieceError, ZhianError
from twin.signals.plan import Junction, Plan
from twin.signals.timetable import Timetable
from twin.signals.watch import Seen
from twin.words import say

FILE = "signals.toml"
PORT = 20_999
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where the controllers are spoken to."""

    host: str = "127.0.0.1"
    port: int = PORT
    udp: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """What a controller ran: the number of its plan, and its mode."""

    plan: int
    mode: int


@dataclass(frozen=True, slots=True)
class Switched:
    """What a release changes: of each junction what it ran, and the number of its new plan."""

    before: Mapping[int, Before]
    after: Mapping[int, int]


def gateway_of(home: Home) -> Gateway:
    """Return the address in ``signals.toml`` (``host``, ``port``, ``udp``), this machine's without the file.

    Raises
    ------
    BadInputError
        If the file cannot be used.
    """
    file = home.data / FILE
    if not file.exists():
        return Gateway()
    try:
        told = tomllib.loads(file.read_text("utf-8"))
        port, udp = told.get("port", PORT), told.get("udp", False)
        if not (isinstance(port, int) and 0 < port < 65_536 and isinstance(udp, bool)):
            raise ValueError
        return Gateway(str(told.get("host", "127.0.0.1")), port, udp)
    except ValueError as error:
        raise BadInputError(FILE, "it is no TOML with host, port and udp", "correct or remove it") from error


def release(
    gateway: Gateway, plans: Sequence[tuple[Junction, Plan]], now_s: float,
    remember: Callable[[Switched], None] = lambda _: None,
) -> Switched:  # fmt: skip
    """Have every controller run its new plan; if one does not, those before it go back and the reason is raised.

    All hold and confirm their plans first; what will be switched is given to ``remember``; then they are switched one
    after the other.
    """
    return _with(gateway, lambda wire: _release(wire, plans, now_s, remember))


def release_day(
    gateway: Gateway, days: Sequence[tuple[Junction, Timetable]], now_s: float,
    remember: Callable[[Switched], None] = lambda _: None,
) -> Switched:  # fmt: skip
    """Have every controller run its plans by the time of day, as :func:`release` does with one plan."""
    return _with(gateway, lambda wire: _release_day(wire, days, now_s, remember))


def go_back(gateway: Gateway, before: Mapping[int, Before]) -> None:
    """Have controllers run what they ran, all of them even if one does not answer.

    Raises
    ------
    MissingPieceError, BadInputError
        Of the first that did not.
    """
    _with(gateway, lambda wire: _run_all(wire, before))


def seen(gateway: Gateway, junctions: Sequence[int], now_s: Callable[[], float]) -> dict[int, Seen]:
    """Return what controllers say they do; who does not answer is left out."""
    return _with(gateway, lambda wire: _seen(wire, junctions, now_s))


def _with(gateway: Gateway, work: Callable[[Wire], Coroutine[Any, Any, Answer]]) -> Answer:
    async def whole() -> Answer:
        try:
            wire = await connect(gateway.host, gateway.port, udp=gateway.udp)
        except OSError as error:
            raise MissingPieceError(
                say("no controllers at {host}:{port}: {reason}", host=gateway.host, port=gateway.port, reason=error)
            ) from error
        try:
            return await work(wire)
        finally:
            await wire.close()

    return asyncio.run(whole())


async def _release(
    wire: Wire, plans: Sequence[tuple[Junction, Plan]], now_s: float, remember: Callable[[Switched], None]
) -> Switched:
    before, after = {}, {}
    for junction, plan in plans:
        before[junction.id] = await _before(wire, junction, now_s)
        after[junction.id] = 2 if before[junction.id].plan != 2 else 3
        await centre.download(wire, junction, plan, after[junction.id])
    return await _switch(wire, Switched(before, after), remember, centre.run)


async def _release_day(
    wire: Wire, days: Sequence[tuple[Junction, Timetable]], now_s: float, remember: Callable[[Switched], None]
) -> Switched:
    before, after = {}, {}
    for junction, day in days:
        before[junction.id] = await _before(wire, junction, now_s)
        table, after[junction.id] = objects.day_numbers(before[junction.id].plan)
        await centre.download_day(wire, junction, day, table, after[junction.id])
    return await _switch(wire, Switched(before, after), remember, centre.run_day)


async def _before(wire: Wire, junction: Junction, now_s: float) -> Before:
    await centre.set_clock(wire, junction.id, now_s)
    told = await centre.standing(wire, junction.id)
    return Before(told.plan, told.mode)


async def _switch(
    wire: Wire, switched: Switched, remember: Callable[[Switched], None],
    run: Callable[[Wire, int, int], Coroutine[Any, Any, None]],
) -> Switched:  # fmt: skip
    remember(switched)
    done: list[int] = []
    try:
        for key, number in switched.after.items():
            done.append(key)
            await run(wire, key, number)
    except ZhianError:
        await _run_all(wire, {key: switched.before[key] for key in done})
        raise
    return switched


async def _run_all(wire: Wire, before: Mapping[int, Before]) -> None:
    wrong: list[ZhianError] = []
    for key, one in before.items():
        try:
            if one.mode == objects.LOCAL_COORDINATED:
                await centre.run_day(wire, key, one.plan)
            else:
                await centre.run(wire, key, one.plan)
        except ZhianError as error:
            wrong.append(error)
    if wrong:
        raise wrong[0]


async def _seen(wire: Wire, junctions: Sequence[int], now_s: Callable[[], float]) -> dict[int, Seen]:
    found = {}
    for key in junctions:
        try:
            told = await centre.standing(wire, key)
        except ZhianError:
            continue  # who says nothing is told by the watch
        found[key] = Seen(now_s(), told.plan, (told.stage - 1) % objects.MOST_STAGES, told.clock_s)
    return found
