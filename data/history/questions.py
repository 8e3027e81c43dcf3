"""What the past is asked: who was in an area, where one entity was, where most was told of in a day.

The lake is asked by an engine that reads Parquet: DuckDB in this process, or a distributed one (:mod:`.engines`). The
manifest says which files can hold an answer at all; what is left is compared exactly here (shapely for areas). What is
in the journal and not in the lake yet is asked in the same way, so an answer is whole up to now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data.history.files import ENTITY, PLACE
from data.history.lean import CELL, DEGREE, NAMES, LeanArray, lean_of_table, rows_of, table_of, taken
from data.history.manifest import File
from data.history.reader import History
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray
from twin.words import say

MOST_ROWS = 5_000_000
"""An answer of more rows is refused rather than half given."""
_COLUMNS = ", ".join(NAMES)


class Engine(Protocol):
    """Answers one SELECT over Parquet files; only what SQL engines have in common is asked of it."""

    def select(self, sql: str, paths: Sequence[str], tail: pa.Table) -> pa.Table:
        """Return the answer; ``told`` in the statement is all rows of the files and of ``tail``.

        Raises
        ------
        FileNotFoundError
            If a file was replaced meanwhile; the question is asked again with what there is now.
        """
        ...


May = Callable[[File], bool]
"""Whether a file can hold an answer."""


class Cells(NamedTuple):
    """Rows counted by cells of equal degrees.

    Parameters
    ----------
    lon_deg, lat_deg : (N,) float arrays
        South-west corners, sorted by longitude and then latitude.
    rows : (N,) int array
    """

    lon_deg: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    rows: NDArray[np.int64]


class Questions:
    """Asks one history through an engine.

    Raises
    ------
    twin.errors.UsageError
        From any method, if the question makes no sense or has too long an answer.
    """

    def __init__(self, history: History, engine: Engine) -> None:
        self._history, self._engine = history, engine

    def within(self, area: BaseGeometry, begin_s: float, end_s: float) -> ObservationArray:
        """Return all states in an area (longitude and latitude, its edge included) and a time, oldest first."""
        _check(begin_s, end_s)
        if area.is_empty or not area.is_valid:
            raise UsageError("the area is empty or crosses itself")
        box = [round(edge * DEGREE) for edge in area.bounds]
        where = f"{_time(begin_s, end_s)} AND lon BETWEEN {box[0]} AND {box[2]} AND lat BETWEEN {box[1]} AND {box[3]}"
        lean = self._rows(PLACE, where, begin_s, end_s, lambda file: _touches(file, box))
        inside = shapely.intersects_xy(area, lean["lon"] / DEGREE, lean["lat"] / DEGREE)
        return self._told(lean[inside])

    def track(self, entity: str, begin_s: float, end_s: float) -> ObservationArray:
        """Return all states of one entity in a time, oldest first.

        Raises
        ------
        twin.errors.BadInputError
            If no entity of this id was ever told of.
        """
        _check(begin_s, end_s)
        numbers = self._history.numbers_of(entity.encode())
        if not numbers:
            raise BadInputError(
                say("history"), say("nothing was ever told of {entity!r}", entity=entity), "check the id"
            )
        listed = ", ".join(map(str, numbers))
        where = f"{_time(begin_s, end_s)} AND entity IN ({listed})"
        return self._told(
            self._rows(
                ENTITY, where, begin_s, end_s,
                lambda file: any(file.first_entity <= number <= file.last_entity for number in numbers),
            )
        )  # fmt: skip

    def heat(self, begin_s: float, end_s: float, cell_deg: float = 0.01) -> Cells:
        """Count the states of a time by cells."""
        _check(begin_s, end_s)
        width = round(cell_deg * DEGREE)
        if not CELL // 100 <= width <= 90 * DEGREE:
            raise UsageError(say("a cell is 0.0001 to 90 degrees wide, not {width:g}", width=cell_deg))
        x, y = (f"CAST(FLOOR({name} / {width}.0) AS INTEGER)" for name in ("lon", "lat"))
        sql = f"SELECT {x} AS x, {y} AS y, COUNT(*) AS n FROM told WHERE {_time(begin_s, end_s)} GROUP BY {x}, {y}"  # noqa: S608 - numbers only
        found = self._select(sql, PLACE, begin_s, end_s, lambda _: True)
        east, north, rows = (found.column(name).to_numpy().astype(np.int64) for name in ("x", "y", "n"))
        order = np.lexsort((north, east))
        return Cells(east[order] * width / DEGREE, north[order] * width / DEGREE, rows[order])

    def _rows(self, order: str, where: str, begin_s: float, end_s: float, may: May) -> LeanArray:
        sql = f"SELECT {_COLUMNS} FROM told WHERE {where} LIMIT {MOST_ROWS + 1}"  # noqa: S608 - numbers only
        found = self._select(sql, order, begin_s, end_s, may)
        if found.num_rows > MOST_ROWS:
            raise UsageError(say("the answer has more than {most} rows: ask for less", most=f"{MOST_ROWS:,}"))
        return lean_of_table(found)

    def _select(self, sql: str, order: str, begin_s: float, end_s: float, may: May) -> pa.Table:
        try:
            return self._once(sql, order, begin_s, end_s, may)
        except FileNotFoundError:
            return self._once(sql, order, begin_s, end_s, may)

    def _once(self, sql: str, order: str, begin_s: float, end_s: float, may: May) -> pa.Table:
        files, tail = self._history.snapshot(order, round(begin_s * 1000), round(end_s * 1000))
        paths = [str(self._history.folder / file.name) for file in files if may(file)]
        return self._engine.select(sql, paths, table_of(tail))

    def _told(self, lean: LeanArray) -> ObservationArray:
        lean = taken(lean, np.lexsort((lean["entity"], lean["t"])))
        return rows_of(lean, self._history.told_of(lean))


def _check(begin_s: float, end_s: float) -> None:
    if not begin_s <= end_s:
        raise UsageError("the time ends before it begins")


def _time(begin_s: float, end_s: float) -> str:
    return f"t BETWEEN {round(begin_s * 1000)} AND {round(end_s * 1000)}"


def _touches(file: File, box: Sequence[int]) -> bool:
    west, south, east, north = box
    return file.west <= east and file.east >= west and file.south <= north and file.north >= south
