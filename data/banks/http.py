"""Banks over HTTP: signed JSON, as ``docs/bank-adapter.md`` tells it. The bank simulator speaks it."""

from __future__ import annotations

import base64
import http.client
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from urllib.parse import quote, urlsplit

import msgspec

from data.forms import learn
from data.signing.keys import OwnKey
from twin.errors import UsageError
from twin.fraud.bank import ANSWERS, VERBS, Answer, Ask, Earlier, Moved, NoAnswerError, UnreadableAnswerError
from twin.words import said, say

VERSION = 1
MOST_BYTES = 8 * 2**20
TIME_OUT_S = 10.0
CHUNK = 65_536


class _Reply(msgspec.Struct, frozen=True):
    version: int
    id: str
    state: str
    at_s: int
    reason: str = ""
    note: str = ""
    held_fen: int = 0
    balance_fen: int = -1
    ends_s: int = 0
    returned_fen: int = 0
    earlier: tuple[Earlier, ...] = ()
    holder: str = ""
    moved: tuple[Moved, ...] = ()


learn(_Reply)


class _NoWayOn(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Go nowhere else with what a bank is told."""


_OPENER = urllib.request.build_opener(_NoWayOn, urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class HttpBank:
    """:class:`twin.fraud.bank.Bank` behind an address."""

    name: str
    address: str
    key: OwnKey
    time_out_s: float = TIME_OUT_S
    can: frozenset[str] = frozenset(VERBS)

    def __post_init__(self) -> None:
        """Refuse an address that is none."""
        parts = urlsplit(self.address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError(say("{name}: the address of a bank begins with http:// or https://", name=self.name))

    def write(self, ask: Ask) -> bytes:
        """Return the JSON of the page: all fields in their order."""
        return msgspec.json.encode({"version": VERSION, **asdict(ask)})

    def carry(self, id_: str, letter: bytes) -> bytes:
        """Post a letter and return the reply's bytes; all of it takes no longer than the time-out."""
        url = f"{self.address.rstrip('/')}/v1/instructions/{quote(id_, safe='')}"
        headers = {
            "Content-Type": "application/json",
            "Zhian-Key": self.key.id.hex(),
            "Zhian-Signature": base64.b64encode(self.key.sign(letter)).decode(),
        }
        request = urllib.request.Request(url, letter, headers, method="POST")  # noqa: S310 - http or https, as checked
        try:
            with _OPENER.open(request, timeout=self.time_out_s) as response:
                return _whole(response, time.monotonic() + self.time_out_s)
        except urllib.error.HTTPError as error:
            with error:
                raise NoAnswerError(
                    say("{name} answered with status {code}", name=self.name, code=error.code)
                ) from None
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswerError(say("{name} did not answer: {why}", name=self.name, why=_why(error))) from None

    def read(self, ask: Ask, reply: bytes) -> Answer:
        """Return what a reply says; one that came twice and is the same counts once."""
        told = {_read(text) for text in reply.split(b"\n") if text.strip()} if len(reply) <= MOST_BYTES else set()
        if len(told) != 1:
            raise UnreadableAnswerError(say("{name} answered with what is no answer", name=self.name))
        (one,) = told
        if one is None or (one.version, one.id) != (VERSION, ask.id) or one.state not in ANSWERS:
            raise UnreadableAnswerError(say("{name} answered something else than was asked", name=self.name))
        plain = msgspec.structs.asdict(one)
        del plain["version"]
        return Answer(**plain)


def _read(text: bytes) -> _Reply | None:
    try:
        return msgspec.json.decode(text, type=_Reply)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _whole(response: http.client.HTTPResponse, until_s: float) -> bytes:
    """Read a reply, at most a little more than is believed, until a moment."""
    body = b""
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > MOST_BYTES:
            break
        if time.monotonic() > until_s:
            raise TimeoutError("no answer came in time")
    return body


def _why(error: BaseException) -> str:
    reason = getattr(error, "reason", None)
    return said("no answer came in time") if isinstance(reason or error, TimeoutError) else str(reason or error)
