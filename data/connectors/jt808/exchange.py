"""The platform's side of the conversation, without sockets: what is answered at once, and what once it is on disk.

Heartbeats, authentications and log-outs tell no fact and are answered at once. All else becomes records, many at a
time, and is answered when :attr:`data.connectors.contract.Parcel.settle` is called.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np

from data.connectors.contract import Gap, Parcel, Record
from data.connectors.datagrams import Link
from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.answers import answer_positions
from data.connectors.jt808.bulk import read_positions
from data.connectors.jt808.decoder import Frame, Header
from data.connectors.jt808.frames import FrameError
from data.connectors.jt808.gaps import Serials
from data.connectors.jt808.options import Options, Terminal
from data.connectors.jt808.orders import Orders
from data.connectors.jt808.reassembly import Reassembler
from data.connectors.jt808.rows import Told, Unit, rows_of, told

AT_ONCE = 4000
"""Most frames in one parcel."""
NOT_AUTHENTICATED = "terminal not authenticated"
OUT_OF_RANGE = "position out of range"
_TALKS = frozenset(number.to_bytes(2, "big") for number in (decoder.HEARTBEAT, decoder.AUTHENTICATE, decoder.LOGOUT))
_POSITION = decoder.POSITION.to_bytes(2, "big")
_HOUR_S = 3600


Heard = list[tuple[Link, bytes]]


@dataclass(slots=True)
class _Sheet:
    """What becomes of the frames of one parcel."""

    told: list[Told] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    received: int = 0
    answers: dict[Link, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[str, str] = field(default_factory=dict)

    def tell(self, position: Told) -> None:
        self.received += 1
        if not position.status & decoder.FIXED and not (abs(position.lat_deg) <= 90 and abs(position.lon_deg) <= 180):
            self.refused.append((position.record, OUT_OF_RANGE))  # one that is a fix is refused by the gate
        else:
            self.told.append(position)

    def refuse(self, raw: bytes, reason: str, frame: Frame | None = None) -> None:
        device = device_of(frame.header.phone) if frame is not None else ""
        message = f"{frame.header.message:04x}" if frame is not None else ""
        self.received += 1
        self.refused.append((Record(b"", device, message, 0.0, raw), reason))

    def settle(self) -> None:
        for link, wires in self.answers.items():
            link.send(b"".join(wires))


class Exchange:
    """Hears frames of all links and makes parcels of them.

    Parameters
    ----------
    clock, monotonic : callable
        Seconds since 1970, and of a clock that never jumps.
    """

    def __init__(self, options: Options, clock: Callable[[], float], monotonic: Callable[[], float]) -> None:
        self._options, self._clock, self._monotonic = options, clock, monotonic
        self._secret = (options.secret or secrets.token_hex()).encode()
        self._known = {device_of(number): terminal for number, terminal in options.terminals.items()}
        self._units: dict[str, Unit] = {}
        self._devices: dict[bytes, str] = {}
        self._heard: Heard = []
        self._reassembler = Reassembler()
        self._orders = Orders()
        self._serial = 0
        self.torn_tails = 0

    @property
    def waiting(self) -> int:
        """Frames that were heard and are in no parcel yet."""
        return len(self._heard)

    @property
    def units(self) -> int:
        """Terminals that are known by now."""
        return len(self._units)

    def code(self, device: str) -> str:
        """Return the code with which a terminal authenticates: the same after a restart if a secret is set."""
        return hmac.new(self._secret, device.encode(), hashlib.sha256).hexdigest()[:16]

    def hear(self, link: Link, frames: list[bytes]) -> None:
        """Take frames as they were cut from a stream; talk is answered at once."""
        for frame in frames:
            if frame[:2] in _TALKS:
                self._talk(link, frame)
            self._heard.append((link, frame))

    def _talk(self, link: Link, escaped: bytes) -> None:
        try:
            frame = decoder.read_frame(escaped)
        except FrameError:
            return  # its reason is told with the parcel
        device, result = device_of(frame.header.phone), encoder.DONE
        if frame.header.message == decoder.AUTHENTICATE:
            if hmac.compare_digest(decoder.read_code(frame).encode(), self.code(device).encode()):
                link.authenticated.add(device)
            elif self._options.authentication == "required":
                result = encoder.FAILED
        elif not self._may(link, device):
            result = encoder.FAILED
        link.send(encoder.write_answer(frame.header, self._next(), result))
        if frame.header.message == decoder.LOGOUT:
            link.authenticated.discard(device)

    def _may(self, link: Link, device: str) -> bool:
        return self._options.authentication == "open" or device in link.authenticated

    def parcel(self) -> Parcel | None:
        """Return what was heard, decoded; None if there is nothing to tell."""
        heard, self._heard = self._heard[:AT_ONCE], self._heard[AT_ONCE:]
        sheet, arrival_s = _Sheet(), self._clock()
        self._read(sheet, heard)
        for packet, raw in self._reassembler.expired(self._monotonic()):
            sheet.refuse(raw, "message incomplete", packet)
        gaps = self._changed_gaps()
        if not sheet.received and not gaps:
            return None
        rows, order = rows_of(sheet.told)
        records = [sheet.told[i].record for i in order.tolist()] + sheet.others
        return Parcel(arrival_s, sheet.received, records, rows, sheet.refused, gaps, sheet.labels, sheet.settle)

    def asking(
        self, device: str, text: str, note: Callable[[int], None], *, emergency: bool
    ) -> AbstractContextManager[None]:
        """Send a text to a terminal and have ``note`` told what it answers; see :meth:`Orders.asking`."""
        return self._orders.asking(device_of(device), self._next(), text, note, emergency=emergency)

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Take back the plates and the open gaps of before a restart."""
        for device, label in labels.items():
            self._unit(device).name(label)
        for gap in gaps:
            self._unit(gap.device).serials.recall(gap)

    def _read(self, sheet: _Sheet, heard: Heard) -> None:
        """Read all frames in the order in which they came: the plain positions were decoded together before."""
        places = [place for place, (_, frame) in enumerate(heard) if frame[:2] == _POSITION]
        found = read_positions([heard[place][1] for place in places])
        answers = answer_positions(found.phone, found.version, found.serial, self._next(len(found)))
        self.torn_tails += int(np.count_nonzero(~found.tail_holds))
        phones, bases = found.phone.tobytes(), found.base.tobytes()
        numbers = zip(
            *(found.serial.tolist(), found.time_s.tolist(), found.alarm.tolist(), found.status.tolist()),
            *(found.lon_deg.tolist(), found.lat_deg.tolist(), found.speed_kmh.tolist(), found.direction_deg.tolist()),
            strict=True,
        )
        at = 0
        for i, (index, row) in enumerate(zip(found.index.tolist(), numbers, strict=True)):
            place = places[index]
            for link, frame in heard[at:place]:
                self._read_other(sheet, link, frame)
            at = place + 1
            link, frame = heard[place]
            serial, time_s, alarm, status, lon, lat, speed, direction = row
            bcd = phones[10 * i : 10 * i + 10]
            device = self._devices.get(bcd) or device_of(bcd.hex())
            if not self._may(link, device):
                self._read_other(sheet, link, frame)
                continue
            self._devices[bcd] = device
            self._orders.heard(device, link, frame)
            unit = self._unit(device)
            record = Record(_key(int(time_s), bcd, bases[28 * i : 28 * i + 28]), unit.device, "0200", time_s, frame)
            unit.serials.note(serial, time_s)
            sheet.tell(Told(record, unit, alarm, status, lon, lat, speed, direction))
            sheet.answers[link].append(answers[i])
        for link, frame in heard[at:]:
            self._read_other(sheet, link, frame)

    def _read_other(self, sheet: _Sheet, link: Link, escaped: bytes) -> None:
        try:
            frame = decoder.read_frame(escaped)
        except FrameError as error:
            sheet.refuse(escaped, str(error))
            return
        header = frame.header
        if header.message == decoder.REGISTER and header.total == 1:
            self._register(sheet, link, frame, escaped)
            return
        if not self._may(link, device_of(header.phone)):
            if escaped[:2] not in _TALKS:
                sheet.refuse(escaped, NOT_AUTHENTICATED, frame)
                self._answer(sheet, link, header, encoder.FAILED)
            return
        self._unit(header.phone).serials.note(header.serial, 0.0)
        self._orders.heard(device_of(header.phone), link, escaped)
        if escaped[:2] in _TALKS:
            return
        if header.total > 1:
            self._read_packet(sheet, link, frame, escaped)
        else:
            self._read_message(sheet, link, frame, escaped)

    def _read_packet(self, sheet: _Sheet, link: Link, frame: Frame, escaped: bytes) -> None:
        whole, reason = self._reassembler.add(frame, escaped, self._monotonic())
        if reason:
            sheet.refuse(escaped, reason, frame)
        elif whole is not None:
            self._read_message(sheet, link, Frame(whole.header, whole.body), whole.raw)
            for other in whole.frames[1:]:
                self._answer(sheet, link, other.header)

    def _read_message(self, sheet: _Sheet, link: Link, frame: Frame, raw: bytes) -> None:
        """Read what is kept, and note the answer for when it is."""
        message = frame.header.message
        if message == decoder.POSITION:
            self._read_body(sheet, frame, frame.body, raw)
        elif message == decoder.POSITIONS:
            self._read_batch(sheet, frame, raw)
        else:
            self._keep(sheet, frame, raw)
        if message == encoder.TERMINAL_ANSWER:
            self._orders.answered(device_of(frame.header.phone), frame)
        if message not in decoder.ANSWERS:
            self._answer(sheet, link, frame.header)

    def _read_body(self, sheet: _Sheet, frame: Frame, body: bytes, raw: bytes) -> None:
        try:
            position = decoder.read_position(body)
        except FrameError as error:
            sheet.refuse(raw, str(error), frame)
            return
        self.torn_tails += bool(position.tail)
        unit, key = self._unit(frame.header.phone), _key(int(position.time_s), _bcd(frame.header.phone), body[:28])
        record = Record(key, unit.device, f"{frame.header.message:04x}", position.time_s, raw)
        sheet.tell(told(record, unit, position))

    def _read_batch(self, sheet: _Sheet, frame: Frame, raw: bytes) -> None:
        """Read each position of a batch as a message of its own; what is none of them is refused as a whole."""
        try:
            batch = decoder.read_batch(frame.body)
        except FrameError as error:
            sheet.refuse(raw, str(error), frame)
            return
        before = len(sheet.told)
        for body in batch.items:
            self._read_body(sheet, frame, body, body)
        for position in sheet.told[before:] if batch.refill else ():
            position.unit.serials.refill(position.record.source_s)
        if batch.rest or len(batch.items) < batch.declared:
            sheet.refuse(raw, f"batch holds {len(batch.items)} of {batch.declared} positions", frame)

    def _register(self, sheet: _Sheet, link: Link, frame: Frame, raw: bytes) -> None:
        device = device_of(frame.header.phone)
        try:
            plate = decoder.read_registration(frame).plate
        except FrameError as error:
            sheet.refuse(raw, str(error), frame)
            self._answer(sheet, link, frame.header, encoder.NOT_UNDERSTOOD)
            return
        result = encoder.NO_SUCH_TERMINAL if self._options.known_only and device not in self._known else encoder.DONE
        if result == encoder.DONE:
            unit = self._unit(frame.header.phone)
            unit.serials.note(frame.header.serial, 0.0)
            unit.name(plate)
            sheet.labels[device] = plate
        self._keep(sheet, frame, raw)
        answer = encoder.write_register_answer(frame.header, self._next(), self.code(device), result)
        sheet.answers[link].append(answer)

    def _keep(self, sheet: _Sheet, frame: Frame, raw: bytes) -> None:
        """Keep a message that tells no position; the same one sent again within the hour is the same."""
        header = frame.header
        hour = int(self._clock()) // _HOUR_S * _HOUR_S
        key = _key(hour, _bcd(header.phone), header.serial.to_bytes(2, "big") + frame.body)
        sheet.received += 1
        sheet.others.append(Record(key, device_of(header.phone), f"{header.message:04x}", 0.0, raw))

    def _answer(self, sheet: _Sheet, link: Link, header: Header, result: int = encoder.DONE) -> None:
        sheet.answers[link].append(encoder.write_answer(header, self._next(), result))

    def _next(self, count: int = 1) -> int:
        """Return the platform's next serial and step over ``count`` of them."""
        first = self._serial
        self._serial = (first + count) & 0xFFFF
        return first

    def _unit(self, phone: str) -> Unit:
        device = device_of(phone)
        if device not in self._units:
            known = self._known.get(device, Terminal())
            self._units[device] = Unit(device, known, known.kind or self._options.kind, Serials(device))
        return self._units[device]

    def _changed_gaps(self) -> list[Gap]:
        return [gap for unit in self._units.values() if unit.serials.changed for gap in unit.serials.take_changed()]


def device_of(phone: str) -> str:
    """Return a phone number without the zeros in front, which differ between the editions."""
    return phone.lstrip("0") or "0"


def _bcd(phone: str) -> bytes:
    return bytes.fromhex(phone.rjust(20, "0"))


def _key(time_s: int, bcd: bytes, content: bytes) -> bytes:
    """Return the same bytes for the same fact; the time in front keeps neighbours in time together on disk."""
    return (time_s & 0xFFFFFFFF).to_bytes(4, "big") + hashlib.blake2b(bcd + content, digest_size=12).digest()
