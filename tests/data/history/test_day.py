"""What a card asks, against the same questions to DuckDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import shapely

from data.history.day import track, within
from tests.data.history.factory import LAT_DEG, LON_DEG, NOON
from tests.data.history.test_questions import Asked, keys

BOX = (LON_DEG - 0.01, LAT_DEG - 0.01, LON_DEG + 0.01, LAT_DEG + 0.01)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    asked = Asked(tmp_path_factory.mktemp("asked"))
    yield asked
    asked.history.close()


@pytest.mark.parametrize("begin_s", [0.0, 86400.0, 2 * 86400.0])
def test_a_day_is_that_of_the_engine(asked: Asked, begin_s: float) -> None:
    span = NOON + begin_s, NOON + begin_s + 3000.0
    assert keys(track(asked.history, "car 3", *span)) == keys(asked.questions.track("car 3", *span))
    there = within(asked.history, BOX, *span)
    assert keys(there) == keys(asked.questions.within(shapely.box(*BOX), *span))
    assert len(there) > 0


def test_what_nobody_told_of_has_no_day(asked: Asked) -> None:
    assert len(track(asked.history, "nobody", 0.0, 4e9)) == 0
    assert len(within(asked.history, (0.0, 0.0, 1.0, 1.0), 0.0, 4e9)) == 0
