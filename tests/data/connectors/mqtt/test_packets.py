"""What stands in the bytes of a connection, however they come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.connectors.mqtt.packets import Cutter, Message

PINGRESP, CONNACK = b"\xd0\x00", b"\x20\x03\x00\x00\x00"


def publication(
    topic: bytes, payload: bytes, number: int = 7, *, retained: bool = False, modern: bool = False, qos: int = 1
) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + (number.to_bytes(2, "big") if qos else b"")
    body += (b"\x02\x01\x00" if modern else b"") + payload  # a property: payload format, 2 bytes long
    return bytes([0x30 | qos << 1 | retained]) + length(len(body)) + body


def length(number: int) -> bytes:
    told = b""
    while number > 127:
        told, number = told + bytes([number & 127 | 128]), number >> 7
    return told + bytes([number])


def cut(*pieces: bytes, modern: bool = False) -> tuple[list[Message], bytes]:
    cutter, messages, others = Cutter(modern=modern), list[Message](), b""
    for piece in pieces:
        some, other = cutter.feed(piece, 5.0)
        messages, others = messages + some, others + other
    return messages, others


def test_publications_are_taken_and_all_else_is_left_whole() -> None:
    stream = CONNACK + publication("路".encode(), b"one", 300) + PINGRESP + publication(b"b", b"", qos=0, retained=True)
    assert cut(stream) == (
        [Message("路", b"one", 300, False, 5.0), Message("b", b"", 0, True, 5.0)],
        CONNACK + PINGRESP,
    )


def test_properties_of_mqtt_5_are_left_out() -> None:
    assert cut(publication(b"a", b"x", modern=True), modern=True)[0] == [Message("a", b"x", 7, False, 5.0)]


def test_a_topic_that_is_no_text_fits_no_mapping() -> None:
    assert cut(publication(b"\xff", b"x"))[0][0].topic == ""


@given(
    payloads=st.lists(st.binary(max_size=40) | st.integers(100, 20_000).map(bytes), max_size=6),
    ends=st.lists(st.integers(0, 40_000), max_size=8),
    modern=st.booleans(),
)
def test_it_does_not_matter_how_a_stream_comes_in_pieces(payloads: list[bytes], ends: list[int], modern: bool) -> None:
    stream = b"".join(publication(b"t", payload, modern=modern) + PINGRESP for payload in payloads)
    places = [0, *sorted(min(end, len(stream)) for end in ends), len(stream)]
    pieces = [stream[begin:end] for begin, end in pairwise(places)]
    messages, others = cut(*pieces, modern=modern)
    assert [message.payload for message in messages] == payloads
    assert others == PINGRESP * len(payloads)


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\xff\xff\xff\xff\x01",  # a length of five bytes
        b"\x32\x04\xff\xffab" + b"x" * 10,  # a topic longer than its packet
        b"\x32\x01\x00",  # no room for a topic
        publication(b"t", b"x", qos=2),
    ],
)
def test_what_is_no_mqtt_ends_the_connection(stream: bytes) -> None:
    with pytest.raises(ConnectionError):
        cut(stream)


@given(stream=st.binary(max_size=200), modern=st.booleans())
def test_no_bytes_do_harm(stream: bytes, modern: bool) -> None:
    try:
        messages, others = cut(stream, modern=modern)
    except ConnectionError:
        return
    assert sum(len(message.payload) for message in messages) + len(others) <= len(stream)
