from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.cot.encoder import as_datagram, as_stream, write_event
from data.connectors.cot.frames import HEAD_BYTES, MOST_BYTES, Splitter
from tests.data.connectors.cot.events_seen import EMERGENCY, JENNY, PING, PLACED


def cut(stream: bytes, *places: int) -> list[bytes]:
    splitter, found = Splitter(), list[bytes]()
    for begin, end in pairwise(sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})):
        found += splitter.feed(stream[begin:end])
    return found + splitter.end()


def test_events_are_cut_apart_however_they_come() -> None:
    stream = JENNY + b"\r\n" + PLACED + PING + as_stream(JENNY) + EMERGENCY.replace(b"</event>", b"</event >")
    pieces = cut(stream, *range(0, len(stream), 7))
    assert pieces == cut(stream)
    assert pieces[:3] == [JENNY, PLACED, PING]
    assert pieces[3:] == [as_stream(JENNY), EMERGENCY.replace(b"</event>", b"</event >")]


def test_a_datagram_of_protobuf_is_one_piece() -> None:
    assert cut(as_datagram(JENNY)) == [as_datagram(JENNY)]


def test_noise_and_a_torn_event_cost_no_neighbour() -> None:
    torn = JENNY[:200]
    assert cut(torn + JENNY) == [torn, JENNY]
    assert cut(b"noise " + PLACED + b"more" + JENNY) == [b"noise ", PLACED, b"more", JENNY]
    assert cut(JENNY + torn) == [JENNY, torn]


def test_a_length_that_cannot_be_costs_no_neighbour() -> None:
    wrong = b"\xbf\xff\xff\xff\xff\x7f"
    assert cut(wrong + as_stream(JENNY) + PLACED)[-2:] == [as_stream(JENNY), PLACED]


def test_an_event_too_long_is_told_by_its_head_and_the_next_one_is_read() -> None:
    long = b"<event>" + b"x" * (2 * MOST_BYTES) + b"</event>"
    pieces = cut(long + JENNY, *range(0, len(long), 4096))
    assert pieces == [long[:HEAD_BYTES], JENNY]


def test_memory_and_work_stay_small_when_no_end_ever_comes() -> None:
    splitter = Splitter()
    for _ in range(1000):
        splitter.feed(b"<event " + b"a" * 10_000)
    assert len(splitter._buffer) < MOST_BYTES + 20_000


GOOD = st.integers(0, 50).map(lambda n: write_event(f"unit-{n}", "a-f-G-U-C", 1.7e9 + n).strip())
NOISE = st.one_of(st.binary(max_size=40), st.binary(max_size=30).map(lambda b: b"<event " + b))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.one_of(GOOD, GOOD.map(as_stream))), st.lists(st.integers(0, 5000), max_size=8))
def test_good_events_come_out_as_they_went_in(events: list[bytes], places: list[int]) -> None:
    assert cut(b"".join(events), *places) == events


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(st.one_of(NOISE, GOOD), max_size=12), st.lists(st.integers(0, 3000), max_size=6))
def test_whatever_comes_pieces_do_not_depend_on_how_it_was_torn(parts: list[bytes], places: list[int]) -> None:
    stream = b"".join(parts)
    assert cut(stream, *places) == cut(stream)
