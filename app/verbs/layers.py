"""``zhian layers``: what can be seen and exported, with columns, units, formats and rows."""

from __future__ import annotations

import argparse
import json
from typing import Any

from app.commands import Call, Command
from app.live_now import running_world, still_world
from app.session import Session
from data.export.formats import FORMATS
from data.store.twin_folder import open_city
from layers.catalogue import LAYERS
from layers.layer import Layer
from twin.world import World


def add_parser(verbs: Any) -> None:
    """Add ``zhian layers``."""
    parser = verbs.add_parser("layers", help="list what can be seen and exported")
    parser.add_argument("--twin", default="", help="count the rows of this twin (default: the current one)")
    parser.set_defaults(run=_list)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def describe(call: Call) -> list[dict[str, Any]]:
        name = call.arguments.get("twin") or (session.home.current() if session.home.twins() else "")
        world = _world(session, name) if name else None
        return [description(layer, session, world) for layer in LAYERS]

    return (Command("layer.list", describe, permission="layer.read", in_palette=False),)


def description(layer: Layer, session: Session, world: World | None) -> dict[str, Any]:
    """Return what there is to say of a layer; ``rows`` is null without a twin, and for a surface."""
    columns = [{"name": c.name, "type": c.dtype, "unit": c.unit, "sensitive": c.sensitive} for c in layer.columns]
    status = None if world is None else layer.status(world)
    return {
        "name": layer.name,
        "title": session.texts(f"layer.{layer.name}"),
        "group": layer.group,
        "columns": columns,
        "formats": list(layer.formats),
        "rows": status.count if status is not None and layer.columns else None,
        "there": status is not None and status.count > 0,
        "reason": "" if status is None else _words(session, status.reason),
    }


def _world(session: Session, name: str) -> World:
    city = open_city(session.home.twin(name))
    return running_world(session.home, name, city) or still_world(city)


def _words(session: Session, reason: str) -> str:
    return session.texts(reason) if reason in session.texts else session.texts.said(reason)


def _list(arguments: argparse.Namespace, session: Session) -> int:
    found = session.commands.run("layer.list", about=arguments.twin, twin=arguments.twin)
    if session.as_json:
        forms = {f.name: {"title": f.title, "suffixes": f.suffixes, "crs": f.crs} for f in FORMATS.values()}
        print(json.dumps({"layers": found, "formats": forms}, ensure_ascii=False))
        return 0
    for layer in found:
        print(_heading(layer, session))
        for column in layer["columns"]:
            unit = f" [{column['unit']}]" if column["unit"] else ""
            hidden = f"  ({session.texts('layers.masked')})" if column["sensitive"] else ""
            print(f"    {column['name']:<14}{column['type']}{unit}{hidden}")
    return 0


def _heading(layer: dict[str, Any], session: Session) -> str:
    rows = "" if layer["rows"] is None else session.texts("layers.rows", rows=f"{layer['rows']:,}")
    says = layer["reason"] or rows or (session.texts("layers.there") if layer["there"] else "")
    return f"{layer['name']} · {layer['title']}  {says}  → {', '.join(layer['formats'])}"
