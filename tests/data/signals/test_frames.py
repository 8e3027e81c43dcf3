from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.signals.frames import (
    MAX_VALUE,
    QUERY,
    SET,
    Frame,
    FrameError,
    Item,
    Splitter,
    crc16,
    decode,
    encode,
    from_datagram,
)

ITEMS = st.builds(Item, st.integers(0, 0xFFFFFFFF), st.binary(max_size=MAX_VALUE))
FRAMES = st.builds(
    Frame,
    st.sampled_from([QUERY, SET]),
    st.integers(0, 0xFFFFFFFF),
    st.lists(ITEMS, max_size=5).map(tuple),
    st.integers(0, 255),
    st.integers(0, 255),
    st.integers(0, 255),
)


@settings(max_examples=200, deadline=None)
@given(FRAMES)
def test_a_frame_comes_back_over_either_line(frame: Frame) -> None:
    wire = encode(frame)
    assert wire.count(b"\x7e") - wire.count(b"\x5c\x7e") == 1
    (plain,) = Splitter().feed(wire)
    assert decode(plain) == frame
    assert decode(from_datagram(encode(frame, escaped=False))) == frame


@settings(max_examples=50, deadline=None)
@given(st.lists(FRAMES, min_size=1, max_size=4), st.binary(max_size=20), st.integers(1, 40))
def test_a_stream_that_is_cut_anywhere_gives_its_frames(frames: list[Frame], junk: bytes, step: int) -> None:
    splitter = Splitter()
    stream = junk.replace(b"\x7e", b"") + b"".join(map(encode, frames))
    plains = [plain for at in range(0, len(stream), step) for plain in splitter.feed(stream[at : at + step])]
    assert [decode(plain) for plain in plains] == frames


@settings(max_examples=100, deadline=None)
@given(FRAMES, st.data())
def test_a_byte_that_was_changed_is_noticed(frame: Frame, data: st.DataObject) -> None:
    plain = bytearray(from_datagram(encode(frame, escaped=False)))
    at = data.draw(st.integers(0, len(plain) - 1))
    plain[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FrameError):
        decode(bytes(plain))


@pytest.mark.parametrize("raw", [b"", b"\x7e", b"\x7e\x7d", b"\x00" * 30, b"\x7d" * 5])
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    with pytest.raises(FrameError):
        decode(from_datagram(raw))


def test_a_frame_that_never_ends_costs_no_memory_and_not_the_next() -> None:
    splitter = Splitter()
    splitter.feed(b"\x7e" + b"\x00" * 200_000)
    assert splitter.skipped > 60_000
    frame = Frame(QUERY, 7, (Item(0x0D020300),))
    assert [decode(plain) for plain in splitter.feed(encode(frame)) if len(plain) < 100] == [frame]


def test_the_check_sum_is_that_of_its_polynomial() -> None:
    assert crc16(b"") == 0
    assert crc16(b"\x01") == 0x1005
    assert crc16(b"\x00\x01") == 0x1005


def test_a_value_that_is_too_long_is_not_sent() -> None:
    with pytest.raises(FrameError):
        encode(Frame(SET, 1, (Item(1, b"\0" * 252),)))
