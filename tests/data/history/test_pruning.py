from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from data.connectors.contract import Record
from data.history.policy import Keeping
from data.history.pruning import DAY_S, prune
from data.sync.chunks import chunks, tell_followed
from data.sync.journal import Entry, Journal, Origin, read
from data.sync.ledger import Ledger
from tests.twin.live.factory import rows

NOON = 1_790_000_040.0
VANS, BUSES = Origin("vans", "", "secret"), Origin("buses")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    for day in range(5):
        journal = Journal(path, lambda now=NOON + day * DAY_S: now)  # type: ignore[misc]  # bound early
        for origin in (VANS, BUSES):
            at_s = NOON + day * DAY_S
            record = Record(b"%d" % day, "013912345678", "0200", at_s, b"raw")
            journal.append([Entry(origin, at_s, 1, [record], rows=rows(("van", at_s)))])
        journal.close()
    return path


def left(path: Path) -> tuple[list[int], int]:
    return [chunk.at for chunk in chunks(path)], len(list(read(path)))


def test_only_what_is_sealed_goes(path: Path) -> None:
    assert prune(path, 0, Keeping(), NOON + 5 * DAY_S) == (0, 0)
    assert prune(path, 4, Keeping(), NOON + 5 * DAY_S) == (4, 0)
    assert left(path) == ([5, 6, 7, 8, 9, 10], 10)


def test_the_last_hour_stays_for_those_between_lake_and_journal(path: Path) -> None:
    assert prune(path, 10, Keeping(), NOON + 4 * DAY_S + 60).chunks == 8
    assert left(path)[0] == [9, 10]


def test_a_follower_is_waited_for_but_not_for_ever(path: Path) -> None:
    tell_followed(path, "postgres", 2, NOON + 4 * DAY_S)
    assert prune(path, 10, Keeping(), NOON + 5 * DAY_S).chunks == 2
    tell_followed(path, "postgres", 6, NOON + 4 * DAY_S)
    assert prune(path, 10, Keeping(), NOON + 5 * DAY_S).chunks == 4
    assert prune(path, 10, Keeping(chunk_days=1), NOON + 5 * DAY_S + 60).chunks == 4


def test_messages_go_after_their_days_and_the_balance_still_holds(path: Path) -> None:
    ledger = Ledger(path)
    before = ledger.balance()
    assert prune(path, 0, Keeping(raw_days=2), NOON + 5 * DAY_S + 60).records == 8
    assert left(path)[1] == 2
    assert (ledger.balance(), ledger.verify()) == (before, [])
    assert prune(path, 0, Keeping(raw_days=2), NOON + 5 * DAY_S + 60).records == 0


def test_messages_of_a_classification_that_is_kept_shorter_go_sooner(path: Path) -> None:
    keep = Keeping(days={"*/secret": 1})
    assert prune(path, 0, keep, NOON + 5 * DAY_S + 60).records == 5
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT DISTINCT source FROM record").fetchall() == [(2,)]
    connection.close()
    assert Ledger(path).verify() == []


def test_a_message_is_known_again_while_it_is_kept_and_new_after(path: Path) -> None:
    again = Entry(BUSES, NOON, 1, [Record(b"0", "013912345678", "0200", NOON, b"raw")])
    for new in (False, True):
        journal = Journal(path)
        (kept,) = journal.append([again])
        journal.close()
        assert kept.new.tolist() == [new]
        prune(path, 0, Keeping(raw_days=2), NOON + 5 * DAY_S + 60)
