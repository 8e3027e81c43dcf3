"""What a card asks of a day: one entity's track, or what was at a place.

Asked with pyarrow, which the window has loaded anyway, rather than with an engine that takes a second to load.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.dataset as ds

from data.history.files import ENTITY, PLACE
from data.history.lean import DEGREE, NAMES, LeanArray, lean_of_table, rows_of, taken
from data.history.manifest import File
from data.history.reader import History
from data.history.sealing import dataset
from twin.geo import BoolArray
from twin.live.observation import ObservationArray

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees."""


def track(history: History, entity: str, begin_s: float, end_s: float) -> ObservationArray:
    """Return all states of one entity in a time, oldest first; none if nothing was ever told of it."""
    numbers = history.numbers_of(entity.encode())
    return _told(
        history, ENTITY, begin_s, end_s, ds.field("entity").isin(numbers),
        lambda file: any(file.first_entity <= number <= file.last_entity for number in numbers),
        lambda lean: np.isin(lean["entity"], numbers),
    )  # fmt: skip


def within(history: History, box: Box, begin_s: float, end_s: float) -> ObservationArray:
    """Return all states in a box and a time, oldest first."""
    west, south, east, north = (round(edge * DEGREE) for edge in box)
    lon, lat = ds.field("lon"), ds.field("lat")
    return _told(
        history, PLACE, begin_s, end_s, (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north),
        lambda file: file.west <= east and file.east >= west and file.south <= north and file.north >= south,
        lambda lean: (lean["lon"] >= west) & (lean["lon"] <= east) & (lean["lat"] >= south) & (lean["lat"] <= north),
    )  # fmt: skip


def _told(
    history: History, order: str, begin_s: float, end_s: float, where: ds.Expression, may: Callable[[File], bool],
    holds: Callable[[LeanArray], BoolArray],
) -> ObservationArray:  # fmt: skip
    """Return what is in the lake and what is not in it yet; asked again if files were replaced meanwhile."""
    begin_ms, end_ms = round(begin_s * 1000), round(end_s * 1000)
    for again in (True, False):
        files, tail = history.snapshot(order, begin_ms, end_ms)
        paths = [str(history.folder / file.name) for file in files if may(file)]
        try:
            parts = [tail[holds(tail)], *([_read(history.folder, paths, where, begin_ms, end_ms)] if paths else [])]
            break
        except FileNotFoundError:
            if not again:
                raise
    lean = np.concatenate(parts)
    lean = taken(lean, np.lexsort((lean["entity"], lean["t"])))
    return rows_of(lean, history.told_of(lean))


def _read(folder: Path, paths: list[str], where: ds.Expression, begin_ms: int, end_ms: int) -> LeanArray:
    told = ds.field("t")
    table = dataset(folder, paths).to_table(columns=list(NAMES), filter=where & (told >= begin_ms) & (told <= end_ms))
    return lean_of_table(table)
