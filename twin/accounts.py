"""Accounts: what one may be, when it may work, and which passwords are no passwords.

Nothing here knows where accounts are kept or how a password is hashed; ``data/accounts`` does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

from twin.access import Actor, Rules, Scope
from twin.words import said, say

FAILURES = 5
"""So many wrong passwords in a row lock an account."""
LOCK_S = 900.0
SHORTEST = 10
KINDS_OF_SIGNS = 3
"""Of small letters, capitals, digits and other signs a password has so many; Chinese counts as other signs."""
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")
_SHIFT = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody, or a script, who may sign in.

    Parameters
    ----------
    id : str
        The name that is typed; small letters, digits, ``._-``.
    name : str
        The person's, as it stands on the screen.
    roles : frozenset of str
    scope : Scope
        How far the roles reach; ``on_duty`` follows from the shift.
    shift : str
        As ``08:00-20:00`` in local time, past midnight if it ends before it begins; empty for any hour.
    service : bool
        A script's, not a person's.
    enabled, must_change : bool
        May sign in; must choose a password of its own first.
    failures : int
        Wrong passwords since the last right one.
    locked_until_s, changed_at_s, expires_at_s : float
        Seconds since 1970-01-01 UTC: end of the lock-out, last change of the password, end of the account (0: none).
    card : str
        The subject of the certificates on its holder's cards; empty without one.
    """

    id: str
    name: str
    roles: frozenset[str]
    scope: Scope = field(default_factory=Scope)
    shift: str = ""
    service: bool = False
    enabled: bool = True
    must_change: bool = False
    failures: int = 0
    locked_until_s: float = 0.0
    changed_at_s: float = 0.0
    expires_at_s: float = 0.0
    card: str = ""

    def actor(self, local: datetime) -> Actor:
        """Return who acts when it is signed in, at a moment in local time."""
        scope = replace(self.scope, on_duty=in_shift(self.shift, local))
        return Actor(self.id, self.name, self.roles, scope, self.service)

    def problem(self, rules: Rules) -> str:
        """Return why there can be no such account, as a sentence; empty if there can."""
        if not can_name(self.id):
            return say("{id!r} cannot name an account: use 2 to 32 small letters, digits, dots or dashes", id=self.id)
        if not self.name.strip() or len(self.name) > 64 or not self.name.isprintable():
            return "an account has the name of a person, of at most 64 letters"
        if not self.roles:
            return "an account has at least one role"
        if self.service and not self.expires_at_s:
            return "a script's account ends some day: say after how many days"
        for role in sorted(self.roles - set(rules.roles)):
            return say("there is no role {role}; there are {roles}", role=role, roles=", ".join(sorted(rules.roles)))
        for role in sorted(self.roles):
            if rules.roles[role].invented:
                return say("{role} is for invented data: no account has it", role=role)
            if rules.roles[role].alone and len(self.roles) > 1:
                return say("{role} goes with no other role", role=role)
        if self.scope.clearance and self.scope.clearance not in rules.classifications:
            return say("there is no classification {word}", word=self.scope.clearance)
        if self.shift and not is_shift(self.shift):
            return say("{shift!r} is no shift: write it as 08:00-20:00", shift=self.shift)
        return ""

    def barred(self, now_s: float) -> str:
        """Return why it may not sign in now, whatever the password; empty if it may."""
        if not self.enabled:
            return "the account is closed: ask an administrator"
        if self.expires_at_s and now_s >= self.expires_at_s:
            return "the account has expired: ask an administrator"
        if now_s < self.locked_until_s:
            minutes = max(1, round((self.locked_until_s - now_s) / 60))
            return say("the account is locked for {minutes} min after too many wrong passwords", minutes=minutes)
        return ""

    def after_failure(self, now_s: float) -> Account:
        """Return the account after one more wrong password."""
        failures = self.failures + 1
        return replace(self, failures=failures, locked_until_s=now_s + LOCK_S if failures % FAILURES == 0 else 0.0)


def can_name(text: str) -> bool:
    """Tell whether a text can be the name of an account."""
    return _NAME.fullmatch(text) is not None


def is_shift(text: str) -> bool:
    """Tell whether a text is a shift."""
    return _SHIFT.fullmatch(text) is not None


def in_shift(shift: str, local: datetime) -> bool:
    """Tell whether a moment in local time lies in a shift, which may pass midnight."""
    found = _SHIFT.fullmatch(shift)
    if found is None:
        return True
    begin, end = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    minute = local.hour * 60 + local.minute
    return begin <= minute < end if begin < end else minute >= begin or minute < end


def weakness(password: str, account: Account) -> str:
    """Return what is wrong with a password as a sentence; empty if nothing is."""
    if len(password) < SHORTEST:
        return say("a password has at least {count} characters", count=SHORTEST)
    if len(password) > 256:
        return "a password has at most 256 characters"
    kinds = {_kind(sign) for sign in password}
    if len(kinds) < KINDS_OF_SIGNS or len(set(password)) < SHORTEST // 2:
        return said("a password mixes three of: small letters, capitals, digits, other signs; and does not repeat them")
    if account.id in password.lower() or account.name in password:
        return "a password does not hold the name of its account"
    return ""


def _kind(sign: str) -> str:
    if sign.isascii() and sign.isalnum():
        return "digit" if sign.isdigit() else "small" if sign.islower() else "capital"
    return "other"
