"""What the program is told to talk to: ports it listens at, brokers, the database."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from app.doctor.finding import Finding
from data.connectors.contract import SourceSettings
from data.fanout.accounts import joined
from data.home import Home
from data.records.database import engine_of, revisions
from data.records.settings import database_url
from data.sync.settings import sources_of
from data.sync.shared import is_written, table_path
from twin.errors import ZhianError
from twin.words import said, say, why

LISTENING = {
    "ais": (10110, False), "cot": (8087, False), "gat1400": (1400, False), "jt808": (6808, False),
    "mavlink": (14550, True),
}  # fmt: skip
"""Kinds of source that wait for messages: the port where none is set, and whether it is UDP."""
ANSWER_S = 3.0


def ports(home: Home) -> Iterator[Finding]:
    """Tell whether the sources can have the ports that they are set to listen at."""
    listening = [(twin, source) for twin in home.twins() for source in sources_of(home, twin, False)]
    listening = [(twin, source) for twin, source in listening if source.kind in LISTENING]
    if not listening:
        yield Finding("ports", "ok", said("no source listens"))
    for twin, source in listening:
        yield _port(home, twin, source)


def _port(home: Home, twin: str, source: SourceSettings) -> Finding:
    usual, udp = LISTENING[source.kind]
    port = source.options.get("port", usual)
    number = port if isinstance(port, int) else usual
    told = say("{source} of {twin}: {port}", source=source.name, twin=twin, port=f"{'UDP' if udp else 'TCP'} {number}")
    if is_written(table_path(home, twin)):
        return Finding("ports", "ok", say("{told}, held by the engine that runs", told=told))
    problem = taken(number, udp)
    if not problem:
        return Finding("ports", "ok", say("{told} is free", told=told))
    advice = say("see who has it with `ss -lnp`, or set another port in {file}", file="sources.toml")
    return Finding("ports", "bad", say("{told}: {reason}", told=told, reason=problem), advice)


def taken(port: int, udp: bool) -> str:
    """Return why a port cannot be had; empty if it can."""
    with socket.socket(type=socket.SOCK_DGRAM if udp else socket.SOCK_STREAM) as trial:
        if not udp:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("", port))
        except OSError as error:
            return why(error)
    return ""


def brokers(home: Home) -> Iterator[Finding]:
    """Tell whether the brokers that were set answer: a desk's NATS server, MQTT brokers of sources."""
    addresses = {}
    for twin in home.twins():
        desk = joined(home, twin)
        if desk is not None:
            addresses[desk.url] = twin
        for source in sources_of(home, twin, False):
            url = source.options.get("url") or source.options.get("broker")
            if isinstance(url, str) and "://" in url:
                addresses[url] = twin
    if not addresses:
        yield Finding("broker", "ok", said("no broker is set"))
    for address in addresses:
        yield reach(address)


def reach(address: str) -> Finding:
    """Tell whether somebody answers at an address of the settings, which is shown without a password."""
    parts = urlsplit(address)
    place = f"{parts.hostname}:{parts.port or 1883}"
    try:
        with contextlib.closing(socket.create_connection((parts.hostname or "", parts.port or 1883), ANSWER_S)):
            return Finding("broker", "ok", say("{place} answers", place=place))
    except OSError as error:
        found = say("{place}: {reason}", place=place, reason=error)
        return Finding("broker", "bad", found, said("check cable, firewall and the server, in this order"))


def database(home: Home) -> Iterator[Finding]:
    """Tell whether the records can be opened, without changing them."""
    url = database_url(home)
    name = url.render_as_string(hide_password=True)
    if url.drivername == "sqlite" and not (home.data / "records.sqlite").exists() and "records.sqlite" in name:
        yield Finding("database", "ok", said("no records yet; they are made when something is kept"))
        return
    engine = engine_of(url)
    try:
        found, newest = revisions(engine)
    except ZhianError as error:
        advice = said("check that it runs, that this machine may connect, and records.toml")
        yield Finding("database", "bad", why(error), advice)
        return
    finally:
        engine.dispose()
    told = say("{name}, revision {found}", name=name, found=found or "0")
    if found > newest:
        yield Finding(
            "database", "bad", say("{told} is newer than this program", told=told), said("update the program")
        )
    elif found < newest and url.drivername != "sqlite":
        yield Finding(
            "database", "bad", say("{told} is older than this program", told=told), said("run `zhian records upgrade`")
        )
    else:
        yield Finding("database", "ok", told)
