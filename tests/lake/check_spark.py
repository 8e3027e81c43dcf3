"""The same lake, the same questions, another engine: Spark on two workers, one of which is killed.

``make test-lake``. Not among the other tests: what it needs takes 800 MB and a JRE. On a busy machine the cluster takes
minutes to come up.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from data.history.engines import DuckDB, Spark, engine_of
from data.history.policy import Asking
from data.history.questions import Questions
from data.history.reader import History
from tests.data.history.factory import LATER, NOON, compact, record, walk
from tests.data.history.test_questions import AREA

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(1200)]
CLUSTER = "local-cluster[2,1,1024]"
EXECUTOR = b"CoarseGrainedExecutorBackend"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """Open three days of which the last is still in the journal."""
    folder = tmp_path_factory.mktemp("lake")
    parts = np.array_split(np.concatenate([walk(12, 3600, NOON + n * 86400) for n in range(3)]), 3)
    for part, now_s in zip(parts, (LATER, NOON, None), strict=True):
        record(folder / "journal.sqlite", part)
        if now_s is not None:
            compact(folder / "lake", folder / "journal.sqlite", now_s)
    with closing(History(folder / "lake", folder / "journal.sqlite")) as history:
        yield history


@pytest.fixture(scope="module")
def spark() -> Iterator[Spark]:
    """Start a driver with two workers, each a process of its own, as the policy would name a cluster."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    engine = engine_of(Asking(engine="spark", remote=CLUSTER))
    assert isinstance(engine, Spark)
    yield engine
    engine.close()


def executors() -> set[int]:
    """Return the workers' processes."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if EXECUTOR in line and b"java" in line.split(b"\0")[0]:
            found.add(int(place.name))
    return found


def test_both_engines_give_equal_answers(history: History, spark: Spark) -> None:
    with closing(DuckDB()) as duckdb:
        here, there = Questions(history, duckdb), Questions(history, spark)
        for begin_s in (NOON, NOON + 86400, NOON + 2 * 86400):
            assert len(here.within(AREA, begin_s, begin_s + 1800))
            mine, theirs = (asked.within(AREA, begin_s, begin_s + 1800) for asked in (here, there))
            assert mine.tobytes() == theirs.tobytes()
        mine, theirs = (asked.track("car 3", NOON, NOON + 3e5) for asked in (here, there))
        assert mine.tobytes() == theirs.tobytes()
        cells, other = (asked.heat(NOON, NOON + 3e5, 0.005) for asked in (here, there))
        for one, another in zip(cells, other, strict=True):
            np.testing.assert_array_equal(one, another)


def test_a_worker_killed_in_mid_query_does_not_change_the_answer(history: History, spark: Spark) -> None:
    there = Questions(history, spark)
    expected = there.heat(NOON, NOON + 3e5, 0.001)
    before = executors()
    assert before
    files = spark.select
    asked = threading.Event()

    def slowly(sql: str, paths: list[str], tail: object) -> object:
        """Ask of each file a hundred times over, so that there is time to kill somebody."""
        asked.set()
        return files(sql, paths * 100, tail)

    answers: list[int] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "select", slowly)
        worker = threading.Thread(target=lambda: answers.append(int(there.heat(NOON, NOON + 3e5, 0.001).rows.sum())))
        worker.start()
        assert asked.wait(60)
        time.sleep(1)  # into the query: what Spark does inside cannot be waited for
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        worker.join(600)
    with closing(DuckDB()) as duckdb, pytest.MonkeyPatch.context() as patch:
        plain = duckdb.select
        patch.setattr(duckdb, "select", lambda sql, paths, tail: plain(sql, list(paths) * 100, tail))
        many = Questions(history, duckdb).heat(NOON, NOON + 3e5, 0.001)
    assert answers == [int(many.rows.sum())]
    assert victim not in executors()
    again = there.heat(NOON, NOON + 3e5, 0.001)
    np.testing.assert_array_equal(again.rows, expected.rows)
