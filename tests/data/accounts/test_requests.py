"""Requests: asked for by one, confirmed by another, carried out once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import pytest
import sqlalchemy as sa

from data.access_rules import FILE, read_rules
from data.accounts.requests import RequestStore
from data.accounts.store import AccountStore
from data.audit.trail import newest
from data.own_copy import shipped
from data.records.database import upgrade
from data.records.tables import REQUESTS
from twin.access import Purpose, Resource
from twin.accounts import Account
from twin.errors import NotAllowedError, UsageError
from twin.requests import CONFIRMED, DONE, LIFE_S, OPEN, REFUSED, WITHDRAWN, Deed

RULES = read_rules(shipped(FILE))
DEED = Deed("layer.export.bulk", Resource("layer.export", "demo/vehicles", True), {"to": "x"}, Purpose("核查", "J-1"))
PEOPLE = {"wang": "investigator", "chen": "supervisor", "zhao": "supervisor", "li": "operator", "root": "administrator"}


@dataclass
class Clock:
    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(empty: sa.Engine, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> AccountStore:
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")  # nobody signs in here
    upgrade(empty)
    accounts = AccountStore(empty, RULES, clock)
    for name, role in PEOPLE.items():
        accounts.add(Account(name, name, frozenset({role})))
    return accounts


@pytest.fixture
def store(empty: sa.Engine, accounts: AccountStore, clock: Clock) -> RequestStore:
    return RequestStore(empty, RULES, accounts, clock)


def test_one_asks_another_confirms_and_it_is_done_once(
    store: RequestStore, accounts: AccountStore, clock: Clock
) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    assert store.ask(accounts.actor("wang"), replace(DEED, shown={"rows": "9"})) == request
    assert (request.state, request.deed) == (OPEN, DEED)
    with pytest.raises(NotAllowedError):
        store.take(request)
    confirmed = store.confirm(request.id, accounts.actor("chen"))
    assert (confirmed.state, confirmed.decided_by, confirmed.decided_at_s) == (CONFIRMED, "chen", clock.now_s)
    assert store.take(confirmed).state == DONE
    with pytest.raises(NotAllowedError, match="answered already"):
        store.take(confirmed)
    assert store.ask(accounts.actor("wang"), DEED).id != request.id
    with store._engine.connect() as connection:
        kept = [(entry.written.actor, entry.written.action) for entry in newest(connection, 9)]
    steps = [("wang", "ask"), ("chen", "confirm"), ("wang", "carry_out"), ("wang", "ask")]
    assert kept == [(actor, f"request.{step}") for actor, step in steps]


def test_what_failed_can_be_done_again(store: RequestStore, accounts: AccountStore) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    taken = store.take(store.confirm(request.id, accounts.actor("chen")))
    store.give_back(taken)
    assert store.take(store.request(request.id)).state == DONE


@pytest.mark.parametrize("by", ["li", "root"])
def test_only_who_the_rules_name_confirms(store: RequestStore, accounts: AccountStore, by: str) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    with pytest.raises(NotAllowedError, match="may not confirm"):
        store.confirm(request.id, accounts.actor(by))
    with pytest.raises(NotAllowedError, match="may not confirm"):
        store.refuse(request.id, accounts.actor(by), "nein")
    with pytest.raises(UsageError, match="no request"):
        store.seen(request.id, accounts.actor(by))
    assert store.seen(request.id, accounts.actor("chen")) == request


def test_who_asks_never_confirms_whatever_the_role(store: RequestStore, accounts: AccountStore) -> None:
    request = store.ask(accounts.actor("chen"), DEED)
    with pytest.raises(NotAllowedError, match="who asks cannot confirm"):
        store.confirm(request.id, accounts.actor("chen"))
    with pytest.raises(sa.exc.IntegrityError), store._engine.begin() as connection:  # nor does the database let it
        connection.execute(sa.update(REQUESTS).values(decided_by="chen", state=CONFIRMED))
    assert store.confirm(request.id, accounts.actor("zhao")).decided_by == "zhao"


def test_a_refusal_says_why_and_holds(store: RequestStore, accounts: AccountStore) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    with pytest.raises(UsageError, match="say why"):
        store.refuse(request.id, accounts.actor("chen"), " ")
    assert store.refuse(request.id, accounts.actor("chen"), "范围过大").state == REFUSED
    with pytest.raises(NotAllowedError):
        store.confirm(request.id, accounts.actor("zhao"))
    again = store.ask(accounts.actor("wang"), DEED)
    assert (again.id, again.reason) == (request.id, "范围过大")


def test_what_was_asked_for_can_be_taken_back(store: RequestStore, accounts: AccountStore) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    assert store.refuse(request.id, accounts.actor("wang"), "").state == WITHDRAWN
    with pytest.raises(NotAllowedError):
        store.confirm(request.id, accounts.actor("chen"))


@pytest.mark.parametrize("confirmed_first", [False, True])
def test_a_request_expires(store: RequestStore, accounts: AccountStore, clock: Clock, confirmed_first: bool) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    if confirmed_first:
        request = store.confirm(request.id, accounts.actor("chen"))
    clock.now_s += LIFE_S
    with pytest.raises(NotAllowedError, match="expired"):
        store.take(request) if confirmed_first else store.confirm(request.id, accounts.actor("chen"))
    assert store.ask(accounts.actor("wang"), DEED).id != request.id


@pytest.mark.parametrize("who", ["wang", "chen"])
@pytest.mark.parametrize("change", [{"enabled": False}, {"roles": frozenset({"partner"})}])
def test_a_right_taken_away_in_between_counts(
    store: RequestStore, accounts: AccountStore, who: str, change: dict[str, object]
) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    confirmed = store.confirm(request.id, accounts.actor("chen"))
    accounts.change(who, **change)
    with pytest.raises(NotAllowedError):
        store.take(confirmed)


def test_of_many_confirmations_and_many_takings_at_once_one_counts(store: RequestStore, accounts: AccountStore) -> None:
    request = store.ask(accounts.actor("wang"), DEED)
    chiefs = [accounts.actor(name) for name in ("chen", "zhao")] * 3
    assert _at_once([partial(store.confirm, request.id, by) for by in chiefs]) == 1
    confirmed = store.request(request.id)
    assert _at_once([lambda: store.take(confirmed)] * 6) == 1


def _at_once(deeds: list[Callable[[], object]]) -> int:
    """Run all at once and return how many were not refused."""
    done: list[int] = []
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            deed()
            done.append(1)
        except NotAllowedError:
            done.append(0)

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == len(deeds)
    return sum(done)
