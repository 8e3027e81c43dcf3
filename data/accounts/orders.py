"""Standing orders in the records database."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import msgspec
import sqlalchemy as sa

from data.accounts.store import AccountStore
from data.audit.trail import append
from data.forms import learn
from data.records.database import answering
from data.records.tables import ORDERS
from twin.access import AuditEntry, Decision, Resource
from twin.errors import NotAllowedError, UsageError
from twin.orders import LONGEST_S, Order, Terms
from twin.words import say

learn(Terms)


class OrderStore:
    """The orders of one installation; ``now_s`` is the clock."""

    def __init__(self, engine: sa.Engine, accounts: AccountStore, now_s: Callable[[], float] = time.time) -> None:
        self._engine, self._accounts, self._now_s = engine, accounts, now_s

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def make(self, account: str, terms: Terms, life_s: float, made_by: str, approved_by: str) -> Order:
        """Keep an order that one person asked for and another approved.

        Raises
        ------
        twin.errors.UsageError
            If it cannot be, or the account is no script's.
        twin.errors.NotAllowedError
            If it is not two persons' doing.
        """
        if problem := terms.problem():
            raise UsageError(problem)
        if not 0 < life_s <= LONGEST_S:
            raise UsageError("an order ends within 366 days")
        if not self._accounts.account(account).service:
            raise UsageError(say("{name} is no script's account", name=account))
        if not approved_by or approved_by == made_by:
            raise NotAllowedError("an order needs two persons")
        now_s = self._now_s()
        order = Order(secrets.token_hex(4), account, terms, made_by, approved_by, now_s, now_s + life_s)
        with answering(self._engine), self._engine.begin() as connection:
            connection.execute(sa.insert(ORDERS), _row(order))
            append(connection, _entry(order, made_by, "order.make"))
        return order

    def end(self, name: str, by: str) -> Order:
        """End an order at once.

        Raises
        ------
        twin.errors.UsageError
            If there is none of that name that has not been ended.
        """
        where = (ORDERS.c.id == name, ORDERS.c.ended_at_s == 0)
        with answering(self._engine), self._engine.begin() as connection:
            ended = sa.update(ORDERS).where(*where).values(ended_by=by, ended_at_s=self._now_s())
            if not connection.execute(ended).rowcount:
                raise UsageError(say("there is no order {name} that holds", name=name))
            order = _order(connection.execute(sa.select(ORDERS).where(ORDERS.c.id == name)).mappings().one())
            append(connection, _entry(order, by, "order.end"))
        return order

    def orders(self, account: str = "") -> list[Order]:
        """Return the orders of an account, or all, newest first."""
        chosen = sa.select(ORDERS).order_by(ORDERS.c.made_at_s.desc(), ORDERS.c.id)
        if account:
            chosen = chosen.where(ORDERS.c.account == account)
        with answering(self._engine), self._engine.connect() as connection:
            return [_order(row) for row in connection.execute(chosen).mappings()]


def _entry(order: Order, by: str, action: str) -> AuditEntry:
    details = {"account": order.account, "made_by": order.made_by, "approved_by": order.approved_by}
    return AuditEntry(by, action, Resource("order", order.id), order.purpose, Decision(True, ""), details)


def _row(order: Order) -> dict[str, object]:
    names = ("id", "account", "made_by", "approved_by", "made_at_s", "expires_at_s", "ended_by", "ended_at_s")
    terms = msgspec.json.encode(order.terms, order="sorted").decode()
    return {**{name: getattr(order, name) for name in names}, "terms": terms}


def _order(row: sa.RowMapping) -> Order:
    plain = {name: row[name] for name in row if name != "terms"}
    return Order(**plain, terms=msgspec.json.decode(row["terms"], type=Terms))
