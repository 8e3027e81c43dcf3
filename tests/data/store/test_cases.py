from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from data.home import Home
from data.records.database import open_records
from data.store.cases import CaseStore
from twin.fraud.case import new_case

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def _store(folder: Path) -> CaseStore:
    return CaseStore(lambda: open_records(Home(folder, folder, folder, folder)))


def test_cases_are_there_after_a_restart_newest_first(tmp_path: Path) -> None:
    store = _store(tmp_path)
    store.add(new_case("冒充客服", "12800", NOON), "demo")
    store.add(new_case("虚假投资", "3.5万", NOON + timedelta(minutes=5)), "demo")
    store.close()
    again = _store(tmp_path)
    found = again.all()
    again.close()
    assert [case.number[-4:] for case in found] == ["0002", "0001"]
    assert [float(case.amount_yuan) for case in found] == [35000.0, 12800.0]
    assert found[1].opened_at == NOON
    assert found[0].opened_by == "demo"
