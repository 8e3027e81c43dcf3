"""The sockets of a view library: HTTP requests in, answers out once what they brought is on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import HttpVersion11, web
from aiohttp.web_protocol import RequestHandler

from data.connectors.gat1400 import encoder, envelope
from data.connectors.gat1400.digest import Gatekeeper, Verdict
from data.connectors.gat1400.encoder import Status, Writer
from data.connectors.gat1400.envelope import BodyError
from data.connectors.gat1400.exchange import Exchange, Posting
from data.connectors.gat1400.options import Options
from data.connectors.gat1400.sessions import Allowance, Sessions
from data.connectors.links import Endpoint, context_of

SHUT_S = 0.5
"""How long requests may take to end when the library closes."""
LINGER_S = 2.0
"""How long the rest of a body that is not read may take before the connection is cut."""
PEOPLE_PATHS = frozenset({"/VIID/Faces", "/VIID/Persons", "/VIID/NonMotorVehicles"})
CAMERA_PATHS = {"/VIID/APEs": "APE", "/VIID/Tollgates": "Tollgate"}
REGISTER = "/VIID/System/Register"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class RefusedError(Exception):
    """A request that is answered with a status of its own and nothing else."""

    def __init__(self, http: int, code: int, words: str = "", headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(words)
        self.http, self.code, self.words, self.headers = http, code, words, headers


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the device that the request names, and the address that it came from."""

    device: str
    address: str


class Connections(web.Server):
    """aiohttp's server, with a most of connections; those that are silent or drip a head end after ``idle_s``."""

    def __init__(self, handler: Handler, most: int, idle_s: float) -> None:
        super().__init__(
            handler, auto_decompress=False, access_log=None, keepalive_timeout=idle_s, lingering_time=LINGER_S
        )
        self._most, self._taken = most, set[RequestHandler]()
        self.turned_away = 0

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """Take a connection in, or turn it away."""
        if len(self._taken) >= self._most:
            self.turned_away += 1
            transport.abort()
            return
        self._taken.add(handler)
        super().connection_made(handler, transport)

    def connection_lost(self, handler: RequestHandler, exc: BaseException | None = None) -> None:
        """Let a connection go."""
        self._taken.discard(handler)
        super().connection_lost(handler, exc)


class Server:
    """A view library that cameras post to.

    Parameters
    ----------
    on_heard : callable
        Called when there is something to fetch from the exchange.

    Raises
    ------
    twin.errors.BadInputError
        If its certificate cannot be used.
    """

    def __init__(
        self, options: Options, exchange: Exchange, on_heard: Callable[[], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._options, self._exchange, self._on_heard, self._clock = options, exchange, on_heard, clock
        self._writer = Writer(options.library, options.numbers)
        self._gatekeeper = Gatekeeper(options.realm, options.users, options.algorithms, time.monotonic)
        self._allowance = Allowance(options.most_requests_per_s, time.monotonic)
        secured = Endpoint(certificate=options.certificate, key=options.key, authority=options.authority)
        self._secured = context_of(secured)
        self._sockets: asyncio.Server | None = None
        self.sessions = Sessions(options.session_s, time.monotonic)
        self.connections: Connections | None = None
        self.full = False

    async def open(self) -> None:
        """Listen.

        Raises
        ------
        OSError
            If the address cannot be had.
        """
        options = self._options
        self.connections = Connections(self._handle, options.most_links, options.idle_s)
        loop = asyncio.get_running_loop()
        self._sockets = await loop.create_server(
            self.connections, options.host, options.port, backlog=1024, ssl=self._secured
        )

    @property
    def port(self) -> int:
        """The port it listens on; that which the system chose where 0 was asked for."""
        return int(self._sockets.sockets[0].getsockname()[1]) if self._sockets is not None else self._options.port

    async def close(self) -> None:
        """Stop listening and hang up; what waits for its answer does not get one."""
        if self._sockets is not None:
            self._sockets.close()
        if self.connections is not None:
            await self.connections.shutdown(SHUT_S)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request."""
        path = request.path.rstrip("/")
        try:
            return await self._answer(request, path)
        except RefusedError as refused:
            body = self._writer.status(path, Status("", refused.code, refused.words), self._clock())
            answer = _response(body, refused.http)
            for name, value in refused.headers:
                answer.headers.add(name, value)
            return answer

    async def _answer(self, request: web.BaseRequest, path: str) -> web.Response:
        caller = Caller(request.headers.get("User-Identify", "").strip()[:128], request.remote or "")
        if not self._allowance.grant(caller.address):
            raise RefusedError(429, encoder.BUSY, headers=(("Retry-After", "1"),))
        if path == REGISTER and request.method == "POST":
            return await self._register(request, caller, path)
        self._admit(request, caller)
        match request.method, path:
            case "POST", "/VIID/System/Keepalive":
                return self._status(path, Status(caller.device))
            case "POST", "/VIID/System/UnRegister":
                self.sessions.close(caller.device, caller.address)
                return self._status(path, Status(caller.device))
            case "GET", "/VIID/System/Time":
                return _response(self._writer.time(self._clock()))
            case "GET", "/VIID/APEs":
                return _response(self._writer.devices(self._exchange.devices()))
            case "POST", "/VIID/MotorVehicles":
                return await self._take(request, caller, path, self._exchange.passes)
            case "POST", "/VIID/SubscribeNotifications":
                return await self._take(request, caller, path, self._exchange.notifications)
            case (("POST" | "PUT"), ("/VIID/APEs" | "/VIID/Tollgates")):
                noun = CAMERA_PATHS[path]
                return await self._take(
                    request, caller, path, lambda who, body: self._exchange.cameras(who, body, noun)
                )
            case _ if "/".join(path.split("/")[:3]) in PEOPLE_PATHS:
                self._exchange.refuse_people(caller.device, 1)  # its body is not even read
                raise RefusedError(403, encoder.NOT_ALLOWED, "people are not taken")
            case _:
                raise RefusedError(404, encoder.NOT_ALLOWED, "not served here")

    async def _register(self, request: web.BaseRequest, caller: Caller, path: str) -> web.Response:
        if self._options.authentication == "digest":
            self._check_digest(request)
        body = await self._body(request)
        try:
            document = envelope.read_body(body)
        except BodyError as error:
            raise RefusedError(400, error.status, str(error)) from None
        objects = envelope.objects_of(document, "Register", 1) if isinstance(document, dict) else []
        device = envelope.text_of(envelope.fields_of(objects[0]), "deviceid") if objects else caller.device
        if not device:
            raise RefusedError(400, encoder.BAD_CONTENT, "no DeviceID")
        if self._options.known_only and device not in self._options.devices:
            raise RefusedError(403, encoder.NOT_ALLOWED, "device not known")
        self.sessions.open(device, caller.address)
        return self._status(path, Status(device))

    def _admit(self, request: web.BaseRequest, caller: Caller) -> None:
        """Let a request in that is of a registered device, or that carries a digest of its own."""
        if self._options.authentication == "open" or self.sessions.knows(caller.device, caller.address):
            return
        self._check_digest(request)
        if self._options.known_only and caller.device not in self._options.devices:
            raise RefusedError(403, encoder.NOT_ALLOWED, "device not known")

    def _check_digest(self, request: web.BaseRequest) -> None:
        said = request.headers.get("Authorization", "")
        verdict, _ = self._gatekeeper.judge(said, request.method, request.raw_path) if said else (Verdict.WRONG, "")
        if verdict is not Verdict.GOOD:
            offers = self._gatekeeper.challenges(stale=verdict is Verdict.STALE)
            headers = tuple(("WWW-Authenticate", offer) for offer in offers)
            raise RefusedError(401, encoder.NOT_ALLOWED, "register first", headers)

    async def _take(
        self, request: web.BaseRequest, caller: Caller, path: str, read: Callable[[str, bytes], Posting]
    ) -> web.Response:
        """Read a post, hand it on, and answer when it is on disk."""
        if self.full:
            raise RefusedError(503, encoder.BUSY, headers=(("Retry-After", "2"),))
        if "xml" in request.headers.get("Content-Type", "").lower():
            raise RefusedError(415, encoder.BAD_JSON, "XML is not read here")
        posting = read(caller.device, await self._body(request))
        kept: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._exchange.put(posting, lambda done: None if kept.done() else kept.set_result(done))
        self._on_heard()
        if not await kept:
            raise RefusedError(500, encoder.OTHER, "not kept")
        if posting.http != 200:
            return self._status(path, posting.statuses[0], posting.http)
        return _response(self._writer.statuses(path, posting.statuses, self._clock()))

    async def _body(self, request: web.BaseRequest) -> bytes:
        """Return the body, unpacked; one that is too large or drips in is refused."""
        most = int(self._options.most_body_mb * 1e6)
        if (request.content_length or 0) > most:
            raise RefusedError(413, encoder.BAD_CONTENT, "body too large")
        if request.version >= HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0  # else the answer itself counts as begun
        packed = bytearray()
        try:
            async with asyncio.timeout(self._options.request_s):
                packed += request.content.read_nowait()  # most come whole with their head
                while not request.content.at_eof():
                    packed += await request.content.readany()
                    if len(packed) > most:
                        raise RefusedError(413, encoder.BAD_CONTENT, "body too large")
        except TimeoutError:
            raise RefusedError(408, encoder.OTHER, "body too slow", (("Connection", "close"),)) from None
        try:
            return envelope.inflate(bytes(packed), request.headers.get("Content-Encoding", "").strip().lower(), most)
        except BodyError as error:
            raise RefusedError(413 if error.status == encoder.BAD_CONTENT else 400, error.status, str(error)) from None

    def _status(self, path: str, status: Status, http: int = 200) -> web.Response:
        return _response(self._writer.status(path, status, self._clock()), http)


def _response(body: bytes, http: int = 200) -> web.Response:
    return web.Response(body=body, status=http, headers={"Content-Type": encoder.CONTENT_TYPE})
