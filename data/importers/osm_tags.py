"""What OpenStreetMap's tags mean in the tables of a twin.

The keys and their values are told at https://wiki.openstreetmap.org/wiki/Map_features.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data.importers.heights import parse_metres
from data.importers.uses import building_use

Tags = Mapping[str, str]

_ROAD_CLASS = {
    "motorway": "motorway", "trunk": "trunk", "primary": "primary", "secondary": "secondary", "tertiary": "tertiary",
    "unclassified": "residential", "residential": "residential", "living_street": "residential", "road": "residential",
    "service": "service", "services": "service", "rest_area": "service", "busway": "service", "raceway": "service",
    "track": "track",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _RoadDefault:
    lanes: int
    speed_kmh: float
    lane_m: float


_ROAD_DEFAULT: Mapping[str, _RoadDefault] = MappingProxyType(
    {
        "motorway": _RoadDefault(4, 120, 3.75),
        "trunk": _RoadDefault(4, 80, 3.75),
        "primary": _RoadDefault(2, 70, 3.5),
        "secondary": _RoadDefault(2, 60, 3.5),
        "tertiary": _RoadDefault(2, 50, 3.25),
        "residential": _RoadDefault(2, 30, 3.0),
        "service": _RoadDefault(1, 20, 3.5),
        "track": _RoadDefault(1, 20, 3.0),
        "path": _RoadDefault(1, 5, 2.0),
    }
)


@dataclass(frozen=True, slots=True)
class Road:
    """What the tags of a way say about the road on it; ``direction`` is −1 where traffic runs against the way."""

    road_class: str
    lanes: int
    oneway: bool
    direction: int
    speed_kmh: float
    width_m: float
    bridge: bool


def read_road(tags: Tags) -> Road:
    """Return the road that a ``highway`` way is; what is not tagged is as such roads mostly are."""
    highway = tags["highway"]
    if highway in ("construction", "proposed"):
        road_class = "track"  # nobody drives there yet
    else:
        road_class = _ROAD_CLASS.get(highway.removesuffix("_link"), "path")
    default = _ROAD_DEFAULT[road_class]
    oneway = tags.get("oneway", "")
    ring = tags.get("junction") in ("roundabout", "circular")
    implied = (highway.startswith("motorway") or ring) and oneway != "no"
    one = oneway in ("yes", "true", "1", "-1", "reverse") or implied
    halved = max(1, default.lanes // 2) if one else default.lanes
    lanes = _number(tags.get("lanes"), 1, 16) or float(halved)
    width = parse_metres(tags.get("width"))
    return Road(
        road_class,
        int(lanes),
        one,
        -1 if oneway in ("-1", "reverse") else 1,
        _speed(tags.get("maxspeed")) or default.speed_kmh,
        width if 0.3 <= width <= 100 else lanes * default.lane_m,
        tags.get("bridge", "no") not in ("no", ""),
    )


def _number(text: str | None, least: float, most: float) -> float:
    """Return a number within limits, or 0."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*", text or "")
    value = float(found[1]) if found else 0.0
    return value if least <= value <= most else 0.0


def _speed(text: str | None) -> float:
    """Return km/h from ``50``, ``30 mph`` or ``walk``; 0 where it is not said."""
    if text == "walk":
        return 5.0
    found = re.fullmatch(r"\s*(\d{1,3})\s*(mph|km/h|kmh)?\s*", text or "")
    if not found:
        return 0.0
    return float(found[1]) * (1.609344 if found[2] == "mph" else 1.0)


def names(tags: Tags) -> tuple[str, str]:
    """Return the name to show in Chinese and the one in English; the local name stands in for either."""
    local = tags.get("name", "")
    return tags.get("name:zh") or tags.get("name:zh-Hans") or local, tags.get("name:en") or local


def read_use(tags: Tags) -> str:
    """Return the use of a building from what it is and what is in it."""
    kind = tags.get("building", "")
    inside = (tags.get(key) for key in ("amenity", "office", "shop", "tourism", "man_made", "landuse"))
    use = building_use(kind, *inside)
    return "commercial" if use == "other" and "shop" in tags else use


_ROOFS = {"gabled": "gabled", "hipped": "hipped", "half-hipped": "hipped", "pyramidal": "hipped", "gambrel": "gabled"}


def read_roof(tags: Tags) -> str:
    """Return how a building's roof closes it."""
    return _ROOFS.get(tags.get("roof:shape", ""), "flat")


def area_water(tags: Tags) -> str:
    """Return the kind of water an area is; empty if it is none."""
    kind = tags.get("water", "")
    if tags.get("natural") == "water" or tags.get("landuse") in ("reservoir", "basin") or kind:
        named = {"river": "river", "stream": "river", "canal": "canal", "ditch": "canal", "drain": "canal"}
        return named.get(kind, "pond" if kind in ("pond", "basin") or tags.get("landuse") == "basin" else "lake")
    if tags.get("waterway") in ("riverbank", "dock"):
        return "river"
    return ""


_WATERWAYS = {
    "river": ("river", 12.0),
    "stream": ("river", 2.0),
    "canal": ("canal", 10.0),
    "drain": ("canal", 1.5),
    "ditch": ("canal", 1.0),
}


def line_water(tags: Tags) -> tuple[str, float] | None:
    """Return the kind of water a line is, and its width in metres: the tagged one, else what such lines mostly have."""
    found = _WATERWAYS.get(tags.get("waterway", ""))
    if found is None or tags.get("tunnel", "no") != "no":
        return None
    width = parse_metres(tags.get("width"))
    return found[0], width if 0.2 <= width <= 2000 else found[1]


_LAND = {
    "farmland": "field", "farm": "field", "field": "field", "paddy": "paddy", "greenhouse_horticulture": "greenhouse",
    "orchard": "orchard", "vineyard": "orchard", "plant_nursery": "orchard", "forest": "forest", "wood": "forest",
    "scrub": "forest", "park": "park", "garden": "park", "recreation_ground": "park", "golf_course": "park",
    "pitch": "park", "playground": "park", "cemetery": "park", "nature_reserve": "", "grass": "grass",
    "meadow": "grass", "grassland": "grass", "village_green": "grass", "heath": "grass", "wetland": "grass",
    "allotments": "grass", "residential": "urban", "commercial": "urban", "retail": "urban", "farmyard": "urban",
    "industrial": "industrial", "quarry": "industrial", "railway": "industrial", "square": "square",
}  # fmt: skip


def area_land(tags: Tags) -> str:
    """Return the kind of land an area is; empty if no table holds it."""
    if tags.get("landuse") == "farmland" and tags.get("crop") == "rice":
        return "paddy"
    for key in ("landuse", "natural", "leisure", "place"):
        kind = _LAND.get(tags.get(key, ""), "")
        if kind:
            return kind
    return ""


_PLACES = {
    "city": ("town", 1), "borough": ("subdistrict", 2), "town": ("town", 2), "suburb": ("subdistrict", 3),
    "quarter": ("quarter", 4), "village": ("village", 4), "neighbourhood": ("quarter", 5), "hamlet": ("village", 5),
    "isolated_dwelling": ("locality", 6), "locality": ("locality", 6),
}  # fmt: skip


def read_place(tags: Tags) -> tuple[str, int] | None:
    """Return the kind and the rank of a place, 1 the first to be labelled; None if it is none."""
    return _PLACES.get(tags.get("place", ""))


_SITES = {
    "hospital": "hospital", "clinic": "hospital", "school": "school", "kindergarten": "school", "college": "school",
    "university": "school", "police": "police_station", "fire_station": "fire_station", "townhall": "government",
    "fuel": "petrol_station", "marketplace": "market", "bus_station": "station",
}  # fmt: skip


def read_site(tags: Tags) -> str:
    """Return the kind of site; empty if it is none."""
    if tags.get("railway") in ("station", "halt"):
        return "station"
    if tags.get("landuse") == "construction":
        return "construction"
    return _SITES.get(tags.get("amenity", ""), "")


_BOUNDARIES = {"6": "county", "7": "town", "8": "town", "9": "subdistrict", "10": "village"}


def read_boundary(tags: Tags) -> str:
    """Return the kind of an administrative area; empty for those larger than a county."""
    if tags.get("boundary") != "administrative":
        return ""
    return _BOUNDARIES.get(tags.get("admin_level", ""), "")
