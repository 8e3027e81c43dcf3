"""Tables looked at through a window: any page at once, filtered and ordered by DuckDB."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.tables.window import Question, Window, parquet
from twin.errors import BadInputError

ROWS = 300_000


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(tmp_path_factory.mktemp("rows")) / "it's.parquet"
    made = "SELECT i AS id, (i * 7919) % 1000 AS fen, 'ICBC:' || i AS account FROM range(?) t(i)"
    with duckdb.connect() as base:
        base.execute(made, [ROWS]).df().to_parquet(path)
    return path


def test_pages_are_ranges_of_the_answer(file: Path) -> None:
    window = Window(parquet([file]), ("id", "fen", "account"))
    assert window.ask(Question()) == ROWS
    assert window.page(250_000, 3) == [(n, (n * 7919) % 1000, f"ICBC:{n}") for n in range(250_000, 250_003)]
    assert len(window.page(ROWS - 2, 100)) == 2
    assert window.page(ROWS, 100) == []
    window.close()


def test_a_filter_and_an_order_are_answered_once_for_all_pages(file: Path) -> None:
    window = Window(parquet([file]), ("id", "fen"))
    count = window.ask(Question("fen > ?", (989,), "fen", falling=True))
    assert count == ROWS // 100
    assert [fen for _, fen in window.page(0, 300)] == [999] * 300
    assert window.page(count - 1, 5)[0][1] == 990
    window.close()


def test_what_cannot_be_asked_is_told(file: Path, tmp_path: Path) -> None:
    window = Window(parquet([file]), ("id",))
    with pytest.raises(BadInputError, match="no such column"):
        window.ask(Question(order="id; DROP TABLE x"))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 no")
    with pytest.raises(BadInputError):
        Window(parquet([broken]), ("id",)).ask(Question())
    window.close()
