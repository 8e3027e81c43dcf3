"""``zhian encryption``: databases, journals and histories encrypted on disk."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.encryption import decrypt, encrypt, state
from data.home import Home
from data.sealed import made_key


def add_parser(verbs: Any) -> None:
    """Add ``zhian encryption``."""
    actions = verbs.add_parser(
        "encryption", help="records, audit trail, journal and history encrypted on disk"
    ).add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="what is encrypted").set_defaults(run=_status)
    turning = actions.add_parser("on", help="encrypt them, and those to come; nothing else may have them open")
    turning.set_defaults(run=_turn)
    actions.add_parser("off", help="take the encryption away again").set_defaults(run=_turn)
    actions.add_parser("key", help="the key, to be kept off the machine: without it nothing opens").set_defaults(
        run=_key
    )


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""
    home = session.home

    def turned(act: Callable[[Home], list[Path]]) -> Callable[[Call], list[Path]]:
        def run(_: Call) -> list[Path]:
            session.commands.close()  # its entry is on disk; the trail itself is about to be turned
            return act(home)

        return run

    return (
        Command("encryption.status", lambda _: state(home), "records.read", in_palette=False),
        Command("encryption.on", turned(encrypt), "records.manage", in_palette=False),
        Command("encryption.off", turned(decrypt), "records.manage", in_palette=False),
        Command("encryption.key", lambda _: made_key(home), "records.manage", in_palette=False),
    )


def _status(_: argparse.Namespace, session: Session) -> int:
    found: dict[str, bool] = session.commands.run("encryption.status")
    if session.as_json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for path, sealed in found.items():
        print(session.texts("encryption.sealed" if sealed else "encryption.plain", path=path))
    return 0


def _turn(arguments: argparse.Namespace, session: Session) -> int:
    turned: list[Path] = session.commands.run(f"encryption.{arguments.action}")
    if session.as_json:
        print(json.dumps([str(path) for path in turned], ensure_ascii=False))
        return 0
    for path in turned:
        print(session.texts("encryption.sealed" if arguments.action == "on" else "encryption.plain", path=str(path)))
    print(session.texts(f"encryption.{arguments.action}"))
    return 0


def _key(_: argparse.Namespace, session: Session) -> int:
    key = session.commands.run("encryption.key")
    print(json.dumps({"key": key}) if session.as_json else key)
    return 0
