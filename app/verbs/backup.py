"""``zhian backup`` and ``zhian restore``."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.session import Session
from app.version import program_version
from data.backup.listing import verify
from data.backup.make import make_backup
from data.backup.restore import restore


def add_parser(verbs: Any) -> None:
    """Add the verbs."""
    backup = verbs.add_parser("backup", help="copy everything into a folder, while the engine runs")
    backup.add_argument("folder", metavar="DIR", help="each backup gets a folder of its own in it")
    backup.add_argument("--verify", action="store_true", help="DIR is a backup: read it whole and compare, no more")
    backup.set_defaults(run=_backup)
    restoring = verbs.add_parser("restore", help="put a backup in the place of what is here")
    restoring.add_argument("folder", metavar="DIR", help="a backup")
    restoring.add_argument("--replace", action="store_true", help="set aside what is here")
    restoring.set_defaults(run=_restore)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of these verbs."""

    def make(call: Call) -> Path:
        return make_backup(session.home, call.arguments["folder"], program_version(), time.time())

    def put_back(call: Call) -> tuple[Path, ...]:
        replace = call.arguments["replace"]
        return restore(session.home, call.arguments["folder"], replace=replace, now_s=time.time())

    return (
        Command("backup.make", make, "backup.make", sensitive=True, in_palette=False),
        Command("backup.verify", lambda call: verify(call.arguments["folder"]), "backup.make", in_palette=False),
        Command("backup.restore", put_back, "backup.restore", sensitive=True, in_palette=False),
        Command("backup.restored", lambda _call: None, "backup.restore", in_palette=False),
    )


def _backup(arguments: argparse.Namespace, session: Session) -> int:
    folder = Path(arguments.folder)
    if arguments.verify:
        listing = session.commands.run("backup.verify", about=folder.name, folder=folder)
        print(session.texts("backup.whole", folder=str(folder), files=len(listing.files)))
        return 0
    made = session.commands.run("backup.make", about=folder.name, folder=folder)
    print(json.dumps({"folder": str(made)}) if session.as_json else session.texts("backup.made", folder=str(made)))
    return 0


def _restore(arguments: argparse.Namespace, session: Session) -> int:
    folder = Path(arguments.folder)
    aside = session.commands.run("backup.restore", about=folder.name, folder=folder, replace=arguments.replace)
    session.commands.close()  # the record that is in its place now is the backup's; it gets its own word of this
    session.commands.run("backup.restored", about=folder.name)
    print(session.texts("backup.restored", aside=", ".join(map(str, aside))))
    return 0
