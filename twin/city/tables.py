"""The tables of a city: which columns each has, of which type, in which unit.

Geometry is in the city's projected system (:attr:`twin.geo.LocalFrame.crs`), not shifted to the local origin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, numpy type (``str`` for text), unit, and whether it may identify a person.

    ``mask`` says how a sensitive text is hidden, as in :func:`twin.access.masked`: ``plate`` or ``name``.
    """

    name: str
    dtype: str
    unit: str = ""
    sensitive: bool = False
    mask: str = "plate"


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table: its columns beside ``geometry``, and the geometry types allowed in it."""

    columns: tuple[Column, ...]
    geometry: tuple[str, ...]


_ID = Column("id", "str")
_NAME = Column("name", "str")
_NAME_EN = Column("name_en", "str")

BUILDING_USES = (
    "residential", "commercial", "office", "industrial", "public", "school", "hospital", "farm", "other",
)  # fmt: skip
ROAD_CLASSES = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service", "track", "path",
)  # fmt: skip
WATER_KINDS = ("lake", "river", "canal", "pond")
LAND_KINDS = ("field", "paddy", "greenhouse", "orchard", "forest", "park", "grass", "urban", "industrial", "square")
PLACE_KINDS = ("county", "subdistrict", "town", "village", "quarter", "locality")
SITE_KINDS = (
    "hospital", "school", "police_station", "fire_station", "government", "station", "construction", "dormitory",
    "hazmat", "market", "petrol_station",
)  # fmt: skip
DEVICE_KINDS = ("camera", "gate", "air_sensor", "water_sensor", "noise_sensor", "signal")

TABLES: Mapping[str, TableSpec] = MappingProxyType(
    {
        "buildings": TableSpec(
            (
                _ID,
                _NAME,
                Column("use", "str"),
                Column("floors", "int16"),
                Column("height_m", "float32", "m"),
                Column("base_m", "float32", "m"),
                Column("roof", "str"),  # flat, gabled, hipped; how the drawing closes it
            ),
            ("Polygon", "MultiPolygon"),
        ),
        # Boundary surfaces where a source has more than footprints (CityJSON LoD2): 3D polygons, heights in metres.
        "surfaces": TableSpec((Column("building_id", "str"), Column("kind", "str")), ("Polygon",)),
        "roads": TableSpec(
            (
                _ID,
                _NAME,
                _NAME_EN,
                Column("road_class", "str"),
                Column("lanes", "int16"),
                Column("oneway", "bool"),
                Column("speed_kmh", "float32", "km/h"),
                Column("width_m", "float32", "m"),
                Column("bridge", "bool"),
                Column("from_node", "int64"),
                Column("to_node", "int64"),
            ),
            ("LineString",),
        ),
        "junctions": TableSpec(
            (
                Column("id", "int64"),
                _NAME,
                Column("signal", "bool"),
                Column("cycle_s", "float32", "s"),
                Column("offset_s", "float32", "s"),
            ),
            ("Point",),
        ),
        # Turns that are forbidden (``no``), or the only one allowed (``only``), from one road to another at a node.
        "turns": TableSpec(
            (
                _ID,
                Column("kind", "str"),
                Column("from_road", "str"),
                Column("via_node", "int64"),
                Column("to_road", "str"),
            ),
            ("Point",),
        ),
        "water": TableSpec((_ID, _NAME, Column("kind", "str")), ("Polygon", "MultiPolygon")),
        "land": TableSpec((_ID, Column("kind", "str")), ("Polygon", "MultiPolygon")),
        "places": TableSpec((_ID, _NAME, _NAME_EN, Column("kind", "str"), Column("rank", "int16")), ("Point",)),
        "boundaries": TableSpec((_ID, _NAME, _NAME_EN, Column("kind", "str")), ("Polygon", "MultiPolygon")),
        "sites": TableSpec(
            (
                _ID,
                _NAME,
                _NAME_EN,
                Column("kind", "str"),
                Column("status", "str"),
                Column("capacity", "int32", "persons"),
                Column("building_id", "str"),
            ),
            ("Polygon", "Point"),
        ),
        "devices": TableSpec(
            (
                _ID,
                _NAME,
                Column("kind", "str"),
                Column("heading_deg", "float32", "°"),
                Column("view_deg", "float32", "°"),
                Column("range_m", "float32", "m"),
                Column("height_m", "float32", "m"),
            ),
            ("Point",),
        ),
        # Lines that demo buses, patrols and drones follow.
        "routes": TableSpec((_ID, _NAME, _NAME_EN, Column("kind", "str")), ("LineString",)),
    }
)
