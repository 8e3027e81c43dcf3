"""The second person: what the rules want confirmed is asked for, and done once it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from data.accounts.opening import open_requests
from data.accounts.requests import RequestStore
from data.home import Home
from twin.access import Actor, AuditEntry, AuditSink, Decision, Rules
from twin.errors import NotAllowedError
from twin.requests import CONFIRMED, REFUSED, Deed, Request
from twin.words import Said, say


class KeptRequests:
    """Keeps requests among the records and each step in the audit record."""

    def __init__(self, home: Home, rules: Rules, audit: AuditSink) -> None:
        self._home, self._rules, self._audit = home, rules, audit

    @contextlib.contextmanager
    def held(self, actor: Actor, deed: Deed) -> Iterator[str]:
        """See :class:`twin.requests.SecondPerson`."""
        with contextlib.closing(open_requests(self._home, self._rules)) as store:
            request = self._taken(store, actor, deed)
            try:
                self._record(request, Decision(True, "confirmed by a second person", unmask=deed.purpose is not None))
                yield request.decided_by
            except BaseException:
                store.give_back(request)
                self._record(request, Decision(False, "it failed and may be tried again"))
                raise

    def _taken(self, store: RequestStore, actor: Actor, deed: Deed) -> Request:
        request = store.ask(actor, deed)
        if request.state == CONFIRMED:
            return store.take(request)
        words = self._what_next(request)
        self._record(request, Decision(False, words))
        raise NotAllowedError(words)

    def _what_next(self, request: Request) -> Said:
        if request.state == REFUSED:
            return say("{actor} refused request {name}: {reason}", actor=request.decided_by, name=request.id,
                       reason=request.reason)  # fmt: skip
        return say(
            "a second person must confirm it ({roles}): it is asked for as {name}; once `zhian request confirm {name}` "
            "was said by another account, do the same again",
            roles=", ".join(sorted(self._rules.permission(request.deed.action).confirmed_by)), name=request.id,
        )  # fmt: skip

    def _record(self, request: Request, decision: Decision) -> None:
        deed = request.deed
        details = {"request": request.id, "second": request.decided_by, **deed.shown}
        self._audit.write(AuditEntry(request.asked_by, deed.action, deed.resource, deed.purpose, decision, details))
