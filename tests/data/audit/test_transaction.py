"""A deed and its entry are in the database both or neither, on SQLite and on PostgreSQL, whoever is killed or wins."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from data.audit.tables import ENTRIES
from data.audit.trail import append, newest
from data.audit.verify import verify
from data.records.database import engine_of, upgrade
from data.records.tables import CASES
from tests.data.audit.trails import entry


def case(number: int) -> dict[str, str | int | float]:
    return {
        "number": f"{number:04}", "day": "2026-11-22", "title": "冒充客服", "amount_fen": 1, "opened_at_s": 1.0,
        "status": "open", "opened_by": "demo",
    }  # fmt: skip


def deed(engine: sa.Engine, number: int, die: bool = False) -> None:
    with engine.begin() as connection:
        connection.execute(sa.insert(CASES), case(number))
        append(connection, entry(f"case.open.{number}"))
        if die:
            os._exit(9)


def killed(url: str, number: int) -> None:
    deed(engine_of(sa.make_url(url)), number, die=True)


def state(engine: sa.Engine) -> tuple[list[str], list[str]]:
    """Return what was done and what the trail tells of it, which must hold."""
    with engine.connect() as connection:
        done = list(connection.scalars(sa.select(CASES.c.number).order_by(CASES.c.number)))
        told = [kept.written.action.removeprefix("case.open.").zfill(4) for kept in newest(connection, 1000)]
        assert verify(connection).problem == ""
    return done, told


def test_who_is_killed_before_the_commit_leaves_neither_deed_nor_entry(empty: sa.Engine) -> None:
    upgrade(empty)
    deed(empty, 1)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=killed, args=(empty.url.render_as_string(hide_password=False), 2))
    process.start()
    process.join()
    assert process.exitcode == 9
    assert state(empty) == (["0001"], ["0001"])
    deed(empty, 3)
    assert state(empty) == (["0001", "0003"], ["0001", "0003"])


def test_a_deed_that_fails_leaves_no_entry_and_an_entry_that_fails_no_deed(empty: sa.Engine) -> None:
    upgrade(empty)
    deed(empty, 1)
    with pytest.raises(sa.exc.IntegrityError):
        deed(empty, 1)
    with empty.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_entry RENAME TO hidden")
    with pytest.raises(sa.exc.DBAPIError):
        deed(empty, 2)
    with empty.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE hidden RENAME TO audit_entry")
    assert state(empty) == (["0001"], ["0001"])


def test_many_at_once_make_one_trail(empty: sa.Engine) -> None:
    upgrade(empty)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: deed(empty, number), range(20)))
    done, told = state(empty)
    assert sorted(told) == done == [f"{number:04}" for number in range(20)]


def test_several_entries_of_one_deed_are_chained_in_order(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        append(connection, entry("a"), entry("b"), entry("c"))
        append(connection)
    with empty.connect() as connection:
        assert [kept.written.action for kept in newest(connection, 9)] == ["a", "b", "c"]
        assert verify(connection).count == 3


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET body = ''", "DELETE FROM audit_entry"])
def test_the_database_refuses_changes(empty: sa.Engine, statement: str) -> None:
    upgrade(empty)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), empty.begin() as connection:
        connection.exec_driver_sql(statement)


def test_signs_that_a_database_does_not_take_are_spelt_out(empty: sa.Engine) -> None:
    upgrade(empty)
    with empty.begin() as connection:
        append(connection, entry("nul\0'; DROP TABLE audit_entry; --"))
    with empty.connect() as connection:
        assert newest(connection, 1)[0].written.action == "nul\0'; DROP TABLE audit_entry; --"
        assert verify(connection).problem == ""


def test_postgresql_chains_whatever_an_account_claims(empty: sa.Engine) -> None:
    if empty.dialect.name == "sqlite":
        return
    upgrade(empty)
    with empty.begin() as connection:
        connection.execute(sa.insert(ENTRIES), {"seq": 77, "body": "{}", "hash": b"forged"})
        assert verify(connection).count == 1
