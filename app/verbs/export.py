"""``zhian export``: one layer into one file, with its provenance beside it; needs no display."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.commands import Call, Command
from app.exporting import Wish, check_wish, export_layer
from app.live_now import live_world, still_world
from app.session import Session
from app.standing import under_order
from app.times import parse_time
from data.export.export import Receipt
from data.export.formats import FORMATS
from data.history.reader import History
from data.operations.standing import alerts_of
from data.store.kept import kept_path, read_kept
from data.store.twin_folder import open_city
from data.sync.zones import zones_of
from layers.catalogue import LAYERS, layer_by_name
from twin.access import Resource, decide
from twin.city.city import City
from twin.crossing import refuse_city, world_for
from twin.errors import BadInputError, UsageError
from twin.reach import narrowed, reach_of
from twin.words import say
from twin.world import World

LIVE_S = 2.0
ALARMS = "alarms"
"""The layer that shows alerts of scenarios too."""


def add_parser(verbs: Any) -> None:
    """Add ``zhian export``."""
    parser = verbs.add_parser("export", help="write a layer to a file")
    parser.add_argument("layer", metavar="LAYER", help=", ".join(layer.name for layer in LAYERS))
    parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="its name tells the format")
    parser.add_argument("--format", default="", choices=tuple(FORMATS), help="default: as the file's name says")
    parser.add_argument("--twin", default="", help="default: the current one")
    parser.add_argument("--bbox", default="", metavar="W,S,E,N", help="only what touches this box, in degrees")
    parser.add_argument("--crs", default="", metavar="EPSG:…", help="default: the twin's own")
    parser.add_argument(
        "--where", default="", metavar="EXPR", help="only rows that fit, as: floors > 10 and use = 'office'"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace the file if it is there")
    parser.add_argument(
        "--live", type=float, default=LIVE_S, metavar="SECONDS",
        help=f"how long to listen to the sources for a live layer where no engine runs (default {LIVE_S:g})",
    )  # fmt: skip
    parser.add_argument("--at", default="", metavar="TIME", help="a live layer as it was, as 2026-11-22T08:30:00")
    parser.add_argument("--from", dest="begin", default="", metavar="TIME", help="with --until: all that was told")
    parser.add_argument("--until", default="", metavar="TIME")
    parser.add_argument(
        "--for-network", default="", metavar="NETWORK", help="only what may cross to another network, as in zones.toml"
    )
    parser.set_defaults(run=_export)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the command of this verb."""

    def run(call: Call) -> Receipt:
        names = ("wish", "twin", "live_s", "past", "network")
        wish, twin, live_s, past, network = (call.arguments[name] for name in names)
        call = under_order(session, call, wish, twin, bool(past))
        if network:
            check_network(session, wish.layer, network)
        world = _past_world(session, twin, past) if past else _world(session, wish, twin, live_s)
        if wish.layer == ALARMS:
            world = _with_alerts(session, world, call, past)
        if network:
            world = world_for(world, zones_of(session.home).networks, network)
        world = narrowed(world, reach_of(world.city, call.actor.scope))
        return export_layer(wish, world, twin, call)

    return (Command("layer.export", run, permission="layer.export", sensitive=True, in_palette=False),)


def _world(session: Session, wish: Wish, twin: str, live_s: float) -> World:
    city: City = open_city(session.home.twin(twin))
    group = layer_by_name(wish.layer).group
    if group == "work":
        return replace(still_world(city), kept=read_kept(kept_path(session.home, twin), city.frame))
    if group != "live":
        return still_world(city)
    return live_world(session.home, twin, city, live_s)


def _with_alerts(session: Session, world: World, call: Call, past: tuple[float, ...]) -> World:
    """Add what scenarios found and is open at the instant, or was at some time between two, if who asks may see it."""
    if not decide(call.actor, "alert.read", Resource("alert"), call.purpose, session.commands.rules).allowed:
        return world
    begin_s, end_s = (past[0], past[-1]) if past else (world.at_s, world.at_s)
    return replace(world, alerts=alerts_of(session.home, begin_s, end_s))


def _past_world(session: Session, twin: str, past: tuple[float, ...]) -> World:
    """Return the world of an instant, or one in which all stands that was told between two."""
    city = open_city(session.home.twin(twin))
    with closing(History.of(session.home, twin, city)) as history:
        world = history.world_at(past[-1])
        if len(past) > 1:
            world = replace(world, tracks=history.frame_between(*past))
    if not len(world.tracks):
        raise BadInputError(twin, "nothing is known of that time", "see with `zhian history status` what is")
    return world


def check_network(session: Session, layer: str, network: str) -> None:
    """Refuse a network that is not there, and a layer of the city that may not cross to it."""
    networks = zones_of(session.home).networks
    names = [zone.name for zone in networks.zones]
    if network not in names:
        raise UsageError(say("there is no network {name}; there are: {names}", name=network, names=", ".join(names)))
    if layer_by_name(layer).group != "live":
        refuse_city(networks, network)


def _past(arguments: argparse.Namespace, layer: str) -> tuple[float, ...]:
    times = [parse_time(text) for text in (arguments.at, arguments.begin, arguments.until) if text]
    if times and layer_by_name(layer).group != "live":
        raise UsageError(say("--at, --from and --until are for what lives; leave them out for {name}", name=layer))
    if len(times) != (1 if arguments.at else 2 if arguments.begin or arguments.until else 0):
        raise UsageError("give either --at or --from and --until")
    return tuple(times)


def _export(arguments: argparse.Namespace, session: Session) -> int:
    bbox = parse_box(arguments.bbox)
    wish = Wish(
        arguments.layer, arguments.to, arguments.format, bbox, arguments.crs, arguments.where, arguments.overwrite
    )
    check_wish(wish)
    if not 0 < arguments.live <= 3600:
        raise UsageError("--live is a number of seconds, at most 3600")
    past = _past(arguments, wish.layer)
    twin = arguments.twin or session.home.current()
    receipt = session.commands.run(
        "layer.export",
        about=f"{twin}/{wish.layer}",
        wish=wish,
        twin=twin,
        live_s=arguments.live,
        past=past,
        network=arguments.for_network,
    )
    if session.as_json:
        print(json.dumps(_plain(receipt), ensure_ascii=False))
    else:
        print(_sentence(receipt, session))
    return 0


def parse_box(text: str) -> tuple[float, float, float, float] | None:
    """Read ``west,south,east,north``; None for an empty text."""
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(say("--bbox {text!r}: give west,south,east,north in degrees", text=text)) from None
    return west, south, east, north


def _plain(receipt: Receipt) -> dict[str, Any]:
    return {
        "path": str(receipt.path),
        "provenance": str(receipt.provenance),
        "rows": receipt.rows,
        "size_px": list(receipt.size_px),
        "crs": receipt.crs,
        "bytes": receipt.bytes,
        "sha256": receipt.sha256,
    }


def _sentence(receipt: Receipt, session: Session) -> str:
    if any(receipt.size_px):
        width, height = receipt.size_px
        return session.texts("export.raster", path=receipt.path, width=f"{width:,}", height=f"{height:,}")
    return session.texts("export.rows", path=receipt.path, rows=f"{receipt.rows:,}")
