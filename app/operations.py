"""The day's work for the command line: its commands, each of which does deeds of one permission or asks the records."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.operations.opening import open_operations
from data.operations.store import SqlOperations
from twin.access import mask_name
from twin.errors import NotAllowedError
from twin.operations.deeds import By, Deed
from twin.operations.records import JointCase, Message, Record
from twin.operations.store import Done
from twin.words import say

SHOWN = 200


def by_of(call: Call) -> By:
    """Return who does what a call asks for, now."""
    return By(call.actor.id, time.time(), call.purpose, call.actor.scope.agencies)


def asks(session: Session, command: str, permission: str, act: Callable[[SqlOperations, Call], Any]) -> Command:
    """Return a command that asks the records."""

    def run(call: Call) -> Any:
        with contextlib.closing(open_operations(session.home)) as store:
            return act(store, call)

    return Command(command, run, permission, in_palette=False)


def does(session: Session, command: str, permission: str) -> Command:
    """Return a command that does the deeds it is given, all of one permission, one after the other."""

    def act(store: SqlOperations, call: Call) -> list[Done]:
        given: Sequence[Deed] = call.arguments["deeds"]
        for deed in given:
            if deed.permission != permission:
                raise NotAllowedError(say("{action} is asked for by another command", action=deed.permission))
        return [store.do(deed, by_of(call)) for deed in given]

    return asks(session, command, permission, act)


def tell(session: Session, records: Sequence[Record]) -> int:
    """Print records: a line each, or JSON; recipients of notices under a mask."""
    for record in records:
        plain = asdict(record)
        if isinstance(record, Message):
            plain["recipient"] = mask_name(record.recipient)
        if isinstance(record, JointCase):
            plain["parties"] = [mask_name(party) for party in record.parties]
        if session.as_json:
            print(json.dumps(plain, ensure_ascii=False))
        else:
            print("  ".join(_words(session, plain)))
    return 0


def tell_done(session: Session, done: Sequence[Done]) -> int:
    """Print what deeds changed."""
    return tell(session, [record for one in done for record in one.records])


_TOLD = (
    "id", "state", "severity", "scenario", "title", "name", "incident", "unit", "agency", "what", "place", "street",
    "outcome", "reason",
)  # fmt: skip


def _words(session: Session, plain: dict[str, Any]) -> list[str]:
    told = {name: plain[name] for name in _TOLD if plain.get(name)}
    return [session.texts.said(value) if name == "state" else str(value) for name, value in told.items()]
