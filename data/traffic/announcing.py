"""What goes out to screens and navigation: files in an outbox folder, for the gateways that carry them on.

One file a screen, which its gateway may take at any time; one feed for navigation, in two formats. Every file is there
whole or not at all. A screen that has nothing more to say gets a file without lines: it goes dark.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.home import Home
from data.traffic.feeds import datex, json_feed
from data.whole_file import write_file
from twin.city.city import City
from twin.traffic.graph import RoadGraph
from twin.traffic.messages import Message

VERSION = 1


@dataclass(frozen=True, slots=True)
class Announced:
    """What went out: ids of screens that say something, and of those that were made dark."""

    folder: Path
    lit: tuple[str, ...]
    dark: tuple[str, ...]


def outbox_of(home: Home, twin: str) -> Path:
    """Return the folder that the gateways read."""
    return home.data / "outbox" / "guidance" / home.twin(twin).name


def announce(
    home: Home, twin: str, city: City, graph: RoadGraph, messages: Sequence[Message], now_s: float
) -> Announced:  # fmt: skip
    """Put messages in place of those that are out; none withdraws them all."""
    folder = outbox_of(home, twin)
    screens = folder / "screens"
    screens.mkdir(parents=True, exist_ok=True)
    said = {message.screen.id: message for message in messages if message.lines}
    before = {path.stem for path in screens.glob("*.json")}
    dark = tuple(sorted(key for key in before - said.keys() if _lines(screens / f"{key}.json")))
    for key in (*said, *dark):
        lines = list(said[key].lines) if key in said else []
        told = {"version": VERSION, "screen": key, "made_s": round(now_s), "lines": lines}
        write_file(screens / f"{key}.json", (json.dumps(told, ensure_ascii=False) + "\n").encode())
    write_file(folder / "navigation.json", json_feed(city, graph, messages, now_s))
    write_file(folder / "datex.xml", datex(city, graph, messages, now_s))
    return Announced(folder, tuple(said), dark)


def _lines(path: Path) -> list[str]:
    """Return what a screen was told last; of a damaged file something, so that it is made dark."""
    try:
        lines: list[str] = json.loads(path.read_text("utf-8"))["lines"]
    except (ValueError, KeyError, TypeError):
        return ["?"]
    return lines
