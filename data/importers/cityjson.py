"""CityJSON 1.0, 1.1 and 2.0: buildings with their surfaces, water, land use and plant cover.

Specification: https://www.cityjson.org/specs/2.0.1/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely

from data.importers.cityjson_geometry import BROKEN, Faces, footprint_of, read_faces
from data.importers.heights import read_floors, read_heights
from data.importers.part import Part, make_table
from data.importers.report import FileReport, Watch
from data.importers.systems import ASK, declared_crs, flat_system
from data.importers.uses import building_use
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.words import say

LARGEST_BYTES = 1 << 30
VERSIONS = ("1.0", "1.1", "2.0")
AGAIN = "get the file again from where it came"


class _Transform(msgspec.Struct):
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]


class _Metadata(msgspec.Struct):
    system: str = msgspec.field(default="", name="referenceSystem")


class _Model(msgspec.Struct):
    objects: dict[str, msgspec.Raw] = msgspec.field(name="CityObjects")
    vertices: list[tuple[float, float, float]]
    type: str = ""
    version: str = ""
    transform: _Transform | None = None
    metadata: _Metadata | None = None


class _Object(msgspec.Struct):
    type: str
    attributes: dict[str, Any] | None = None
    geometry: list[msgspec.Raw] | None = None
    parents: list[str] | None = None
    children: list[str] | None = None


@dataclass(slots=True)
class _Area:
    """A water body or a piece of land: its outline and what it is."""

    id: str
    kind: str
    shape: shapely.Geometry
    name: str


@dataclass(slots=True)
class _Building:
    """A building with the faces of its parts."""

    id: str
    attributes: Mapping[str, Any]
    faces: list[Faces] = field(default_factory=list)


def read_cityjson(path: Path, crs: str, watch: Watch) -> Part:
    """Read a CityJSON file.

    Parameters
    ----------
    crs : str
        The system to take if the file declares none; empty if the user gave none.

    Raises
    ------
    twin.errors.BadInputError
        If the file is no CityJSON, or in no known system.
    """
    report = FileReport(str(path), "CityJSON")
    watch.at(0.0, "reading")
    model = _decode(path)
    system, vertical_m = _system(model, crs, str(path))
    vertices = _vertices(model, str(path))
    vertices[:, 2] *= vertical_m
    objects = _objects(model, report)
    watch.at(0.3, "shaping")
    reading = _Reading(vertices, objects, report)
    for done, (key, city_object) in enumerate(objects.items()):
        if done % 1000 == 0:
            watch.at(0.3 + 0.5 * done / len(objects), "shaping")
        reading.take(key, city_object)
    watch.at(0.8, "tables")
    return Part(report, system, _tables(reading, system, report))


def _decode(path: Path) -> _Model:
    if path.stat().st_size > LARGEST_BYTES:
        raise BadInputError(str(path), "the file is larger than 1 GB", "cut it into tiles, as with `cjio subset`")
    try:
        model = msgspec.json.decode(path.read_bytes(), type=_Model)
    except BROKEN as error:
        raise BadInputError(str(path), say("this is no whole CityJSON file: {error}", error=error), AGAIN) from error
    if model.type != "CityJSON":
        raise BadInputError(
            str(path), say("its type is {type!r}, not CityJSON", type=model.type[:40]), "give a CityJSON file"
        )
    if not model.version.startswith(VERSIONS):
        problem = say("CityJSON {version!r} is not read", version=model.version[:20])
        raise BadInputError(str(path), problem, "bring it to 2.0, as with `cjio upgrade`", "version")
    return model


def _system(model: _Model, crs: str, subject: str) -> tuple[str, float]:
    declared = model.metadata.system if model.metadata else ""
    if not declared and not crs:
        raise BadInputError(subject, "it declares no coordinate system", ASK, "metadata.referenceSystem")
    return flat_system(declared_crs(declared or crs, subject))


def _vertices(model: _Model, subject: str) -> FloatArray:
    vertices = np.array(model.vertices, dtype=np.float64).reshape(-1, 3)
    if model.transform is not None:
        with np.errstate(over="ignore", invalid="ignore"):
            vertices = vertices * model.transform.scale + model.transform.translate
    bad = np.flatnonzero(~np.isfinite(vertices).all(axis=1))
    if len(bad):
        raise BadInputError(
            subject, "a coordinate is no number that can be used", AGAIN, say("vertices[{number}]", number=int(bad[0]))
        )
    return vertices


def _objects(model: _Model, report: FileReport) -> dict[str, _Object]:
    objects: dict[str, _Object] = {}
    decoder = msgspec.json.Decoder(_Object)
    for key, raw in model.objects.items():
        try:
            objects[key] = decoder.decode(raw)
        except BROKEN as error:
            report.fault(f"CityObjects.{key}", "bad_object", kept=False, detail=str(error))
    report.counts["city_objects"] = len(model.objects)
    report.counts.update(Counter(f"city_objects.{o.type}" for o in objects.values()))
    return objects


class _Reading:
    """Gathers the objects by what the twin makes of them."""

    def __init__(self, vertices: FloatArray, objects: Mapping[str, _Object], report: FileReport) -> None:
        self._vertices, self._objects, self._report = vertices, objects, report
        self.buildings: dict[str, _Building] = {}
        self.water: list[_Area] = []
        self.land: list[_Area] = []

    def take(self, key: str, city_object: _Object) -> None:
        """Take one city object; kinds that no table holds are counted as left out."""
        if city_object.type in ("Building", "BuildingPart"):
            self._take_building(key, city_object)
        elif city_object.type == "WaterBody":
            self._take_area(key, city_object, self.water, water_kind(city_object.attributes or {}))
        elif city_object.type in ("LandUse", "PlantCover"):
            self._take_area(key, city_object, self.land, land_kind(city_object.type, city_object.attributes or {}))
        else:
            self._report.counts[f"not_taken.{city_object.type}"] += 1

    def _take_building(self, key: str, city_object: _Object) -> None:
        owner = self._owner(key, city_object)
        attributes = self._objects[owner].attributes or {}
        building = self.buildings.setdefault(owner, _Building(owner, attributes))
        faces = read_faces(city_object.geometry or [], self._vertices, f"CityObjects.{key}", self._report)
        if faces is not None:
            self._report.counts["surfaces"] += len(faces.shapes)
            if faces.solid:
                self._report.counts["building_solids"] += 1
            building.faces.append(faces)

    def _owner(self, key: str, city_object: _Object) -> str:
        """Return the building a part belongs to; a part that names no building stands for itself."""
        seen = {key}
        while city_object.parents:
            parent = city_object.parents[0]
            if parent in seen or parent not in self._objects:
                break
            seen.add(parent)
            key, city_object = parent, self._objects[parent]
        return key

    def _take_area(self, key: str, city_object: _Object, rows: list[_Area], kind: str) -> None:
        faces = read_faces(city_object.geometry or [], self._vertices, f"CityObjects.{key}", self._report)
        shape = footprint_of([faces]) if faces is not None else None
        if shape is None:
            self._report.fault(f"CityObjects.{key}", "no_geometry", kept=False)
            return
        rows.append(_Area(key, kind, shape, str((city_object.attributes or {}).get("name") or "")))


_LAND_WORDS = {
    "forest": ("forest", "wood", "bos", "houtwal"),
    "field": ("farm", "arable", "akker", "bouwland", "agri"),
    "orchard": ("orchard", "fruit", "boomteelt"),
    "park": ("park",),
    "grass": ("grass", "gras", "groen", "meadow", "lawn", "heide", "struiken"),
    "industrial": ("industr", "bedrijf"),
    "urban": ("erf", "urban", "built", "verhard", "residential"),
}
_LAND_ATTRIBUTES = ("class", "function", "usage", "bgt_fysiekvoorkomen", "plus_fysiekvoorkomen")


def land_kind(object_type: str, attributes: Mapping[str, Any]) -> str:
    """Return the kind of land that an object's attributes speak of."""
    text = " ".join(str(attributes.get(name) or "") for name in _LAND_ATTRIBUTES).lower()
    found = (kind for kind, words in _LAND_WORDS.items() if any(word in text for word in words))
    return next(found, "grass" if object_type == "PlantCover" else "urban")


def water_kind(attributes: Mapping[str, Any]) -> str:
    """Return the kind of water that an object's attributes speak of."""
    text = " ".join(str(attributes.get(name) or "") for name in ("class", "function", "usage")).lower()
    words = {"river": ("river", "stream", "rivier"), "canal": ("canal", "waterloop", "greppel"), "pond": ("pond",)}
    return next((kind for kind, parts in words.items() if any(part in text for part in parts)), "lake")


def _tables(reading: _Reading, crs: str, report: FileReport) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    shaped = [(b, shape) for b in reading.buildings.values() if (shape := footprint_of(b.faces)) is not None]
    for lost in reading.buildings.keys() - {b.id for b, _ in shaped}:
        report.fault(f"CityObjects.{lost}", "no_geometry", kept=False)
    if shaped:
        tables["buildings"] = _buildings([b for b, _ in shaped], [shape for _, shape in shaped], crs, report)
        tables["surfaces"] = _surfaces([b for b, _ in shaped], crs)
    for name, rows in (("water", reading.water), ("land", reading.land)):
        if rows:
            columns = {"id": [r.id for r in rows], "kind": [r.kind for r in rows]}
            if name == "water":
                columns["name"] = [r.name for r in rows]
            tables[name] = make_table(name, columns, [r.shape for r in rows], crs)
    report.counts["buildings"] = len(shaped)
    return tables


def _buildings(buildings: list[_Building], shapes: list[shapely.Geometry], crs: str, report: FileReport) -> Any:
    places = [f"CityObjects.{b.id}" for b in buildings]
    stated = read_heights((b.attributes.get("measuredHeight") for b in buildings), places, report)
    low = np.array([min(f.low_m for f in b.faces) for b in buildings])
    high = np.array([max(f.high_m for f in b.faces) for b in buildings])
    drawn = read_heights((h if h >= 0.1 else None for h in (high - low).tolist()), places, report)
    columns: dict[str, Any] = {
        "id": [b.id for b in buildings],
        "name": [str(b.attributes.get("name") or "") for b in buildings],
        "use": [building_use(*(b.attributes.get(k) for k in ("function", "usage", "class"))) for b in buildings],
        "floors": read_floors((b.attributes.get("storeysAboveGround") for b in buildings), places, report),
        # What is drawn counts: a stated height may be to the eaves or from another datum.
        "height_m": np.where(np.isnan(drawn), stated, drawn),
        "base_m": low,
        "roof": ["flat"] * len(buildings),
        "lift_m": np.zeros(len(buildings)),
    }
    return make_table("buildings", columns, shapes, crs)


def _surfaces(buildings: list[_Building], crs: str) -> Any:
    shapes = [shape for b in buildings for f in b.faces for shape in f.shapes]
    kinds = [kind for b in buildings for f in b.faces for kind in f.kinds]
    owners = [b.id for b in buildings for f in b.faces for _ in f.kinds]
    return make_table("surfaces", {"building_id": owners, "kind": kinds}, shapes, crs)
