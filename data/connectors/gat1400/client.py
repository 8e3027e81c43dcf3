"""A gate that speaks GA/T 1400, for simulations and tests: it posts again what was not answered as kept."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout, DigestAuthMiddleware, TCPConnector

from data.connectors.gat1400 import encoder
from data.connectors.gat1400.decoder import Device
from data.simulate.faults import Faults

KEEPALIVE_S = 60.0
RETRY_S = (0.2, 5.0)
BATCH = 50
"""Most passes in one post."""
ANSWER_S = 30.0

Passed = Mapping[str, object]


@dataclass(slots=True)
class Tally:
    """What a gate did: ``acknowledged`` holds the id of each pass that was answered as kept."""

    reported: int = 0
    resent: int = 0
    refused: int = 0
    registrations: int = 0
    acknowledged: list[str] = field(default_factory=list)


class GateClient:
    """One gate.

    Parameters
    ----------
    url : str
        Of the library, as ``http://127.0.0.1:1400``.
    user, password : str
        For the registration.
    chance : random.Random
        Decides about the faults.
    """

    def __init__(
        self, url: str, device: Device, user: str, password: str, chance: random.Random, faults: Faults | None = None
    ) -> None:
        self.url, self.device, self.tally = url.rstrip("/"), device, Tally()
        self._user, self._password = user, password
        self._chance, self._faults = chance, faults or Faults()
        self.clock_off_s = chance.uniform(-1, 1) * self._faults.clock_s
        self._waiting: deque[Passed] = deque()
        self._some = asyncio.Event()
        self._registered = False

    @property
    def unanswered(self) -> int:
        """Passes that were reported and are neither acknowledged nor refused."""
        return len(self._waiting)

    def report(self, passed: Passed) -> None:
        """Post a pass, as soon as the library takes it."""
        self.tally.reported += 1
        self._waiting.append(passed)
        self._some.set()

    async def run(self) -> None:
        """Stay registered and post until cancelled."""
        pause = RETRY_S[0]
        headers = {"User-Identify": self.device.id, "Content-Type": encoder.CONTENT_TYPE}
        async with ClientSession(
            headers=headers, connector=TCPConnector(limit=1), timeout=ClientTimeout(total=ANSWER_S)
        ) as session:
            while True:
                try:
                    await self._live(session)
                    pause = RETRY_S[0]
                except (ClientError, TimeoutError, msgspec.DecodeError):
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, RETRY_S[1])

    async def _live(self, session: ClientSession) -> None:
        """Register if need be, then post what waits, or say that we are there."""
        if not self._registered:
            await self._register(session)
        try:
            async with asyncio.timeout(KEEPALIVE_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
                await self._some.wait()
        except TimeoutError:
            await self._ask(session, "/VIID/System/Keepalive", encoder.write_device_id("Keepalive", self.device.id))
            return
        await self._post_some(session)

    async def _register(self, session: ClientSession) -> None:
        body = encoder.write_device_id("Register", self.device.id)
        digest = DigestAuthMiddleware(self._user, self._password)
        async with session.post(self.url + "/VIID/System/Register", data=body, middlewares=(digest,)) as answer:
            answer.raise_for_status()
        self._registered = True
        self.tally.registrations += 1
        await self._ask(session, "/VIID/APEs", encoder.write_devices([self.device]))

    async def _ask(self, session: ClientSession, path: str, body: bytes) -> bytes:
        """Post and return the answer; one that says that we are not known any more makes us register again."""
        async with session.post(self.url + path, data=body) as answer:
            if answer.status == 401:
                self._registered = False
            answer.raise_for_status()
            return await answer.read()

    async def _post_some(self, session: ClientSession) -> None:
        """Post the passes that wait, with faults on the way, and take those away that were answered."""
        some = [self._waiting[i] for i in range(min(BATCH, len(self._waiting)))]
        body, dice = encoder.write_passes(some), self._chance.random
        if dice() < self._faults.disorder:
            self._waiting.rotate(-len(some))
            return
        if dice() < self._faults.loss:
            self.tally.resent += len(some)  # it went nowhere, and after a while it is sent again
            await asyncio.sleep(RETRY_S[0])
        if dice() < self._faults.corrupt:
            self.tally.resent += len(some)
            async with session.post(self.url + "/VIID/MotorVehicles", data=body[: self._chance.randrange(len(body))]):
                pass  # cut off on the way: it is refused
        answer = await self._ask(session, "/VIID/MotorVehicles", body)
        if dice() < self._faults.duplicate:
            self.tally.resent += len(some)
            await self._ask(session, "/VIID/MotorVehicles", body)
        for _ in some:
            self._waiting.popleft()
        if not self._waiting:
            self._some.clear()
        kept, refused = read_statuses(answer)
        self.tally.acknowledged += kept
        self.tally.refused += len(refused)


class _Answer(msgspec.Struct):
    """The answer about each object of a post, as far as it is looked at."""

    class Listed(msgspec.Struct):
        class Status(msgspec.Struct):
            id: str | None = msgspec.field(name="Id", default=None)
            code: str | int = msgspec.field(name="StatusCode", default="1")

        statuses: list[Status] = msgspec.field(name="ResponseStatusObject", default_factory=list)

    listed: Listed = msgspec.field(name="ResponseStatusListObject", default_factory=Listed)


def read_statuses(answer: bytes) -> tuple[Sequence[str], Sequence[str]]:
    """Return the ids of what was kept and of what was not.

    Raises
    ------
    msgspec.DecodeError
        If it is no such answer.
    """
    statuses = msgspec.json.decode(answer, type=_Answer).listed.statuses
    kept = [status.id or "" for status in statuses if str(status.code) == "0"]
    return kept, [status.id or "" for status in statuses if str(status.code) != "0"]
