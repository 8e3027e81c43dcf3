"""What is known of one thing on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.map.events import Pick
from layers.layer import Layer
from layers.shown import shown
from twin.access import mask_name, mask_plate
from twin.live.kinds import KINDS, STATES
from twin.world import World

LIVE_LAYERS = frozenset(kind.layer for kind in KINDS)
_HIDDEN = frozenset({"name", "name_en", "label", "from_node", "to_node"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A named value; its unit as in the layer's columns."""

    name: str
    value: Any
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """A thing's title and what is known of it."""

    pick: Pick
    title: str
    title_en: str
    facts: tuple[Fact, ...]


def is_live(layer: str) -> bool:
    """Tell whether a layer shows the live table."""
    return layer in LIVE_LAYERS


def read_facts(layer: Layer, world: World, pick: Pick, unmask: bool) -> Facts | None:
    """Return what a layer knows of one of its rows, None if it is gone; slow for a large layer."""
    rows = shown(layer, world, unmask=unmask).columns
    found = np.flatnonzero(np.asarray(rows["id"]).astype(str) == pick.key)
    if not len(found):
        return None
    values = {column.name: rows[column.name][found[0]] for column in layer.columns}
    title = str(values.get("name") or values.get("label") or "")
    title_en = str(values.get("name_en") or title)
    known = tuple(Fact(c.name, values[c.name], c.unit) for c in layer.columns if c.name not in _HIDDEN)
    return Facts(pick, title, title_en, tuple(fact for fact in known if not _is_blank(fact.value)))


def entity_facts(world: World, pick: Pick, unmask: bool) -> Facts | None:
    """Return what the live table knows of an entity, None if it is not there."""
    found = np.flatnonzero(world.tracks.rows["id"] == pick.key.encode())
    if not len(found):
        return None
    row = world.tracks.rows[found[0]]
    kind = KINDS[min(int(row["kind"]), len(KINDS) - 1)]
    label = row["label"].decode("utf-8", "replace")
    mask = mask_name if kind.layer == "people" else mask_plate
    source = int(world.tracks.source[found[0]])
    values = [
        Fact("kind", kind.name),
        Fact("state", STATES[int(row["state"])]),
        Fact("time", np.datetime64(round(float(row["time_s"]) * 1000), "ms")),
        Fact("speed_mps", np.float32(row["speed_mps"])),
        Fact("heading_deg", np.float32(row["heading_deg"])),
        Fact("height_m", np.float32(row["height_m"]), "m"),
        Fact("accuracy_m", np.float32(row["accuracy_m"]), "m"),
        Fact("id", pick.key),
    ]
    if kind.quantity:
        values.insert(1, Fact(f"value_{kind.name}", np.float32(row["value"]), kind.unit))
        values = [fact for fact in values if fact.name not in ("speed_mps", "heading_deg")]
    if source < len(world.sources):
        values.append(Fact("source", world.sources[source].name))
    known = tuple(fact for fact in values if not _is_blank(fact.value))
    shown_label = label if unmask or kind.layer in ("sensors", "drones") else mask(label)
    return Facts(pick, shown_label, shown_label, known)


def _is_blank(value: Any) -> bool:
    if isinstance(value, (float, np.floating)):
        return bool(np.isnan(value))
    return value is None or (isinstance(value, str) and not value)
