"""Vehicles: cars, trucks, buses, police cars, ambulances, fire engines, boats."""

from __future__ import annotations

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Symbols
from layers.tracks import MOVING, PLATE, TrackRows, live_columns, track_status, track_symbols
from twin.world import World


class VehicleLayer:
    """Turn the newest vehicle frame into symbols."""

    name = "vehicles"
    group = "live"
    formats = FEATURE_FORMATS
    columns = live_columns(*MOVING, label=PLATE)

    def __init__(self) -> None:
        self._rows = TrackRows(self.name, self.columns)

    def rows(self, world: World) -> Rows:
        """Return the newest state of each, labels in full: see :func:`layers.shown.shown`."""
        return self._rows(world)

    def draw(self, world: World, rows: Rows) -> Symbols:
        """Return symbols by kind."""
        return track_symbols(world, rows)

    def status(self, world: World) -> LayerStatus:
        """Return the count, the newest time, and the reason of a source that is down."""
        return track_status(world, self.rows(world))
