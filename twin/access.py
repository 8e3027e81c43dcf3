"""Who may do what, and for which purpose.

Every command, export, search and subscription asks :func:`decide` and tells an :class:`AuditSink` the answer before
anything is shown. What each role may do is told by :class:`Rules`, which are read from one file; it is narrowed by
where the role's holder works, what the holder is cleared for, and the shift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from twin.words import say

EVERYTHING = "*"
NO_PURPOSE = "a purpose must be stated first"


@dataclass(frozen=True, slots=True)
class Scope:
    """How far the roles of somebody reach; what is empty does not narrow.

    Parameters
    ----------
    districts, streets, zones : frozenset of str
        Counties, streets or towns in them, and networks, by name.
    clearance : str
        The highest classification that may be seen.
    on_duty : bool
        False outside the shifts of who works in shifts.
    agencies : frozenset of str
        Whose tasks are answered, by their ids; of who belongs to a partner agency.
    """

    districts: frozenset[str] = frozenset()
    streets: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    clearance: str = ""
    on_duty: bool = True
    agencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or with ``service`` a script, the roles it was given, and how far they reach."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()
    scope: Scope = Scope()
    service: bool = False


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why something is looked at: a sentence, and the case or order it belongs to."""

    text: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action is done to.

    Parameters
    ----------
    kind, id : str
        A kind of thing, and which one.
    sensitive : bool
        Whether it can identify a person.
    district, street, zone, classification : str
        Where it is, which network it came from and how it is classified; empty where it belongs to none.
    """

    kind: str
    id: str = ""
    sensitive: bool = False
    district: str = ""
    street: str = ""
    zone: str = ""
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Permission:
    """What doing something asks for.

    Parameters
    ----------
    purpose : bool
        Refused until a purpose was stated.
    confirmed_by : frozenset of str
        Roles of which a second account must confirm it; empty where one person is enough.
    anywhere : bool
        Not narrowed by district and street.
    off_duty : bool
        Allowed outside the shift.
    """

    purpose: bool = False
    confirmed_by: frozenset[str] = frozenset()
    anywhere: bool = False
    off_duty: bool = False


@dataclass(frozen=True, slots=True)
class Role:
    """A role by its names, and what it may do.

    Parameters
    ----------
    chinese, english : str
    may : frozenset of str
        Actions, or ``*`` for everything.
    alone : bool
        Goes with no other role.
    invented : bool
        Of who looks at invented data: no account has it, and no second person is asked for.
    """

    chinese: str
    english: str
    may: frozenset[str]
    alone: bool = False
    invented: bool = False

    def allows(self, action: str) -> bool:
        """Tell whether the role may do ``action``."""
        return action in self.may or EVERYTHING in self.may


@dataclass(frozen=True, slots=True)
class TableRule:
    """Which action it takes to do something to the rows of a table; what is empty nobody does.

    ``purpose`` is true where rows tell of people in full: reading them asks for a purpose, whatever the action does.
    """

    read: str = ""
    add: str = ""
    change: str = ""
    remove: str = ""
    purpose: bool = False


@dataclass(frozen=True)
class Rules:
    """What each role may do and what each action asks for.

    Parameters
    ----------
    roles : mapping of str to Role
    permissions : mapping of str to Permission
        An action that is not listed asks for nothing but a role.
    classifications : tuple of str
        From the lowest to the highest.
    bulk_rows : int
        More rows than these that can identify people are a bulk export; 0 for no limit.
    tables : mapping of str to TableRule
        Of tables of the records database; those that are not named are closed.
    """

    roles: Mapping[str, Role]
    permissions: Mapping[str, Permission] = field(default_factory=dict)
    classifications: tuple[str, ...] = ()
    bulk_rows: int = 0
    tables: Mapping[str, TableRule] = field(default_factory=dict)

    def who_may(self, action: str) -> tuple[str, ...]:
        """Return the roles that may do ``action``."""
        return tuple(name for name, role in self.roles.items() if role.allows(action))

    def permission(self, action: str) -> Permission:
        """Return what ``action`` asks for."""
        return self.permissions.get(action, Permission())

    def is_above(self, classification: str, clearance: str) -> bool:
        """Tell whether something is classified higher than a clearance reaches; what is unknown is higher than all."""
        if not classification or not clearance:
            return False
        known = self.classifications
        if classification not in known or clearance not in known:
            return True
        return known.index(classification) > known.index(clearance)


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: allowed or not and why, and whether plates and names may be shown in full.

    ``second`` is true where it is refused for nothing but the second person who must confirm it.
    """

    allowed: bool
    reason: str
    unmask: bool = False
    second: bool = False


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One decision or deed on record.

    Parameters
    ----------
    details : mapping of str to str
        Names of things, never plates, names or numbers of people.
    shown : str
        The hash of what was shown; empty where nothing was.
    """

    actor: str
    action: str
    resource: Resource
    purpose: Purpose | None
    decision: Decision
    details: Mapping[str, str] = field(default_factory=dict)
    shown: str = ""


class AuditSink(Protocol):
    """Keeps audit entries; ``write`` returns once the entry is safe, or raises and the action does not happen."""

    def write(self, entry: AuditEntry) -> None:
        """Keep one entry."""
        ...

    def close(self) -> None:
        """Let go of what it writes to."""
        ...


DEMO_ACTOR = Actor("demo", "演示用户", frozenset({"demo"}))
DEMO_RULES = Rules({"demo": Role("演示", "Demo", frozenset({EVERYTHING}), invented=True)})
"""Where everything is invented, the demo account may do everything it states a purpose for."""


def decide(
    actor: Actor,
    action: str,
    resource: Resource,
    purpose: Purpose | None,
    rules: Rules = DEMO_RULES,
    second: Actor | None = None,
) -> Decision:
    """Decide whether ``actor`` may do ``action`` to ``resource`` for ``purpose``.

    Parameters
    ----------
    second : Actor, optional
        Who else confirmed it, where two persons are asked for.

    Returns
    -------
    Decision
        Refused with the first reason of: role, duty, classification, network, place, purpose, second person.
    """
    asked = rules.permission(action)
    stated = purpose is not None and bool(purpose.text.strip())
    refused = (
        _refused_by_role(actor, action, rules)
        or _refused_by_scope(actor.scope, asked, resource, rules)
        or (NO_PURPOSE if asked.purpose and not stated else "")
    )
    if refused:
        return Decision(False, refused)
    if refused := _refused_by_second(actor, action, asked, second, resource, rules):
        return Decision(False, refused, second=second is None)
    if not resource.sensitive:
        return Decision(True, "open to the role", unmask=stated)
    return Decision(True, "purpose stated" if stated else "shown masked", unmask=stated)


def _refused_by_role(actor: Actor, action: str, rules: Rules) -> str:
    if any(rules.roles[name].allows(action) for name in actor.roles if name in rules.roles):
        return ""
    may = rules.who_may(action)
    if not may:
        return say("{actor} has no role that allows {action}", actor=actor.id, action=action)
    return say(
        "{actor} has no role that allows {action}; allowed to: {roles}",
        actor=actor.id, action=action, roles=_listed(may),
    )  # fmt: skip


def _refused_by_scope(scope: Scope, asked: Permission, resource: Resource, rules: Rules) -> str:
    if not scope.on_duty and not asked.off_duty:
        return "it is outside the shift"
    if rules.is_above(resource.classification, scope.clearance):
        return say(
            "it is classified {classification}, the account is cleared for {clearance}",
            classification=resource.classification, clearance=scope.clearance,
        )  # fmt: skip
    places = () if asked.anywhere else ((resource.district, scope.districts), (resource.street, scope.streets))
    for value, reach in ((resource.zone, scope.zones), *places):
        if value and reach and value not in reach:
            return say(
                "it belongs to {value}, the account reaches {reach}", value=value, reach=", ".join(sorted(reach))
            )
    return ""


def _refused_by_second(
    actor: Actor, action: str, asked: Permission, second: Actor | None, resource: Resource, rules: Rules
) -> str:
    if not asked.confirmed_by or any(rules.roles[name].invented for name in actor.roles if name in rules.roles):
        return ""
    if second is None:
        return say("a second person must confirm: {roles}", roles=_listed(asked.confirmed_by))
    if second.id == actor.id:
        return "who asks cannot confirm it too"
    if not second.roles & asked.confirmed_by:
        return say("{actor} may not confirm {action}", actor=second.id, action=action)
    return _refused_by_scope(second.scope, asked, resource, rules)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def masked(values: NDArray[Any], how: str) -> NDArray[Any]:
    """Hide the middle of each text; the one place where masking is done.

    Parameters
    ----------
    values : (N,) array of text
    how : str
        ``plate`` for number plates and call signs: ``浙F·8K2Q6`` becomes ``浙F·8***6``, without a dot the first and the
        last character stay. ``name`` for people: ``王小明`` becomes ``王**``. Anything else hides all of it.

    Returns
    -------
    (N,) object array of str
    """
    text = np.asarray(values, dtype=np.str_)
    width = text.dtype.itemsize // 4
    if not len(text) or not width:
        return text.astype(object)
    letters = np.ascontiguousarray(text).view(np.uint32).reshape(len(text), width)
    place = np.arange(width)
    length = np.strings.str_len(text)[:, None]
    if how == "plate":
        start = (np.strings.rfind(text, "·") + 1)[:, None]
        short = length - start <= 2
        hidden = np.where(short, place >= start, (place > start) & (place < length - 1))
    else:
        hidden = place >= (1 if how == "name" else 0)
    hidden = hidden & (place < length)
    return np.where(hidden, np.uint32(ord("*")), letters).view(f"<U{width}").ravel().astype(object)


def mask_plate(plate: str) -> str:
    """Hide the middle of one number plate or call sign."""
    return str(masked(np.array([plate]), "plate")[0])


def mask_name(name: str) -> str:
    """Keep the first character of one person's name."""
    return str(masked(np.array([name]), "name")[0])
