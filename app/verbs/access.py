"""``zhian access``: who may do what, as the rules say."""

from __future__ import annotations

import argparse
import json
import unicodedata
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.access_rules import FILE
from data.own_copy import copy_shipped
from twin.access import EVERYTHING, Rules

MARKS = {"": "·", "may": "●", "purpose": "◐", "second": "②"}


def add_parser(verbs: Any) -> None:
    """Add ``zhian access matrix|init``."""
    parser = verbs.add_parser("access", help="who may do what")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("matrix", help="print what each role may do").set_defaults(run=_matrix)
    starting = actions.add_parser("init", help="copy access.toml to the data folder, to be changed there")
    starting.set_defaults(run=_init)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    rules = session.commands.rules

    def init(_call: Call) -> str:
        return str(copy_shipped(FILE, session.home))

    return (
        Command("access.matrix", lambda _call: matrix(rules), "access.read", in_palette=False),
        Command("access.init", init, "access.change", in_palette=False),
    )


def matrix(rules: Rules) -> dict[str, dict[str, str]]:
    """Return, for each action that the rules name and each role: ``may``, ``purpose``, ``second``, or nothing.

    ``purpose`` is allowed once a purpose was stated, ``second`` once another person confirmed it.
    """
    named = {action for role in rules.roles.values() for action in role.may} | set(rules.permissions)
    return {
        action: {name: _cell(rules, action) if role.allows(action) else "" for name, role in rules.roles.items()}
        for action in sorted(named - {EVERYTHING})
    }


def _cell(rules: Rules, action: str) -> str:
    asked = rules.permission(action)
    return "second" if asked.confirmed_by else "purpose" if asked.purpose else "may"


def _matrix(arguments: argparse.Namespace, session: Session) -> int:
    cells = session.commands.run("access.matrix")
    if session.as_json:
        print(json.dumps(cells, ensure_ascii=False))
        return 0
    rules, texts = session.commands.rules, session.texts
    heads = [role.english if texts.language == "en" else role.chinese for role in rules.roles.values()]
    wide = max(map(len, cells))
    print(" " * wide, *heads, sep="  ")
    for action, row in cells.items():
        marks = (_centred(MARKS[cell], _width(head)) for cell, head in zip(row.values(), heads, strict=True))
        print(action.ljust(wide), *marks, sep="  ")
    print(texts("access.legend", **MARKS))
    return 0


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _centred(text: str, width: int) -> str:
    return " " * ((width - 1) // 2) + text + " " * (width - 1 - (width - 1) // 2)


def _init(_arguments: argparse.Namespace, session: Session) -> int:
    path = session.commands.run("access.init")
    print(json.dumps({"path": path}) if session.as_json else session.texts("access.written", path=path))
    return 0
