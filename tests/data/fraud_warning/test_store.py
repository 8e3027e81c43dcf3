"""Warnings in the records database: kept once, changed by one at a time, on record, and deleted on time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.audit.tables import ENTRIES
from data.fraud_warning.store import SqlWarnings, Who
from data.fraud_warning.tables import HINTS, SUBJECTS
from data.records.database import engine_of, upgrade
from twin.fraud.warning.categories import CATEGORY
from twin.fraud.warning.feeds import Alarm, Hint
from twin.fraud.warning.warning import KEEP_S, Contact, called, closed
from twin.operations.states import NotPossibleError

NOW_S = 1_790_000_000.0
WHO = Who("ann", NOW_S)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlWarnings]:
    engine = engine_of(sa.URL.create("sqlite", database=str(tmp_path / "records.db")))
    upgrade(engine)
    made = SqlWarnings(engine)
    yield made
    made.close()


def alarm(subject: str = "p1", feed: str = "bank", at_s: float = NOW_S) -> Alarm:
    return Alarm(subject, "police", at_s, 0.7, feed)


def test_the_same_told_twice_is_there_once(store: SqlWarnings) -> None:
    told: list[Hint | Alarm] = [Hint("p1", "flagged_call", NOW_S, 60.0, "calls"), alarm()]
    assert [(new, len(made)) for new, made in (store.take(told, NOW_S), store.take(told, NOW_S))] == [(1, 1), (0, 0)]
    hints, names = store.hints(0.0)
    assert (len(hints), names) == (1, ("p1",))


def test_a_warning_goes_through_its_states_and_each_step_is_on_record(store: SqlWarnings) -> None:
    (made,) = store.take([alarm()], NOW_S)[1]
    assert made.id.endswith("-00001")
    store.change(made.id, lambda one: called(one, Contact(NOW_S, "ann", "call", "convinced", "信了")), "warn.call", WHO)
    store.change(made.id, lambda one: closed(one, "dissuaded", NOW_S), "warn.close", WHO)
    kept = store.one(made.id)
    assert (kept.state, kept.version, kept.contacts[0].note) == ("closed", 3, "信了")
    with store.engine.connect() as connection:
        bodies = [row.body for row in connection.execute(sa.select(ENTRIES.c.body).order_by(ENTRIES.c.seq))]
    assert "warn.close" in bodies[-1]
    assert not any("p1" in body for body in bodies)


def test_who_comes_second_is_told_so(store: SqlWarnings) -> None:
    (made,) = store.take([alarm()], NOW_S)[1]

    store.change(made.id, lambda one: closed(one, "no_fraud", NOW_S), "warn.close", WHO)
    with pytest.raises(NotPossibleError):
        store.change(made.id, lambda one: closed(one, "no_fraud", NOW_S), "warn.close", WHO)
    with pytest.raises(NotPossibleError):
        store.one("W20260101-00001")


def test_warnings_without_outcome_and_old_facts_are_deleted_on_time_with_their_names(store: SqlWarnings) -> None:
    store.take([Hint("p1", "flagged_call", NOW_S, 60.0, "calls"), alarm("p2"), alarm("p3")], NOW_S)
    done = next(one for one in store.all() if one.subject == "p3")
    store.change(done.id, lambda one: closed(one, "lost", NOW_S, 100), "warn.close", WHO)
    assert store.forget(NOW_S + CATEGORY["calls"].keep_s - 1.0, WHO) == (0, 0)
    assert store.forget(NOW_S + max(KEEP_S, CATEGORY["calls"].keep_s), WHO) == (1, 1)
    with store.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(HINTS)) == 0
        assert list(connection.scalars(sa.select(SUBJECTS.c.name))) == ["p3"]


def test_each_feed_has_its_own_precision_on_record(store: SqlWarnings) -> None:
    store.take([alarm("p1", "bank"), alarm("p2", "bank"), alarm("p3", "bank"), alarm("p4", "courier")], NOW_S)
    for warned, outcome in zip(store.all(), ("dissuaded", "no_fraud", "unclear"), strict=False):
        store.change(warned.id, partial(closed, outcome=outcome, at_s=NOW_S), "warn.close", WHO)
    bank, courier = store.feeds()
    assert (bank.feed, bank.made, bank.closed, bank.right) == ("bank", 3, 2, 1)
    assert (courier.made, courier.closed) == (1, 0)


def test_the_time_left_is_learnt_from_what_came_true(store: SqlWarnings) -> None:
    store.take([alarm(f"p{n}") for n in range(40)], NOW_S)
    for one in store.all():
        store.change(one.id, lambda one: closed(one, "lost", NOW_S + 9e4, 100, NOW_S + 60.0), "warn.close", WHO)
    assert store.curve().seen == 40
