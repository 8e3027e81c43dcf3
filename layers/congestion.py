"""Congestion: how fast each road runs now, against what is usual for its class."""

from __future__ import annotations

import numpy as np

from layers.columns import LazyColumns
from layers.layer import FEATURE_FORMATS, LayerStatus, Lines, Rows
from layers.roads import RoadLayer
from twin.city.city import City
from twin.city.tables import Column
from twin.live.frame import TrackFrame
from twin.traffic.speeds import GRADES, Sighting, recent, road_speeds, sight
from twin.world import World

REFRESH_S = 5.0
_ROAD = ("id", "name", "name_en", "road_class", "speed_kmh")
_GRADES = np.array(GRADES, dtype=object)


class CongestionLayer:
    """Show each road on which vehicles are seen in the colour of its grade."""

    name = "congestion"
    group = "live"
    formats = FEATURE_FORMATS
    columns = (
        Column("id", "str"),
        Column("name", "str"),
        Column("name_en", "str"),
        Column("road_class", "str"),
        Column("speed_kmh", "float32", "km/h"),  # the limit
        Column("mean_kmh", "float32", "km/h"),
        Column("vehicles", "int32"),
        Column("grade", "str"),
        Column("time", "datetime64[ms]", "UTC"),
    )

    def __init__(self) -> None:
        self._roads = RoadLayer()
        self._made: tuple[City, TrackFrame, Rows] | None = None
        self._seen: tuple[Sighting, ...] = ()

    def rows(self, world: World) -> Rows:
        """Return the roads with a vehicle in the last minute; the same object for some seconds: matching costs much."""
        made = self._made
        if made is None or made[0] is not world.city or not _is_recent(made[1], world.tracks):
            made = (world.city, world.tracks, self._make(world))
            self._made = made
        return made[2]

    def _make(self, world: World) -> Rows:
        self._seen = seen_lately = recent(self._seen, sight(world))
        speeds = road_speeds(seen_lately)
        seen = speeds.vehicles > 0
        roads = self._roads.rows(world).take(seen)
        newest_ms = world.tracks.rows["time_s"].max() * 1000.0 if len(world.tracks) else 0.0
        time = np.full(roads.size, np.round(newest_ms)).astype("datetime64[ms]")
        columns = LazyColumns(
            {name: lambda name=name: roads.columns[name] for name in _ROAD}
            | {
                "mean_kmh": lambda: speeds.mean_kmh[seen],
                "vehicles": lambda: speeds.vehicles[seen],
                "grade": lambda: _GRADES[speeds.grade[seen]],
                "time": lambda: time,
            }
        )
        return Rows(roads.size, columns, roads.geometry)

    def draw(self, world: World, rows: Rows) -> Lines:
        """Return ribbons in the colour of the grade, narrower than the road."""
        width = np.where(np.isin(rows.columns["road_class"], ("motorway", "trunk", "primary")), 8.0, 5.0)
        return Lines(rows, width.astype(np.float32), rows.columns["grade"])

    def status(self, world: World) -> LayerStatus:
        """Return how many roads have a speed; the reason is that of the vehicles."""
        rows = self.rows(world)
        down = [source.reason for source in world.sources if not source.up]
        silent = "" if len(rows) else "reason.no_rows" if world.sources else "reason.no_source"
        return LayerStatus(len(rows), world.tracks.at_s if len(rows) else 0.0, down[0] if down else silent)


def _is_recent(known: TrackFrame, newest: TrackFrame) -> bool:
    return known is newest or (bool(len(known)) and 0.0 <= newest.at_s - known.at_s < REFRESH_S)
