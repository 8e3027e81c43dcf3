"""Publications, cut out of the bytes of a connection: the one packet that comes in thousands."""

from __future__ import annotations

from typing import NamedTuple

from twin.words import say

PUBLISH, QOS, RETAIN = 0x30, 0x06, 0x01
PUBACK = b"\x40\x02"
PINGREQ = b"\xc0\x00"


class Message(NamedTuple):
    """One message; ``number`` is the broker's for this connection, 0 where it wants no acknowledgement (QoS 0)."""

    topic: str
    payload: bytes
    number: int
    retained: bool
    arrival_s: float


class Cutter:
    """Cuts whole packets out of a stream.

    Parameters
    ----------
    modern : bool
        Whether it is MQTT 5, whose publications have properties; none that we ask for changes what they say.
    """

    def __init__(self, *, modern: bool) -> None:
        self._modern = modern
        self._parts: list[bytes] = []
        self._held = self._wanted = 0

    def feed(self, data: bytes, arrival_s: float) -> tuple[list[Message], bytes]:
        """Return the publications that end in ``data``, and all other packets as they are.

        Raises
        ------
        ConnectionError
            If it is no MQTT, or of QoS 2, which nobody asked for.
        """
        self._parts.append(data)
        self._held += len(data)
        if self._held < self._wanted:  # of a packet that comes in many pieces, which are put together once
            return [], b""
        whole = b"".join(self._parts)
        try:
            messages, others, used = self._cut(whole, arrival_s)
        except (IndexError, ValueError):
            raise ConnectionError(say("the broker sent what is no MQTT")) from None
        self._parts = [whole[used:]]
        self._held = len(whole) - used
        return messages, others

    def _cut(self, data: bytes, arrival_s: float) -> tuple[list[Message], bytes, int]:
        messages, others, at, end = list[Message](), bytearray(), 0, len(data)
        self._wanted = 0
        while at + 5 <= end or _has_length(data, at):
            head, body = data[at], at + 2
            length = data[at + 1]
            if length > 127:
                length, body = _number(data, at + 1)
            stop = body + length
            if stop > end:
                self._wanted = stop - at
                break
            if head & 0xF0 == PUBLISH:
                messages.append(self._publication(head, data, body, stop, arrival_s))
            else:
                others += data[at:stop]
            at = stop
        return messages, bytes(others), at

    def _publication(self, head: int, data: bytes, at: int, stop: int, arrival_s: float) -> Message:
        begin = at + 2
        at, number = begin + (data[at] << 8 | data[at + 1]), 0
        try:
            topic = data[begin:at].decode()
        except UnicodeDecodeError:
            topic = ""  # no topic is empty, so no mapping fits
        if head & QOS:
            number, at = data[at] << 8 | data[at + 1], at + 2
        if self._modern:
            length, at = _number(data, at)
            at += length
        if at > stop or head & QOS > 2:
            raise ValueError
        return Message(topic, data[at:stop], number, head & RETAIN > 0, arrival_s)


def _has_length(data: bytes, at: int) -> bool:
    """Tell whether a packet's length has come; it has one to four bytes (MQTT 5.0, 1.5.5)."""
    return any(byte < 128 for byte in data[at + 1 : at + 5])


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Return a number of one to four bytes, and where it ends."""
    number, shift = 0, 0
    while data[at] > 127:
        number, shift, at = number | (data[at] & 127) << shift, shift + 7, at + 1
        if shift > 21:
            raise ValueError
    return number | data[at] << shift, at + 1
