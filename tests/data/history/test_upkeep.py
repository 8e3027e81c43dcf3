from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from data.audit.desk import open_audit
from data.audit.reading import entries
from data.history.child import history_round
from data.history.compactor import alone
from data.history.manifest import lake_path
from data.history.policy import FILE
from data.history.reader import History
from data.history.upkeep import make_round
from data.home import Home
from data.sync.chunks import chunks
from data.sync.journal import journal_path
from tests.data.history.factory import NOON, record, walk


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    return Home.of_user()


def test_a_round_seals_deletes_and_prunes(home: Home) -> None:
    (home.data / FILE).write_text("[keep]\ndays = { vehicles = 1 }\n", "utf-8")
    told = walk(3, 60)
    record(journal_path(home, "small"), told)
    with open_audit(home.state / "trail.sqlite") as audit:
        first = make_round(home, "small", audit, lambda: NOON + 60)
        assert (first.sealed.rows, first.deleted, first.pruned.chunks) == (len(told), [], 0)
        later = make_round(home, "small", audit, lambda: NOON + 86400)
        assert (later.sealed.rows, later.deleted) == (0, [])
        last = make_round(home, "small", audit, lambda: NOON + 2 * 86400)
    assert [stone.rows for stone in last.deleted] == [len(told)]
    assert [entry["action"] for entry in entries(audit.path)] == ["history.delete"]
    history = History.of(home, "small")
    assert len(history.rows_between(0, NOON + 1e6)) == 0
    history.close()


def test_a_child_makes_the_round(home: Home) -> None:
    told = walk(3, 60)
    record(journal_path(home, "small"), told)
    assert asyncio.run(history_round("small")) == ""
    history = History.of(home, "small")
    assert len(history.rows_between(0, NOON + 60)) == len(told)
    history.close()
    assert list(lake_path(home, "small").glob("day=*/*.parquet"))
    with alone(lake_path(home, "small")):
        assert asyncio.run(history_round("small")) == ""  # another makes it: no fault
    assert list(chunks(journal_path(home, "small")))


def test_what_keeps_a_round_from_it_is_told(home: Home) -> None:
    (home.data / FILE).write_text("[keep", "utf-8")
    assert "not a policy" in asyncio.run(history_round("small"))
    program = (sys.executable, "-c", "raise SystemExit(3)")
    assert asyncio.run(history_round("small", program)) == "exit code 3"


def test_a_round_that_is_cancelled_leaves_no_child(home: Home) -> None:
    async def cancel() -> None:
        program = (sys.executable, "-c", "import sys; sys.stdin.read(); import time; time.sleep(600)")
        task = asyncio.create_task(history_round("small", program))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
