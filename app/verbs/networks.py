"""``zhian networks``: the zones, what may cross between them, and how the sources in each are doing."""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from app.commands import Call, Command
from app.networks import gap_line
from app.session import Session
from data.own_copy import copy_shipped
from data.sync.overview import MINUTES, NetworksView, SourceView, ZoneView, look
from data.sync.tables import COUNTS
from data.sync.zones import FILE
from twin.errors import UsageError
from twin.networks import ANY, Rule


def add_parser(verbs: Any) -> None:
    """Add ``zhian networks``."""
    parser = verbs.add_parser("networks", help="networks, their sources, and what may cross")
    parser.add_argument("--twin", default="", help="which twin (default: the current one)")
    parser.add_argument(
        "--minutes", type=int, default=MINUTES, metavar="N", help=f"account of the newest minutes (default {MINUTES})"
    )
    parser.add_argument("--rules", action="store_true", help="also what may leave and enter each network")
    parser.add_argument("--init", action="store_true", help="copy zones.toml to the data folder, to be changed there")
    parser.set_defaults(run=_networks)


def commands(session: Session) -> tuple[Command, ...]:
    """Return the commands of this verb."""

    def show(call: Call) -> NetworksView:
        return look(session.home, call.arguments["twin"], time.time(), time.monotonic(), call.arguments["minutes"])

    return (
        Command("networks.show", show, "networks.read", in_palette=False),
        Command("networks.init", lambda call: copy_shipped(FILE, session.home), "networks.change", in_palette=False),
    )


def _networks(arguments: argparse.Namespace, session: Session) -> int:
    if arguments.minutes < 1:
        raise UsageError("--minutes counts minutes: give 1 or more")
    if arguments.init:
        path = session.commands.run("networks.init")
        print(json.dumps({"path": str(path)}) if session.as_json else session.texts("networks.written", path=path))
        return 0
    twin = arguments.twin or session.home.current()
    view = session.commands.run("networks.show", about=twin, twin=twin, minutes=arguments.minutes)
    now_s = time.time()
    if session.as_json:
        print(json.dumps(_plain(view, now_s), ensure_ascii=False))
        return 0
    print(session.texts("networks.file", path=view.path))
    if not view.running:
        print(session.texts("networks.no_engine"))
    for zone in view.zones:
        print(_zone_line(session, zone))
        for source in zone.sources:
            print(_source_lines(session, source, now_s))
        if arguments.rules:
            for key, rules in (("leaving", zone.leaving), ("entering", zone.entering)):
                for rule in rules:
                    print("    " + session.texts(f"networks.{key}", **_words(session, rule)))
    return 0


def _zone_line(session: Session, zone: ZoneView) -> str:
    name = zone.zone.english if session.texts.language == "en" and zone.zone.english else zone.zone.name
    here = session.texts("networks.here") if zone.is_here else ""
    return f"{name}{here}"


def _source_lines(session: Session, source: SourceView, now_s: float) -> str:
    texts, settings, state = session.texts, source.settings, source.state
    head = f"  {settings.name} ({settings.kind}, {settings.classification})"
    lines = [f"{head}  {_state(session, source, now_s)}"]
    if source.account.received:
        gone = source.account.destroyed
        told = texts("networks.destroyed", count=gone) if gone else ""
        lines.append(texts("networks.account", **source.account._asdict()) + told)
    if source.waiting or source.removed:
        lines.append(texts("networks.quarantine", waiting=source.waiting, removed=source.removed))
    if source.gaps.missing:
        lines.append(texts("networks.gaps", gaps=source.gaps.count, missing=source.gaps.missing))
        lines += [gap_line(gap, texts) for gap in source.gaps.newest]
    if state is not None and state.clocks_ahead:
        lines.append(texts("networks.clocks", ahead=state.clocks_ahead, median=round(state.clock_s or 0.0)))
    if not source.rule.allow:
        lines.append(texts("networks.barred", rule=texts.said(source.rule.name)))
    return "\n      ".join(lines)


def _state(session: Session, source: SourceView, now_s: float) -> str:
    texts, state, age_s = session.texts, source.state, source.age_s(now_s)
    if state is None:
        return texts("networks.not_running")
    if not state.up:
        return texts("networks.down", reason=texts.said(state.reason))
    age = texts("networks.never") if age_s is None else texts("networks.age", seconds=round(age_s, 1))
    peers = "" if state.peers is None else texts("networks.peers", peers=state.peers)
    word = texts("networks.silent") if state.is_silent(now_s) else texts("networks.rate", rate=round(state.rate_hz, 1))
    return f"{word}{peers} · {age}"


def _words(session: Session, rule: Rule) -> dict[str, str]:
    every = session.texts("networks.every")
    lists = {name: getattr(rule, name) for name in ("origins", "targets", "classifications", "kinds", "fields")}
    told = {name: every if ANY in listed else "、".join(listed) for name, listed in lists.items()}
    return {**told, "name": session.texts.said(rule.name)}


def _plain(view: NetworksView, now_s: float) -> dict[str, Any]:
    return {
        "file": str(view.path),
        "running": view.running,
        "zones": [
            {
                "name": zone.zone.name,
                "english": zone.zone.english,
                "here": zone.is_here,
                "leaving": [_plain_rule(rule) for rule in zone.leaving],
                "entering": [_plain_rule(rule) for rule in zone.entering],
                "sources": [_plain_source(source, now_s) for source in zone.sources],
            }
            for zone in view.zones
        ],
    }


def _plain_rule(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "from": list(rule.origins),
        "to": list(rule.targets),
        **{name: list(getattr(rule, name)) for name in ("classifications", "kinds", "fields")},
    }


def _plain_source(source: SourceView, now_s: float) -> dict[str, Any]:
    state, settings, account = source.state, source.settings, source.account
    live = {} if state is None else {
        "up": state.up, "reason": str(state.reason), "silent": state.is_silent(now_s), "peers": state.peers,
        "rate_hz": round(state.rate_hz, 2), "clocks_ahead": state.clocks_ahead,
        "clock_s": state.clock_s,
    }  # fmt: skip
    age_s = source.age_s(now_s)
    return {
        "name": settings.name, "kind": settings.kind, "zone": settings.zone,
        "classification": settings.classification, "coordinates": settings.coordinates,
        "age_s": None if age_s is None else round(age_s, 3), **live,
        **{name: getattr(account, name) for name in (*COUNTS, "difference")},
        "waiting": source.waiting, "removed": source.removed,
        "gaps": source.gaps.count, "missing": source.gaps.missing,
        "rule": source.rule.name, "comes_in": source.rule.allow,
    }  # fmt: skip
