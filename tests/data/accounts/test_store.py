"""Accounts are kept, signed in with, locked and seated, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa

from data.access_rules import FILE, read_rules
from data.accounts.store import SEAT_S, AccountStore
from data.own_copy import shipped
from data.records.database import upgrade
from data.records.tables import ACCOUNTS
from twin.access import Scope
from twin.accounts import FAILURES, LOCK_S, Account
from twin.errors import NotAllowedError, UsageError

GOOD, OTHER = "Regen-im-Mai-7", "Schnee-im-Juni-8"
WANG = Account("wang", "王小明", frozenset({"operator"}), Scope(streets=frozenset({"罗星", "魏塘"}), clearance="一般"),
               "20:00-08:00")  # fmt: skip


@dataclass
class Clock:
    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(empty: sa.Engine, clock: Clock) -> AccountStore:
    upgrade(empty)
    store = AccountStore(empty, read_rules(shipped(FILE)), clock)
    assert not store.any()
    store.make_first("root", "管理员", GOOD)
    return store


def test_there_is_one_first_account_and_it_is_an_administrators(store: AccountStore) -> None:
    assert store.any()
    assert store.account("root").roles == {"administrator"}
    with pytest.raises(NotAllowedError, match="already"):
        store.make_first("second", "另一人", GOOD)


def test_an_account_comes_back_as_it_was_made(store: AccountStore, clock: Clock) -> None:
    password = store.add(WANG)
    kept = store.account("wang")
    assert kept == replace(WANG, must_change=True, changed_at_s=clock.now_s)
    assert store.sign_in("wang", password) == kept
    with pytest.raises(UsageError, match="already"):
        store.add(WANG)
    assert store.sign_in("wang", password) == kept


def test_no_password_is_kept_that_could_be_read(store: AccountStore) -> None:
    with store._engine.connect() as connection:
        kept = connection.execute(sa.select(ACCOUNTS.c.password)).scalar_one()
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept


@pytest.mark.parametrize("name", ["root' OR '1'='1", "nobody", "", "根", "root\x00x"])
def test_who_is_not_there_is_refused_as_a_wrong_password_is(store: AccountStore, name: str) -> None:
    with pytest.raises(NotAllowedError, match="account or the password is wrong"):
        store.sign_in(name, GOOD)
    with pytest.raises(NotAllowedError, match="account or the password is wrong"):
        store.sign_in("root", OTHER)


def test_a_storm_of_wrong_passwords_locks_and_the_right_one_waits(store: AccountStore, clock: Clock) -> None:
    refused: list[str] = []

    def storm() -> None:
        for _ in range(2):
            with pytest.raises(NotAllowedError) as error:
                store.sign_in("root", OTHER)
            refused.append(str(error.value))

    threads = [threading.Thread(target=storm) for _ in range(FAILURES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 2 * FAILURES
    with pytest.raises(NotAllowedError, match="locked for 15 min"):
        store.sign_in("root", GOOD)
    clock.now_s += LOCK_S
    assert store.sign_in("root", GOOD).failures == 0
    assert store.account("root").failures == 0


def test_a_first_password_is_changed_for_one_that_holds(store: AccountStore) -> None:
    first = store.add(WANG)
    with pytest.raises(UsageError, match="old one"):
        store.set_password("wang", first, first)
    with pytest.raises(UsageError, match="at least"):
        store.set_password("wang", first, "kurz")
    with pytest.raises(NotAllowedError):
        store.set_password("wang", OTHER, GOOD)
    assert not store.set_password("wang", first, OTHER).must_change
    assert store.sign_in("wang", OTHER).id == "wang"
    with pytest.raises(NotAllowedError):
        store.sign_in("wang", first)
    again = store.reset("wang")
    assert store.sign_in("wang", again).must_change


def test_a_change_holds_at_the_next_look_and_an_administrator_remains(store: AccountStore) -> None:
    password = store.add(WANG)
    store.change("wang", enabled=False)
    with pytest.raises(NotAllowedError, match="closed"):
        store.sign_in("wang", password)
    store.change("wang", enabled=True, roles=frozenset({"supervisor"}), scope=Scope())
    assert store.account("wang").roles == {"supervisor"}
    assert store.account("wang").scope == Scope()
    with pytest.raises(UsageError, match="one administrator"):
        store.change("root", enabled=False)
    with pytest.raises(UsageError, match="one administrator"):
        store.change("root", roles=frozenset({"operator"}))
    assert store.account("root").enabled
    with pytest.raises(UsageError, match="no role"):
        store.change("wang", roles=frozenset({"king"}))
    with pytest.raises(UsageError, match="no account"):
        store.change("nobody", enabled=False)


def test_a_scripts_account_ends(store: AccountStore, clock: Clock) -> None:
    script = Account("night", "夜间导出", frozenset({"service"}), service=True, expires_at_s=clock.now_s + 60)
    password = store.add(script)
    assert not store.sign_in("night", password).must_change
    clock.now_s += 60
    with pytest.raises(NotAllowedError, match="expired"):
        store.sign_in("night", password)


def test_one_account_has_one_seat_until_it_is_left_or_silent(store: AccountStore, clock: Clock) -> None:
    store.take_seat("root", "desk-1")
    clock.now_s += SEAT_S / 2
    store.take_seat("root", "desk-1")
    with pytest.raises(NotAllowedError, match="desk-1"):
        store.take_seat("root", "desk-2")
    store.leave_seat("root", "desk-2")
    clock.now_s += SEAT_S + 1
    store.take_seat("root", "desk-2")
    store.leave_seat("root", "desk-2")
    store.take_seat("root", "desk-1")
