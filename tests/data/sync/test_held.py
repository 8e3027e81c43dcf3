from __future__ import annotations

from pathlib import Path

import pytest

from data.connectors.contract import Record
from data.sync.held import ROW_BYTES, Cap
from data.sync.journal import Entry, Journal, Origin
from data.sync.ledger import Ledger


def refused(first: int, count: int, source: str = "vans", arrival_s: float = 60.0) -> Entry:
    told = [(Record(b"", "1390", "0200", 0.0, b"%06d" % n), "no id") for n in range(first, first + count)]
    return Entry(Origin(source), arrival_s, count, (), told)


@pytest.mark.parametrize("cap", [Cap(messages=100), Cap(bytes=100 * (6 + ROW_BYTES))])
def test_a_stranger_cannot_fill_the_disk_and_nothing_goes_uncounted(tmp_path: Path, cap: Cap) -> None:
    journal = Journal(tmp_path / "j.sqlite", cap=cap)
    ledger = Ledger(journal.path)
    for number in range(0, 1000, 7):
        journal.append([refused(number, 7, arrival_s=60.0 * (1 + number % 3))])
        assert len(ledger.quarantine(newest=1000)) <= 100
    journal.append([refused(0, 5, "others")])
    assert ledger.verify() == []
    assert [account.difference for account in ledger.balance()] == [0, 0, 0, 0]
    assert sum(account.quarantined for account in ledger.balance()) == 1001 + 5
    kept = ledger.quarantine(newest=1000, source="vans")
    assert 80 <= len(kept) <= 100
    assert kept[0].raw == b"001000"
    assert ledger.removed() == {"vans": 1001 - len(kept)}
    assert len(ledger.quarantine(source="others")) == 5
    journal.close()


def test_the_cap_goes_on_after_a_restart_and_after_a_commit_that_failed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    for round_ in range(3):
        journal = Journal(path, cap=Cap(messages=10))
        unkeepable = Entry(Origin("vans"), 0.0, 1, [Record(b"k", "", "", 0.0, object())])  # type: ignore[arg-type]  # on purpose
        with pytest.raises(TypeError):
            journal.append([refused(0, 4), unkeepable])
        journal.append([refused(8 * round_, 8)])
        journal.close()
    assert len(Ledger(path).quarantine()) <= 10
    assert Ledger(path).verify() == []


def test_a_batch_larger_than_the_cap_leaves_its_end(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.sqlite", cap=Cap(messages=10))
    journal.append([refused(0, 50)])
    assert Ledger(journal.path).quarantine()[0].raw == b"000049"
    assert Ledger(journal.path).verify() == []
    journal.close()
