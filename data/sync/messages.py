"""What the engine and its watcher say to each other: JSON lines, from it on stdout, to it on stdin."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace

from data.connectors.contract import SourceSettings
from data.home import Home
from twin.words import pack, unpack


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The table is there; sent once."""

    table: str
    pid: int


class Status(msgspec.Struct, frozen=True, tag="status"):
    """How the engine is doing; sent once a second.

    ``oldest_s`` is the longest time a running source has been silent, ``memory_mb`` the resident memory.
    """

    rate_hz: float
    oldest_s: float
    entities: int
    quarantined: int
    late: int
    overflow: int
    memory_mb: float


class Log(msgspec.Struct, frozen=True, tag="log"):
    """Something worth a line: its text is ``engine.log.<key>`` in the language of the reader.

    Sentences among the values travel with their templates.
    """

    level: str
    key: str
    source: str = ""
    values: Mapping[str, str] = {}


Message = Ready | Status | Log


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text for a device of a source; ``reply`` names the file in which the answer is put."""

    device: str
    text: str
    emergency: bool
    reply: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the watcher wants of the engine or of one source.

    ``quit``; ``reload`` (the settings); ``add`` (a source, with settings); ``stop``, ``pause``, ``resume``, ``speed``
    (× real time) and ``seek`` (seconds since 1970) of a source; ``tell`` (a text to one of
    its devices).
    """

    order: str
    source: str = ""
    value: float = 0.0
    settings: SourceSettings | None = None
    text: Text | None = None


Said = TypeVar("Said")
_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_orders = msgspec.json.Decoder(Order)


def line(message: Message | Order) -> bytes:
    """Return a message as one line."""
    if isinstance(message, Log):
        message = replace(message, values={name: pack(value) for name, value in message.values.items()})
    return msgspec.json.encode(message) + b"\n"


def _decoded(decoder: msgspec.json.Decoder[Said], text: bytes) -> Said:
    try:
        return decoder.decode(text)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from None


def read_message(text: bytes) -> Message:
    """Read a line of the engine's; :class:`msgspec.MsgspecError` if it is none."""
    message = _decoded(_messages, text)
    if isinstance(message, Log):
        return replace(message, values={name: unpack(value) for name, value in message.values.items()})
    return message


def read_order(text: bytes) -> Order:
    """Read a line of the watcher's; :class:`msgspec.MsgspecError` if it is none."""
    return _decoded(_orders, text)


def inbox(home: Home, twin: str) -> Path:
    """Return the folder in which a running engine finds orders of other processes, one a file."""
    return home.runtime / f"orders-{twin}"


def clear_inbox(home: Home, twin: str) -> None:
    """Forget orders that were left for an engine that is gone."""
    shutil.rmtree(inbox(home, twin), ignore_errors=True)


def leave_order(home: Home, twin: str, order: Order) -> None:
    """Hand an order to the engine that runs for a twin."""
    folder = inbox(home, twin)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns()}-{os.getpid()}"
    fresh = folder / f"{name}.new"
    fresh.write_bytes(line(order))
    fresh.replace(folder / f"{name}.json")
