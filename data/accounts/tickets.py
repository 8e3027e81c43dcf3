"""Tickets: what a window hands to the processes it starts, so that they act for who is signed in.

A ticket names the actor and its end, authenticated with a secret of this installation that its user alone can read. It
is no way around a password for anybody who could not read the user's files anyway.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from data.forms import learn
from data.home import Home
from data.secrets import random_secret
from twin.access import Actor

VARIABLE = "ZHIAN_TICKET"
LIFE_S = 2 * 3600.0
"""The window writes a new one long before; a process that is started later than that must be signed in anew."""


class _Ticket(msgspec.Struct, frozen=True):
    actor: Actor
    until_s: float


learn(_Ticket)


def write_ticket(home: Home, actor: Actor, now_s: float) -> str:
    """Return a ticket for ``actor`` that holds for :data:`LIFE_S`."""
    body = msgspec.json.encode(_Ticket(actor, now_s + LIFE_S))
    return f"{body.hex()}.{_mark(home, body)}"


def read_ticket(home: Home, ticket: str, now_s: float) -> Actor | None:
    """Return who a ticket is for; None if it is none of ours, or over."""
    head, _, mark = ticket.partition(".")
    try:
        body = bytes.fromhex(head)
    except ValueError:
        return None
    if not body or not hmac.compare_digest(mark.encode(), _mark(home, body).encode()):
        return None
    told = msgspec.json.decode(body, type=_Ticket)
    return told.actor if now_s < told.until_s else None


def _mark(home: Home, body: bytes) -> str:
    return hmac.new(random_secret(home, "ticket"), body, hashlib.sha256).hexdigest()
