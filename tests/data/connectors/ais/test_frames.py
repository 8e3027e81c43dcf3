from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.ais.encoder import write_tag
from data.connectors.ais.frames import (
    MOST_BYTES,
    OPEN_S,
    Assembler,
    SentenceError,
    Splitter,
    is_sentence,
    read_sentence,
)
from tests.data.connectors.ais.sentences_seen import EVER_DIADEM, MOORED, UNDER_WAY


def cut(stream: bytes, *places: int) -> list[bytes]:
    splitter, found = Splitter(), list[bytes]()
    for begin, end in pairwise(sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})):
        found += splitter.feed(stream[begin:end])
    return found + splitter.end()


def test_lines_are_cut_apart_however_they_come() -> None:
    stream = MOORED + b"\r\n\r\n" + UNDER_WAY + b"\n" + EVER_DIADEM[0]
    assert cut(stream, *range(len(stream))) == cut(stream) == [MOORED, UNDER_WAY, EVER_DIADEM[0]]


def test_a_line_too_long_is_told_by_its_head_and_the_next_one_is_read() -> None:
    stream = b"x" * 5000 + b"\n" + UNDER_WAY + b"\n"
    assert cut(stream, *range(0, 5000, 500)) == [b"x" * MOST_BYTES, UNDER_WAY]


def test_a_sentence_says_what_it_is_part_of_and_when_it_was_received() -> None:
    sentence = read_sentence(write_tag(1_609_459_200, EVER_DIADEM[0]))
    assert (sentence.parts, sentence.number, sentence.group, sentence.channel) == (2, 1, b"1", b"A")
    assert sentence.received_s == 1_609_459_200
    assert read_sentence(b"\\s:rx,c:1609459200500*00\\" + UNDER_WAY).received_s == 1_609_459_200.5
    assert read_sentence(UNDER_WAY).received_s == 0


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (MOORED[:-1] + b"F", "checksum wrong"),
        (MOORED.replace(b"177KQJ", b"177KQK"), "checksum wrong"),
        (MOORED[:-3], "no AIS sentence"),
        (b"!AIVDM,1,2,,A,13u?etPv2;0n:dDPwUM1U1Cb069D,0*27", "no AIS sentence"),
        (b"\xff\xfe", "no AIS sentence"),
    ],
)
def test_what_is_no_sentence_is_refused_with_its_reason(line: bytes, reason: str) -> None:
    with pytest.raises(SentenceError, match=reason):
        read_sentence(line)


def test_what_a_receiver_says_of_itself_is_no_sentence() -> None:
    assert not is_sentence(b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A")
    assert is_sentence(UNDER_WAY)
    assert is_sentence(b"$\xff")


def test_sentences_of_a_message_are_put_together_in_any_order() -> None:
    one, two = map(read_sentence, EVER_DIADEM)
    for first, second in ((one, two), (two, one)):
        assembler = Assembler()
        assert assembler.add("a", first, 0) == ([], [])
        assert assembler.add("b", second, 0) == ([], [])
        assert assembler.add("a", second, 0) == ([one, two], [])


def test_a_message_that_never_becomes_whole_is_given_up() -> None:
    one, two = map(read_sentence, EVER_DIADEM)
    assembler = Assembler()
    assembler.add("a", one, 0)
    assert assembler.add("a", one, 1) == ([], [EVER_DIADEM[0]])
    assert assembler.expired(OPEN_S) == []
    assert assembler.expired(OPEN_S + 2) == [EVER_DIADEM[0]]
    assert assembler.add("a", two, 100) == ([], [])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.one_of(st.binary(max_size=60), st.just(UNDER_WAY)), max_size=10), st.lists(st.integers(0, 600)))
def test_lines_do_not_depend_on_how_they_were_torn(lines: list[bytes], places: list[int]) -> None:
    stream = b"\r\n".join(lines)
    assert cut(stream, *places) == cut(stream)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.one_of(st.binary(max_size=80), st.binary(max_size=40).map(lambda b: b"!AIVDM,1,1,,A," + b + b",0*00")))
def test_whatever_comes_is_a_sentence_or_a_reason(line: bytes) -> None:
    try:
        assert read_sentence(line).payload
    except SentenceError:
        return
