from __future__ import annotations

import pytest

from data.connectors.jt808 import decoder, encoder
from data.connectors.jt808.decoder import Header
from data.connectors.jt808.frames import Splitter
from data.connectors.jt808.orders import Orders
from twin.errors import UsageError

PHONE = "013912345678"


class Line:
    """A link that keeps what is sent on it."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, wire: bytes) -> None:
        self.sent.append(wire)


def heard(version: int = 0) -> tuple[Orders, Line]:
    orders, line = Orders(), Line()
    orders.heard("13912345678", line, encoder.write_heartbeat(PHONE, 1, version)[1:-1])
    return orders, line


@pytest.mark.parametrize("version", [0, 1])
def test_a_text_goes_where_the_terminal_was_heard_and_its_answer_comes_back(version: int) -> None:
    orders, line = heard(version)
    results: list[int] = []
    with orders.asking("13912345678", 77, "前方拥堵", results.append, emergency=True):
        (frame,) = map(decoder.read_frame, Splitter().feed(line.sent[0]))
        assert (frame.header.message, frame.header.serial, frame.header.version) == (0x8300, 77, version)
        assert frame.body[0] & 1
        assert frame.body[1 + bool(version) :].decode("gbk") == "前方拥堵"
        for serial, result in ((76, 0), (77, 3)):
            answer = encoder.write_terminal_answer(Header(0x8300, frame.header.phone, serial, version), 5, result)
            orders.answered("13912345678", decoder.read_frame(answer[1:-1]))
    assert results == [3]


def test_an_answer_nobody_awaits_or_that_is_cut_short_changes_nothing() -> None:
    orders, _ = heard()
    frame = decoder.read_frame(encoder.write_frame(Header(0x0001, PHONE, 1), b"\0\x01")[1:-1])
    orders.answered("13912345678", frame)


@pytest.mark.parametrize(
    ("device", "text", "problem"),
    [
        ("999", "hello", "no terminal of this number"),
        ("13912345678", "💥", "cannot show"),
        ("13912345678", "满" * 600, "at most 1021 bytes"),
    ],
)
def test_what_cannot_be_sent_is_refused(device: str, text: str, problem: str) -> None:
    orders, line = heard()
    with pytest.raises(UsageError, match=problem), orders.asking(device, 1, text, print, emergency=False):
        pass
    assert line.sent == []
