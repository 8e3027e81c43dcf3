"""Addresses that a simulation is pointed at."""

from __future__ import annotations

from twin.errors import UsageError
from twin.words import say


def host_and_port(option: str, text: str, example: str) -> tuple[str, int]:
    """Read ``HOST:PORT``.

    Raises
    ------
    twin.errors.UsageError
        If it is something else.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise UsageError(
            say("{option} {text}: write HOST:PORT, as {example}", option=option, text=text, example=example)
        )
    return host.strip("[]"), int(port)
