"""What one person asks for and another confirms, before it is done once.

Nothing here knows where requests are kept; ``data/accounts/requests.py`` does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from twin.access import Actor, Purpose, Resource, Rules

OPEN, CONFIRMED, REFUSED, WITHDRAWN, DONE, EXPIRED = "open", "confirmed", "refused", "withdrawn", "done", "expired"
LIFE_S = 24 * 3600.0
"""A request that is not carried out within a day must be asked for anew."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What exactly is to be done.

    Parameters
    ----------
    action : str
        As in the rules of access.
    resource : Resource
    what : mapping of str to str
        Each particular that a confirmation holds for; another one is another deed.
    purpose : Purpose, optional
    shown : mapping of str to str
        What else helps to decide and may change until it is done, as the number of rows of what moves.
    """

    action: str
    resource: Resource
    what: Mapping[str, str] = field(default_factory=dict)
    purpose: Purpose | None = None
    shown: Mapping[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """Return what is equal for two deeds that one confirmation covers."""
        purpose = (self.purpose.text, self.purpose.reference) if self.purpose else ("", "")
        told = [self.action, self.resource.kind, self.resource.id, sorted(self.what.items()), purpose]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Request:
    """One request, as it stands.

    Parameters
    ----------
    id : str
    asked_by : str
        Account of who asks, who alone carries it out.
    deed : Deed
    asked_at_s, expires_at_s : float
        Seconds since 1970-01-01 UTC.
    state : str
        ``open``, ``confirmed``, ``refused``, ``withdrawn`` or ``done``.
    decided_by, reason : str
        Account of who confirmed or refused it, and why it was refused.
    decided_at_s, done_at_s : float
        0 where that has not happened.
    """

    id: str
    asked_by: str
    deed: Deed
    asked_at_s: float
    expires_at_s: float
    state: str = OPEN
    decided_by: str = ""
    reason: str = ""
    decided_at_s: float = 0.0
    done_at_s: float = 0.0

    def standing(self, now_s: float) -> str:
        """Return its state now: what is neither done nor refused expires."""
        return EXPIRED if self.state in (OPEN, CONFIRMED) and now_s >= self.expires_at_s else self.state

    def concerns(self, actor: Actor, rules: Rules) -> bool:
        """Tell whether somebody may see it: who asked, who could confirm it, and who audits."""
        confirmers = rules.permission(self.deed.action).confirmed_by
        audits = any(rules.roles[role].allows("audit.read") for role in actor.roles if role in rules.roles)
        return actor.id == self.asked_by or bool(actor.roles & confirmers) or audits


class SecondPerson(Protocol):
    """Has what needs two persons asked for, and lets it happen once it was confirmed."""

    def held(self, actor: Actor, deed: Deed) -> AbstractContextManager[str]:
        """Take the confirmation of a deed for as long as it is being done; it is given back if the deed fails.

        Gives the account of who confirmed it.

        Raises
        ------
        twin.errors.NotAllowedError
            If nobody confirmed it: it is asked for then, and the sentence says what comes next.
        """
        ...
