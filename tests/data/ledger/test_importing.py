"""Nothing is lost and nothing doubled, however often it comes and wherever it is cut."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from data.ledger import importing, merging, record
from data.ledger.importing import Asked, BusyLedgerError, Importer, alone
from data.ledger.ledger import Ledger
from data.ledger.merging import Merger
from tests.data.ledger.files import NOW_S, line, take, whole, write
from twin.errors import BadInputError, IntegrityError


class CutError(Exception):
    """The process ended here."""


@pytest.fixture(autouse=True)
def four_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "PARTS", 4)
    monkeypatch.setattr(record, "PARTS", 4)


class CutAt:
    """Ends at the n-th step."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, step: str) -> None:
        self.left -= 1
        if self.left < 0:
            raise CutError(step)


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [line(n) for n in range(50)])
    assert take(tmp_path / "l", path).taken == 50
    before = whole(tmp_path / "l")
    again = take(tmp_path / "l", path.rename(tmp_path / "b.csv"))
    assert (again.taken, again.doubled, again.seen) == (0, 50, "a.csv")
    assert whole(tmp_path / "l") == before


def test_lines_that_come_again_count_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PART_BYTES", 2000)
    take(tmp_path / "l", write(tmp_path / "a.csv", [line(n) for n in range(100)]))
    report = take(
        tmp_path / "l", write(tmp_path / "b.csv", [line(n) for n in (*range(80, 130), *range(90, 120))], "gb18030")
    )
    assert (report.lines, report.taken, report.doubled) == (80, 30, 50)
    take(tmp_path / "all", write(tmp_path / "c.csv", [line(n) for n in range(130)]))
    assert whole(tmp_path / "l") == whole(tmp_path / "all")


def test_two_serials_are_two_payments_and_equal_lines_without_one_are_not(tmp_path: Path) -> None:
    same = {"source": "62", "target": "95", "yuan": "5", "time": "2026-11-01 08:30:00"}
    assert take(tmp_path / "l", write(tmp_path / "a.csv", [line(1, **same), line(2, **same)])).taken == 2
    header, row = "付款账号,收款账号,交易金额,交易时间", "63,96,5,2026-11-01 08:30:00"
    path = write(tmp_path / "b.csv", [row, row], header=header)
    assert take(tmp_path / "l", path)[3:5] == (1, 1)
    assert take(tmp_path / "m", path, keep_equal=True)[3:5] == (2, 0)


@pytest.mark.parametrize("at", range(4))
def test_an_import_that_is_cut_has_not_happened(tmp_path: Path, at: int) -> None:
    take(tmp_path / "l", write(tmp_path / "a.csv", [line(n) for n in range(20)]))
    before = whole(tmp_path / "l")
    path = write(tmp_path / "b.csv", [line(n) for n in range(10, 60)])
    with closing(Importer(tmp_path / "l", lambda: NOW_S, CutAt(at))) as importer:
        if at < 3:
            with pytest.raises(CutError):
                importer.take(Asked(path, "icbc"))
            assert whole(tmp_path / "l") == before
    assert take(tmp_path / "l", path).taken == 40
    assert len(whole(tmp_path / "l")) == 60


@pytest.mark.parametrize("at", [0, 2, 4, 5, 6])
def test_a_merge_that_is_cut_leaves_a_whole_ledger(tmp_path: Path, at: int) -> None:
    for name, begin in (("a", 0), ("b", 40)):
        take(tmp_path / "l", write(tmp_path / name, [line(n) for n in range(begin, begin + 60)]))
    before = whole(tmp_path / "l")
    with closing(Merger(tmp_path / "l", CutAt(at))) as merger, pytest.raises(CutError):
        merger.run()
    assert whole(tmp_path / "l") == before
    with closing(Merger(tmp_path / "l")) as merger:
        assert merger.run().transfers == 100
    assert whole(tmp_path / "l") == before
    with closing(Ledger(tmp_path / "l")) as ledger:
        assert (ledger.state().since_merge, len(ledger.told([3], [ledger.account("icbc:620000000003")]))) == (0, 1)


def test_who_reads_goes_on_while_it_is_merged(tmp_path: Path) -> None:
    take(tmp_path / "l", write(tmp_path / "a.csv", [line(n) for n in range(60)]))
    with closing(Ledger(tmp_path / "l")) as ledger:
        before = ledger.statement(0, 0, 2**32 - 1).tolist()
        with closing(Merger(tmp_path / "l")) as merger:
            merger.run()
        assert ledger.statement(0, 0, 2**32 - 1).tolist() == before


def test_an_index_that_was_damaged_is_made_anew_from_the_record(tmp_path: Path) -> None:
    take(tmp_path / "l", write(tmp_path / "a.csv", [line(n) for n in range(60)]))
    before = whole(tmp_path / "l")
    (index,) = (tmp_path / "l").glob("index-*")
    index.write_bytes(b"")
    with pytest.raises(IntegrityError, match="--rebuild"):
        Ledger(tmp_path / "l")
    with closing(Merger(tmp_path / "l")) as merger:
        merger.run(rebuild=True)
    assert whole(tmp_path / "l") == before


def test_one_changes_a_ledger_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path / "l"), pytest.raises(BusyLedgerError, match="another import"), alone(tmp_path / "l"):
        pass


def test_a_ledger_of_nothing_and_an_account_of_nobody_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nothing was imported"):
        Ledger(tmp_path)
    take(tmp_path / "l", write(tmp_path / "a.csv", [line(1)]))
    with closing(Ledger(tmp_path / "l")) as ledger, pytest.raises(BadInputError, match="does not know it") as told:
        ledger.account("icbc:6222")
    assert "6222" not in str(told.value)
