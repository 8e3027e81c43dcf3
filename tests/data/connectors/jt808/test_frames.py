from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.frames import (
    MAX_FRAME,
    DatagramSplitter,
    FrameError,
    Splitter,
    close_frame,
    escape,
    frames_of,
    unescape,
)
from data.connectors.jt808.reassembly import MAX_PACKETS, TIMEOUT_S, Reassembler

HEARTBEATS = [encoder.write_heartbeat("13912345678", serial) for serial in range(5)]


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(at)]


@given(st.binary(max_size=300))
def test_escaping_is_undone(plain: bytes) -> None:
    assert b"\x7e" not in escape(plain)
    assert unescape(escape(plain)) == plain


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_frames_are_found_however_the_stream_is_cut(cuts: list[int]) -> None:
    splitter = Splitter()
    found = [frame for piece in pieces(b"".join(HEARTBEATS), cuts) for frame in splitter.feed(piece)]
    assert found == [frame[1:-1] for frame in HEARTBEATS]


@given(st.lists(st.binary(max_size=80), min_size=6, max_size=6), st.lists(st.integers(0, 10_000), max_size=9))
def test_garbage_between_frames_costs_no_neighbour(garbage: list[bytes], cuts: list[int]) -> None:
    stream = garbage[0] + b"".join(frame + noise for frame, noise in zip(HEARTBEATS, garbage[1:], strict=True))
    splitter = Splitter()
    found = [frame for piece in pieces(stream, cuts) for frame in splitter.feed(piece)]
    assert [frame for frame in found if frame in {f[1:-1] for f in HEARTBEATS}] == [f[1:-1] for f in HEARTBEATS]


def test_a_shared_flag_ends_one_frame_and_begins_the_next() -> None:
    assert Splitter().feed(b"\x7eone\x7etwo\x7e") == [b"one", b"two"]


def test_a_run_without_end_is_bounded_and_told() -> None:
    splitter = Splitter()
    found = [frame for _ in range(100) for frame in splitter.feed(b"x" * 1000)]
    assert [len(frame) for frame in found] == [MAX_FRAME + 1]
    with pytest.raises(FrameError, match="frame too long"):
        decoder.read_frame(found[0])
    assert splitter.feed(HEARTBEATS[0]) == [HEARTBEATS[0][1:-1]]
    assert splitter.skipped == 100_000 - MAX_FRAME - 1


def reason(read: Callable[[], object]) -> str:
    """Return why something is refused; "read" if it is not. Any other error fails the test."""
    try:
        read()
    except FrameError as error:
        return str(error)
    return "read"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_with_a_reason(noise: bytes) -> None:
    assert reason(lambda: decoder.read_frame(noise))
    assert reason(lambda: decoder.read_code(decoder.read_frame(close_frame(noise)[1:-1])))


@given(st.binary(max_size=120))
def test_any_body_is_read_or_refused_with_a_reason(body: bytes) -> None:
    frame = decoder.Frame(decoder.Header(0x0100, "013912345678", 1), body)
    assert reason(lambda: decoder.read_position(body))
    assert reason(lambda: decoder.read_batch(body))
    assert reason(lambda: decoder.read_registration(frame))


def long_message(count: int) -> list[bytes]:
    told = decoder.Position(0, 2, 120.9, 30.8, 4, 36.0, 90, 1_790_000_000.0)
    return [wire[1:-1] for wire in encoder.write_positions("13912345678", 65534, [told] * count)]


@given(st.permutations(range(5)))
def test_packets_are_put_together_in_any_order(order: list[int]) -> None:
    packets = long_message(160)
    assert len(packets) == 5
    reassembler = Reassembler()
    whole = [reassembler.add(decoder.read_frame(packets[i]), packets[i], 0.0)[0] for i in order]
    assert whole[:-1] == [None] * 4
    assert whole[-1] is not None
    assert len(decoder.read_batch(whole[-1].body).items) == 160
    assert whole[-1].header.serial == 65534
    assert reassembler.open_bytes == 0


def test_a_packet_sent_again_counts_once_and_an_unfinished_message_is_given_up() -> None:
    packets = long_message(160)
    reassembler = Reassembler()
    for packet in (packets[0], packets[0], packets[1]):
        assert reassembler.add(decoder.read_frame(packet), packet, 10.0) == (None, "")
    assert reassembler.open_bytes == len(packets[0]) + len(packets[1])
    assert reassembler.expired(10.0 + TIMEOUT_S) == []
    assert [raw for _, raw in reassembler.expired(11.0 + TIMEOUT_S)] == packets[:2]
    assert reassembler.open_bytes == 0


def test_a_message_of_too_many_packets_is_refused() -> None:
    frame = decoder.Frame(decoder.Header(0x0801, "013912345678", 1, total=MAX_PACKETS + 1), b"")
    assert Reassembler().add(frame, b"", 0.0) == (None, "too many packets")


def test_the_last_frame_of_a_datagram_may_lack_its_flag_and_an_answer_is_cut_into_datagrams() -> None:
    splitter = DatagramSplitter()
    assert [*splitter.feed(b"\x7eone\x7e\x7etwo"), *splitter.end()] == [b"one", b"two"]
    assert [*Splitter().feed(b"\x7eone\x7e\x7etwo"), *Splitter().end()] == [b"one"]
    assert frames_of(b"\x7eone\x7e\x7etwo\x7e") == [b"\x7eone\x7e", b"\x7etwo\x7e"]
