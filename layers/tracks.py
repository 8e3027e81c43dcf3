"""Rows out of the live table, for the layers of what moves or measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.columns import Decoded, LazyColumns, Make
from layers.layer import LayerStatus, Rows, Symbols
from twin.city.tables import Column
from twin.live.frame import TrackFrame
from twin.live.kinds import KINDS, STATES
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.world import SourceState, World

COLUMNS: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("id", "str"),
        Column("label", "str"),
        Column("kind", "str"),
        Column("state", "str"),
        Column("time", "datetime64[ms]", "UTC"),
        Column("height_m", "float32", "m"),
        Column("heading_deg", "float32", "°"),
        Column("speed_mps", "float32", "m/s"),
        Column("quantity", "str"),
        Column("value", "float32", "unit"),
        Column("unit", "str"),
        Column("accuracy_m", "float32", "m"),
        Column("source", "str"),
    )
}
PLATE = Column("label", "str", sensitive=True, mask="plate")
PERSON = Column("label", "str", sensitive=True, mask="name")
MOVING = ("kind", "state", "time", "height_m", "heading_deg", "speed_mps", "accuracy_m", "source")
MEASURING = ("kind", "state", "time", "quantity", "value", "unit", "accuracy_m", "source")

SYMBOLS = tuple(kind.name for kind in KINDS)
_KIND = np.array(SYMBOLS, dtype=object)
_QUANTITY = np.array([kind.quantity for kind in KINDS], dtype=object)
_UNIT = np.array([kind.unit for kind in KINDS], dtype=object)
_STALE_S = np.array([kind.stale_after_s for kind in KINDS])
_STATE = np.array(STATES, dtype=object)
_ROW_BYTES = f"V{OBSERVATION_DTYPE.itemsize}"


def live_columns(*names: str, label: Column = COLUMNS["label"]) -> tuple[Column, ...]:
    """Return the columns of a live layer: id, label, and those named."""
    return (COLUMNS["id"], label, *(COLUMNS[name] for name in names))


class TrackRows:
    """Turns the rows of the live table that one layer shows into its rows, once for each frame."""

    def __init__(self, layer: str, columns: tuple[Column, ...]) -> None:
        self._mine = np.array([kind.layer == layer for kind in KINDS])
        self._columns = columns
        self._made: tuple[TrackFrame, tuple[SourceState, ...], Rows] | None = None

    def __call__(self, world: World) -> Rows:
        """Return the rows; the same object for the same frame and sources."""
        made = self._made
        if made is None or made[0] is not world.tracks or made[1] is not world.sources:
            made = (world.tracks, world.sources, self._make(world))
            self._made = made
        return made[2]

    def _make(self, world: World) -> Rows:
        frame = world.tracks
        keep = np.flatnonzero(self._mine[np.minimum(frame.rows["kind"], len(KINDS) - 1)])
        # As bytes: numpy copies rows of fields one field at a time.
        rows = frame.rows.view(_ROW_BYTES)[keep].view(OBSERVATION_DTYPE)
        makers = _makers(rows, frame.source[keep], world.sources)
        chosen = LazyColumns({column.name: makers[column.name] for column in self._columns})
        return Rows(len(rows), chosen, position_m=frame.position_m[keep], told=rows)


def track_symbols(world: World, rows: Rows) -> Symbols:
    """Return a symbol for each row; rows whose last report is older than their kind allows are faded."""
    told = np.empty(0, OBSERVATION_DTYPE) if rows.told is None else rows.told
    kind = np.minimum(told["kind"], len(KINDS) - 1)
    heading = told["heading_deg"] if "heading_deg" in rows.columns else np.full(len(told), np.nan, np.float32)
    position_m = np.empty((0, 3), np.float32) if rows.position_m is None else rows.position_m
    return Symbols(rows, position_m, kind, SYMBOLS, heading, world.at_s - told["time_s"] > _STALE_S[kind])


def track_status(world: World, rows: Rows) -> LayerStatus:
    """Return the count, the newest time, and what is wrong with the sources that these rows come from."""
    newest_s = float(rows.columns["time"].max().astype(np.int64)) / 1000.0 if len(rows) else 0.0
    told = set(rows.columns["source"]) if len(rows) else {source.name for source in world.sources}
    down = [source.reason for source in world.sources if not source.up and source.name in told]
    if down:
        return LayerStatus(len(rows), newest_s, down[0])
    silent = "" if len(rows) else "reason.no_rows" if world.sources else "reason.no_source"
    return LayerStatus(len(rows), newest_s, silent)


def _makers(rows: ObservationArray, source: NDArray[np.uint8], sources: tuple[SourceState, ...]) -> dict[str, Make]:
    kind = np.minimum(rows["kind"], len(KINDS) - 1)
    names = np.array([*(s.name for s in sources), ""], dtype=object)
    return {
        "id": Decoded(rows["id"]),
        "label": Decoded(rows["label"]),
        "kind": lambda: _KIND[kind],
        "state": lambda: _STATE[np.where(rows["state"] < len(STATES), rows["state"], 0)],
        "time": lambda: np.round(rows["time_s"] * 1000.0).astype("datetime64[ms]"),
        "quantity": lambda: _QUANTITY[kind],
        "unit": lambda: _UNIT[kind],
        "source": lambda: names[np.minimum(source, len(names) - 1)],
        **{name: _field(rows, name) for name in ("height_m", "heading_deg", "speed_mps", "value", "accuracy_m")},
    }


def _field(rows: ObservationArray, name: str) -> Callable[[], NDArray[Any]]:
    return lambda: np.ascontiguousarray(rows[name])
