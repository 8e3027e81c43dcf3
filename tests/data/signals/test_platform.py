from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.signals.frames import FrameError
from data.signals.platform import REQUEST, SET, Address, Message, decode, encode, plan_param, serial
from tests.data.signals.made import NEW, NOW_S

MESSAGE = Message(
    REQUEST, SET, (plan_param(NEW, "330421000001", 2, "早高峰"),), Address("TICP"), Address("UTCS", "1"),
    serial(NOW_S, 7), "token",
)  # fmt: skip


def test_a_plan_goes_to_the_platform_and_comes_back() -> None:
    raw = encode(MESSAGE)
    assert decode(raw) == MESSAGE
    assert "早高峰".encode() in raw
    assert len(MESSAGE.serial) == 20
    assert sum(green + amber + red for _, green, amber, red in MESSAGE.plans[0].stages) == MESSAGE.plans[0].cycle_s


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"<Message/>", b"\xff\xfe<", encode(MESSAGE)[:-20],
        encode(MESSAGE).replace(b"<CycleLen>70<", b"<CycleLen>-7<"),
        encode(MESSAGE).replace(b"70<", b"9" * 5000 + b"<"),
        b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + encode(MESSAGE)[38:], encode(MESSAGE).replace(b'name="Set"', b""),
        "<Message>早</Message>".encode("utf-16"), b"<a>" * 5000,
    ],
)  # fmt: skip
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    with pytest.raises(FrameError):
        decode(raw)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with pytest.raises(FrameError):
        decode(raw)
