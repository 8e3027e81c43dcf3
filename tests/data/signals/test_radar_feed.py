"""Radars of a street in SUMO and the loop behind them, in minutes; ``python -m tests.radar`` is the hour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.signals.radar_device import RadarDevice
from data.signals.radar_feed import Feed
from tests.radar.__main__ import made, queues
from twin.signals.loop import FALLEN, WELL

GREEN = frozenset({"west.through"})


def test_seconds_come_out_of_bytes_however_they_are_cut_and_noise_is_counted() -> None:
    radar, feed = RadarDevice(3, 4, seed=1), Feed({3: 77}, lambda key: GREEN, lambda: 12.0)
    lane, back, speed = np.array([0, 0, 1]), np.array([2.0, 9.5, 60.0]), np.array([0.0, 0.0, 12.0])
    wire = radar.upload(np.array([1, 0, 2, 0]), lane, back, speed)
    (second,) = [found for byte in wire for found in feed.feed(bytes([byte]))]
    assert (second.junction, second.at_s, second.green) == (77, 12.0, GREEN)
    assert second.passed.tolist() == [1, 0, 2, 0]
    np.testing.assert_allclose(second.queue_m, [17.0, 0, 0, 0], atol=3.0)
    assert second.speed_kmh[1] == pytest.approx(43.0, abs=1.0)
    assert np.isnan(second.speed_kmh[3])
    assert not list(feed.feed(b"\xc0\x00\x01\xdb\xff\xc0" + wire[:20] + b"\xc0"))
    assert feed.bad == 2
    radar.dead = True
    assert radar.upload(np.zeros(4, np.int64), lane, back, speed) == b""


def test_the_loop_in_a_street_falls_back_when_a_radar_is_silent_and_comes_back(tmp_path: Path) -> None:
    world = made(tmp_path, 5.0, 2)
    world.dropped = {1: (40.0, 60.0, "dead")}
    events = list(world.seconds())
    assert [event.kind for event in events] == [FALLEN, WELL]
    assert "2街" in str(events[0].sentence)
    assert 50.0 <= events[0].at_s - events[1].at_s + 240.0 <= 60.0
    right, count = queues(world)
    assert count > 100
    assert right > 0.9
