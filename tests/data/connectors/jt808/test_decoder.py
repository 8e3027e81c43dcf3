from __future__ import annotations

from datetime import UTC, datetime

import pytest

from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.frames import FrameError, close_frame
from tests.data.connectors.jt808 import frames_seen as seen


def position(**changes: object) -> decoder.Position:
    values: dict[str, object] = {
        "alarm": 0, "status": decoder.FIXED, "lon_deg": 120.92, "lat_deg": 30.84, "height_m": 4, "speed_kmh": 36.5,
        "direction_deg": 90, "time_s": 1_790_000_000.0,
    }  # fmt: skip
    return decoder.Position(**{**values, **changes})  # type: ignore[arg-type]  # a factory of any field


def test_a_recorded_position_says_what_is_known_of_it() -> None:
    frame = decoder.read_frame(seen.cut(seen.KNOWN))
    told = decoder.read_position(frame.body)
    assert (frame.header.message, frame.header.phone, frame.header.serial) == (0x0200, "123456789012", 126)
    assert (told.lat_deg, told.lon_deg, told.height_m, told.speed_kmh) == (12.222222, 132.444444, 40, 6.0)
    assert datetime.fromtimestamp(told.time_s, UTC) == datetime(2018, 10, 15, 2, 10, 10, tzinfo=UTC)
    assert (decoder.item_number(told, 1), decoder.item_number(told, 2)) == (100, 125)
    assert (told.alarm, told.status, told.tail) == (1, 2, b"")


@pytest.mark.parametrize("frame", [seen.REGISTER_2011, seen.REGISTER_2013, seen.REGISTER_2019])
def test_recorded_registrations_of_three_editions_tell_the_same_plate(frame: str) -> None:
    told = decoder.read_registration(decoder.read_frame(seen.cut(frame)))
    assert (told.province, told.city, told.plate_colour, told.plate) == (40, 50, 1, "粤A12345")


def test_a_recorded_refill_holds_two_positions() -> None:
    batch = decoder.read_batch(decoder.read_frame(seen.cut(seen.REFILL)).body)
    assert (batch.declared, batch.refill, len(batch.items), batch.rest) == (2, False, 2, b"")
    assert [decoder.item_number(decoder.read_position(item), 2) for item in batch.items] == [55, 66]


def test_recorded_talk_is_read() -> None:
    assert decoder.read_code(decoder.read_frame(seen.cut(seen.AUTHENTICATE))) == "456121111"
    assert decoder.read_frame(seen.cut(seen.HEARTBEAT)).header.message == decoder.HEARTBEAT


def test_swapped_axes_are_passed_on_as_they_were_told() -> None:
    told = decoder.read_position(decoder.read_frame(seen.cut(seen.SWAPPED_AXES)).body)
    assert told.lat_deg == pytest.approx(119.552894)


@pytest.mark.parametrize("tail", [b"\x0b", b"\x0b\x05ab", b"\xff\xff\xff"])
def test_a_bad_vendor_tail_never_costs_the_position(tail: bytes) -> None:
    body = encoder.position_body(position(items=((1, b"\0\0\0d"),), tail=tail))
    told = decoder.read_position(body)
    assert (told.lat_deg, told.items, told.tail) == (30.84, ((1, b"\0\0\0d"),), tail)


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize(("lon", "lat"), [(120.92, 30.84), (-58.381, -34.6), (0.0, 0.0)])
def test_what_a_terminal_writes_is_read_back(version: int, lon: float, lat: float) -> None:
    sent = position(lon_deg=lon, lat_deg=lat, items=((0x30, b"\x17"),))
    wire = encoder.write_position("13912345678", 65535, sent, version)
    frame = decoder.read_frame(wire[1:-1])
    assert frame.header.phone == "13912345678".rjust(20 if version else 12, "0")
    told = decoder.read_position(frame.body)
    assert (told.lon_deg, told.lat_deg, told.speed_kmh, told.time_s) == (lon, lat, 36.5, sent.time_s)
    assert encoder.position_body(told) == frame.body


def test_a_wrong_frame_says_what_is_wrong() -> None:
    plain = bytes.fromhex("0002000001234567890000 0A")
    with pytest.raises(FrameError, match="body length wrong"):
        decoder.read_frame(close_frame(plain + b"!")[1:-1])
    with pytest.raises(FrameError, match="phone number is not BCD"):
        decoder.read_frame(close_frame(plain.replace(b"\x01\x23", b"\x01\x2b"))[1:-1])
    with pytest.raises(FrameError, match="checksum wrong"):
        decoder.read_frame(plain + b"\x00")
    with pytest.raises(FrameError, match="encrypted"):
        decoder.read_frame(close_frame(plain[:2] + b"\x04" + plain[3:])[1:-1])


@pytest.mark.parametrize("bcd", ["181332101010", "180230101010", "181015251010", "18101510101a"])
def test_what_is_no_time_is_refused(bcd: str) -> None:
    body = encoder.position_body(position())
    with pytest.raises(FrameError, match="time"):
        decoder.read_position(body[:22] + bytes.fromhex(bcd) + body[28:])


def test_a_torn_batch_gives_what_is_whole() -> None:
    body = decoder.read_frame(seen.cut(seen.REFILL)).body
    batch = decoder.read_batch(body[:-3])
    assert (batch.declared, len(batch.items), batch.rest[:2]) == (2, 1, b"\x00\x26")


def test_answers_name_what_they_answer() -> None:
    header = decoder.Header(0x0200, "013912345678", 7)
    answer = decoder.read_frame(encoder.write_answer(header, 1)[1:-1])
    assert (answer.header.message, answer.body.hex()) == (0x8001, "0007020000")
    registered = decoder.read_frame(encoder.write_register_answer(header, 2, "code")[1:-1])
    assert (registered.header.message, registered.body) == (0x8100, b"\x00\x07\x00code")


def test_a_text_order_is_written_in_gbk_for_both_editions() -> None:
    old, new = decoder.Header(0, "013912345678", 0), decoder.Header(0, "13912345678".rjust(20, "0"), 0, version=1)
    assert decoder.read_frame(encoder.write_text_order(old, 1, "前方绕行")[1:-1]).body == b"\x0c" + "前方绕行".encode(
        "gbk"
    )
    assert decoder.read_frame(encoder.write_text_order(new, 1, "停", emergency=True)[1:-1]).body[:2] == b"\x0d\x01"
    with pytest.raises(ValueError, match="at most"):
        encoder.write_text_order(old, 1, "长" * 600)
