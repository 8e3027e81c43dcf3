"""What a card tells of a thing: who sees it, who is near, what is wrong, what is inside, where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from twin.card.target import Target
from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import CODE, KINDS, STATE_CODE
from twin.operations.standing import Standing
from twin.pieces import in_pieces
from twin.sight.cameras import Cameras, cameras_of, that_see
from twin.sight.obstacles import Obstacles
from twin.traffic.graph import IntArray
from twin.traffic.travel import TravelTimes
from twin.world import World

MOST = 6
"""Lines of one part."""
ON_FOOT = ("officer",)
BY_ROAD = ("police_car", "ambulance", "fire_engine")
DRONE_MPS, MOST_DRONES = 15.0, 2
ACROSS_M, ACROSS_MPS = 100.0, 5.0 / 3.6
"""So near one walks straight there."""
ASKED = 200
"""Units of a kind of travel that are timed: those nearest as the crow flies."""
NOT_SENT = ("off_duty", "fault")
ALARM_M = 1000.0
WRONG = ("alarm", "fault")
BESIDE_M = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card; what it does not tell is empty or NaN.

    Parameters
    ----------
    layer, key : str
        What it is about, as it would be picked; an empty key for nothing that can be picked.
    kind : str
        Of the thing, as in its table or of :data:`twin.live.kinds.KINDS`.
    position_m : tuple of float
        Local frame.
    distance_m, bearing_deg, seconds : float
        From the thing to it as the crow flies; from it to the thing by the road.
    count : int
        How many it stands for.
    severity : int
        Of an alert of a scenario (its ``state`` is ``alert``, its key that of whom it is about): 1 to 4.
    """

    layer: str
    key: str
    name: str
    name_en: str
    kind: str
    position_m: tuple[float, float, float]
    distance_m: float = np.nan
    bearing_deg: float = np.nan
    seconds: float = np.nan
    state: str = ""
    count: int = 1
    severity: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines, of how many in all, and how many could not be told (units that no road leads from)."""

    lines: tuple[Line, ...]
    total: int
    unreachable: int = 0


class Scenery:
    """What stands in a city and looks at it, ready to be asked about one place at a time."""

    def __init__(self, city: City) -> None:
        self.cameras: Cameras = cameras_of(city)
        self._all = Obstacles.of(city)
        self._boxes: FloatArray = in_pieces(shapely.bounds, self._all.footprint).reshape(-1, 4)

    def seen_by(self, target: Target) -> BoolArray:
        """Tell which cameras see some point of a target past buildings and ground, (N,)."""
        near = self.cameras.covers(target.points_m).any(axis=1)
        near &= ~((self.cameras.id == target.key) & (target.layer in ("cameras", "devices")))
        found = np.zeros(len(near), np.bool_)
        if near.any():
            some = np.flatnonzero(near)
            cameras = Cameras(*(getattr(self.cameras, name)[some] for name in self.cameras.__slots__))
            places = np.concatenate([cameras.position_m[:, :2], target.points_m[:, :2]])
            around, through = self._around(places, target.building)
            own = np.full(len(target.points_m), through)
            found[some] = that_see(around, cameras, target.points_m, own).any(axis=1)
        return found

    def _around(self, places_m: FloatArray, building: int) -> tuple[Obstacles, int]:
        """Return the obstacles of the box around places, and the row of a building among them."""
        low, high = places_m.min(axis=0), places_m.max(axis=0)
        rows = np.flatnonzero((self._boxes[:, :2] <= high).all(axis=1) & (self._boxes[:, 2:] >= low).all(axis=1))
        own = np.flatnonzero(rows == building)
        obstacles = Obstacles(self._all.footprint[rows], self._all.top_m[rows], self._all.terrain)
        return obstacles, int(own[0]) if len(own) else -1


def cameras_seeing(city: City, scenery: Scenery, target: Target) -> Part:
    """Return the cameras that see a target, the nearest first."""
    cameras = scenery.cameras
    rows = np.flatnonzero(scenery.seen_by(target))
    at = cameras.position_m[rows] - np.array([*city.frame.origin_m, 0.0])
    away, bearing = _from(target, at)
    order = np.argsort(away, kind="stable")[:MOST]
    lines = tuple(
        Line("cameras", key, name, "", "camera", _place(place), float(far), float(angle))
        for key, name, place, far, angle in zip(
            cameras.id[rows[order]], cameras.name[rows[order]], at[order], away[order], bearing[order], strict=True
        )
    )
    return Part(lines, len(rows))


def nearest_units(world: World, target: Target, drive: TravelTimes, walk: TravelTimes) -> Part:
    """Return the units that would be there first: by road, on foot, or as the drone flies.

    Those off duty, out of order, or silent for longer than their kind should be are left out.
    """
    tracks = world.tracks
    kinds = tracks.rows["kind"]
    fit = ~np.isin(tracks.rows["state"], [STATE_CODE[state] for state in NOT_SENT])
    stale = np.array([kind.stale_after_s for kind in KINDS])[np.minimum(kinds, len(KINDS) - 1)]
    fit &= (tracks.rows["time_s"] >= world.at_s - stale) & (tracks.rows["id"] != target.key.encode())
    at = tracks.position_m.astype(np.float64)
    away, _ = _from(target, at)
    seconds, lost = np.full(len(tracks), np.inf), 0
    for names, times in ((BY_ROAD, drive), (ON_FOOT, walk)):
        rows = _nearest(fit & np.isin(kinds, [CODE[name] for name in names]), away)
        if len(rows):
            travel = times.to_one(at[rows, :2], target.position_m[:2])
            straight_s = np.where(away[rows] <= ACROSS_M, away[rows] / ACROSS_MPS, np.inf)
            seconds[rows] = np.minimum(travel.seconds, straight_s)
            lost += int(np.count_nonzero(~np.isfinite(seconds[rows])))
    rows = _nearest(fit & (kinds == CODE["drone"]), away)[:MOST_DRONES]
    seconds[rows] = away[rows] / DRONE_MPS
    order = np.argsort(seconds, kind="stable")[:MOST]
    lines = tuple(_entity(world, int(row), away, float(seconds[row])) for row in order if np.isfinite(seconds[row]))
    return Part(lines, int(np.count_nonzero(np.isfinite(seconds))), lost)


def open_alerts(world: World, target: Target) -> Part:
    """Return what is wrong with the thing itself and near it: what scenarios found, the gravest first, and states.

    An entity in alarm about which there is an alert is told once.
    """
    alerts = _alerts_near(world, target)
    tracks = world.tracks
    away, _ = _from(target, tracks.position_m.astype(np.float64))
    wrong = np.isin(tracks.rows["state"], [STATE_CODE[state] for state in WRONG])
    wrong &= ~np.isin(tracks.rows["id"], np.array([line.key.encode() for line in alerts], "S32"))
    rows = np.flatnonzero(wrong & ((away <= ALARM_M) | (tracks.rows["id"] == target.key.encode())))
    order = rows[np.lexsort((away[rows], tracks.rows["state"][rows] != STATE_CODE["alarm"]))][:MOST]
    return Part((*alerts, *(_entity(world, int(row), away, np.nan) for row in order))[:MOST], len(alerts) + len(rows))


def _alerts_near(world: World, target: Target) -> list[Line]:
    """Return the alerts that stand about a thing or near it, the gravest first, then the nearest."""
    alerts = world.alerts
    if not alerts:
        return []
    at = places_of(world.city, alerts)
    away, bearing = _from(target, at)
    about = np.array([bool(alert.subject) and alert.subject == target.key for alert in alerts], np.bool_)
    rows = np.flatnonzero((away <= ALARM_M) | about)
    order = rows[np.lexsort((away[rows], np.array([alerts[row].severity for row in rows])))]
    return [
        Line(
            _layer_of(alerts[row].subject_kind), alerts[row].subject, alerts[row].zh, alerts[row].en, "alert",
            _place(at[row]), float(away[row]), float(bearing[row]), state="alert", severity=alerts[row].severity,
        )
        for row in order
    ]  # fmt: skip


def places_of(city: City, alerts: Sequence[Standing]) -> FloatArray:
    """Return where alerts were observed, (N, 3) in the local frame; NaN for those without a place."""
    east, north = city.frame.to_local([a.lon_deg for a in alerts], [a.lat_deg for a in alerts])
    placed = np.isfinite(east)
    up = np.full(len(alerts), np.nan)
    up[placed] = city.ground_m(east[placed] + city.frame.origin_m[0], north[placed] + city.frame.origin_m[1])
    return np.column_stack([east, north, up])


def _layer_of(kind: str) -> str:
    """Return the layer on which a kind is shown; ``point`` for what is no entity."""
    return KINDS[CODE[kind]].layer if kind in CODE else "point"


def what_is_inside(world: World, target: Target) -> Part:
    """Return what is in a thing or beside it: sites, devices, buildings that are named; of areas, how many of each."""
    city, shape = world.city, target.shape
    if target.layer in ("places", "boundaries"):
        return _counted(city, _area_of(city, target))
    if target.layer == "buildings":
        sites = city.table("sites")
        mine = np.flatnonzero(np.asarray(sites["building_id"]) == target.key)
        lines = [*_rows(city, target, "sites", mine), *_within(city, target, "devices", shapely.buffer(shape, 2.0))]
    elif target.layer == "sites":
        lines = [
            *_within(city, target, "buildings", shape),
            *_within(city, target, "devices", shapely.buffer(shape, 2.0)),
        ]
    else:
        lines = [
            line
            for name in ("sites", "devices")
            for line in _within(city, target, name, shapely.buffer(shape, BESIDE_M))
            if line.key != target.key
        ]
    return Part(tuple(lines[:MOST]), len(lines))


def where_it_is(world: World, target: Target) -> Part:
    """Return the areas a thing is in, the smallest first, and the nearest road with a name."""
    city = world.city
    point = shapely.Point(target.position_m[:2] + np.asarray(city.frame.origin_m))
    lines: list[Line] = []
    areas = city.table("boundaries")
    if len(areas):
        covering = np.flatnonzero(shapely.covers(np.asarray(areas.geometry.array, dtype=object), point))
        sizes = shapely.area(np.asarray(areas.geometry.array[covering], dtype=object))
        lines += _rows(city, target, "boundaries", covering[np.argsort(sizes, kind="stable")][:1])
    roads = city.table("roads")
    named = np.flatnonzero((roads["name"].astype(str).str.len() > 0).to_numpy())
    if len(named):
        away = in_pieces(
            lambda some: shapely.distance(some, point), np.asarray(roads.geometry.array, dtype=object)[named]
        )
        nearest = int(np.argmin(away))
        lines += [line for line in _rows(city, target, "roads", named[[nearest]]) if line.key != target.key]
    return Part(tuple(lines), len(lines))


def _area_of(city: City, target: Target) -> shapely.Geometry | None:
    """Return the area that a place's name stands for, None if no border tells it."""
    if shapely.get_dimensions(target.shape) == 2:
        return target.shape
    places, areas = city.table("places"), city.table("boundaries")
    name = places["name"][places["id"] == target.key]
    same = areas[areas["name"] == (name.iloc[0] if len(name) else "")]
    return same.geometry.iloc[0] if len(same) else None


def _counted(city: City, area: shapely.Geometry | None) -> Part:
    """Return how many of each kind of site, of buildings and of cameras are in an area, the most first."""
    if area is None:
        return Part((), 0)
    shapely.prepare(area)
    lines: list[Line] = []
    for name, column in (("sites", "kind"), ("devices", "kind")):
        table = city.table(name)
        inside = _contained(area, table)
        kinds, counts = np.unique(np.asarray(table[column], str)[inside], return_counts=True)
        lines += [_count(name, str(kind), int(count)) for kind, count in zip(kinds, counts, strict=True)]
    buildings = int(np.count_nonzero(_contained(area, city.table("buildings"))))
    lines.sort(key=lambda line: -line.count)
    lines = [*([_count("buildings", "", buildings)] if buildings else []), *lines]
    return Part(tuple(lines[: 2 * MOST]), len(lines))


def _contained(area: shapely.Geometry, table: gpd.GeoDataFrame) -> BoolArray:
    shapes = np.asarray(table.geometry.array, dtype=object)
    boxes = in_pieces(shapely.bounds, shapes).reshape(-1, 4)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(in_pieces(lambda some: shapely.contains_xy(area, some), middle, 5000), np.bool_)


def _count(layer: str, kind: str, count: int) -> Line:
    return Line(layer, "", "", "", kind, (np.nan, np.nan, np.nan), count=count)


def _within(city: City, target: Target, name: str, area: shapely.Geometry) -> list[Line]:
    shapes = np.asarray(city.table(name).geometry.array, dtype=object)
    if not len(shapes):
        return []
    shapely.prepare(area)
    hit = in_pieces(lambda some: shapely.intersects(area, some), shapes, 5000)
    rows = np.flatnonzero(hit)
    return _rows(city, target, name, rows)


def _rows(city: City, target: Target, name: str, rows: IntArray) -> list[Line]:
    """Return rows of a table as lines, those with a name first, then the nearest."""
    table = city.table(name).iloc[rows]
    middle = shapely.get_coordinates(shapely.point_on_surface(np.asarray(table.geometry.array, dtype=object)))
    at = np.column_stack([middle - np.asarray(city.frame.origin_m), city.ground_m(middle[:, 0], middle[:, 1])])
    away, bearing = _from(target, at)
    kinds = np.asarray(table[{"buildings": "use", "roads": "road_class"}.get(name, "kind")], str)
    english = np.asarray(table["name_en"] if "name_en" in table else [""] * len(table), object)
    names, keys = np.asarray(table["name"], object), np.asarray(table["id"], object)
    order = np.lexsort((away, np.array([not name for name in names], np.bool_)))
    layers = [_LAYER.get(kind, "sensors") if name == "devices" else name for kind in kinds]
    rows_told = zip(layers, keys, names, english, kinds, at, away, bearing, strict=True)
    lines = [
        Line(layer, str(key), str(zh or ""), str(en or ""), str(kind), _place(place), float(far), float(angle))
        for layer, key, zh, en, kind, place, far, angle in rows_told
    ]
    return [lines[i] for i in order]


_LAYER = {"camera": "cameras", "signal": "signals"}


def _nearest(wanted: BoolArray, away: FloatArray) -> IntArray:
    rows = np.flatnonzero(wanted)
    return rows[np.argsort(away[rows], kind="stable")[:ASKED]]


def _entity(world: World, row: int, away: FloatArray, seconds: float) -> Line:
    one = world.tracks.rows[row]
    kind = KINDS[min(int(one["kind"]), len(KINDS) - 1)]
    states = tuple(STATE_CODE)
    name = one["label"].decode("utf-8", "replace")
    at = _place(world.tracks.position_m[row])
    key = one["id"].decode("utf-8", "replace")
    state = states[min(int(one["state"]), len(states) - 1)]
    return Line(kind.layer, key, name, name, kind.name, at, float(away[row]), seconds=seconds, state=state)


def _from(target: Target, at_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return distance and bearing of places from a target, on the ground."""
    east, north = (at_m[:, :2] - target.position_m[:2]).T
    return np.hypot(east, north), np.degrees(np.arctan2(east, north)) % 360.0


def _place(at_m: FloatArray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in at_m)
    return (x, y, z)
