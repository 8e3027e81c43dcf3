"""How a broker is reached: the options that every source over MQTT shares."""

from __future__ import annotations

import hashlib
import socket
import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec

from twin.errors import BadInputError
from twin.words import say, why

PORTS = {"mqtt": 1883, "mqtts": 8883}


class Broker(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Options of the connection; the README of ``data/connectors/mqtt`` tells what each does."""

    url: str = "mqtt://127.0.0.1:1883"
    version: Literal["3.1.1", "5"] = "5"
    client_id: str = ""
    user: str = ""
    password: str = ""
    password_file: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    keepalive_s: Annotated[int, msgspec.Meta(ge=5, le=3600)] = 30
    session_s: Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFE)] = 7 * 86400
    window: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 20_000

    def address(self) -> tuple[str, int, bool]:
        """Return host, port, and whether the line is encrypted.

        Raises
        ------
        ValueError
            If the address is none.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in PORTS or not parts.hostname or parts.username is not None:
            raise ValueError(self.url)
        return parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "mqtts"

    def identity(self, source: str) -> str:
        """Return the client's name at the broker: of one source on one machine, always the same."""
        own = hashlib.blake2b(f"{socket.gethostname()}/{source}".encode(), digest_size=6).hexdigest()
        return self.client_id or f"zhian-{own}"


def check_broker(source: str, broker: Broker) -> None:
    """Look at what can be wrong before a connection is tried.

    Raises
    ------
    twin.errors.BadInputError
        If the address or a file of it cannot be used.
    """
    try:
        broker.address()
    except ValueError:
        raise BadInputError(
            source, "its url is no address of a broker", "write mqtt://HOST:PORT or mqtts://HOST:PORT in sources.toml"
        ) from None
    read_password(source, broker)
    tls_context(source, broker)


def read_password(source: str, broker: Broker) -> str:
    """Return the password, from its file where one is named."""
    if not broker.password_file:
        return broker.password
    try:
        return Path(broker.password_file).read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(source, say("its password file: {error}", error=why(error)), "mend sources.toml") from None


def tls_context(source: str, broker: Broker) -> ssl.SSLContext | None:
    """Return what the broker is checked against; None for a line in the clear."""
    if not broker.address()[2]:
        return None
    try:
        context = ssl.create_default_context(cafile=broker.ca or None)
        if broker.certificate:
            context.load_cert_chain(broker.certificate, broker.key or None)
    except OSError as error:
        raise BadInputError(source, say("its certificates: {error}", error=why(error)), "mend sources.toml") from None
    return context


def remarks(broker: Broker) -> tuple[str, ...]:
    """Return sentences about the connection, for the log."""
    host, port, encrypted = broker.address()
    lines = [say("subscribes at {host}:{port}", host=host, port=port)]
    if broker.user and not encrypted and host not in ("localhost", "127.0.0.1", "::1"):
        lines.append(say("the password goes to the broker in the clear: use mqtts://"))
    return tuple(lines)
