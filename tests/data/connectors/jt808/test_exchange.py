from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import Parcel
from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.answers import answer_positions
from data.connectors.jt808.bulk import read_positions
from data.connectors.jt808.exchange import NOT_AUTHENTICATED, Exchange
from data.connectors.jt808.frames import Splitter, close_frame
from data.connectors.jt808.options import Options, Terminal
from data.connectors.jt808.reassembly import TIMEOUT_S
from tests.data.connectors.jt808 import frames_seen as seen
from tests.data.connectors.jt808.test_decoder import position
from twin.live.kinds import CODE, STATE_CODE

PHONE, DEVICE = "013912345678", "13912345678"
NOON = 1_790_000_000.0


class Line:
    """A link that keeps what is sent over it."""

    def __init__(self) -> None:
        self.peer, self.authenticated = "test", set[str]()
        self.sent: list[decoder.Frame] = []

    def send(self, wire: bytes) -> None:
        self.sent += [decoder.read_frame(frame) for frame in Splitter().feed(wire)]

    def answers(self) -> list[tuple[int, int]]:
        """Return serial and result of the general answers."""
        taken, self.sent = self.sent, []
        return [(int.from_bytes(f.body[:2], "big"), f.body[4]) for f in taken if f.header.message == 0x8001]


class Desk:
    """An exchange with one link, and clocks that a test moves."""

    def __init__(self, **options: object) -> None:
        self.now = 0.0
        made = Options(**{"authentication": "open", "secret": "s", **options})  # type: ignore[arg-type]  # any option
        self.exchange = Exchange(made, lambda: NOON + self.now, lambda: self.now)
        self.line = Line()

    def hear(self, *wires: bytes) -> Parcel | None:
        self.exchange.hear(self.line, Splitter().feed(b"".join(wires)))
        return self.exchange.parcel()

    def parcel(self, *wires: bytes) -> Parcel:
        parcel = self.hear(*wires)
        assert parcel is not None
        assert parcel.received == len(parcel.records) + len(parcel.refused)
        return parcel


def at(serial: int, **changes: object) -> bytes:
    return encoder.write_position(PHONE, serial, position(time_s=NOON + serial, **changes))


def test_a_position_is_answered_only_when_it_is_settled() -> None:
    desk = Desk()
    parcel = desk.parcel(at(1), at(2, lon_deg=121.0))
    assert desk.line.answers() == []
    parcel.settle()
    assert desk.line.answers() == [(1, 0), (2, 0)]
    assert parcel.rows["id"].tolist() == [b"jt808:13912345678"] * 2
    assert parcel.rows["lon_deg"].tolist() == [120.92, 121.0]
    assert parcel.rows["time_s"].tolist() == [NOON + 1, NOON + 2]
    assert parcel.rows["speed_mps"] == pytest.approx(36.5 / 3.6)
    assert [r.device for r in parcel.records] == [DEVICE, DEVICE]
    assert parcel.records[0].raw == at(1)[1:-1]


def test_the_same_position_has_the_same_key_however_it_comes() -> None:
    desk = Desk()
    first = desk.parcel(at(1)).records[0].key
    modern = encoder.write_position(DEVICE.rjust(20, "0"), 9, position(time_s=NOON + 1), version=1)
    assert desk.parcel(modern).records[0].key == first
    refill = encoder.write_positions(PHONE, 3, [position(time_s=NOON + 1), position(time_s=NOON + 2)])
    keys = [record.key for record in desk.parcel(*refill).records]
    assert keys[0] == first
    assert keys[1] != first


def test_a_terminal_registers_authenticates_and_says_goodbye() -> None:
    desk = Desk(authentication="required")
    desk.parcel(encoder.write_registration(PHONE, 0, "浙F12345")).settle()
    (registered,) = desk.line.sent
    code = decoder.read_text(registered.body[3:])
    assert (registered.header.message, registered.body[2], code) == (0x8100, 0, desk.exchange.code(DEVICE))
    desk.line.sent.clear()
    assert desk.hear(encoder.write_authentication(PHONE, 1, code), encoder.write_heartbeat(PHONE, 2)) is None
    assert desk.line.answers() == [(1, 0), (2, 0)]
    parcel = desk.parcel(at(3))
    assert parcel.rows["label"].tolist() == ["浙F12345".encode()]
    desk.hear(encoder.write_frame(decoder.Header(decoder.LOGOUT, PHONE, 4)))
    assert desk.line.authenticated == set()


def test_a_stranger_is_refused_and_what_it_said_is_quarantined() -> None:
    desk = Desk(authentication="required")
    parcel = desk.parcel(at(1), encoder.write_authentication(PHONE, 2, "guess"), encoder.write_heartbeat(PHONE, 3))
    parcel.settle()
    assert [(record.message, reason) for record, reason in parcel.refused] == [("0200", NOT_AUTHENTICATED)]
    assert sorted(desk.line.answers()) == [(1, 1), (2, 1), (3, 1)]
    assert len(parcel.rows) == 0


def test_only_terminals_that_are_known_may_register_where_that_is_asked() -> None:
    desk = Desk(known_only=True, terminals={PHONE: Terminal(kind="dump_truck", label="渣土01", id="truck-1")})
    desk.parcel(
        encoder.write_registration("013900000000", 0, "浙F1"), encoder.write_registration(PHONE, 0, "浙F2")
    ).settle()
    assert [frame.body[2] for frame in desk.line.sent] == [4, 0]
    row = desk.parcel(at(1)).rows[0]
    assert (row["id"], row["label"], row["kind"]) == (b"truck-1", "渣土01".encode(), CODE["dump_truck"])


def test_bad_frames_are_refused_with_their_reason_and_good_ones_between_them_are_not() -> None:
    desk = Desk()
    spoilt = bytearray(at(2))
    spoilt[20] ^= 0x40
    parcel = desk.parcel(at(1), bytes(spoilt), b"\x7enoise\x7e", at(3), bytes.fromhex(seen.SWAPPED_AXES))
    parcel.settle()
    assert [reason for _, reason in parcel.refused] == ["checksum wrong", "frame too short", "position out of range"]
    assert [answer[0] for answer in desk.line.answers()[:2]] == [1, 3]
    assert parcel.rows["time_s"].tolist() == [NOON + 1, NOON + 3]


def test_a_readable_frame_with_an_unreadable_position_is_quarantined_and_answered() -> None:
    desk = Desk()
    parcel = desk.parcel(encoder.write_frame(decoder.Header(0x0200, PHONE, 5), b"short"))
    parcel.settle()
    assert [(r.device, r.message, reason) for r, reason in parcel.refused] == [(DEVICE, "0200", "position too short")]
    assert desk.line.answers() == [(5, 0)]


def test_a_position_without_a_fix_is_kept_and_moves_nothing() -> None:
    desk = Desk()
    body = bytearray(encoder.position_body(position(time_s=NOON)))
    body[7] &= ~decoder.FIXED
    parcel = desk.parcel(encoder.write_frame(decoder.Header(0x0200, PHONE, 1), bytes(body)), at(2))
    assert len(parcel.records) == 2
    assert parcel.rows["time_s"].tolist() == [NOON + 2]
    assert parcel.records[0].source_s == NOON + 2


def test_an_emergency_shows_and_a_wrong_direction_does_not_cost_the_position() -> None:
    rows = Desk().parcel(at(1, alarm=1, direction_deg=999), at(2, speed_kmh=0.0)).rows
    assert rows["state"].tolist() == [STATE_CODE["alarm"], STATE_CODE["stopped"]]
    assert np.isnan(rows["heading_deg"][0])


def test_a_torn_batch_keeps_what_is_whole_and_quarantines_the_rest() -> None:
    desk = Desk()
    (wire,) = encoder.write_positions(PHONE, 1, [position(time_s=NOON + i) for i in range(3)])
    body = decoder.read_frame(wire[1:-1]).body[:-5]
    parcel = desk.parcel(encoder.write_frame(decoder.Header(0x0704, PHONE, 1), body))
    assert len(parcel.records) == 2
    assert [reason for _, reason in parcel.refused] == ["batch holds 2 of 3 positions"]


def test_a_long_message_is_answered_packet_by_packet_when_it_is_whole() -> None:
    desk = Desk()
    packets = encoder.write_positions(PHONE, 7, [position(time_s=NOON + i) for i in range(90)])
    assert len(packets) == 3
    assert desk.parcel(packets[0], packets[2]).received == 0
    parcel = desk.parcel(packets[1])
    assert len(parcel.records) == 90
    parcel.settle()
    assert desk.line.answers() == [(7, 0), (8, 0), (9, 0)]


def test_a_long_message_that_never_becomes_whole_is_quarantined() -> None:
    desk = Desk()
    packets = encoder.write_positions(PHONE, 7, [position(time_s=NOON + i) for i in range(90)])
    desk.hear(packets[0])
    desk.now = TIMEOUT_S + 1
    assert [reason for _, reason in desk.parcel().refused] == ["message incomplete"]


def test_other_messages_are_kept_and_answers_are_not_answered() -> None:
    desk = Desk()
    parcel = desk.parcel(
        encoder.write_frame(decoder.Header(0x0900, PHONE, 1), b"vendor"),
        encoder.write_frame(decoder.Header(0x0001, PHONE, 2), b"\0\1\x83\0\0"),
    )
    parcel.settle()
    assert [record.message for record in parcel.records] == ["0900", "0001"]
    assert desk.line.answers() == [(1, 0)]


def test_skipped_serials_are_a_gap_until_they_come() -> None:
    desk = Desk()
    (gap,) = desk.parcel(at(1), at(5)).gaps
    assert (gap.device, gap.first, gap.count, gap.missing) == (DEVICE, 2, 3, 3)
    assert (gap.begin_s, gap.end_s) == (NOON + 1, NOON + 5)
    (gap,) = desk.parcel(at(3)).gaps
    assert gap.missing == 2
    refill = encoder.write_positions(PHONE, 6, [position(time_s=NOON + 2), position(time_s=NOON + 4)])
    (gap,) = desk.parcel(*refill).gaps
    assert gap.missing == 0
    assert list(desk.parcel(at(7)).gaps) == []


def test_a_heartbeat_between_positions_is_no_gap_and_the_serial_may_wrap_or_begin_anew() -> None:
    desk = Desk()
    wires = [
        encoder.write_position(PHONE, 65535, position(time_s=NOON)), encoder.write_heartbeat(PHONE, 0), at(1),
        encoder.write_position(PHONE, 30000, position(time_s=NOON + 2)),
    ]  # fmt: skip
    assert list(desk.parcel(*wires).gaps) == []


GARBAGE = st.one_of(
    st.binary(max_size=80),
    st.binary(max_size=60).map(close_frame),
    st.binary(max_size=60).map(lambda body: encoder.write_frame(decoder.Header(0x0200, PHONE, 1), body)),
    st.binary(max_size=60).map(lambda body: encoder.write_frame(decoder.Header(0x0704, PHONE, 1), body)),
    st.binary(max_size=60).map(lambda body: encoder.write_frame(decoder.Header(0x0100, PHONE, 1), body)),
    st.binary(max_size=60).map(lambda body: encoder.write_frame(decoder.Header(0x0102, PHONE, 1, 1), body)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(GARBAGE, st.just(None)), max_size=20), st.lists(st.integers(0, 3000), max_size=8))
def test_whatever_comes_every_frame_has_an_outcome_and_no_good_one_is_lost(
    mixed: list[bytes | None], cuts: list[int]
) -> None:
    desk, splitter = Desk(), Splitter()
    good = [at(serial) for serial, piece in enumerate(mixed) if piece is None]
    stream = b"".join(at(serial) if piece is None else piece for serial, piece in enumerate(mixed))
    ends = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    raws = []
    for begin, end in pairwise(ends):
        desk.exchange.hear(desk.line, splitter.feed(stream[begin:end]))
        parcel = desk.exchange.parcel()
        if parcel is not None:
            assert parcel.received == len(parcel.records) + len(parcel.refused)
            parcel.settle()
            raws += [record.raw for record in parcel.records]
    assert [raw for raw in raws if raw in {wire[1:-1] for wire in good}] == [wire[1:-1] for wire in good]


def test_strangers_do_not_fill_the_memory() -> None:
    desk = Desk(authentication="required", known_only=True)
    for number in range(50):
        phone = f"0139{number:08d}"
        desk.hear(encoder.write_registration(phone, 1, "浙F1"), encoder.write_position(phone, 2, position()))
    assert desk.exchange.units == 0


def test_answers_made_together_are_those_made_one_by_one() -> None:
    headers = [decoder.Header(0x0200, f"01{n * 37 % 10**10:010d}", n * 251 & 0xFFFF) for n in range(300)]
    headers += [decoder.Header(0x0200, f"{n * 41:020d}", n, version=2) for n in range(0x7B, 0x82)]
    wires = [encoder.write_frame(header, encoder.position_body(position())) for header in headers]
    found = read_positions([wire[1:-1] for wire in wires])
    together = answer_positions(found.phone, found.version, found.serial, 65400)
    assert together == [encoder.write_answer(header, (65400 + i) & 0xFFFF) for i, header in enumerate(headers)]
