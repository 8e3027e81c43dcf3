"""A trace over another engine is the trace over our own."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from data.ledger import engines
from data.ledger.engines import export, over_duckdb
from data.ledger.ledger import Ledger
from data.ledger.merging import Merger
from tests.data.ledger.files import line, take, write
from twin.errors import UsageError
from twin.fraud.tracing.hubs import Hubs
from twin.fraud.tracing.trace import Question, after_roots, side_by_side


def test_traces_over_sql_equal_those_over_the_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "LINES_AT_ONCE", 100)
    chain = [
        line(n, source=f"{n % 12}", target=f"{(n * 7 + 1) % 12 + (n % 12 == (n * 7 + 1) % 12)}") for n in range(400)
    ]
    take(tmp_path / "l", write(tmp_path / "a.csv", chain))
    with closing(Ledger(tmp_path / "l")) as ledger:
        assert export(ledger, tmp_path / "out").lines == 800
        with over_duckdb(tmp_path / "out") as far:
            for account in range(4):
                root = ledger.legs(account)[0]
                for backward in (False, True):
                    until = after_roots([root], 10_000, backward=backward)
                    begin_s, end_s = sorted((root.time_s, until))
                    hubs = [Hubs(one, begin_s, end_s, {5}, most=60) for one in (ledger, far)]
                    near, there = (Question((root,), until, backward, one, 8, 100) for one in hubs)
                    assert side_by_side(far, there) == side_by_side(ledger, near)


def test_an_export_needs_a_merged_ledger_and_a_new_folder(tmp_path: Path) -> None:
    for name, number in (("a", 1), ("b", 2)):
        take(tmp_path / "l", write(tmp_path / name, [line(number)]))
    with closing(Ledger(tmp_path / "l")) as ledger, pytest.raises(UsageError, match="merge the ledger first"):
        export(ledger, tmp_path / "out")
    with closing(Merger(tmp_path / "l")) as merger:
        merger.run()
    with closing(Ledger(tmp_path / "l")) as ledger, pytest.raises(UsageError, match="is not empty"):
        export(ledger, tmp_path / "l")
