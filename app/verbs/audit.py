"""``zhian audit``: verify the record of decisions, or list its newest entries."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import asdict
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.audit.reading import entries, verify_file
from data.audit.verify import Mark, Verification
from twin.errors import IntegrityError, UsageError
from twin.words import said, say

NEWEST = 50


def add_parser(verbs: Any) -> None:
    """Add ``zhian audit verify|list``."""
    parser = verbs.add_parser("audit", help="verify or list the record of decisions")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    checking = actions.add_parser("verify", help="follow the chain; exit 6 if an entry was changed or removed")
    checking.add_argument(
        "--checkpoint", default="", metavar="NUMBER:HASH", help="as printed earlier; shows whether the end was cut off"
    )
    checking.set_defaults(run=_verify)
    listing = actions.add_parser("list", help="show the newest entries")
    listing.add_argument("--newest", type=int, default=NEWEST, metavar="N", help=f"how many (default {NEWEST})")
    listing.set_defaults(run=_list)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    path = session.home.state / "trail.sqlite"

    def check(call: Call) -> Verification:
        found = verify_file(path, call.arguments.get("checkpoint"))
        if found.problem:
            raise IntegrityError(
                say(
                    "the audit record {path} does not hold: entry {entry}: {problem}. "
                    "Keep the file as it is and tell the auditor",
                    path=path,
                    entry=found.bad_seq,
                    problem=said(found.problem),
                )
            )
        return found

    return (
        Command("audit.verify", check, permission="audit.read"),
        Command("audit.list", lambda call: entries(path, call.arguments["newest"]), "audit.read", in_palette=False),
    )


def _verify(arguments: argparse.Namespace, session: Session) -> int:
    found = session.commands.run("audit.verify", checkpoint=_checkpoint(arguments.checkpoint))
    if session.as_json:
        print(json.dumps(asdict(found)))
    else:
        print(session.texts("audit.whole", count=found.count, hash=found.hash))
    return 0


def _checkpoint(text: str) -> dict[int, Mark]:
    if not text:
        return {}
    match = re.fullmatch(r"(\d{1,15}):([0-9a-f]{64})", text)
    if match is None:
        raise UsageError("--checkpoint is NUMBER:HASH as `zhian audit verify` prints it")
    return {int(match[1]): Mark(bytes.fromhex(match[2]))}


def _list(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.newest < 1:
        raise UsageError("--newest counts entries: give 1 or more")
    for row in session.commands.run("audit.list", newest=arguments.newest):
        print(json.dumps(row, ensure_ascii=False) if session.as_json else _line(row, session))
    return 0


def _line(row: dict[str, Any], session: Session) -> str:
    answer = session.texts("audit.allowed" if row["allowed"] else "audit.refused")
    why = f" «{row['purpose']}»" if row["purpose"] else ""
    return f"{row['seq']:>6}  {row['at']}  {row['actor']}  {row['action']}  {row['object'] or '-'}  {answer}{why}"
