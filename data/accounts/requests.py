"""Requests in the records database: asked for, confirmed or refused by another, carried out once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from data.accounts.store import AccountStore
from data.audit.trail import append
from data.forms import learn
from data.records.database import answering
from data.records.tables import REQUESTS
from twin.access import Actor, AuditEntry, Decision, Resource, Rules, decide
from twin.errors import NotAllowedError, UsageError
from twin.requests import CONFIRMED, DONE, LIFE_S, OPEN, REFUSED, WITHDRAWN, Deed, Request
from twin.words import say

NEWEST = 200


learn(Deed)


class RequestStore:
    """The requests of the accounts of one installation; ``now_s`` is the clock."""

    def __init__(
        self, engine: sa.Engine, rules: Rules, accounts: AccountStore, now_s: Callable[[], float] = time.time
    ) -> None:
        self._engine, self._rules, self._accounts, self._now_s = engine, rules, accounts, now_s

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def ask(self, actor: Actor, deed: Deed) -> Request:
        """Keep a request and return it; what was asked for already and has not expired is not asked for twice."""
        found = self.find(actor.id, deed)
        if found is not None:
            return found
        now_s = self._now_s()
        fresh = Request(secrets.token_hex(4), actor.id, deed, now_s, now_s + LIFE_S)
        with answering(self._engine), self._engine.begin() as connection:
            connection.execute(sa.insert(REQUESTS), _row(fresh))
            append(connection, _entry(fresh, actor.id, "request.ask"))
        return fresh

    def find(self, asked_by: str, deed: Deed) -> Request | None:
        """Return the request for a deed that is neither done nor past its time."""
        chosen = (
            sa.select(REQUESTS)
            .where(REQUESTS.c.asked_by == asked_by, REQUESTS.c.mark == deed.mark)
            .where(REQUESTS.c.state.in_((OPEN, CONFIRMED, REFUSED)), REQUESTS.c.expires_at_s > self._now_s())
            .order_by(REQUESTS.c.asked_at_s.desc())
        )
        with answering(self._engine), self._engine.connect() as connection:
            row = connection.execute(chosen).mappings().first()
        return None if row is None else _request(row)

    def request(self, name: str) -> Request:
        """Return one of them.

        Raises
        ------
        twin.errors.UsageError
            If there is none of that name.
        """
        with answering(self._engine), self._engine.connect() as connection:
            row = connection.execute(sa.select(REQUESTS).where(REQUESTS.c.id == name)).mappings().first()
        if row is None:
            raise UsageError(say("there is no request {name}", name=name))
        return _request(row)

    def seen(self, name: str, actor: Actor) -> Request:
        """Return one that somebody may see; another one is told as if it were not there."""
        request = self.request(name)
        if not request.concerns(actor, self._rules):
            raise UsageError(say("there is no request {name}", name=name))
        return request

    def requests(self, actor: Actor) -> list[Request]:
        """Return the newest that somebody may see, newest first."""
        newest = sa.select(REQUESTS).order_by(REQUESTS.c.asked_at_s.desc()).limit(NEWEST)
        with answering(self._engine), self._engine.connect() as connection:
            every = [_request(row) for row in connection.execute(newest).mappings()]
        return [request for request in every if request.concerns(actor, self._rules)]

    def confirm(self, name: str, by: Actor) -> Request:
        """Confirm a request as another person.

        Raises
        ------
        twin.errors.NotAllowedError
            If who asks may not, or who confirms may not; or somebody else has answered it.
        """
        request = self.request(name)
        self._check(request, by)
        return self._decide(request, by, CONFIRMED, "")

    def refuse(self, name: str, by: Actor, reason: str) -> Request:
        """Refuse a request; who asked may take it back so.

        Raises
        ------
        twin.errors.NotAllowedError, twin.errors.UsageError
        """
        request = self.request(name)
        if by.id == request.asked_by:
            return self._move(request, by.id, "request.withdraw", OPEN, state=WITHDRAWN)
        if not by.roles & self._rules.permission(request.deed.action).confirmed_by:
            raise NotAllowedError(say("{actor} may not confirm {action}", actor=by.id, action=request.deed.action))
        if not reason.strip():
            raise UsageError("say why it is refused")
        return self._decide(request, by, REFUSED, reason.strip())

    def take(self, request: Request) -> Request:
        """Take a confirmed request to be carried out: of all who try, one succeeds.

        Raises
        ------
        twin.errors.NotAllowedError
        """
        if request.decided_by:
            second = self._accounts.actor(request.decided_by)
            self._check(request, replace(second, scope=replace(second.scope, on_duty=True)))  # their shift may be over
        return self._move(
            request, request.asked_by, "request.carry_out", CONFIRMED, state=DONE, done_at_s=self._now_s()
        )

    def give_back(self, request: Request) -> None:
        """Undo the taking of what then failed."""
        undone = sa.update(REQUESTS).where(REQUESTS.c.id == request.id, REQUESTS.c.state == DONE)
        with answering(self._engine), self._engine.begin() as connection:
            connection.execute(undone.values(state=CONFIRMED, done_at_s=0.0))
            append(connection, _entry(request, request.asked_by, "request.give_back"))

    def _check(self, request: Request, second: Actor) -> None:
        """Refuse what the rules do not allow to who asks, confirmed by ``second``, as both are now."""
        asker, deed = self._accounts.actor(request.asked_by), request.deed
        decision = decide(asker, deed.action, deed.resource, deed.purpose, self._rules, second)
        if not decision.allowed:
            raise NotAllowedError(decision.reason)

    def _decide(self, request: Request, by: Actor, state: str, reason: str) -> Request:
        action = "request.confirm" if state == CONFIRMED else "request.refuse"
        told: dict[str, str | float] = {"decided_by": by.id, "reason": reason, "decided_at_s": self._now_s()}
        return self._move(request, by.id, action, OPEN, state=state, **told)

    def _move(self, request: Request, by: str, action: str, before: str, **fields: str | float) -> Request:
        """Change a request that stands as it did; in one statement, so that of several at once one succeeds."""
        where = (REQUESTS.c.id == request.id, REQUESTS.c.state == before, REQUESTS.c.expires_at_s > self._now_s())
        with answering(self._engine), self._engine.begin() as connection:
            moved = connection.execute(sa.update(REQUESTS).where(*where).values(**fields)).rowcount
            if moved:
                append(connection, _entry(request, by, action))
        now = self.request(request.id)
        if not moved:
            raise NotAllowedError(say("request {name} was answered already, or has expired", name=now.id))
        return now


def _entry(request: Request, by: str, action: str) -> AuditEntry:
    """Tell one step; written in the same transaction as the step itself."""
    deed = request.deed
    details = {"deed": deed.action, "mark": deed.mark, "asked_by": request.asked_by, **deed.shown}
    return AuditEntry(by, action, Resource("request", request.id), deed.purpose, Decision(True, ""), details)


def _row(request: Request) -> dict[str, object]:
    names = (
        "id",
        "asked_by",
        "state",
        "decided_by",
        "reason",
        "asked_at_s",
        "expires_at_s",
        "decided_at_s",
        "done_at_s",
    )
    deed = request.deed
    return {
        **{name: getattr(request, name) for name in names},
        "mark": deed.mark,
        "action": deed.action,
        "deed": msgspec.json.encode(deed).decode(),
    }


def _request(row: sa.RowMapping) -> Request:
    plain = {name: row[name] for name in row if name not in ("mark", "action", "deed")}
    return Request(**plain, deed=msgspec.json.decode(row["deed"], type=Deed))
