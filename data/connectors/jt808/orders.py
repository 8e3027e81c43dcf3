"""What the platform orders of terminals: where each was last heard, and whose answer is awaited; no sockets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Protocol

from data.connectors.jt808.decoder import Frame, Header, read_frame
from data.connectors.jt808.encoder import TEXT, write_text_order
from twin.errors import UsageError
from twin.words import say


class Wire(Protocol):
    """What a frame can be sent on."""

    def send(self, wire: bytes) -> None:
        """Send frames; one that is closed by now ignores them."""
        ...


class Orders:
    """Orders under way; ``heard`` is told of each frame of a terminal that may speak."""

    def __init__(self) -> None:
        self._heard: dict[str, tuple[Wire, bytes]] = {}
        self._awaited: dict[tuple[str, int, int], Callable[[int], None]] = {}

    def heard(self, device: str, link: Wire, escaped: bytes) -> None:
        """Note where a terminal is to be reached, and how it speaks."""
        self._heard[device] = link, escaped

    def answered(self, device: str, frame: Frame) -> None:
        """Pass on a terminal's general answer to who awaits it."""
        if len(frame.body) < 5:
            return
        serial, message = int.from_bytes(frame.body[:2], "big"), int.from_bytes(frame.body[2:4], "big")
        note = self._awaited.get((device, serial, message))
        if note is not None:
            note(frame.body[4])

    @contextlib.contextmanager
    def asking(
        self, device: str, serial: int, text: str, note: Callable[[int], None], *, emergency: bool
    ) -> Iterator[None]:
        """Send a text; ``note`` is given the result that the terminal answers while the context lasts.

        Raises
        ------
        twin.errors.UsageError
            If the terminal was not heard of, or the text does not fit.
        """
        if device not in self._heard:
            raise UsageError(say("no terminal of this number was heard of since the engine started"))
        link, escaped = self._heard[device]
        header = read_frame(escaped).header
        try:
            wire = write_text_order(
                Header(TEXT, header.phone, serial, header.version), serial, text, emergency=emergency
            )
        except UnicodeEncodeError as error:
            raise UsageError(say("a terminal cannot show {sign!r}", sign=error.object[error.start])) from None
        except ValueError as error:
            raise UsageError(say("{reason}", reason=error)) from None
        key = device, serial, TEXT
        self._awaited[key] = note
        try:
            link.send(wire)
            yield
        finally:
            del self._awaited[key]
