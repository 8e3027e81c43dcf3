"""``zhian plugins``: what other hands have added to the program, and what of it works."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import entry_points
from typing import Any

from app.commands import Call, Command
from app.session import Session
from data.connectors import plugins, registry
from data.home import Home
from layers import catalogue
from twin.errors import ZhianError
from twin.words import said


@dataclass(frozen=True, slots=True)
class Added:
    """One addition: a connector's kind or a layer's name, where it comes from, and why it is not used (or "")."""

    what: str
    name: str
    where: str
    problem: str


def add_parser(verbs: Any) -> None:
    """Add ``zhian plugins``."""
    parser = verbs.add_parser("plugins", help="list what was added to the program")
    parser.set_defaults(run=_list)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def listed(call: Call) -> list[Added]:
        return [*_from_folder(session.home), *_from_packages()]

    return (Command("plugin.list", listed, permission="plugin.read", in_palette=False),)


def _from_folder(home: Home) -> Iterator[Added]:
    """Yield the plug-ins in the folder; each is imported, as that is the only way to know whether it can be."""
    taken = registry.own_kinds() | {point.name for point in entry_points(group=registry.GROUP)}
    for plugin in plugins.found(home):
        problem = plugin.problem or (said("there is another connector of this kind") if plugin.kind in taken else "")
        try:
            if not problem:
                plugins.opener(home, plugin.kind)
        except ZhianError as error:
            problem = getattr(error, "problem", error.sentence)
        yield Added("connector", plugin.kind, str(plugin.path), problem)


def _from_packages() -> Iterator[Added]:
    for point in entry_points(group=registry.GROUP):
        problem = said("there is another connector of this kind") if point.name in registry.own_kinds() else ""
        try:
            point.load()
        except Exception as error:  # noqa: BLE001 - another's package may raise whatever it likes; it is told
            problem = f"{type(error).__name__}: {error}"
        yield Added("connector", point.name, point.value, problem)
    for point in entry_points(group=catalogue.GROUP):
        yield Added("layer", point.name, point.value, catalogue.FAULTY.get(point.name, ""))


def _list(arguments: argparse.Namespace, session: Session) -> int:
    found = session.commands.run("plugin.list", about="")
    for added in found:
        if session.as_json:
            print(json.dumps(asdict(added), ensure_ascii=False))
        else:
            state = session.texts.said(added.problem) if added.problem else session.texts("plugins.works")
            print(f"{session.texts(f'plugins.{added.what}')}  {added.name}  {added.where}  {state}")
    if not found and not session.as_json:
        print(session.texts("plugins.none", folder=plugins.folder_of(session.home)))
    return 1 if any(added.problem for added in found) else 0
