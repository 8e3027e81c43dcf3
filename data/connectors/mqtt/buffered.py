"""A connection that is read and written in large pieces.

paho asks the system for one byte, then one more, then the rest, for each message, and hands each acknowledgement over
alone; each time Python's lock is given up, and under load won back late.
"""

from __future__ import annotations

import contextlib
import ssl

import paho.mqtt.client as paho

PIECE = 65_536
NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class BufferedLine:
    """Stands between paho and its socket; :meth:`flush` sends what was written."""

    def __init__(self, line: paho.SocketLike) -> None:
        self._line = line
        self._read, self._at = b"", 0
        self._unsent = bytearray()

    def recv(self, buffer_size: int) -> bytes:
        """Return some bytes; raises ``BlockingIOError`` if there are none yet."""
        if self._at == len(self._read):
            self._read, self._at = self._line.recv(PIECE), 0
        self._at, begin = min(self._at + buffer_size, len(self._read)), self._at
        return self._read[begin : self._at]

    def pending(self) -> int:
        """Return how many bytes wait here, where no selector sees them."""
        return len(self._read) - self._at + int(getattr(self._line, "pending", int)())

    def send(self, buffer: bytes | bytearray) -> int:
        """Take bytes to be sent."""
        self._unsent += buffer
        return len(buffer)

    def flush(self) -> bool:
        """Send as much as the line takes; False if something is left."""
        with contextlib.suppress(*NOT_NOW):
            while self._unsent:
                del self._unsent[: self._line.send(bytes(self._unsent[:PIECE]))]
        return not self._unsent

    def close(self) -> None:
        """Say what was to be said, if anybody listens, and hang up."""
        with contextlib.suppress(OSError):
            self.flush()
        self._line.close()

    def fileno(self) -> int:
        """Return the system's number of it."""
        return self._line.fileno()

    def setblocking(self, flag: bool) -> None:
        """Pass on; paho sets it once, before this stands in between."""
        self._line.setblocking(flag)
