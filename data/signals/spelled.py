"""Frames of GB/T 20999-2017 in words, a line an item: for captures, and for who looks for what went wrong."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from data.signals import objects
from data.signals.frames import (
    BROADCAST,
    HEARTBEAT,
    HEARTBEAT_REPLY,
    QUERY,
    QUERY_ERROR,
    QUERY_REPLY,
    SET,
    SET_ERROR,
    SET_REPLY,
    TRAP,
    Frame,
    FrameError,
    Item,
    Splitter,
    decode,
)

KINDS: Mapping[int, str] = {
    QUERY: "query", QUERY_REPLY: "answer", QUERY_ERROR: "query refused", SET: "set", SET_REPLY: "set, confirmed",
    SET_ERROR: "setting refused", BROADCAST: "broadcast", TRAP: "report", HEARTBEAT: "heartbeat",
    HEARTBEAT_REPLY: "heartbeat, answered",
}  # fmt: skip


def _number(value: bytes) -> str:
    return str(int.from_bytes(value, "big"))


def _seconds(value: bytes) -> str:
    return f"{_number(value)} s"


def _time(value: bytes) -> str:
    return datetime.fromtimestamp(objects.time_of(value), UTC).isoformat()


def _phases(value: bytes) -> str:
    bits = int.from_bytes(value, "big")
    return "phases " + ", ".join(str(row + 1) for row in range(bits.bit_length()) if bits >> row & 1)


def _bytes(value: bytes) -> str:
    return ", ".join(str(one) for one in value.rstrip(b"\0"))


def _times(value: bytes) -> str:
    return ", ".join(f"{one} s" for (one,) in struct.iter_unpack(">H", value) if one)


def _fault(value: bytes) -> str:
    return objects.FAULTS.get(value[0], "unknown") if value else "unknown"


OBJECTS: Mapping[int, tuple[str, Callable[[bytes], str]]] = {
    objects.PHASE_MIN_GREEN: ("least green of phase", _seconds), objects.PHASE_AMBER_S: ("amber of phase", _seconds),
    objects.PHASE_RED_S: ("all-red of phase", _seconds), objects.STAGE_PHASES: ("greens of stage", _phases),
    objects.PLAN_CYCLE: ("cycle of plan", _seconds), objects.PLAN_OFFSET: ("offset of plan", _seconds),
    objects.PLAN_STAGES: ("stages of plan", _bytes), objects.PLAN_TIMES: ("times of the stages of plan", _times),
    objects.PLAN_KINDS: ("kinds of the stages of plan", _bytes),
    objects.DAY_STARTS: ("beginnings of day table", _bytes),
    objects.DAY_PLANS: ("plans of day table", _bytes), objects.SCHEDULE_DAY: ("day table of schedule", _number),
    objects.UTC_TIME: ("clock", _time), objects.DOOR: ("door", _number), objects.MODE: ("mode", _number),
    objects.PLAN_NOW: ("plan that runs", _number), objects.STAGE_NOW: ("stage that runs", _number),
    objects.FAULT_NUMBER: ("number of the fault", _number), objects.FAULT_KIND: ("fault", _fault),
    objects.FAULT_TIME: ("time of the fault", _time), objects.FAULT_ACTION: ("what it did", _number),
    objects.ASSIGN_PLAN: ("run plan", _number), objects.ASSIGN_MODE: ("run in mode", _number),
}  # fmt: skip


def spelled(frame: Frame) -> Iterator[str]:
    """Yield a frame in words: its head, then each of its items."""
    yield f"{KINDS[frame.kind]}, controller {frame.controller}, serial {frame.serial}"
    for item in frame.items:
        yield f"  {item.key:08x} {_said(item)}"


def _said(item: Item) -> str:
    name, value = OBJECTS.get(item.key & 0xFFFFFF00, ("unknown object", bytes.hex))
    element = item.key & 0xFF
    told = f"{name} {element}" if element else name
    if not item.value:
        return told
    try:
        return f"{told}: {value(item.value)}"
    except (FrameError, struct.error):
        return f"{told}: {item.value.hex()}"


def spelled_capture(text: str) -> Iterator[str]:
    """Yield a capture, a line a write (``>`` to the controller, ``<`` from it, then hex), with its frames in words.

    Lines that begin with # are left out.

    Raises
    ------
    FrameError
        If a line is none, or holds no frame that can be read; the message tells its number.
    """
    splitters = {">": Splitter(), "<": Splitter()}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            frames = [decode(plain) for plain in splitters[line[0]].feed(bytes.fromhex(line[1:]))]
        except (KeyError, ValueError) as error:
            raise FrameError(f"line {number}: {error}") from error
        for frame in frames:
            yield from (f"# {line[0]} {words}" for words in spelled(frame))
        yield f"{line}\n"
