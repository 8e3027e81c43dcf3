from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.signals.frames import FrameError
from data.signals.radar import FLOW_NOW, RADAR, UPLOAD, Device, Lanes, Table, decode, encode, lane_bytes, lanes, split

RADAR_1, SIGNAL = Device(330421, RADAR, 1), Device(330421, 1, 192)
SEEN = Lanes(
    np.array([1, 2, 192]), np.array([12, 0, 219]), np.array([0.25, 0.0, 1.0]), np.array([38.0, 0.0, 60.0]),
    np.array([2.4, 0.0, 1.1]), np.array([0.5, 0.0, 2.0]),
)  # fmt: skip


def test_what_a_radar_saw_comes_back() -> None:
    table = Table(RADAR_1, SIGNAL, UPLOAD, FLOW_NOW, lane_bytes(SEEN))
    frames, rest = split(encode(table) + b"\xc0\xdb")
    assert (len(frames), rest) == (1, b"\xdb")
    found = decode(frames[0])
    assert found == table
    for one, other in zip(
        (SEEN.lane, SEEN.vehicles, SEEN.occupancy, SEEN.speed_kmh, SEEN.headway_s, SEEN.stops),
        (lambda seen: (seen.lane, seen.vehicles, seen.occupancy, seen.speed_kmh, seen.headway_s, seen.stops))(
            lanes(found)
        ),
        strict=True,
    ):
        np.testing.assert_allclose(one, other)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_content_comes_back_and_any_bytes_are_read_or_refused(content: bytes) -> None:
    table = Table(RADAR_1, SIGNAL, UPLOAD, FLOW_NOW, content)
    (frame,), _ = split(encode(table))
    assert decode(frame) == table
    for attempt in (lambda: decode(content), lambda: lanes(table)):
        with contextlib.suppress(FrameError):
            attempt()


@pytest.mark.parametrize("content", [b"", b"\x02" + b"\0" * 14, b"\x01\x01\0\0\0\xff\xff" + b"\0" * 8])
def test_lanes_that_cannot_be_are_refused(content: bytes) -> None:
    with pytest.raises(FrameError):
        lanes(Table(RADAR_1, SIGNAL, UPLOAD, FLOW_NOW, content))
