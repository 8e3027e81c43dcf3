"""Whether anybody has an account here, the accounts themselves, and what they ask each other for."""

from __future__ import annotations

from pathlib import Path

from data.accounts.orders import OrderStore
from data.accounts.requests import RequestStore
from data.accounts.store import AccountStore
from data.home import Home
from data.records.settings import database_url
from data.records.tables import ACCOUNTS
from data.sealed import errors, opened, wrong_key
from twin.access import Rules
from twin.errors import DiskError
from twin.words import say


def has_accounts(home: Home) -> bool:
    """Tell whether anybody has an account; from the first one on everybody signs in."""
    url = database_url(home)
    if url.drivername != "sqlite":
        store = open_accounts(home, Rules({}))
        try:
            return store.any()
        finally:
            store.close()
    path, key = Path(url.database or ""), url.password or ""
    if not path.exists():
        return False
    try:
        with opened(path, key) as connection:
            known = "SELECT 1 FROM sqlite_master WHERE name = ?"
            if connection.execute(known, (ACCOUNTS.name,)).fetchone() is None:
                return False  # a file of a version that knew no accounts
            return connection.execute(f"SELECT 1 FROM {ACCOUNTS.name} LIMIT 1").fetchone() is not None  # noqa: S608
    except errors(key) as error:
        reason = wrong_key(error) or str(error)
        raise DiskError(say("the database {name}: {reason}", name=str(path), reason=reason)) from error


def open_accounts(home: Home, rules: Rules) -> AccountStore:
    """Open the accounts, with the records database brought up to date if it is our own file."""
    from data.records.database import open_records  # takes a while to import: only where there is somebody to sign in

    return AccountStore(open_records(home), rules)


def open_requests(home: Home, rules: Rules) -> RequestStore:
    """Open the requests, as :func:`open_accounts`."""
    from data.records.database import open_records

    engine = open_records(home)
    return RequestStore(engine, rules, AccountStore(engine, rules))


def open_orders(home: Home, rules: Rules) -> OrderStore:
    """Open the standing orders, as :func:`open_accounts`."""
    from data.records.database import open_records

    engine = open_records(home)
    return OrderStore(engine, AccountStore(engine, rules))
