from __future__ import annotations

import asyncio

import pytest

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.demo_life.life import Life
from data.connectors.demo_life.source import LONGEST_STEP_S, DemoLife, open_source
from tests.small_county import small_county
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationBatch


def test_a_batch_a_tick_by_the_clock_given() -> None:
    times = iter([100.0, 100.5, 5000.0])
    life = Life(small_county(), 300, 1, 100.0)
    source = DemoLife("life", life, 0.0, clock=lambda: next(times))

    async def three() -> list[ObservationBatch | Rewound]:
        batches = source.batches()
        return [await anext(batches) for _ in range(3)]

    first, second, third = asyncio.run(three())
    assert isinstance(first, ObservationBatch)
    assert isinstance(third, ObservationBatch)
    assert isinstance(second, ObservationBatch)
    assert [batch.rows["time_s"][0] for batch in (first, second, third)] == [100.0, 100.5, 5000.0]
    moved = abs(third.rows["lat_deg"][: len(second.rows)] - second.rows["lat_deg"]).max() * 111_000
    assert moved < 60.0 * LONGEST_STEP_S


def test_life_is_opened_from_settings_and_cannot_be_steered() -> None:
    source = open_source(SourceSettings("life", "demo-life", {"entities": 300, "seed": 2}), small_county())
    assert "invented" in source.report()[0]
    assert source.playback() is None
    with pytest.raises(UsageError, match="no recording"):
        source.steer("seek", 1.0)


def test_an_option_nobody_knows_is_told() -> None:
    with pytest.raises(BadInputError, match="colour"):
        open_source(SourceSettings("life", "demo-life", {"colour": "red"}), small_county())
