"""Telemetry logs of ground stations (``.tlog``): before each frame, the time in microseconds since 1970, big-endian."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

from data.connectors.datagrams import Nobody
from data.connectors.ground import Ground
from data.connectors.listening import Heard
from data.connectors.mavlink.exchange import Exchange
from data.connectors.mavlink.frames import V1, V2, checksum_holds, is_known, size_of
from data.connectors.mavlink.options import Options
from data.connectors.recorded_track.recording import Problem, Recording, in_order
from data.connectors.sheet import Sheet
from twin.errors import BadInputError
from twin.live.observation import batch
from twin.words import say

TIME_BYTES = 8
LIKELY_US = (946_684_800_000_000, 4_102_444_800_000_000)
"""2000 to 2100."""
AT_ONCE = 5000
MOST_BYTES = 4_000_000_000
_NOISE = "no frame"


def read_log(path: str, options: Options, ground: Ground | None = None) -> Recording:
    """Read a telemetry log.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read or tells no position.
    """
    sheet, exchange, problems, frames = Sheet(), Exchange(options, ground), list[Problem](), 0
    heard: list[Heard] = []
    for offset, time_s, frame in _pieces(path):
        if frame:
            heard.append(Heard(Nobody(), frame, time_s))
            frames += 1
        else:
            problems.append(Problem(say("byte {offset}", offset=offset), _NOISE))
        if len(heard) >= AT_ONCE:
            exchange.read(sheet, heard)
            heard.clear()
    exchange.read(sheet, heard)
    if not sheet.told:
        raise BadInputError(path, say("none of its {frames} frames tells a position", frames=frames), "give another")
    problems += [Problem(record.message, reason) for record, reason in sheet.refused]
    lost = say("lost on the way: {frames} frames", frames=sum(gap.missing for gap in sheet.gaps))
    return in_order(Recording(batch("", (row for _, row in sheet.told)).rows, tuple(problems), (lost,)))


def _pieces(path: str) -> Iterator[tuple[int, float, bytes]]:
    """Yield place, time and bytes of each frame; no bytes for what is none."""
    try:
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            if not 0 < size <= MOST_BYTES:
                raise BadInputError(path, "it is empty or larger than 4 GB", "give a telemetry log (.tlog)")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                yield from _frames(content, size)
    except OSError as error:
        raise BadInputError(path, say("it cannot be read: {error}", error=error), "mend it") from None


def _frames(content: mmap.mmap, size: int) -> Iterator[tuple[int, float, bytes]]:
    at, noisy = 0, False
    while at + TIME_BYTES < size:
        found = _frame_at(content, at)
        if found is not None:
            yield at, found[0], found[1]
            at, noisy = at + TIME_BYTES + len(found[1]), False
            continue
        if not noisy:
            yield at, 0.0, b""
        noisy = True
        marks = (place for mark in (b"\xfd", b"\xfe") if (place := content.find(mark, at + TIME_BYTES + 1)) >= 0)
        at = min(marks, default=size) - TIME_BYTES


def _frame_at(content: mmap.mmap, at: int) -> tuple[float, bytes] | None:
    """Return time and bytes of the frame that begins here; None if none does."""
    head = content[at : at + TIME_BYTES + 10]
    time_us, mark = int.from_bytes(head[:TIME_BYTES], "big"), head[TIME_BYTES]
    if mark not in (V1, V2) or not LIKELY_US[0] < time_us < LIKELY_US[1]:
        return None
    size = size_of(head[TIME_BYTES:], 0)
    frame = content[at + TIME_BYTES : at + TIME_BYTES + size]
    if not size or len(frame) < size or (is_known(frame) and not checksum_holds(frame)):
        return None
    return time_us / 1e6, frame
