"""The same questions to DuckDB and to numpy and shapely over all rows: equal answers, wherever the rows are."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from data.history import questions as module
from data.history.engines import DuckDB
from data.history.questions import Questions
from data.history.reader import History
from tests.data.history.factory import LAT_DEG, LATER, LON_DEG, NOON, compact, record, walk
from tests.twin.live.factory import ids
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray

Key = tuple[str, float]
AREA = shapely.Polygon(
    [(LON_DEG - 0.02, LAT_DEG - 0.02), (LON_DEG + 0.02, LAT_DEG - 0.01), (LON_DEG, LAT_DEG), (LON_DEG, LAT_DEG + 0.03)]
)


class Asked:
    """A history that is partly merged, partly sealed and partly in the journal; and all its rows."""

    def __init__(self, root: Path) -> None:
        lake, journal = root / "lake", root / "journal.sqlite"
        self.rows = np.concatenate([walk(12, 3600, NOON + n * 86400) for n in range(3)])
        parts = np.array_split(self.rows, 3)
        for part, now_s in zip(parts, (LATER, NOON, None), strict=True):
            record(journal, part)
            if now_s is not None:
                compact(lake, journal, now_s)
        self.history = History(lake, journal)
        self.questions = Questions(self.history, DuckDB(2))

    def between(self, begin_s: float, end_s: float) -> ObservationArray:
        time_ms = np.rint(self.rows["time_s"] * 1000)
        kept: ObservationArray = self.rows[(time_ms >= round(begin_s * 1000)) & (time_ms <= round(end_s * 1000))]
        return kept


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    asked = Asked(tmp_path_factory.mktemp("asked"))
    yield asked
    asked.history.close()


def keys(rows: ObservationArray) -> list[Key]:
    return sorted(zip(ids(rows), (rows["time_s"] - NOON).round(3).tolist(), strict=True))


@pytest.mark.parametrize("begin_s", [0.0, 1800.0, 86400.0, 2 * 86400.0])
def test_who_was_in_an_area(asked: Asked, begin_s: float) -> None:
    begin_s += NOON
    found = asked.questions.within(AREA, begin_s, begin_s + 1800)
    known = asked.between(begin_s, begin_s + 1800)
    inside = shapely.intersects_xy(AREA, known["lon_deg"].round(7), known["lat_deg"].round(7))
    assert keys(found) == keys(known[inside])
    assert 0 < len(found) < len(known)
    assert (np.diff(found["time_s"]) >= 0).all()


def test_where_one_entity_was(asked: Asked) -> None:
    found = asked.questions.track("car 3", NOON + 600, NOON + 2 * 86400 + 600)
    known = asked.between(NOON + 600, NOON + 2 * 86400 + 600)
    assert keys(found) == keys(known[known["id"] == b"car 3"])
    assert set(found["label"]) == {b"Z-00003"}


def test_where_most_was_told(asked: Asked) -> None:
    cells = asked.questions.heat(NOON, NOON + 86400 + 600, 0.005)
    known = asked.between(NOON, NOON + 86400 + 600)
    east, north = (np.floor(np.rint(known[name] * 1e7) / 50_000).astype(int) for name in ("lon_deg", "lat_deg"))
    told = Counter(zip(east.tolist(), north.tolist(), strict=True))
    found = zip((cells.lon_deg / 0.005).round().tolist(), (cells.lat_deg / 0.005).round().tolist(), cells.rows.tolist(),
                strict=True)  # fmt: skip
    assert {(int(x), int(y)): n for x, y, n in found} == told
    assert cells.rows.sum() == len(known)


def test_nothing_is_an_answer(asked: Asked) -> None:
    assert len(asked.questions.within(AREA, 0, 1)) == 0
    assert len(asked.questions.track("car 3", 0, 1)) == 0
    assert len(asked.questions.heat(0, 1).rows) == 0


def test_what_makes_no_sense_is_refused(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    knot = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    for area, begin_s, end_s in ((knot, 0, 1), (shapely.Polygon(), 0, 1), (AREA, 1, 0), (AREA, 0, np.nan)):
        with pytest.raises(UsageError):
            asked.questions.within(area, begin_s, end_s)
    with pytest.raises(UsageError):
        asked.questions.heat(0, 1, 0)
    with pytest.raises(BadInputError, match="car 99"):
        asked.questions.track("car 99", 0, 1)
    monkeypatch.setattr(module, "MOST_ROWS", 10)
    with pytest.raises(UsageError, match="more than"):
        asked.questions.within(AREA, NOON, NOON + 3600)


def test_a_question_outlives_a_file_that_is_replaced_meanwhile(tmp_path: Path) -> None:
    asked = Asked(tmp_path)
    before = keys(asked.questions.track("car 3", NOON, NOON + 3e5))

    class Late(DuckDB):
        """Is asked just as the files go."""

        turns = 0

        def select(self, sql: str, paths: Sequence[str], tail: pa.Table) -> pa.Table:
            self.turns += 1
            if self.turns == 1:
                compact(asked.history.folder, asked.history.journal, NOON + 20 * 86400)
                compact(asked.history.folder, asked.history.journal, NOON + 21 * 86400)
            return super().select(sql, paths, tail)

    engine = Late()
    assert keys(Questions(asked.history, engine).track("car 3", NOON, NOON + 3e5)) == before
    assert engine.turns == 2
    asked.history.close()


def test_nothing_is_said_to_leak_when_a_program_ends_with_an_engine_open() -> None:
    program = (
        "import threading, time; from data.history.engines import DuckDB; engine = DuckDB(); "
        "threading.Thread(target=lambda: time.sleep(60), daemon=True).start()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == ""
