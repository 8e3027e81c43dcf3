"""What the search box asks: the city's names, and the entities of the live table."""

from __future__ import annotations

import numpy as np

from app.map.events import Pick
from data.search.index import NameIndex
from twin.access import mask_name, mask_plate
from twin.city.city import City
from twin.city.points import read_point
from twin.city.search import Found
from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray
from twin.world import World

MOST, MOST_ENTITIES = 12, 5
_DEVICE_LAYER = {"camera": "cameras", "signal": "signals"}


def find(index: NameIndex, world: World, text: str, unmask: bool) -> tuple[Found, ...]:
    """Return the best answers: a point if the text is one, names of the city, then entities."""
    point = read_point(text)
    if point is not None:
        name = f"{point.lon_deg:.5f}, {point.lat_deg:.5f}"
        return (Found("point", "", name, "", f"point_{point.system}", point.lon_deg, point.lat_deg, 800.0),)
    entities = find_entities(world, text, unmask)
    return (*index.find(text, MOST - len(entities)), *entities)


def find_entities(world: World, text: str, unmask: bool) -> tuple[Found, ...]:
    """Return entities whose id, or label if it may be shown, holds ``text``.

    A masked label is not searched: who may not read a plate must not be able to guess it letter by letter.
    """
    wanted = text.strip().upper().encode()
    if len(wanted) < 2 or not len(world.tracks):
        return ()
    rows = world.tracks.rows
    hit = np.char.find(np.char.upper(rows["id"]), wanted) >= 0
    if unmask:
        hit |= np.char.find(np.char.upper(rows["label"]), wanted) >= 0
    return tuple(_found(rows, int(row), unmask) for row in np.flatnonzero(hit)[:MOST_ENTITIES])


def entity(world: World, key: str, unmask: bool) -> Found | None:
    """Return one entity by its id."""
    rows = np.flatnonzero(world.tracks.rows["id"] == key.encode())
    return _found(world.tracks.rows, int(rows[0]), unmask) if len(rows) else None


def pick_of(city: City, found: Found) -> Pick:
    """Return what to select for an answer: a bare place is known by its name."""
    layer = found.table
    if layer == "devices":
        layer = _DEVICE_LAYER.get(found.kind, "sensors")
    elif layer == "entity":
        layer = next(kind.layer for kind in KINDS if kind.name == found.kind)
    east, north = (float(value) for value in city.frame.to_local(found.lon_deg, found.lat_deg))
    ground = float(city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1]))
    return Pick(layer, found.id or found.name, (east, north, ground))


def _found(rows: ObservationArray, row: int, unmask: bool) -> Found:
    one = rows[row]
    kind = KINDS[min(int(one["kind"]), len(KINDS) - 1)]
    key, label = one["id"].decode("utf-8", "replace"), one["label"].decode("utf-8", "replace")
    if not unmask and kind.layer in ("vehicles", "people"):
        label = mask_name(label) if kind.layer == "people" else mask_plate(label)
    name = f"{label}  {key}" if label else key
    return Found("entity", key, name, "", kind.name, float(one["lon_deg"]), float(one["lat_deg"]), 400.0)
