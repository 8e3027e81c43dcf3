"""A terminal that keeps what it saw until it is answered, and writes down itself what it was promised."""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from dataclasses import dataclass

from tests.faults import wire
from tests.faults.notebook import Notebook
from tests.faults.road import HOST, abort

PERIOD_S = 0.1
RESEND_S = 0.5
PATIENCE_S = 2.0
"""A terminal that hears nothing for so long although it waits connects anew."""
RECONNECT_S = (0.05, 0.3)
WINDOW = 40
REFILL = 12
"""Most positions of a batch."""


@dataclass(slots=True)
class Air:
    """What happens to frames between an aerial and the platform: shares of frames, and a clock that is off."""

    loss: float = 0.0
    answers_lost: float = 0.0
    corrupt: float = 0.0
    truncate: float = 0.0
    duplicate: float = 0.0
    disorder: float = 0.0
    split: bool = False
    clock_s: float = 0.0


class Terminal:
    """One terminal; :meth:`run` goes on until it is cancelled."""

    def __init__(self, number: int, port: int, air: Air, notebook: Notebook, seed: int) -> None:
        self.edition = wire.Edition(2019 if number % 3 == 0 else 2013)
        self.phone = f"139{number:08d}"
        self.place = (120.92 + 0.001 * (number % 40), 30.84 + 0.001 * (number // 40 % 40))
        self.port, self.air, self.notebook = port, air, notebook
        self.online = False
        self.newest = (0.0, b"")
        """When it was sent and what it says: the newest position that was acknowledged."""
        self._chance = random.Random(seed * 100_003 + number)
        self._code: bytes | None = None
        self._serial = self._number = 0
        self._waiting: list[bytes] = []
        self._open: dict[int, tuple[float, bytes, list[bytes]]] = {}
        self._held: list[bytes] = []
        self._last_heard_s = 0.0
        self._writer: asyncio.StreamWriter | None = None

    @property
    def unanswered(self) -> int:
        """How many positions it still keeps."""
        return len(self._waiting) + sum(len(bodies) for _, _, bodies in self._open.values())

    async def run(self, period_s: float = PERIOD_S) -> None:
        """Connect again and again, and report what it sees every so often."""
        seeing = asyncio.create_task(self._see(period_s))
        try:
            while True:
                with contextlib.suppress(OSError, EOFError, TimeoutError):  # as at a dead spot: it tries again
                    await self._connect()
                await asyncio.sleep(self._chance.uniform(*RECONNECT_S))
        finally:
            seeing.cancel()

    async def _see(self, period_s: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, PERIOD_S))
        while True:
            self.look()
            await asyncio.sleep(period_s)

    def look(self, times: int = 1) -> None:
        """See positions; each is kept until it is answered."""
        for _ in range(times):
            self._see_one()

    def unheard(self, count: int) -> list[bytes]:
        """Return frames of a terminal that does not listen: a registration and positions."""
        self.look(count)
        bodies = [(wire.REGISTER, self.edition.registration("测A00000")), *((wire.POSITION, b) for b in self._waiting)]
        return [
            wire.frame(self.edition.header(message, self.phone, serial, len(body)) + body)
            for serial, (message, body) in enumerate(bodies)
        ]

    def _see_one(self) -> None:
        self._number += 1
        now_s = time.time()
        turn = now_s % 60 / 60 * 2 * math.pi
        lon, lat = self.place[0] + 2e-4 * math.cos(turn), self.place[1] + 2e-4 * math.sin(turn)
        body = wire.position(now_s + self.air.clock_s, lon, lat, self._number, self._number)
        self.notebook.sent.setdefault((self.phone, body[: wire.BASE]), now_s)
        self._waiting.append(body)

    async def _connect(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(HOST, self.port)
        self._writer, self._last_heard_s = writer, time.monotonic()
        cutter = wire.Cutter()
        try:
            self._begin()
            while True:
                try:
                    async with asyncio.timeout(PERIOD_S / 2):
                        data = await reader.read(1 << 16)
                except TimeoutError:
                    self._tick()
                    continue
                if not data:
                    raise EOFError
                for message in cutter.feed(data):
                    self._hear(message)
                self._tick()
        finally:
            self.online, self._writer = False, None
            abort(writer)
            refill = [body for _, _, bodies in self._open.values() for body in bodies]
            self._open.clear()
            self._waiting[:0] = refill

    def _begin(self) -> None:
        if self._code is None:
            self._send(wire.REGISTER, self.edition.registration(f"测A{self.phone[-5:]}"))
        else:
            self._send(wire.AUTHENTICATE, self.edition.authentication(self._code))

    def _hear(self, message: wire.Message) -> None:
        if self._chance.random() < self.air.answers_lost:
            return
        self._last_heard_s = time.monotonic()
        if message.message == wire.REGISTERED:
            self._on_registered(message.body)
        elif message.message == wire.ANSWER:
            serial, about = int.from_bytes(message.body[:2], "big"), int.from_bytes(message.body[2:4], "big")
            self._on_answer(serial, about, message.body[4])

    def _on_registered(self, body: bytes) -> None:
        if body[2] == 0:
            self._code = body[3:]
            self._begin()

    def _on_answer(self, serial: int, about: int, result: int) -> None:
        if about == wire.AUTHENTICATE:
            self.online = result == 0
            if result:
                self._code = None
                self._begin()
        elif result:
            self.notebook.refused += 1
        elif serial in self._open:
            _, _, bodies = self._open.pop(serial)
            for body in bodies:
                fact = (self.phone, body[: wire.BASE])
                self.notebook.acknowledged.setdefault(fact, time.time())
                self.newest = max(self.newest, (self.notebook.sent[fact], body[: wire.BASE]))

    def _tick(self) -> None:
        now = time.monotonic()
        if (self._open or not self.online) and now - self._last_heard_s > PATIENCE_S:
            raise EOFError
        if not self.online:
            return
        for serial, (sent, wired, bodies) in tuple(self._open.items()):
            if now - sent > RESEND_S:
                self._open[serial] = (now, wired, bodies)
                self._write(wired)
        while self._waiting and len(self._open) < WINDOW:
            self._report()

    def _report(self) -> None:
        """Send the oldest position that waits; many together if many wait."""
        if len(self._waiting) > WINDOW // 4:
            bodies = self._waiting[: self._chance.randint(2, REFILL)]
            serial, wired = self._send(wire.BATCH, wire.batch(bodies))
        else:
            bodies = self._waiting[:1]
            serial, wired = self._send(wire.POSITION, bodies[0])
        del self._waiting[: len(bodies)]
        self._open[serial] = (time.monotonic(), wired, bodies)

    def _send(self, message: int, body: bytes) -> tuple[int, bytes]:
        self._serial = (self._serial + 1) & 0xFFFF
        while self._serial in self._open:
            self._serial = (self._serial + 1) & 0xFFFF
        wired = wire.frame(self.edition.header(message, self.phone, self._serial, len(body)) + body)
        self._write(wired)
        return self._serial, wired

    def _write(self, wired: bytes) -> None:
        """Send a frame through the air."""
        assert self._writer is not None
        if self._writer.transport.is_closing():
            raise EOFError
        self.notebook.frames += 1
        for piece in self._through_air(wired):
            self._writer.write(piece)
        if self._writer.transport.get_write_buffer_size() > 1 << 20:
            raise EOFError

    def _through_air(self, wired: bytes) -> list[bytes]:
        air, chance = self.air, self._chance
        if chance.random() < air.loss:
            return []
        if chance.random() < air.corrupt:
            wired = _corrupted(wired, chance)
        if chance.random() < air.truncate:
            wired = wired[: chance.randrange(1, len(wired))]
        pieces = [wired] * (2 if chance.random() < air.duplicate else 1)
        if chance.random() < air.disorder:
            self._held += pieces
            return []
        pieces += self._held
        self._held = []
        if air.split:
            whole = b"".join(pieces)
            at = chance.randrange(len(whole) + 1)
            return [whole[:at], whole[at:]]
        return pieces


def _corrupted(wired: bytes, chance: random.Random) -> bytes:
    """Return a frame with one byte changed, which the checksum always shows."""
    at = chance.randrange(1, len(wired) - 1)
    return wired[:at] + bytes([wired[at] ^ chance.randrange(1, 256)]) + wired[at + 1 :]
