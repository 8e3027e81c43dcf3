"""What comes from the field, from bytes to rows, against libraries that only decode: ``python -m benchmarks.field``.

The same messages go both ways in one process, in turn, and the middle of five rounds counts:

- CoT: an XML stream split, checked and made rows, against ``ElementTree`` parsing each event;
- TAK protobuf: the same, against takproto parsing each message;
- MAVLink: a stream of which one message in six is kept, against pymavlink parsing all of it;
- AIS: lines to rows with names and times, against pyais decoding each sentence.
"""

from __future__ import annotations

import statistics
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass

import pyais
from pymavlink.dialects.v20 import ardupilotmega
from takproto import parse_proto

from data.connectors.ais import exchange as ais
from data.connectors.ais.encoder import write_position
from data.connectors.ais.options import Options as AisOptions
from data.connectors.cot import exchange as cot
from data.connectors.cot.encoder import as_stream, write_detail, write_event
from data.connectors.cot.options import Options as CotOptions
from data.connectors.datagrams import Nobody
from data.connectors.listening import AT_ONCE, Exchange, Heard
from data.connectors.mavlink import exchange as mavlink
from data.connectors.mavlink.encoder import Voice
from data.connectors.mavlink.options import Options as MavlinkOptions
from data.connectors.sheet import Sheet

MESSAGES, ROUNDS, CHUNK = 20_000, 5, 65_536
NOON = 1_790_000_000.0


@dataclass(frozen=True, slots=True)
class Case:
    """Messages, what reads them here, and what a library does with them."""

    name: str
    messages: list[bytes]
    exchange: Callable[[], Exchange]
    library: Callable[[list[bytes]], object]


def events() -> list[bytes]:
    """Return reports of officers."""
    return [
        write_event(f"unit-{n % 500}", "a-f-G-U-C", NOON + n / 500, 120.9, 30.8, ce_m=5.0,
                    detail=write_detail(f"P{n % 500}", n % 360, 1.5))
        for n in range(MESSAGES)
    ]  # fmt: skip


def frames() -> list[bytes]:
    """Return what drones send: attitudes, and a position among them."""
    voices = [Voice(system + 1) for system in range(50)]
    return [
        voice.position(n / 6, 120.9, 30.8, 80.0, 90.0, 3.0, 4.0) if n // 50 % 6 == 0 else voice.attitude()
        for n in range(MESSAGES) for voice in (voices[n % 50],)
    ]  # fmt: skip


def sentences() -> list[bytes]:
    """Return positions of boats."""
    lines = (write_position(412_000_000 + n % 500, 120.9, 30.8 + n * 1e-6, 3.0, 90.0, n % 60) for n in range(MESSAGES))
    return [parts[0] + b"\r\n" for parts in lines]


def read(case: Case) -> int:
    """Take the messages as a stream and make rows of them; return how many records that gave."""
    exchange, stream = case.exchange(), b"".join(case.messages)
    splitter, heard, kept = exchange.splitter(), list[Heard](), 0
    for at in range(0, len(stream), CHUNK):
        heard += [Heard(Nobody(), raw, NOON + at * 1e-6) for raw in splitter.feed(stream[at : at + CHUNK])]
        while len(heard) >= AT_ONCE:
            kept += _records(exchange, heard[:AT_ONCE])
            del heard[:AT_ONCE]
    return kept + _records(exchange, heard)


def _records(exchange: Exchange, heard: list[Heard]) -> int:
    sheet = Sheet()
    exchange.read(sheet, heard)
    parcel = sheet.parcel(NOON)
    return len(parcel.records) if parcel is not None else 0


def rate(run: Callable[[], object]) -> float:
    """Return messages a second of processor time."""
    begun = time.process_time()
    run()
    return MESSAGES / (time.process_time() - begun)


def main() -> None:
    """Print the table."""
    xml = events()
    cases = [
        Case("CoT, XML", xml, lambda: cot.Exchange(CotOptions()), lambda told: [ET.fromstring(raw) for raw in told]),  # noqa: S314
        Case("CoT, protobuf", [as_stream(raw) for raw in xml], lambda: cot.Exchange(CotOptions()),
             lambda told: [parse_proto(bytearray(raw)) for raw in told]),
        Case("MAVLink", frames(), lambda: mavlink.Exchange(MavlinkOptions()),
             lambda told: ardupilotmega.MAVLink(None).parse_buffer(b"".join(told))),
        Case("AIS", sentences(), lambda: ais.Exchange(AisOptions(), lambda: NOON),
             lambda told: [pyais.decode(raw.strip()) for raw in told]),
    ]  # fmt: skip
    print(f"{'':14} {'messages/s':>12} {'library alone':>14} {'ratio':>6} {'records':>8}")
    for case in cases:
        pairs = [(rate(lambda: read(case)), rate(lambda: case.library(case.messages))) for _ in range(ROUNDS)]  # noqa: B023
        own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        print(f"{case.name:14} {own:12,.0f} {other:14,.0f} {ratio:6.2f} {read(case):8,}")


if __name__ == "__main__":
    main()
