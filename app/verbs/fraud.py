"""``zhian fraud``: the fraud desk."""

from __future__ import annotations

from typing import Any

from app import fraud_banks, fraud_cases, fraud_orders, fraud_warnings
from app.commands import Command
from app.session import Session

PARTS = (fraud_cases, fraud_banks, fraud_orders, fraud_warnings)
"""Each adds actions of its own."""


def add_parser(verbs: Any) -> None:
    """Add ``zhian fraud …``."""
    parser = verbs.add_parser("fraud", help="the fraud desk: what to stop first, links, results, warnings")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for part in PARTS:
        part.add_actions(actions)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    return tuple(command for part in PARTS for command in part.commands(session))
