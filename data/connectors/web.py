"""HTTP as sources that ask for it need it: options, one session, answers of bounded size, faults in words."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin, urlsplit

import aiohttp
import msgspec

from twin.errors import BadInputError
from twin.words import say, why

CHUNK_BYTES = 65_536


class Web(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of every source that asks a server.

    Parameters
    ----------
    url : str
        ``http://`` or ``https://``.
    user, password, password_file : str
        Basic authentication; the file holds the password alone.
    token_file : str
        Holds a bearer token, in place of a user.
    ca : str
        Authorities to trust (PEM); the system's if empty.
    every_s : float
        Pause between two questions.
    patience_s : float
        How long a server may be silent.
    most_bytes : int
        Of one answer.
    """

    url: str
    user: str = ""
    password: str = ""
    password_file: str = ""
    token_file: str = ""
    ca: str = ""
    every_s: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 30.0
    patience_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 30.0
    most_bytes: Annotated[int, msgspec.Meta(ge=1)] = 64_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def check_web(source: str, web: Web) -> None:
    """Look at what can be wrong before anything is asked.

    Raises
    ------
    twin.errors.BadInputError
        If the address or a file of it cannot be used.
    """
    parts = urlsplit(web.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise BadInputError(source, "its url is no address of a server", "write https://HOST/PATH in sources.toml")
    _headers(source, web)
    _tls(source, web)


def remarks(web: Web) -> tuple[str, ...]:
    """Return sentences about the server, for the log."""
    parts = urlsplit(web.url)
    lines = [say("asks {host} every {seconds:g} s", host=parts.hostname or "", seconds=web.every_s)]
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if (web.user or web.token_file) and parts.scheme == "http" and not here:
        lines.append(say("the password goes to the server in the clear: use https://"))
    return tuple(lines)


class Server:
    """A server that is asked; made by :func:`asking`."""

    def __init__(self, web: Web, session: aiohttp.ClientSession) -> None:
        self._web, self._session = web, session

    def within(self, link: str) -> str:
        """Return a link that the server gave as an address; one that leads to another server is refused.

        Raises
        ------
        ConnectionError
            For a link to elsewhere: it would get the credentials.
        """
        address = urljoin(self._web.url, link)
        own, other = urlsplit(self._web.url), urlsplit(address)
        if (own.scheme, own.hostname, own.port) != (other.scheme, other.hostname, other.port):
            raise ConnectionError(say("the server's next page is on another server: {host}", host=other.hostname or ""))
        return address

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask.

        Raises
        ------
        OSError
            If no whole answer comes, or none that can be used; redirections are not followed.
        """
        try:
            async with self._session.get(address, headers=headers, allow_redirects=False) as response:
                if response.status not in (200, 304):
                    raise ConnectionError(say("the server answers {status}", status=response.status))
                return Answer(response.status, response.headers, await self._body(response))
        except TimeoutError:
            raise TimeoutError(
                say("the server did not answer in {seconds:g} s", seconds=self._web.patience_s)
            ) from None
        except aiohttp.ClientError as error:
            if isinstance(error, OSError):
                raise
            raise ConnectionError(say("the answer broke off: {reason}", reason=type(error).__name__)) from None

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        parts, size = list[bytes](), 0
        async for part in response.content.iter_chunked(CHUNK_BYTES):
            parts.append(part)
            size += len(part)
            if size > self._web.most_bytes:
                raise ConnectionError(say("the answer is longer than {most} bytes", most=self._web.most_bytes))
        return b"".join(parts)


@asynccontextmanager
async def asking(source: str, web: Web) -> AsyncIterator[Server]:
    """Hold a session open."""
    patience = aiohttp.ClientTimeout(total=None, sock_connect=web.patience_s, sock_read=web.patience_s)
    context = _tls(source, web)
    connector = aiohttp.TCPConnector(ssl=True if context is None else context, limit=4)
    async with aiohttp.ClientSession(headers=_headers(source, web), timeout=patience, connector=connector) as session:
        yield Server(web, session)


def _headers(source: str, web: Web) -> dict[str, str]:
    headers = {"User-Agent": "zhian-twin"}
    try:
        if web.token_file:
            headers["Authorization"] = f"Bearer {Path(web.token_file).read_text('utf-8').strip()}"
        elif web.user:
            password = Path(web.password_file).read_text("utf-8").rstrip("\r\n") if web.password_file else web.password
            headers["Authorization"] = aiohttp.encode_basic_auth(web.user, password)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(source, say("its password file: {error}", error=why(error)), "mend sources.toml") from None
    return headers


def _tls(source: str, web: Web) -> ssl.SSLContext | None:
    if not web.ca:
        return None
    try:
        return ssl.create_default_context(cafile=web.ca)
    except OSError as error:
        raise BadInputError(source, say("its certificates: {error}", error=why(error)), "mend sources.toml") from None
