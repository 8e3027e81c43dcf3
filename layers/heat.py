"""Heat maps: where moving things are many, how fast they go, where something is wrong."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.columns import LazyColumns
from layers.layer import FEATURE_FORMATS, LayerStatus, Raster, Rows
from twin.city.city import City
from twin.city.tables import Column
from twin.geo import BoolArray
from twin.live.frame import TrackFrame
from twin.live.heat import FloatGrid, HeatGrid, density, grid_over, mean, range_of
from twin.live.kinds import KINDS, STATE_CODE
from twin.live.observation import ObservationArray
from twin.pieces import in_pieces
from twin.world import World

REFRESH_S = 2.0
MARGIN_M = 500.0
_MOVES = np.array([kind.top_speed_mps > 0 for kind in KINDS])
_DRIVES = np.array([kind.layer == "vehicles" and kind.name != "boat" for kind in KINDS])
_WRONG = (STATE_CODE["alarm"], STATE_CODE["fault"])


class HeatLayer:
    """Counts what one frame tells on a grid, again after some seconds; a row is a cell in which there is something.

    Parameters
    ----------
    name, value : str
        Of the layer, and of the column that is coloured.
    unit, scale : str
        Of the value, and of its colours.
    least : float
        Cells of less are no rows.
    """

    group = "live"
    formats = FEATURE_FORMATS

    def __init__(self, name: str, value: str, unit: str, scale: str, least: float) -> None:
        self.name, self._value, self._unit, self._scale, self._least = name, value, unit, scale, least
        self.columns = (
            Column("id", "str"),
            Column(value, "float32", unit),
            Column("entities", "int32"),
            Column("time", "datetime64[ms]", "UTC"),
        )
        self._grid: tuple[City, HeatGrid] | None = None
        self._made: tuple[City, TrackFrame, Rows] | None = None
        self._drawn: tuple[Rows, Raster] | None = None
        self._top = 0.0

    @abstractmethod
    def _counted(self, rows: ObservationArray) -> BoolArray:
        """Tell which entities count, (N,)."""

    @abstractmethod
    def _values(self, grid: HeatGrid, cell: NDArray[np.int64], rows: ObservationArray) -> FloatGrid:
        """Return the value of each cell."""

    def rows(self, world: World) -> Rows:
        """Return the cells; the same object for some seconds."""
        made = self._made
        if made is None or made[0] is not world.city or not _is_recent(made[1], world.tracks):
            made = (world.city, world.tracks, self._make(world))
            self._made = made
        return made[2]

    def _grid_of(self, city: City) -> HeatGrid:
        if self._grid is None or self._grid[0] is not city:
            west, south, east, north = city.bounds_m()
            x, y = city.frame.origin_m
            box = (west - x - MARGIN_M, south - y - MARGIN_M, east - x + MARGIN_M, north - y + MARGIN_M)
            self._grid, self._top = (city, grid_over(*box)), 0.0
        return self._grid[1]

    def _make(self, world: World) -> Rows:
        grid, told = self._grid_of(world.city), world.tracks.rows
        counted = np.flatnonzero(self._counted(told))
        east, north, _up = world.tracks.position_m[counted].astype(np.float64).T
        return self._rows(world, grid, grid.cells(east, north), told[counted])

    def _rows(self, world: World, grid: HeatGrid, cell: NDArray[np.int64], rows: ObservationArray) -> Rows:
        return _cells(world, grid, self._value, self._values(grid, cell, rows), grid.counted(cell), self._least)

    def draw(self, world: World, rows: Rows) -> Raster:
        """Return the cells as colours; the end of the scale stays while the values stay near it."""
        if self._drawn is None or self._drawn[0] is not rows:
            self._drawn = (rows, self._raster(self._grid_of(world.city), rows))
        return self._drawn[1]

    def _raster(self, grid: HeatGrid, rows: Rows) -> Raster:
        values = np.full((grid.rows, grid.cols), np.nan, np.float32)
        if rows.position_m is not None:
            values.reshape(-1)[grid.cells(*rows.position_m[:, :2].astype(np.float64).T)] = rows.columns[self._value]
        self._top = range_of(values, self._top)
        return Raster(values[::-1] / np.float32(self._top), grid.box_m, self._scale, (0.0, self._top), self._unit)

    def status(self, world: World) -> LayerStatus:
        """Return the count of cells; the reason is that of the sources."""
        rows = self.rows(world)
        down = [source.reason for source in world.sources if not source.up]
        silent = "" if len(rows) else "reason.no_rows" if world.sources else "reason.no_source"
        return LayerStatus(len(rows), world.tracks.at_s if len(rows) else 0.0, down[0] if down else silent)


class DensityLayer(HeatLayer):
    """How many moving things there are in a square kilometre."""

    def __init__(self) -> None:
        super().__init__("density", "per_km2", "1/km²", "amount", 0.5)

    def _counted(self, rows: ObservationArray) -> BoolArray:
        return _of_kind(rows, _MOVES)

    def _values(self, grid: HeatGrid, cell: NDArray[np.int64], rows: ObservationArray) -> FloatGrid:
        return density(grid.counted(cell), grid.cell_m)


class SpeedLayer(HeatLayer):
    """How fast vehicles go, on the mean, where there are any."""

    def __init__(self) -> None:
        super().__init__("speeds", "mean_kmh", "km/h", "pace", 0.0)

    def _counted(self, rows: ObservationArray) -> BoolArray:
        return np.asarray(_of_kind(rows, _DRIVES) & np.isfinite(rows["speed_mps"]))

    def _values(self, grid: HeatGrid, cell: NDArray[np.int64], rows: ObservationArray) -> FloatGrid:
        kmh = np.clip(rows["speed_mps"].astype(np.float64), 0.0, 100.0) * 3.6
        return mean(grid.counted(cell), grid.counted(cell, kmh), 0.01)


class AlarmLayer(HeatLayer):
    """How many are in alarm or broken, or what scenarios found of them, in a square kilometre.

    An entity in alarm about which there is an alert counts once, where the alert is.
    """

    def __init__(self) -> None:
        super().__init__("alarms", "alarms_per_km2", "1/km²", "wrong", 0.05)

    def _counted(self, rows: ObservationArray) -> BoolArray:
        return np.isin(rows["state"], _WRONG)

    def _make(self, world: World) -> Rows:
        grid, tracks = self._grid_of(world.city), world.tracks
        about = np.array([alert.subject.encode() for alert in world.alerts], "S32")
        alone = np.flatnonzero(self._counted(tracks.rows) & ~np.isin(tracks.rows["id"], about))
        lonlat = np.array([(alert.lon_deg, alert.lat_deg) for alert in world.alerts]).reshape(-1, 2)
        lonlat = lonlat[np.isfinite(lonlat).all(axis=1)]
        found = np.column_stack(world.city.frame.to_local(lonlat[:, 0], lonlat[:, 1]))
        east, north = np.concatenate([tracks.position_m[alone, :2].astype(np.float64), found]).T
        return self._rows(world, grid, grid.cells(east, north), tracks.rows[alone])

    def _values(self, grid: HeatGrid, cell: NDArray[np.int64], rows: ObservationArray) -> FloatGrid:
        return density(grid.counted(cell), grid.cell_m, 3.0)


def _of_kind(rows: ObservationArray, wanted: BoolArray) -> BoolArray:
    return np.asarray(wanted[np.minimum(rows["kind"], len(KINDS) - 1)])


def _cells(world: World, grid: HeatGrid, name: str, values: FloatGrid, counts: FloatGrid, least: float) -> Rows:
    """Return the cells that have a value of at least so much."""
    row, col = np.nonzero(np.nan_to_num(values, nan=-1.0) >= least)
    west, south = grid.west_m + col * grid.cell_m, grid.south_m + row * grid.cell_m
    x, y = world.city.frame.origin_m
    corners = np.column_stack([west + x, south + y, west + x + grid.cell_m, south + y + grid.cell_m])
    shapes = in_pieces(lambda some: shapely.box(*some.T), corners)
    half = grid.cell_m / 2
    centre = np.column_stack([west + half, south + half, np.zeros(len(row))]).astype(np.float32)
    newest_ms = world.tracks.rows["time_s"].max() * 1000.0 if len(world.tracks) else 0.0
    columns = LazyColumns(
        {
            "id": lambda: np.array([f"{r}-{c}" for r, c in zip(row.tolist(), col.tolist(), strict=True)], dtype=object),
            name: lambda: values[row, col],
            "entities": lambda: counts[row, col].astype(np.int32),
            "time": lambda: np.full(len(row), np.round(newest_ms)).astype("datetime64[ms]"),
        }
    )
    return Rows(len(row), columns, shapes, centre)


def _is_recent(known: TrackFrame, newest: TrackFrame) -> bool:
    return known is newest or (bool(len(known)) and 0.0 <= newest.at_s - known.at_s < REFRESH_S)
