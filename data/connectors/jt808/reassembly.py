"""Messages in several packets, put together again; bounded in number, size and time."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.connectors.jt808.decoder import Frame, Header

MAX_PACKETS = 512
"""Most packets of one message: half a megabyte."""
MAX_OPEN_BYTES = 8_000_000
TIMEOUT_S = 120.0


@dataclass(slots=True)
class Pieces:
    """A message of which not all packets are there yet."""

    began: float
    total: int
    size: int = 0
    packets: dict[int, tuple[Frame, bytes]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Whole:
    """A message put together: its body, the header of its first packet, and the packets as they came."""

    header: Header
    body: bytes
    frames: tuple[Frame, ...]
    raw: bytes


@dataclass(slots=True)
class Reassembler:
    """Collects packets by terminal, message and serial of the first packet."""

    open_bytes: int = 0
    _open: dict[tuple[str, int, int], Pieces] = field(default_factory=dict)

    def add(self, frame: Frame, raw: bytes, now: float) -> tuple[Whole | None, str]:
        """Take a packet; return the whole message if this was the last one missing, and a reason if it is refused.

        A packet that is sent again replaces the one that is there.
        """
        header = frame.header
        if header.total > MAX_PACKETS:
            return None, "too many packets"
        if self.open_bytes + len(raw) > MAX_OPEN_BYTES:
            return None, "too many unfinished messages"
        key = (header.phone, header.message, (header.serial - header.number + 1) & 0xFFFF)
        pieces = self._open.setdefault(key, Pieces(now, header.total))
        if pieces.total != header.total:
            return None, "packet total changed"
        _, before = pieces.packets.get(header.number, (None, b""))
        self._grow(pieces, len(raw) - len(before))
        pieces.packets[header.number] = (frame, raw)
        if len(pieces.packets) < pieces.total:
            return None, ""
        self._drop(key)
        return _join(pieces), ""

    def expired(self, now: float) -> list[tuple[Frame, bytes]]:
        """Give up what waited too long and return its packets."""
        late = [key for key, pieces in self._open.items() if now - pieces.began > TIMEOUT_S]
        return [packet for key in late for packet in self._drop(key).packets.values()]

    def _grow(self, pieces: Pieces, more: int) -> None:
        pieces.size += more
        self.open_bytes += more

    def _drop(self, key: tuple[str, int, int]) -> Pieces:
        pieces = self._open.pop(key)
        self.open_bytes -= pieces.size
        return pieces


def _join(pieces: Pieces) -> Whole:
    ordered = [pieces.packets[number] for number in sorted(pieces.packets)]
    frames = tuple(frame for frame, _ in ordered)
    raw = b"".join(b"\x7e" + packet + b"\x7e" for _, packet in ordered)
    return Whole(frames[0].header, b"".join(frame.body for frame in frames), frames, raw)
