"""Cases that may belong together, from the records, and what people said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import sqlalchemy as sa

from data.audit.trail import append
from data.fraud.tables import PAYMENTS
from data.fraud_warning.tables import LINKS
from data.records.database import answering
from data.records.tables import CASES
from twin.access import AuditEntry, Decision, Purpose, Resource
from twin.errors import UsageError
from twin.fraud.belonging import KINDS, Belonging, Traits, belonging, plain
from twin.words import say

ANSWERS = ("confirmed", "refused")
_PHONE = re.compile(r"(?<![\d.])(?:\+?86[- ]?)?1[3-9]\d{9}(?!\d)|(?<!\d)0\d{2,3}-?\d{7,8}(?!\d)")
_SITE = re.compile(r"(?:https?://)?(?:[a-z0-9-]+\.)+[a-z]{2,8}(?![a-z0-9@])", re.IGNORECASE)
_DEVICE = re.compile(r"(?<!\d)\d{15}(?!\d)")
"""A mobile or a landline, a site, an IMEI."""
_CASES = (
    sa.select(CASES.c.number, CASES.c.story)
    .where(CASES.c.status.in_(("open", "filed", "closed")))
    .order_by(CASES.c.number)
)
_ACCOUNTS = sa.select(PAYMENTS.c.case, PAYMENTS.c.to_account).where(PAYMENTS.c.state == "entered").distinct()


@dataclass(frozen=True, slots=True)
class Link:
    """Two cases that share something.

    Parameters
    ----------
    reasons : tuple of (str, str, int)
        Kind, what is shared, and how many cases share it.
    state : str
        ``proposed``, ``confirmed`` or ``refused``.
    """

    first: str
    second: str
    strength: float
    reasons: tuple[tuple[str, str, int], ...]
    state: str = "proposed"
    by: str = ""


def links(engine: sa.Engine, least: float = 0.0) -> tuple[Link, ...]:
    """Return the pairs of cases that share something, the strongest first, each with what was said of it."""
    with answering(engine), engine.connect() as connection:
        numbers, traits, stories = _traits(connection)
        said = {(row.first, row.second): row for row in connection.execute(sa.select(LINKS))}
    found = belonging(traits, stories)
    return tuple(_link(found, place, numbers, said) for place in range(len(found)) if found.strength[place] >= least)


def answer(engine: sa.Engine, link: Link, state: str, who: str, at_s: float, why: str, purpose: Purpose | None) -> Link:
    """Keep what a person said of a link.

    Raises
    ------
    twin.errors.UsageError
    """
    if state not in ANSWERS:
        raise UsageError(say("there is no {word}; there are {words}", word=state, words=", ".join(ANSWERS)))
    row = {
        "first": link.first, "second": link.second, "state": state, "strength": link.strength, "by": who, "why": why,
        "reasons": msgspec.json.encode(link.reasons).decode(), "at_s": at_s,
    }  # fmt: skip
    mine = (LINKS.c.first == link.first) & (LINKS.c.second == link.second)
    entry = AuditEntry(who, "case.merge", Resource("case", link.first), purpose, Decision(True, say("done")),
                       {"with": link.second, "state": state})  # fmt: skip
    with answering(engine), engine.begin() as connection:
        connection.execute(sa.delete(LINKS).where(mine))
        connection.execute(sa.insert(LINKS).values(row))
        append(connection, entry)
    return Link(link.first, link.second, link.strength, link.reasons, state, who)


def between(found: Sequence[Link], first: str, second: str) -> Link:
    """Return the link of two cases, in whatever order they are named.

    Raises
    ------
    twin.errors.UsageError
        If they share nothing.
    """
    both = {first, second}
    for link in found:
        if {link.first, link.second} == both:
            return link
    raise UsageError(say("{first} and {second} share nothing that is known", first=first, second=second))


def _link(
    found: Belonging, place: int, numbers: list[str], said: dict[tuple[str, str], sa.Row[tuple[object, ...]]]
) -> Link:
    pair = (numbers[found.first[place]], numbers[found.second[place]])
    told = said.get(pair)
    state, by = ("proposed", "") if told is None else (str(told.state), str(told.by))
    return Link(*pair, float(found.strength[place]), found.reasons(place), state, by)


def _traits(connection: sa.Connection) -> tuple[list[str], Traits, list[str]]:
    cases = connection.execute(_CASES).all()
    at = {row.number: place for place, row in enumerate(cases)}
    account = KINDS.index("account")
    told = [
        (at[row.case], account, plain("account", row.to_account))
        for row in connection.execute(_ACCOUNTS)
        if row.case in at
    ]
    for place, row in enumerate(cases):
        told += [(place, KINDS.index(kind), value) for kind, value in mentioned(row.story)]
    case, kind, value = zip(*told, strict=True) if told else ((), (), ())
    traits = Traits(np.array(case, np.int64), np.array(kind, np.int64), np.array(value, np.str_))
    return [row.number for row in cases], traits, [row.story for row in cases]


def mentioned(story: str) -> list[tuple[str, str]]:
    """Return the telephones, sites and devices that a story names, as they are compared."""
    found = [("phone", one) for one in _PHONE.findall(story)] + [("app", one) for one in _SITE.findall(story)]
    found += [("device", one) for one in _DEVICE.findall(story)]
    return [(kind, told) for kind, one in found if (told := plain(kind, one))]
