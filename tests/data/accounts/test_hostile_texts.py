"""SQL typed into the fields of accounts, requests, orders and the trail is text: kept as typed, and does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.access_rules import FILE, read_rules
from data.accounts.orders import OrderStore
from data.accounts.requests import RequestStore
from data.accounts.store import AccountStore
from data.audit.trail import newest
from data.audit.verify import verify
from data.own_copy import shipped
from data.records.database import engine_of, upgrade
from data.records.tables import ACCOUNTS, META
from twin.access import Purpose, Resource
from twin.accounts import Account
from twin.errors import NotAllowedError, UsageError
from twin.orders import Terms
from twin.requests import Deed

HOSTILE = ("'; DROP TABLE account; --", '" OR 1=1 --', "x' OR '1'='1", "%s {x} :id \\")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    monkeypatch.setattr("data.accounts.store.hashed", lambda _password: "none")
    engine = engine_of(sa.URL.create("sqlite", database=str(tmp_path / "records.sqlite")))
    upgrade(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_typed_is_text(engine: sa.Engine, text: str) -> None:
    rules = read_rules(shipped(FILE))
    accounts = AccountStore(engine, rules, lambda: 1e6)
    for name, role in (("wang", "investigator"), ("chen", "supervisor")):
        accounts.add(Account(name, text, frozenset({role})))
    accounts.add(Account("night", text, frozenset({"service"}), service=True, expires_at_s=2e6))
    for name, password in ((text, "Regen-im-Mai-7"), ("wang", text), ("wang\0", "none")):
        with pytest.raises(NotAllowedError):
            accounts.sign_in(name, password)
    with pytest.raises(UsageError):
        accounts.account(text)
    with pytest.raises(NotAllowedError):
        accounts.of_card(text)
    requests = RequestStore(engine, rules, accounts, lambda: 1e6)
    wang, chen = accounts.actor("wang"), accounts.actor("chen")
    deed = Deed("layer.export.bulk", Resource("layer.export", text, True), {"filter": text}, Purpose(text, text))
    asked = requests.ask(wang, deed)
    assert requests.refuse(asked.id, chen, f"nein {text}").reason == f"nein {text}".strip()
    assert requests.request(asked.id).deed == deed
    with pytest.raises(UsageError):
        requests.request(text)
    orders = OrderStore(engine, accounts, lambda: 1e6)
    terms = Terms("demo", frozenset({"roads"}), frozenset({"gpkg"}), "/out", f"x {text}", text, text)
    assert orders.make("night", terms, 9.0, "chen", "root").terms == terms
    assert orders.orders("night")[0].terms == terms
    with pytest.raises(UsageError):
        orders.end(text, "chen")
    with engine.begin() as connection:
        assert set(sa.inspect(connection).get_table_names()) >= META.tables.keys() - {"position_then"}
        assert set(connection.scalars(sa.select(ACCOUNTS.c.name))) == {text}
        assert newest(connection, 9)
        assert not verify(connection).problem
