from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.mavlink.encoder import Voice
from data.connectors.mavlink.frames import Frame, Splitter, checksum_holds, is_known, read_header
from tests.data.connectors.mavlink.frames_seen import POSITION, ROVER

UNKNOWN = b"\xfd\x02\x00\x00\x01\x01\x01\xff\xff\x7f\x01\x02\x03\x04"
PLAIN = bytes(0x20 if byte in (0xFD, 0xFE) else byte for byte in range(256))


def cut(stream: bytes, *places: int) -> list[bytes]:
    splitter, found = Splitter(), list[bytes]()
    for begin, end in pairwise(sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})):
        found += splitter.feed(stream[begin:end])
    return found + splitter.end()


def test_recorded_frames_hold() -> None:
    assert checksum_holds(ROVER)
    assert read_header(ROVER) == Frame(0xCF, 1, 1, 0, False)
    assert read_header(POSITION) == Frame(0x0A, 66, 77, 33, False)
    assert checksum_holds(POSITION)


def test_frames_of_both_versions_are_cut_apart_however_they_come() -> None:
    old, new, signed = Voice(1, version=1), Voice(2), Voice(3, key=b"k" * 32)
    frames = [voice.heartbeat() for voice in (old, new, signed)] + [ROVER, old.attitude(), signed.attitude()]
    assert cut(b"".join(frames), *range(0, 300, 3)) == cut(b"".join(frames)) == frames


def test_a_broken_frame_costs_no_neighbour() -> None:
    voice = Voice(1)
    one, two, three = voice.heartbeat(), voice.attitude(), voice.heartbeat()
    broken = two[:20] + bytes([two[20] ^ 1]) + two[21:]
    assert cut(one + broken + three) == [one, broken, three]
    assert cut(one + two[:15] + three) == [one, two[:15], three]
    longer = b"\xfd\xff\x00\x00"
    assert cut(longer + one) == [longer, one]


def test_an_unknown_message_is_cut_by_its_length() -> None:
    stream = ROVER + UNKNOWN + ROVER + UNKNOWN
    assert cut(stream) == cut(stream, *range(len(stream))) == [ROVER, UNKNOWN, ROVER, UNKNOWN]


GOOD = st.builds(lambda n: Voice(n).heartbeat(), st.integers(1, 254))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.one_of(GOOD, st.binary(max_size=30)), max_size=12), st.lists(st.integers(0, 500), max_size=6))
def test_no_byte_is_lost_however_it_was_torn(parts: list[bytes], places: list[int]) -> None:
    stream = b"".join(parts)
    assert b"".join(cut(stream, *places)) == stream


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.one_of(GOOD, st.just(UNKNOWN), st.binary(max_size=30).map(lambda b: b.translate(PLAIN)))),
    st.lists(st.integers(0, 500), max_size=6),
)
def test_good_frames_between_noise_are_found(parts: list[bytes], places: list[int]) -> None:
    found = [piece for piece in cut(b"".join(parts), *places) if piece[:1] == b"\xfd"]
    certain = [piece for piece in parts if piece[:1] == b"\xfd" and piece != UNKNOWN]
    assert [piece for piece in found if checksum_holds_if_known(piece)] == certain


def checksum_holds_if_known(piece: bytes) -> bool:
    return is_known(piece) and checksum_holds(piece)
