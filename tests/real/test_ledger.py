"""Published samples become a ledger with the counts that their files have, and money in it is conserved."""

from __future__ import annotations

import csv
import os
from contextlib import closing
from pathlib import Path

import pytest

from data.ledger.importing import Asked, Importer, Report
from data.ledger.ledger import Ledger
from data.ledger.merging import Merger
from twin.fraud.tracing.hubs import Hubs
from twin.fraud.tracing.legs import Leg
from twin.fraud.tracing.trace import Question, after_roots, side_by_side

pytestmark = pytest.mark.real
WEEK_S = 7 * 86_400


@pytest.fixture
def samples() -> Path:
    folder = Path(os.environ.get("ZHIAN_REAL_DATA", "") or "not named").absolute() / "fraud"
    assert folder.is_dir(), "these tests need the real files: make test-real DATA=<the folder>"
    return folder


def take(folder: Path, path: Path, bank: str) -> Report:
    with closing(Importer(folder)) as importer:
        return importer.take(Asked(path, bank))


def conserved(folder: Path, window_s: int) -> int:
    """Trace some payments each way, and return how many legs were seen."""
    seen = 0
    with closing(Ledger(folder)) as ledger:
        for account in range(0, 200, 10):
            for root in ledger.legs(account)[:1]:
                for backward in (False, True):
                    seen += _traced(ledger, root, after_roots([root], window_s, backward=backward), backward)
    return seen


def _traced(ledger: Ledger, root: Leg, until_s: int, backward: bool) -> int:
    hubs = Hubs(ledger, min(root.time_s, until_s), max(root.time_s, until_s), most=200)
    found = side_by_side(ledger, Question((root,), until_s, backward, hubs))
    for rule, trace in found.items():
        if rule.conserves:
            assert trace.remaining_fen + trace.ended_fen + trace.dust_fen == trace.loss_fen == root.amount_fen
    return sum(len(trace.legs) for trace in found.values())


def test_finbench(samples: Path, tmp_path: Path) -> None:
    reports = {
        name: take(tmp_path / "l", samples / "finbench" / f"{name}.csv", "finbench")
        for name in ("AccountTransferAccount", "AccountWithdrawAccount", "LoanDepositAccount", "AccountRepayLoan")
    }
    for name, report in reports.items():
        with (samples / "finbench" / f"{name}.csv").open(encoding="utf-8") as file:
            rows = [row[:2] for row in csv.reader(file, delimiter="|")][1:]
        assert report.lines == len(rows)
        assert report.taken == sum(source != target for source, target in rows)
    before = conserved(tmp_path / "l", 60 * WEEK_S)
    assert before > 500
    with closing(Merger(tmp_path / "l")) as merger:
        assert merger.run().transfers == sum(report.taken for report in reports.values())
    assert conserved(tmp_path / "l", 60 * WEEK_S) == before


def test_amlsim(samples: Path, tmp_path: Path) -> None:
    archive = samples / "amlsim_20K_fanin200cycle200.tgz"
    report = take(tmp_path / "l", archive, "amlsim")
    assert (report.lines, report.taken, report.broken) == (120_558, 120_543, {"itself": 15})
    assert take(tmp_path / "l", archive, "amlsim").seen == archive.name
    assert conserved(tmp_path / "l", 4 * WEEK_S) > 200
