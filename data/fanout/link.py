"""Connecting to a NATS server: where it is, and with which credential."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import nats.errors
from nats.aio.client import Client

from twin.errors import BadInputError, UsageError
from twin.words import said, say, why

RECONNECT_S = 0.5
CONNECT_S = 5.0
CLOSE_S = 1.0
CANCEL_AGAIN_S = 0.2
PING_S = 2
"""A server that does not answer for two of these is given up, and tried again."""


class Credential(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who one is to a server, and how the server is known: certificates and the key as PEM."""

    name: str
    authority: str
    certificate: str
    key: str

    def tls(self) -> ssl.SSLContext:
        """Return a context that shows this certificate and takes no server but those of the same authority."""
        context = ssl.create_default_context(cadata=self.authority)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with tempfile.TemporaryDirectory() as folder:  # the ssl module reads keys from files only
            file = Path(folder) / "pem"
            file.touch(0o600)
            file.write_text(self.certificate + self.key, "ascii")
            context.load_cert_chain(file)
        return context


def checked(url: str, credential: Credential | None) -> str:
    """Return an address if it may be used: in the clear and without a credential only on this machine.

    Raises
    ------
    twin.errors.UsageError
        If it is no address of a server, or one that needs a credential.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("nats", "tls") or not parts.hostname or port is None or parts.username or parts.password:
        raise UsageError("a NATS server is written as nats://HOST:PORT or tls://HOST:PORT, without a password")
    if credential is None and not is_here(parts.hostname):
        raise UsageError(
            say("{host} is another machine: make credentials first, with `zhian desk open`", host=parts.hostname)
        )
    return url


def is_here(host: str) -> bool:
    """Tell whether a host is this machine, by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Link:
    """One connection; ``lost`` is set once it is gone, and another one is made then rather than this one mended."""

    def __init__(self, url: str, credential: Credential | None) -> None:
        self.url, self.credential = checked(url, credential), credential
        self.client = Client()
        self.lost = asyncio.Event()
        self.refused = ""
        """What the server did not let us do, in its words."""

    async def __aenter__(self) -> Link:
        """Connect.

        Raises
        ------
        OSError, nats.errors.Error
            If it cannot be done now.
        """
        await self.client.connect(
            self.url, name=self.credential.name if self.credential else "zhian", allow_reconnect=False,
            tls=self.credential.tls() if self.credential else None, connect_timeout=2, ping_interval=PING_S,
            max_outstanding_pings=2, flush_timeout=2.0, error_cb=self._on_error, closed_cb=self._on_closed,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        """Hang up; what the server has not got by then is not sent."""
        with contextlib.suppress(TimeoutError):  # it hangs: our end of the socket is closed with the process
            async with asyncio.timeout(CLOSE_S):
                await self.client.close()

    async def _on_error(self, error: Exception) -> None:
        if "violation" in str(error).lower():
            self.refused = str(error)

    async def _on_closed(self) -> None:
        self.lost.set()


async def keep_linked(
    url: str, credential: Credential | None, work: Callable[[Link], Awaitable[None]], tell: Callable[[str], None]
) -> None:
    """Do ``work`` over a connection that is made again whenever it is lost; ``tell`` is given why, once each time."""
    told = ""
    while True:
        link = Link(url, credential)
        reason = ""
        try:
            async with asyncio.timeout(CONNECT_S):
                await link.__aenter__()
        except (OSError, nats.errors.Error) as error:
            reason = link.refused or why(error) or type(error).__name__
        else:
            try:
                told = ""
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise asyncio.CancelledError  # the client swallowed it while it connected
                reason = await _until_lost(link, work)
            finally:
                await link.__aexit__()
        if reason != told:
            tell(reason)
        told = reason
        await asyncio.sleep(RECONNECT_S)


async def _until_lost(link: Link, work: Callable[[Link], Awaitable[None]]) -> str:
    """Work until the connection is lost; return why."""
    working, losing = asyncio.ensure_future(work(link)), asyncio.ensure_future(link.lost.wait())
    try:
        await asyncio.wait([working, losing], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    except (OSError, nats.errors.Error) as error:
        return why(error) or type(error).__name__
    finally:
        await _end(working, losing)
    return link.refused or said("the connection was lost")


async def _end(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks until they end: in Python 3.11 the client's ``wait_for`` swallows one that meets an answer."""
    while not all(task.done() for task in tasks):
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)


def read_credential(path: Path) -> Credential:
    """Read a credential's file.

    Raises
    ------
    twin.errors.BadInputError
        If it is none.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credential)
    except FileNotFoundError:
        raise BadInputError(path.name, "there is no such file or folder", "give the file of `zhian desk add`") from None
    except msgspec.MsgspecError as error:
        raise BadInputError(path.name, say("no credential: {error}", error=error), "make it again") from None
