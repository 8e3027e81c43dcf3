"""What the search box asks: the city's names, cases, what is kept, and the entities of the live table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.events import Pick
from data.search.index import NameIndex
from data.search.sounds import initials, sound_units
from twin.access import mask_name, mask_plate
from twin.city.city import City
from twin.city.points import read_point
from twin.city.search import Found
from twin.fraud.case import Case
from twin.live.kinds import KINDS
from twin.live.observation import ObservationArray
from twin.world import World

MOST, MOST_ENTITIES, LEAST_OF_CASE = 12, 5, 2
_SEP = r"\s*(?:与|和|跟|及|同|/|&|×|\band\b)\s*"
_AND = re.compile(rf"(.{{2,}}?){_SEP}(.{{2,}}?)(?:{_SEP}(.{{2,}}?))?(?:的?(?:交叉口|交汇处|路口|口))?", re.I)
_HOUSE = re.compile(r"(.{2,}?)\s*\d+\s*(?:[号弄幢栋座室]|$).*")
"""The name of a road, and a number on it."""
_MASKED_KINDS = np.array([code for code, kind in enumerate(KINDS) if kind.layer in ("vehicles", "people")])
_LARGE = np.array([ord(chr(code).upper()) if code < 128 else code for code in range(256)], np.uint8)
_DEVICE_LAYER = {"camera": "cameras", "signal": "signals"}


def find(index: NameIndex, world: World, text: str, unmask: bool, cases: Sequence[Case] = ()) -> tuple[Found, ...]:
    """Return the best answers: a point if the text is one, cases, names of the city, what is kept, then entities."""
    text = text.encode(errors="replace").decode()  # half a character may be pasted
    point = read_point(text)
    if point is not None:
        name = f"{point.lon_deg:.5f}, {point.lat_deg:.5f}"
        return (Found("point", "", name, "", f"point_{point.system}", point.lon_deg, point.lat_deg, 800.0),)
    others = (*_cases(cases, text), *_kept(world, text), *find_entities(world, text, unmask))
    names = index.find(text, MOST)
    if not any(found.table == "crossings" for found in names):
        names = (*_crossing(index, text), *names)
    return (*(names or _road(index, text))[: MOST - len(others)], *others)


def find_entities(world: World, text: str, unmask: bool) -> tuple[Found, ...]:
    """Return entities whose id, or label if it may be shown, holds ``text``; those that begin with it first.

    A masked label is not searched: who may not read a plate must not be able to guess it letter by letter. What
    drones and sensors are called tells of nobody.
    """
    wanted = fold_case(np.array([text.strip().encode(errors="replace")]))[0]
    if len(wanted) < 2 or not len(world.tracks):
        return ()
    rows = world.tracks.rows
    labels = fold_case(rows["label"])
    if not unmask:
        labels[np.isin(rows["kind"], _MASKED_KINDS)] = b""
    at = np.stack([np.strings.find(fold_case(rows["id"]), wanted), np.strings.find(labels, wanted)])
    found = np.flatnonzero((at >= 0).any(axis=0))
    order = np.argsort(~(at[:, found] == 0).any(axis=0), kind="stable")
    return tuple(_found(rows, int(row), unmask) for row in found[order][:MOST_ENTITIES])


def fold_case(texts: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """Return texts with small letters made large, all at once: numpy's own does it one by one."""
    plain = np.ascontiguousarray(texts)
    return _LARGE[plain.view(np.uint8)].view(plain.dtype).reshape(plain.shape)


def _cases(cases: Sequence[Case], text: str) -> Iterator[Found]:
    """Yield the cases whose number, title, or the sound or initials of whose title hold what was typed."""
    wanted = text.strip().casefold()
    found = [case for case in cases if len(wanted) >= LEAST_OF_CASE and any(wanted in way for way in _ways(case))]
    for case in found[:MOST_ENTITIES]:
        yield Found("case", case.number, f"{case.number}  {case.title}", "", "case", np.nan, np.nan, 0.0)


def _ways(case: Case) -> Iterator[str]:
    """Yield what a case can be typed as."""
    sounds = sound_units(case.title)
    yield from (case.number.casefold(), case.title.casefold(), "".join(sounds), "".join(initials(sounds)))


def _road(index: NameIndex, text: str) -> tuple[Found, ...]:
    """Return the road of an address, where the house number is not known."""
    told = _HOUSE.fullmatch(text.strip())
    return () if told is None else tuple(found for found in index.find(told[1], MOST) if found.table == "roads")


def _kept(world: World, text: str) -> Iterator[Found]:
    """Yield what was kept on this twin under a name: results of instruments, and areas that are watched."""
    wanted = text.strip().casefold()
    frame = world.city.frame
    kept = [("results", one.id, one.name, one.kind, one.shape) for one in world.kept.results]
    kept += [("geofences", one.id, one.name, one.kind, one.shape) for one in world.kept.fences]
    named = [row for row in kept if wanted and wanted in row[2].casefold()]
    for table, key, name, kind, shape in named[:MOST_ENTITIES]:
        middle = shapely.get_coordinates(shapely.point_on_surface(shape))[0] - np.asarray(frame.origin_m)
        lon, lat = frame.to_lonlat(*middle)
        yield Found(table, key, name, "", kind, float(lon), float(lat), 600.0)


def _crossing(index: NameIndex, text: str) -> tuple[Found, ...]:
    """Return crossings that are told as two or three roads with a word between, as 人民大道与西塘路口."""
    told = _AND.fullmatch(text.strip())
    if told is None:
        return ()
    roads = " ".join(road for road in told.groups() if road)
    return tuple(found for found in index.find(roads, MOST) if found.table == "crossings")[:5]


def entity(world: World, key: str, unmask: bool) -> Found | None:
    """Return one entity by its id."""
    rows = np.flatnonzero(world.tracks.rows["id"] == key.encode())
    return _found(world.tracks.rows, int(rows[0]), unmask) if len(rows) else None


def pick_of(city: City, found: Found) -> Pick:
    """Return what to select for an answer: a bare place is known by its name."""
    layer = "point" if found.table == "crossings" else found.table
    if layer == "devices":
        layer = _DEVICE_LAYER.get(found.kind, "sensors")
    elif layer == "entity":
        layer = next(kind.layer for kind in KINDS if kind.name == found.kind)
    east, north = (float(value) for value in city.frame.to_local(found.lon_deg, found.lat_deg))
    ground = float(city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1]))
    return Pick(layer, found.name if layer == "point" else found.id, (east, north, ground))


def _found(rows: ObservationArray, row: int, unmask: bool) -> Found:
    one = rows[row]
    kind = KINDS[min(int(one["kind"]), len(KINDS) - 1)]
    key, label = one["id"].decode("utf-8", "replace"), one["label"].decode("utf-8", "replace")
    if not unmask and kind.layer in ("vehicles", "people"):
        label = mask_name(label) if kind.layer == "people" else mask_plate(label)
    name = f"{label}  {key}" if label else key
    return Found("entity", key, name, "", kind.name, float(one["lon_deg"]), float(one["lat_deg"]), 400.0)
