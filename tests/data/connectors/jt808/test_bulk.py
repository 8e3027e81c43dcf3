from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.bulk import Positions, read_positions
from data.connectors.jt808.frames import FrameError, close_frame
from tests.data.connectors.jt808 import frames_seen as seen

ITEM = st.tuples(st.integers(0, 255), st.binary(max_size=12))
POSITION = st.builds(
    decoder.Position,
    alarm=st.integers(0, 2**32 - 1),
    status=st.integers(0, 2**32 - 1),
    lon_deg=st.floats(-180, 180),
    lat_deg=st.floats(-90, 90),
    height_m=st.integers(0, 65535),
    speed_kmh=st.floats(0, 6000),
    direction_deg=st.integers(0, 65535),
    time_s=st.integers(946_656_000, 4_102_444_799).map(float),
    items=st.lists(ITEM, max_size=6).map(tuple),
    tail=st.sampled_from([b"", b"", b"\x01", b"\x01\xff"]),
)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    kind = draw(st.integers(0, 9))
    phone, version = draw(st.from_regex(r"\A[0-9]{1,12}\Z")), draw(st.sampled_from([0, 1, 2]))
    wire = encoder.write_position(phone, draw(st.integers(0, 65535)), draw(POSITION), version)[1:-1]
    if kind == 0:
        return draw(st.binary(max_size=90))
    if kind == 1:
        at = draw(st.integers(0, len(wire) - 1))
        return wire[:at] + bytes([draw(st.integers(0, 255))]) + wire[at + 1 :]
    if kind == 2:
        return close_frame(draw(st.binary(max_size=60)))[1:-1]
    return encoder.write_heartbeat(phone, 1)[1:-1] if kind == 3 else wire


def plain(frame: bytes) -> tuple[object, ...] | None:
    """Return what the plain decoder makes of a frame; None where it is no whole position."""
    try:
        opened = decoder.read_frame(frame)
        told = decoder.read_position(opened.body)
    except FrameError:
        return None
    header = opened.header
    if header.message != decoder.POSITION or header.total > 1:
        return None
    return (
        *(header.phone.rjust(20, "0"), header.version, header.serial, opened.body[:28], told.alarm, told.status),
        *(told.lon_deg, told.lat_deg, told.height_m, told.speed_kmh, told.direction_deg, told.time_s, not told.tail),
    )


def row(told: Positions, i: int) -> tuple[object, ...]:
    return (
        *(told.phone[i].tobytes().hex(), int(told.version[i]), int(told.serial[i]), told.base[i].tobytes()),
        *(int(told.alarm[i]), int(told.status[i]), float(told.lon_deg[i]), float(told.lat_deg[i])),
        *(int(told.height_m[i]), float(told.speed_kmh[i]), int(told.direction_deg[i]), float(told.time_s[i])),
        bool(told.tail_holds[i]),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(frames(), max_size=12))
def test_decoding_together_gives_what_decoding_one_by_one_gives(escaped: list[bytes]) -> None:
    told = read_positions(escaped)
    expected = {i: values for i, values in enumerate(map(plain, escaped)) if values is not None}
    assert {int(index): row(told, i) for i, index in enumerate(told.index)} == expected


def test_recorded_frames_are_decoded_together() -> None:
    told = read_positions([seen.cut(f) for f in (seen.KNOWN, seen.HEARTBEAT, seen.MANY_ITEMS, seen.SWAPPED_AXES)])
    assert told.index.tolist() == [0, 2, 3]
    assert told.lat_deg.tolist() == [12.222222, 12.222222, 119.552894]


def test_a_tail_of_very_many_items_is_left_to_the_plain_decoder() -> None:
    long = decoder.Position(0, 2, 1.0, 1.0, 0, 0.0, 0, 1_790_000_000.0, items=((1, b""),) * 100)
    assert len(read_positions([encoder.write_position("1", 1, long)[1:-1]])) == 0


def test_nothing_decodes_to_nothing() -> None:
    assert len(read_positions([])) == 0
    assert np.asarray(read_positions([b""]).index).tolist() == []
