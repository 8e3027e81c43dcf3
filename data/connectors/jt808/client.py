"""A terminal that speaks JT/T 808 over TCP, for simulations and tests: it sends again what is not answered.

Positions made while there is no connection are a blind area: they are sent as a batch (0x0704) once there is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.decoder import Frame, Header, Position
from data.connectors.jt808.frames import FrameError, Splitter
from data.simulate.faults import Faults, FaultyLine

RESEND_S = 2.0
HEARTBEAT_S = 30.0
RECONNECT_S = (0.2, 5.0)
BATCH = 20
"""Most positions of a blind area in one message."""
ANSWER_S = 10.0
"""A terminal waits so long for a registration or an authentication before it connects afresh."""


@dataclass(slots=True)
class _Sent:
    """A message that is not answered yet; ``bases`` are the first 28 bytes of its positions."""

    wires: list[bytes]
    bases: list[bytes]
    at: float


@dataclass(slots=True)
class Tally:
    """What a terminal did: ``acknowledged`` holds the 28 bytes of each position that was answered with success."""

    reported: int = 0
    resent: int = 0
    refused: int = 0
    connections: int = 0
    texts: int = 0
    acknowledged: list[bytes] = field(default_factory=list)


class TerminalClient:
    """One terminal.

    Parameters
    ----------
    phone : str
        Up to 12 digits.
    version : int
        0 to speak the edition of 2013, 1 that of 2019.
    chance : random.Random
        Decides about the faults.
    """

    def __init__(
        self, phone: str, plate: str, chance: random.Random, faults: Faults | None = None, version: int = 0
    ) -> None:
        self.phone, self.plate, self.version = phone, plate, version
        self.tally = Tally()
        faults = faults or Faults()
        self._chance, self._line = chance, FaultyLine(faults, chance, begin=1, end=1)
        self._clock_off_s = chance.uniform(-1, 1) * faults.clock_s
        self._serial, self._code = 0, ""
        self._unanswered: dict[int, _Sent] = {}
        self._blind: list[Position] = []
        self._writer: asyncio.StreamWriter | None = None
        self._talk: asyncio.Queue[Frame] = asyncio.Queue()

    @property
    def unanswered(self) -> int:
        """Positions that were reported and are not acknowledged."""
        return len(self._blind) + sum(len(sent.bases) for sent in self._unanswered.values())

    @property
    def online(self) -> bool:
        """Whether it is connected and authenticated."""
        return self._writer is not None

    def report(self, position: Position) -> None:
        """Send a position, or keep it for later."""
        told = replace(position, time_s=float(int(position.time_s + self._clock_off_s)))
        self.tally.reported += 1
        if self._writer is None:
            self._blind.append(told)
        else:
            body = encoder.position_body(told)
            wire = encoder.write_frame(Header(decoder.POSITION, self.phone, self._next(), self.version), body)
            self._send([wire], [body[:28]])

    async def run(self, host: str, port: int) -> None:
        """Stay connected until cancelled."""
        pause = RECONNECT_S[0]
        while True:
            connections = self.tally.connections
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                await self._live(host, port)
            pause = RECONNECT_S[0] if self.tally.connections > connections else min(2 * pause, RECONNECT_S[1])
            await asyncio.sleep(pause * self._chance.uniform(0.8, 1.2))

    async def _live(self, host: str, port: int) -> None:
        reader, writer = await asyncio.open_connection(host, port)
        tasks = [asyncio.create_task(self._listen(reader)), asyncio.create_task(self._speak(writer))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writer = None
            writer.transport.abort()
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome  # plain, not in a group: in Python 3.11 contextlib.suppress does not look into one

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        await self._sign_in(writer)
        self._writer = writer
        self.tally.connections += 1
        self._send_again(self._unanswered.values())
        self._refill()
        beat = asyncio.get_running_loop().time()
        while True:
            await asyncio.sleep(RESEND_S / 4)
            await writer.drain()
            now = asyncio.get_running_loop().time()
            self._send_again([sent for sent in self._unanswered.values() if now - sent.at > RESEND_S])
            if now - beat > HEARTBEAT_S:
                beat = now
                writer.write(encoder.write_heartbeat(self.phone, self._next(), self.version))

    async def _sign_in(self, writer: asyncio.StreamWriter) -> None:
        """Authenticate; where the code is not known, or not known any more, register first."""
        while not self._talk.empty():
            self._talk.get_nowait()
        for _ in range(2):
            if not self._code:
                wire = encoder.write_registration(self.phone, self._next(), self.plate, self.version)
                answer = await self._ask(writer, wire, encoder.REGISTER_ANSWER)
                self._code = decoder.read_text(answer.body[3:])
            wire = encoder.write_authentication(self.phone, self._next(), self._code, self.version)
            answer = await self._ask(writer, wire, encoder.PLATFORM_ANSWER)
            if answer.body[4] == encoder.DONE:
                return
            self._code = ""
        raise ConnectionError("the platform does not know this terminal")

    async def _ask(self, writer: asyncio.StreamWriter, wire: bytes, message: int) -> Frame:
        writer.write(wire)
        async with asyncio.timeout(ANSWER_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
            while True:
                answer = await self._talk.get()
                if answer.header.message == message:
                    return answer

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        splitter = Splitter()
        while received := await reader.read(65536):
            for escaped in splitter.feed(received):
                with contextlib.suppress(FrameError):
                    self._hear(decoder.read_frame(escaped))

    def _hear(self, frame: Frame) -> None:
        serial = int.from_bytes(frame.body[:2], "big")
        about = int.from_bytes(frame.body[2:4], "big")
        if frame.header.message == encoder.REGISTER_ANSWER or about == decoder.AUTHENTICATE:
            self._talk.put_nowait(frame)
        elif frame.header.message == encoder.TEXT:
            self.tally.texts += 1
            self._write(encoder.write_terminal_answer(frame.header, self._next()))
        elif frame.header.message == encoder.PLATFORM_ANSWER and serial in self._unanswered:
            if frame.body[4] == encoder.DONE:
                sent = self._unanswered.pop(serial)
                self.tally.acknowledged += sent.bases
            else:
                self.tally.refused += 1

    def _next(self) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        return (self._serial - 1) & 0xFFFF

    def _refill(self) -> None:
        while self._blind:
            some, self._blind = self._blind[:BATCH], self._blind[BATCH:]
            wires = encoder.write_positions(self.phone, self._next(), some, self.version)
            self._send(wires, [encoder.position_body(position)[:28] for position in some])

    def _send(self, wires: list[bytes], bases: list[bytes]) -> None:
        serial = (self._serial - 1) & 0xFFFF
        now = asyncio.get_running_loop().time()
        self._unanswered[serial] = _Sent(wires, bases, now)
        for wire in wires:
            self._line.send(wire, self._write)

    def _write(self, wire: bytes) -> None:
        if self._writer is not None:
            self._writer.write(wire)

    def _send_again(self, unanswered: Iterable[_Sent]) -> None:
        if self._writer is None:
            return
        now = asyncio.get_running_loop().time()
        for sent in unanswered:
            sent.at = now
            self.tally.resent += 1
            self._writer.write(b"".join(sent.wires))
