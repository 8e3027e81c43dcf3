"""An OpenStreetMap extract (.osm.pbf): buildings, roads, water, land, places, boundaries, sites."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely
from numpy.typing import NDArray

from data.importers import osm_tags
from data.importers.footprints import mend_areas, project_table
from data.importers.heights import parse_metres, read_floors, read_heights
from data.importers.osm_roads import Node, Way, road_tables, whole_stretches
from data.importers.part import Part, make_table
from data.importers.report import FileReport, Watch
from twin.city.tables import TABLES
from twin.errors import BadInputError
from twin.geo import LocalFrame
from twin.words import say

DEGREES = "EPSG:4326"
CREDIT = "© OpenStreetMap contributors, ODbL"
AGAIN = "get the extract again from where it came"
_KEYS = (
    "building", "highway", "natural", "water", "waterway", "landuse", "leisure", "amenity", "place", "railway",
    "boundary",
)  # fmt: skip
LENDING_M = 2.0
"""A building mapped as a point this near an outline is its entrance, and its tags are the outline's."""


@dataclass(frozen=True, slots=True)
class _Feature:
    """A thing with its tags; the geometry as WKB or shapely, in degrees."""

    id: str
    tags: osm_tags.Tags
    shape: Any


@dataclass(slots=True)
class _Open:
    """A building outline whose ends do not meet."""

    id: int
    tags: osm_tags.Tags
    nodes: tuple[Node, ...]


@dataclass(slots=True)
class _Found:
    """What one reading of the file gathers."""

    buildings: list[_Feature] = field(default_factory=list)
    building_points: list[_Feature] = field(default_factory=list)
    open_outlines: list[_Open] = field(default_factory=list)
    building_relations: set[int] = field(default_factory=set)
    assembled: set[int] = field(default_factory=set)
    ways: list[Way] = field(default_factory=list)
    road_ways: int = 0
    signals: set[int] = field(default_factory=set)
    water: list[_Feature] = field(default_factory=list)
    streams: list[_Feature] = field(default_factory=list)
    land: list[_Feature] = field(default_factory=list)
    places: list[_Feature] = field(default_factory=list)
    boundaries: list[_Feature] = field(default_factory=list)
    sites: list[_Feature] = field(default_factory=list)
    box: shapely.Polygon | None = None
    """The area the extract says it covers, in degrees."""


def read_osm(path: Path, watch: Watch) -> Part:
    """Read an extract.

    Raises
    ------
    twin.errors.BadInputError
        If the file is no extract, is cut short, or holds nothing that a twin shows.
    """
    report = FileReport(str(path), "OpenStreetMap")
    _check_header(path)
    found = _read(path, report, watch.stretch(0.0, 0.6))
    watch.at(0.6, "tables")
    _close_outlines(found, report)
    tables = _tables(found, report)
    if not tables:
        problem = "it holds no buildings, roads, water, land or places"
        raise BadInputError(str(path), problem, "give an extract that covers the place")
    watch.at(0.8, "projecting")
    made = _in_metres(tables, found, report)
    return Part(report, str(next(iter(made.values())).crs), made, CREDIT)


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(64)
    # A PBF file begins with the length of a blob header, then its type as a protobuf text: 0A 09 OSMHeader.
    if head[4:15] != b"\x0a\x09OSMHeader":
        raise BadInputError(str(path), "its content is not that of an .osm.pbf extract", "check its format")


def _read(path: Path, report: FileReport, watch: Watch) -> _Found:
    found = _Found(box=_box(path))
    gather = _Gatherer(found, report)
    processor = (
        osmium.FileProcessor(osmium.io.File(str(path), "pbf")).with_areas().with_filter(osmium.filter.KeyFilter(*_KEYS))
    )
    try:
        for count, thing in enumerate(processor):
            if count % 5000 == 0:
                watch.at(count / (count + 100_000), "reading")  # how many there are is not known before the end
            gather.take(thing)
    except RuntimeError as error:
        raise BadInputError(
            str(path), say("the extract is cut short or damaged: {error}", error=error), AGAIN
        ) from error
    return found


def _box(path: Path) -> shapely.Polygon | None:
    try:
        box = osmium.FileProcessor(osmium.io.File(str(path), "pbf")).header.box()
    except RuntimeError as error:
        raise BadInputError(
            str(path), say("the extract is cut short or damaged: {error}", error=error), AGAIN
        ) from error
    if not box.valid():
        return None
    low, high = box.bottom_left, box.top_right
    return shapely.box(low.lon, low.lat, high.lon, high.lat)


class _Gatherer:
    """Sorts what the file yields into the lists of :class:`_Found`."""

    def __init__(self, found: _Found, report: FileReport) -> None:
        self._found, self._report = found, report
        self._wkb = osmium.geom.WKBFactory()

    def take(self, thing: Any) -> None:
        """Take one node, way, relation or area; its tags are copied, for the buffer behind it is used again."""
        tags = dict(thing.tags)
        if thing.is_node():
            self._take_node(thing, tags)
        elif thing.is_way():
            self._take_way(thing, tags)
        elif thing.is_relation():
            if "building" in tags:
                self._found.building_relations.add(thing.id)
        else:
            self._take_area(thing, tags)

    def _take_node(self, node: Any, tags: dict[str, str]) -> None:
        if tags.get("highway") == "traffic_signals":
            self._found.signals.add(node.id)
        if not node.location.valid():
            return
        feature = _Feature(f"n{node.id}", tags, shapely.Point(node.lon, node.lat))
        if osm_tags.read_place(tags) and tags.get("name"):
            self._found.places.append(feature)
        if osm_tags.read_site(tags):
            self._found.sites.append(feature)
        if "building" in tags:
            self._found.building_points.append(feature)

    def _take_way(self, way: Any, tags: dict[str, str]) -> None:
        road, stream = "highway" in tags, osm_tags.line_water(tags)
        outline = "building" in tags and not way.is_closed()
        if not (road or stream or outline):
            return
        nodes = [(n.ref, n.lon, n.lat) if n.location.valid() else None for n in way.nodes]
        stretches = list(whole_stretches(nodes))
        if None in nodes:
            self._report.fault(f"way {way.id}", "missing_nodes", kept=bool(stretches))
        if road:
            self._found.road_ways += 1
            self._found.ways.extend(Way(way.id, tags, nodes) for nodes in stretches)
        if stream:
            lines = (shapely.LineString([node[1:] for node in nodes]) for nodes in stretches)
            self._found.streams.extend(_Feature(f"w{way.id}", tags, line) for line in lines)
        if outline and None not in nodes and stretches:
            self._found.open_outlines.append(_Open(way.id, tags, stretches[0]))

    def _take_area(self, area: Any, tags: dict[str, str]) -> None:
        lists = (
            ("building" in tags, self._found.buildings),
            (osm_tags.area_water(tags), self._found.water),
            (osm_tags.area_land(tags), self._found.land),
            (osm_tags.read_site(tags), self._found.sites),
            (osm_tags.read_boundary(tags), self._found.boundaries),
        )
        wanted = [rows for meant, rows in lists if meant]
        if not wanted:
            return
        kind = "w" if area.from_way() else "r"
        try:
            shape = self._wkb.create_multipolygon(area)
        except RuntimeError as error:
            self._report.fault(f"{kind}{area.orig_id()}", "bad_ring", kept=False, detail=str(error))
            return
        if kind == "r":
            self._found.assembled.add(area.orig_id())
        if tags.get("building") == "no":
            # An area with an address and a shop, say: kept as all areas with the key are, and listed for a look.
            self._report.fault(f"{kind}{area.orig_id()}", "tagged_no_building", kept=True)
        for rows in wanted:
            rows.append(_Feature(f"{kind}{area.orig_id()}", tags, shape))


def _close_outlines(found: _Found, report: FileReport) -> None:
    """Close the outlines of buildings whose last stretch was forgotten; leave out those that go on in another way."""
    ends = Counter(end for way in found.open_outlines for end in {way.nodes[0][0], way.nodes[-1][0]})
    for way in found.open_outlines:
        points = [node[1:] for node in way.nodes]
        line = shapely.LineString(points)
        gap = shapely.Point(points[0]).distance(shapely.Point(points[-1]))
        shared = ends[way.nodes[0][0]] > 1 or ends[way.nodes[-1][0]] > 1
        if shared or len(points) < 3 or gap > line.length / 2:
            report.fault(f"way {way.id}", "piece_of_outline", kept=False)
            continue
        report.fault(f"way {way.id}", "not_closed", kept=True)
        found.buildings.append(_Feature(f"w{way.id}", way.tags, shapely.Polygon(points).wkb))
    for relation in sorted(found.building_relations - found.assembled):
        report.fault(f"relation {relation}", "bad_ring", kept=False)


def _tables(found: _Found, report: FileReport) -> dict[str, gpd.GeoDataFrame]:
    """Return the tables in degrees."""
    report.counts["road_ways"] = found.road_ways
    tables = road_tables(found.ways, found.signals)
    rows = {
        "water": (found.water, [osm_tags.area_water(r.tags) for r in found.water]),
        "land": (found.land, [osm_tags.area_land(r.tags) for r in found.land]),
        "boundaries": (found.boundaries, [osm_tags.read_boundary(r.tags) for r in found.boundaries]),
        "sites": (found.sites, [osm_tags.read_site(r.tags) for r in found.sites]),
    }
    for name, (features, kinds) in rows.items():
        if features:
            tables[name] = _named_table(name, features, kinds, report)
    for name in ("water", "land", "boundaries"):
        if name in tables:
            tables[name] = _clipped(tables[name], found.box, report)
    if found.buildings:
        tables["buildings"] = _buildings(found.buildings, report)
    if found.places:
        tables["places"] = _places(found.places)
    return tables


def _clipped(table: gpd.GeoDataFrame, box: shapely.Polygon | None, report: FileReport) -> gpd.GeoDataFrame:
    """Return areas cut to the extract's own: a river or a forest is in it whole, however far it goes on."""
    if box is None:
        return table
    across = ~np.asarray(shapely.covered_by(table.geometry.values, box))
    cut = table.copy()
    cut.loc[across, "geometry"] = shapely.intersection(table.geometry.values[across], box)
    whole = cut.geometry.geom_type.isin(("Polygon", "MultiPolygon")) & ~cut.geometry.is_empty
    for what, rows in (("cut_at_edge", across & whole), ("beyond_edge", ~whole)):
        if rows.any():
            report.counts[what] += int(rows.sum())
    return cut[whole].reset_index(drop=True)


def _shapes(features: list[_Feature]) -> NDArray[np.object_]:
    """Return the geometries of features; a multipolygon of one polygon as that polygon."""
    shapes = [f.shape if isinstance(f.shape, shapely.Geometry) else shapely.from_wkb(f.shape) for f in features]
    single = [s.geoms[0] if isinstance(s, shapely.MultiPolygon) and len(s.geoms) == 1 else s for s in shapes]
    return np.array(single, dtype=object)


def _named_table(name: str, features: list[_Feature], kinds: list[str], report: FileReport) -> gpd.GeoDataFrame:
    shapes = _shapes(features)
    areas = np.isin(shapely.get_type_id(shapes), (3, 6))
    shapes[areas] = mend_areas(shapes[areas], [f.id for f, area in zip(features, areas, strict=True) if area], report)
    kept = [row for row, shape in enumerate(shapes) if shape is not None]
    texts = [osm_tags.names(features[row].tags) for row in kept]
    columns: dict[str, Any] = {"id": [features[row].id for row in kept], "kind": [kinds[row] for row in kept]}
    fields = {column.name for column in TABLES[name].columns}
    columns |= {"name": [local for local, _ in texts]} if "name" in fields else {}
    columns |= {"name_en": [english for _, english in texts]} if "name_en" in fields else {}
    found = shapes[kept]
    if name == "sites":
        found = np.array([largest(shape) for shape in found], dtype=object)
    return make_table(name, columns, found, DEGREES)


def largest(shape: Any) -> Any:
    """Return a geometry's largest polygon, or the geometry itself if it is not of many."""
    return max(shape.geoms, key=lambda part: part.area) if isinstance(shape, shapely.MultiPolygon) else shape


def _places(features: list[_Feature]) -> gpd.GeoDataFrame:
    texts = [osm_tags.names(f.tags) for f in features]
    ranked = [osm_tags.read_place(f.tags) or ("locality", 6) for f in features]
    columns: dict[str, Any] = {
        "id": [f.id for f in features],
        "name": [local for local, _ in texts],
        "name_en": [english for _, english in texts],
        "kind": [kind for kind, _ in ranked],
        "rank": [rank for _, rank in ranked],
    }
    return make_table("places", columns, _shapes(features), DEGREES)


def _buildings(features: list[_Feature], report: FileReport) -> gpd.GeoDataFrame:
    report.counts["buildings"] = len(features)
    shapes = mend_areas(_shapes(features), [f.id for f in features], report)
    kept = [row for row, shape in enumerate(shapes) if shape is not None]
    columns = _building_columns([features[row] for row in kept], report)
    return make_table("buildings", columns, shapes[kept], DEGREES)


def _building_columns(features: list[_Feature], report: FileReport) -> dict[str, Any]:
    places = [f.id for f in features]
    tags = [f.tags for f in features]
    height = read_heights((t.get("height") or t.get("building:height") for t in tags), places, report)
    floors = read_floors((t.get("building:levels") for t in tags), places, report)
    lift = np.nan_to_num(np.array([parse_metres(t.get("min_height")) for t in tags], dtype=np.float64))
    lift = np.where((lift > 0) & (lift < np.nan_to_num(height, nan=np.inf)), lift, 0.0)
    return {
        "id": places,
        "name": [osm_tags.names(t)[0] for t in tags],
        "use": [osm_tags.read_use(t) for t in tags],
        "floors": floors,
        "height_m": height - np.where(np.isnan(height), 0.0, lift),
        "base_m": np.full(len(tags), np.nan),
        "roof": [osm_tags.read_roof(t) for t in tags],
        "lift_m": lift,
    }


def _utm(tables: dict[str, gpd.GeoDataFrame]) -> str:
    """Return the UTM zone of the middle of everything."""
    boxes = np.array([table.total_bounds for table in tables.values() if len(table)])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return LocalFrame.around((west + east) / 2, (south + north) / 2).crs


def _in_metres(tables: dict[str, gpd.GeoDataFrame], found: _Found, report: FileReport) -> dict[str, gpd.GeoDataFrame]:
    crs = _utm(tables)
    made = {name: project_table(t, crs, t["id"].astype(str).tolist(), report) for name, t in tables.items()}
    if "buildings" in made and found.building_points:
        _lend(made["buildings"], found.building_points, crs, report)
    if found.streams:
        made["water"] = _with_streams(made.get("water"), found, crs, report)
    if "sites" in made and "buildings" in made:
        made["sites"]["building_id"] = _housed(made["sites"], made["buildings"])
    if "buildings" in made:
        b = made["buildings"]
        report.counts["buildings_with_height"] = int((b["height_m"].notna() | (b["floors"] > 0)).sum())
    return made


def _lend(buildings: gpd.GeoDataFrame, points: list[_Feature], crs: str, report: FileReport) -> None:
    """Give the outlines what is known of them from points on or just outside their walls, where they say nothing."""
    columns = _building_columns(points, report)
    shapes = gpd.GeoSeries(_shapes(points), crs=DEGREES).to_crs(crs)
    outlines, rows = shapes.sindex.query(buildings.geometry, predicate="dwithin", distance=LENDING_M)
    taken: set[int] = set()
    for outline, row in zip(outlines.tolist(), rows.tolist(), strict=True):
        if row in taken:
            continue
        taken.add(row)
        known = buildings.loc[outline]
        unknown = {
            "height_m": bool(pd.isna(known["height_m"])),
            "floors": known["floors"] == 0,
            "name": known["name"] == "",
            "use": known["use"] == "other",
        }
        for column in (column for column, missing in unknown.items() if missing):
            buildings.loc[outline, column] = columns[column][row]
    report.counts["building_points"] = len(points)
    report.counts["building_points_lent"] = len(taken)


def _with_streams(water: gpd.GeoDataFrame | None, found: _Found, crs: str, report: FileReport) -> gpd.GeoDataFrame:
    """Return the water areas and, as bands of their width, the rivers and canals drawn as lines."""
    streams = found.streams
    meant = [osm_tags.line_water(f.tags) or ("river", 1.0) for f in streams]
    shapes = _shapes(streams)
    if found.box is not None:
        shapes = np.asarray(shapely.intersection(shapes, found.box), dtype=object)
    lines = gpd.GeoSeries(shapes, crs=DEGREES).to_crs(crs)
    half_m = np.array([width / 2 for _, width in meant])
    bands = lines.buffer(half_m, cap_style="flat", join_style="mitre", mitre_limit=2)
    columns = {
        "id": [f.id for f in streams],
        "name": [osm_tags.names(f.tags)[0] for f in streams],
        "kind": [kind for kind, _ in meant],
    }
    report.counts["water_lines"] = len(streams)
    made = make_table("water", columns, np.asarray(bands, dtype=object), crs)
    made = made[~made.geometry.is_empty].reset_index(drop=True)
    return made if water is None else gpd.GeoDataFrame(pd.concat([water, made], ignore_index=True), crs=crs)


def _housed(sites: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> list[str]:
    """Return for each site the building it is in; empty if in none."""
    inside = gpd.GeoSeries(sites.geometry.representative_point(), crs=sites.crs)
    rows, found = buildings.sindex.query(inside, predicate="within")
    home = dict(zip(rows.tolist(), found.tolist(), strict=True))
    ids = buildings["id"].tolist()
    return [ids[home[row]] if row in home else "" for row in range(len(sites))]
