"""Accounts in the records database: made, changed, signed in with, each on one seat."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from data.accounts.passwords import NOBODY, first_password, fits, hashed
from data.forms import learn
from data.records.database import answering
from data.records.tables import ACCOUNTS, SEATS
from twin.access import Actor, Rules, Scope
from twin.accounts import Account, can_name, weakness
from twin.errors import NotAllowedError, UsageError
from twin.words import say

FIRST_ROLE = "administrator"
SEAT_S = 90.0
"""A seat that has not been heard of for so long is free."""
WRONG = "the account or the password is wrong"


learn(Scope, list[str])


class AccountStore:
    """The accounts of one installation; ``now_s`` is the clock."""

    def __init__(self, engine: sa.Engine, rules: Rules, now_s: Callable[[], float] = time.time) -> None:
        self._engine, self._rules, self._now_s = engine, rules, now_s

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def any(self) -> bool:
        """Tell whether there is an account: from the first on, everybody signs in."""
        with answering(self._engine), self._engine.connect() as connection:
            return connection.execute(sa.select(ACCOUNTS.c.id).limit(1)).first() is not None

    def accounts(self) -> list[Account]:
        """Return all of them, by name."""
        with answering(self._engine), self._engine.connect() as connection:
            return [_account(row) for row in connection.execute(sa.select(ACCOUNTS).order_by(ACCOUNTS.c.id)).mappings()]

    def account(self, name: str) -> Account:
        """Return one of them.

        Raises
        ------
        twin.errors.UsageError
            If there is none of that name.
        """
        found = self._find(name)
        if found is None:
            raise UsageError(say("there is no account {name}", name=name))
        return found[0]

    def actor(self, name: str) -> Actor:
        """Return who acts for an account now, without a sign-in.

        Raises
        ------
        twin.errors.NotAllowedError
            If it is closed, locked or expired.
        """
        account, now_s = self.account(name), self._now_s()
        if barred := account.barred(now_s):
            raise NotAllowedError(barred)
        return account.actor(datetime.fromtimestamp(now_s).astimezone())

    def make_first(self, name: str, person: str, password: str) -> Account:
        """Make the first account, an administrator's, with a password of its own choice.

        Raises
        ------
        twin.errors.NotAllowedError
            If there is one already.
        """
        account = Account(name, person, frozenset({FIRST_ROLE}), changed_at_s=self._now_s())
        self._check(account)
        if problem := weakness(password, account):
            raise UsageError(problem)
        row = _row(account) | {"password": hashed(password)}
        with answering(self._engine), self._engine.begin() as connection:
            if connection.execute(sa.select(ACCOUNTS.c.id).limit(1)).first() is not None:
                raise NotAllowedError("there is an account already: sign in as an administrator to make more")
            connection.execute(sa.insert(ACCOUNTS), row)
        return account

    def add(self, account: Account) -> str:
        """Make an account and return the password to tell its holder once, who must change it.

        Raises
        ------
        twin.errors.UsageError
            If it cannot be, or is there already.
        """
        self._check(account)
        password = first_password()
        made = replace(account, must_change=not account.service, changed_at_s=self._now_s())
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(ACCOUNTS), _row(made) | {"password": hashed(password)})
        except sa.exc.IntegrityError:
            raise UsageError(say("there is an account {name} already", name=account.id)) from None
        return password

    def change(self, name: str, **what: Any) -> Account:
        """Change roles, scope, shift, or whether it is enabled; the last enabled administrator stays one.

        Raises
        ------
        twin.errors.UsageError
        """
        self.account(name)
        with answering(self._engine), self._engine.begin() as connection:
            account = replace(_account(_locked(connection, name)), **what)
            self._check(account)
            connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == name), _row(account))
            rows = connection.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.enabled)).mappings()
            if not any(FIRST_ROLE in _account(row).roles for row in rows):
                raise UsageError("one administrator must remain")
        return account

    def reset(self, name: str) -> str:
        """Give an account a fresh first password, unlock it, and return the password."""
        account, password = self.account(name), first_password()
        fresh = replace(account, must_change=not account.service, failures=0, locked_until_s=0.0)
        self._keep_password(fresh, hashed(password))
        return password

    def set_password(self, name: str, password: str, fresh: str) -> Account:
        """Replace a password by another of its holder's choice.

        Raises
        ------
        twin.errors.NotAllowedError
            If ``password`` is not the one that holds.
        twin.errors.UsageError
            If the fresh one is weak or the same.
        """
        account = self.sign_in(name, password)
        if fresh == password:
            raise UsageError("the new password is the old one")
        if problem := weakness(fresh, account):
            raise UsageError(problem)
        return self._keep_password(replace(account, must_change=False), hashed(fresh))

    def sign_in(self, name: str, password: str) -> Account:
        """Return the account whose password this is; a wrong one is counted.

        Raises
        ------
        twin.errors.NotAllowedError
            If it is wrong, or the account is locked, closed or expired.
        """
        found = self._find(name)
        right = fits(password, found[1] if found is not None else NOBODY)
        if found is None:
            raise NotAllowedError(WRONG)
        with answering(self._engine), self._engine.begin() as connection:
            account, now_s = _account(_locked(connection, name)), self._now_s()
            barred = account.barred(now_s)
            after = account.after_failure(now_s) if not right else replace(account, failures=0, locked_until_s=0.0)
            if not barred:
                states = {"failures": after.failures, "locked_until_s": after.locked_until_s}
                connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == name), states)
        if barred or not right:
            raise NotAllowedError(barred or after.barred(now_s) or WRONG)
        return after

    def of_card(self, subject: str) -> Account:
        """Return the account of whose card a certificate with this subject is.

        Raises
        ------
        twin.errors.NotAllowedError
            If there is none, or it is closed, locked or expired.
        """
        query = sa.select(ACCOUNTS).where(ACCOUNTS.c.card == subject)
        with answering(self._engine), self._engine.connect() as connection:
            row = connection.execute(query).mappings().first() if subject else None
        if row is None:
            raise NotAllowedError("no account has this card")
        account = _account(row)
        if barred := account.barred(self._now_s()):
            raise NotAllowedError(barred)
        return account

    def give_card(self, name: str, subject: str) -> Account:
        """Let an account sign in by the cards whose certificate has this subject; empty takes them away.

        Raises
        ------
        twin.errors.UsageError
            If another account has it.
        """
        query = sa.select(ACCOUNTS.c.id).where(ACCOUNTS.c.card == subject, ACCOUNTS.c.id != name)
        with answering(self._engine), self._engine.connect() as connection:
            other = connection.scalar(query) if subject else None
        if other is not None:
            raise UsageError(say("account {name} has this card", name=other))
        return self.change(name, card=subject)

    def take_seat(self, name: str, seat: str) -> None:
        """Say that an account is signed in at a seat; said again and again while it is.

        Raises
        ------
        twin.errors.NotAllowedError
            If it is signed in elsewhere.
        """
        now_s = self._now_s()
        with answering(self._engine), self._engine.begin() as connection:
            where = SEATS.c.account == name
            row = connection.execute(sa.select(SEATS).where(where).with_for_update()).mappings().first()
            if row is not None and row["seat"] != seat and abs(now_s - row["at_s"]) < SEAT_S:
                raise NotAllowedError(say("{name} is signed in at {seat} already", name=name, seat=row["seat"]))
            connection.execute(sa.delete(SEATS).where(where))
            connection.execute(sa.insert(SEATS), {"account": name, "seat": seat, "at_s": now_s})

    def leave_seat(self, name: str, seat: str) -> None:
        """Free a seat."""
        with answering(self._engine), self._engine.begin() as connection:
            connection.execute(sa.delete(SEATS).where(SEATS.c.account == name, SEATS.c.seat == seat))

    def _find(self, name: str) -> tuple[Account, str] | None:
        if not can_name(name):
            return None
        with answering(self._engine), self._engine.connect() as connection:
            row = connection.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.id == name)).mappings().first()
        return None if row is None else (_account(row), str(row["password"]))

    def _check(self, account: Account) -> None:
        if problem := account.problem(self._rules):
            raise UsageError(problem)

    def _keep_password(self, account: Account, kept: str) -> Account:
        account = replace(account, changed_at_s=self._now_s())
        with answering(self._engine), self._engine.begin() as connection:
            row = _row(account) | {"password": kept}
            connection.execute(sa.update(ACCOUNTS).where(ACCOUNTS.c.id == account.id), row)
        return account


def _locked(connection: sa.Connection, name: str) -> sa.RowMapping:
    """Return an account's row, which nobody else changes until the transaction ends."""
    return connection.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.id == name).with_for_update()).mappings().one()


def _row(account: Account) -> dict[str, Any]:
    scope = {name: sorted(reach) for name, reach in asdict(account.scope).items() if isinstance(reach, frozenset)}
    return {
        **{name: getattr(account, name) for name in ("id", "name", "shift", "service", "enabled", "must_change",
           "failures", "locked_until_s", "changed_at_s", "expires_at_s", "card")},
        "roles": msgspec.json.encode(sorted(account.roles)).decode(),
        "scope": msgspec.json.encode({**scope, "clearance": account.scope.clearance}).decode(),
    }  # fmt: skip


def _account(row: sa.RowMapping) -> Account:
    plain = {name: row[name] for name in row if name not in ("roles", "scope", "password")}
    roles = frozenset(msgspec.json.decode(row["roles"], type=list[str]))
    return Account(**plain, roles=roles, scope=msgspec.json.decode(row["scope"], type=Scope))
