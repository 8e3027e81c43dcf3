"""An invented bank as an HTTP server of its own: ``docs/bank-adapter.md`` from the other side, with moods."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from data.signing.keys import key_id, signed
from data.simulate.fraud.books import Books
from data.simulate.fraud.moods import Moods, something_else
from data.simulate.fraud.teller import Teller
from data.simulate.fraud.wire import MEDIA_TYPE, VERSION, Letter, Reply, read_letter, write_reply

MOST_BYTES = 1 << 20
HANG_S = 600.0
"""For how long a connection is kept that gets no answer."""
SHUT_S = 0.5
PATH = "/v1/instructions/{id}"
FRESH = ("watch",)
"""Verbs that are answered anew at every attempt."""


@dataclass(slots=True)
class Known:
    """An instruction as it first came, and what it was answered."""

    body: bytes
    attempts: int = 0
    reply: Reply | None = None


@dataclass(slots=True)
class BankServer:
    """Invented banks behind one address; ``tally`` and ``teller.done`` may be read at any time.

    Parameters
    ----------
    keys : dict
        Public keys that may sign, by their ids in hex; where there are none, no signature is looked at.
    """

    books: Books
    moods: Moods = field(default_factory=Moods)
    seed: int = 1
    keys: dict[str, bytes] = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    tally: Counter[str] = field(default_factory=Counter)
    port: int = 0
    teller: Teller = field(init=False)
    _known: dict[str, Known] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    _closing: asyncio.Event | None = None

    def __post_init__(self) -> None:
        """Take a teller on."""
        self.teller = Teller(self.books)

    async def open(self, port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen.

        Raises
        ------
        OSError
            If the address cannot be had.
        """
        self._closing = asyncio.Event()
        bank = web.Application(client_max_size=MOST_BYTES)
        bank.router.add_post(PATH, self._handle)
        bank.router.add_get("/v1/book", self._book)
        self._runner = web.AppRunner(bank, access_log=None, shutdown_timeout=SHUT_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.port = int(self._runner.addresses[0][1])

    async def close(self) -> None:
        """Stop listening; who waits for an answer gets none."""
        if self._closing is not None:
            self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _book(self, _: web.Request) -> web.Response:
        """Tell how often each instruction was carried out, and the counts: for those who judge."""
        told = {"done": self.teller.done, "tally": dict(self.tally)}
        return web.Response(body=msgspec.json.encode(told), content_type=MEDIA_TYPE)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.tally["attempts"] += 1
        try:
            letter = read_letter(body)
        except ValueError:
            return self._status(400)
        if letter.id != request.match_info["id"]:
            return self._status(400)
        if not self._signed(request, body):
            return _answer(self._refused(letter, "bad_signature"))
        known = self._known.setdefault(letter.id, Known(body))
        if known.body != body:
            return self._status(409)
        known.attempts += 1
        return await self._moody(letter, known)

    async def _moody(self, letter: Letter, known: Known) -> web.StreamResponse:
        mood = self.moods.draw(self.seed, letter.account, letter.id, known.attempts)
        self.tally[mood or "plain"] += 1
        if mood in ("never", "lost"):
            return await self._hang()
        body = write_reply(self._reply(letter, known, mood))
        if mood == "silent":
            return await self._hang()
        await asyncio.sleep(self.moods.wait_s(self.seed, letter.id, known.attempts))
        match mood:
            case "error":
                return self._status(500)
            case "other":
                return web.Response(body=something_else(body, letter.id, known.attempts), content_type=MEDIA_TYPE)
            case "twice":
                return web.Response(body=body + b"\n" + body, content_type=MEDIA_TYPE)
        return web.Response(body=body, content_type=MEDIA_TYPE)

    def _reply(self, letter: Letter, known: Known, mood: str) -> Reply:
        """Do what is asked if it is not done yet, and return the answer."""
        if known.reply is not None and letter.verb not in FRESH:
            return self._refused(letter, "refused") if self.moods.contradicts(self.seed, letter.id) else known.reply
        if mood == "unready":
            return Reply(VERSION, letter.id, "acknowledged", int(self.clock()))
        if mood == "refuse":
            known.reply = self._refused(letter, "refused")
        else:
            known.reply = self.teller.do(letter, self.clock())
        return known.reply

    def _refused(self, letter: Letter, reason: str) -> Reply:
        return Reply(VERSION, letter.id, "failed", int(self.clock()), reason=reason)

    def _signed(self, request: web.Request, body: bytes) -> bool:
        if not self.keys:
            return True
        public = self.keys.get(request.headers.get("Zhian-Key", ""))
        try:
            signature = base64.b64decode(request.headers.get("Zhian-Signature", ""), validate=True)
        except binascii.Error:
            return False
        return public is not None and signed(public, signature, body)

    def _status(self, status: int) -> web.Response:
        self.tally[f"status {status}"] += 1
        return web.Response(status=status)

    async def _hang(self) -> web.StreamResponse:
        """Keep the caller waiting until it hangs up, or we close."""
        if self._closing is not None:
            try:
                async with asyncio.timeout(HANG_S):
                    await self._closing.wait()
            except TimeoutError:
                self.tally["waited out"] += 1
        return self._status(503)


def _answer(reply: Reply) -> web.Response:
    return web.Response(body=write_reply(reply), content_type=MEDIA_TYPE)


def key_ring(publics: list[bytes]) -> dict[str, bytes]:
    """Return public keys by the ids in which the wire names them."""
    return {key_id(public).hex(): public for public in publics}
