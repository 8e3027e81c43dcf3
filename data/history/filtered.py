"""The rows of a time for which a filter holds: the tree that filters live batches, written as SQL for the lake.

What SQL takes out are rows only; which conditions they make is for :mod:`twin.rules` to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import duckdb
import numpy as np
import pyarrow as pa
import shapely
from duckdb.func import PythonUDFType

from data.history.files import ENTITY
from data.history.lean import DEGREE, NAMES, LeanArray, lean_of_table, rows_of, table_of, taken
from data.history.reader import History
from data.history.sealing import read_by
from twin.cql2.rows import HOURS_EAST
from twin.cql2.tree import ARITHMETIC, Call, Literal, Node, Property, Shape
from twin.errors import UsageError
from twin.live.kinds import KINDS, STATES
from twin.live.observation import ObservationArray
from twin.words import say

MOST_ROWS = 20_000_000


class Sql(NamedTuple):
    """A value, and whether it is known; neither is ever NULL."""

    value: str
    known: str = "TRUE"


_SECONDS = "(t / 1000.0::DOUBLE)"
_STATE = "list_extract([" + ", ".join(f"'{state}'" for state in STATES) + "], state + 1)"
_COLUMN: Mapping[str, Sql] = {
    "id": Sql("told_id", "(told_id <> '')"), "label": Sql("told_label", "(told_label <> '')"),
    "kind": Sql("told_kind"), "state": Sql(_STATE),
    "time_s": Sql(_SECONDS), "hour": Sql(f"fmod({_SECONDS} / 3600.0::DOUBLE + {HOURS_EAST}::DOUBLE, 24.0::DOUBLE)"),
    "lon_deg": Sql(f"(lon / {DEGREE}.0::DOUBLE)"), "lat_deg": Sql(f"(lat / {DEGREE}.0::DOUBLE)"),
    "height_m": Sql("(height / 10.0::DOUBLE)::FLOAT"),
    "heading_deg": Sql("heading::FLOAT", "(heading >= 0)"),
    "speed_mps": Sql("(speed / 100.0::DOUBLE)::FLOAT", "(speed >= 0)"),
    "value": Sql("value", "(NOT isnan(value))"),
    "accuracy_m": Sql("(accuracy / 10.0::DOUBLE)::FLOAT", "(accuracy >= 0)"),
}  # fmt: skip


class FilteredHistory:
    """Asks one history with filters; one connection a question, nothing is left open."""

    def __init__(self, history: History, threads: int = 1) -> None:
        self._history, self._threads = history, threads

    def rows(self, where: Node | None, kinds: Sequence[str], begin_s: float, end_s: float) -> ObservationArray:
        """Return the states of some kinds in a time (both ends included) for which a filter holds, oldest first.

        Raises
        ------
        twin.errors.UsageError
            If there are more than :data:`MOST_ROWS`.
        twin.errors.IntegrityError, twin.errors.DiskError, OSError
            If the lake cannot be read.
        """
        try:
            return self._once(where, kinds, begin_s, end_s)
        except (duckdb.IOException, FileNotFoundError):  # a file was replaced meanwhile
            return self._once(where, kinds, begin_s, end_s)

    def _once(self, where: Node | None, kinds: Sequence[str], begin_s: float, end_s: float) -> ObservationArray:
        begin_ms, end_ms = round(begin_s * 1000), round(end_s * 1000)
        files, tail = self._history.snapshot(ENTITY, begin_ms, end_ms)
        with duckdb.connect(config={"memory_limit": "1GB", "threads": self._threads}) as connection:
            connection.execute("SET disabled_optimizers = 'statistics_propagation'")  # Parquet's know of no NaN
            told = connection.from_arrow(table_of(tail))
            if files:
                paths = [str(self._history.folder / file.name) for file in files]
                lake = read_by(connection, paths)
                told = lake.union(told) if len(tail) else lake
            told.create_view("told")
            connection.register("entity_told", self._dictionary())
            writer = _Writer(connection)
            condition = writer.truth(where) if where is not None else "TRUE"
            listed = ", ".join(writer.literal(kind) for kind in kinds)
            columns = ", ".join(f"told.{name}" for name in NAMES)
            sql = (
                f"SELECT {columns} FROM told JOIN entity_told ON told.entity = entity_told.number "  # noqa: S608 - parameters only
                f"WHERE t BETWEEN {begin_ms} AND {end_ms} AND told_kind IN ({listed}) AND ({condition}) "
                f"LIMIT {MOST_ROWS + 1}"
            )
            found = connection.sql(sql, params=writer.values).to_arrow_table()
        if found.num_rows > MOST_ROWS:
            raise UsageError(say("the answer has more than {most} rows: ask for less", most=f"{MOST_ROWS:,}"))
        return self._told(lean_of_table(found))

    def _dictionary(self) -> pa.Table:
        """Return id, label and kind of every entity by number."""
        told = self._history.told()
        text = {name: [one.decode(errors="replace") for one in told[name].tolist()] for name in ("id", "label")}
        kinds = np.array([kind.name for kind in KINDS])[np.minimum(told["kind"], len(KINDS) - 1)]
        return pa.table(
            {"number": np.arange(len(told), dtype=np.int32), "told_id": text["id"], "told_label": text["label"],
             "told_kind": kinds.tolist()}
        )  # fmt: skip

    def _told(self, lean: LeanArray) -> ObservationArray:
        lean = taken(lean, np.lexsort((lean["entity"], lean["t"])))
        return rows_of(lean, self._history.told_of(lean))


class _Writer:
    """Writes a tree as a condition of DuckDB; what came from the filter goes in as parameters."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._areas = 0
        self.values: dict[str, float | str] = {}

    def literal(self, value: float | str) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"${name}::{'VARCHAR' if isinstance(value, str) else 'DOUBLE'}"

    def truth(self, node: Node, wanted: bool = True) -> str:
        """Write that a condition holds, or with ``wanted`` False that it is known not to."""
        if not isinstance(node, Call):
            raise TypeError(node)
        op, args = node.op, node.args
        if op == "not":
            return self.truth(args[0], not wanted)
        if op in ("and", "or"):
            joined = " AND " if (op == "and") is wanted else " OR "
            return "(" + joined.join(self.truth(arg, wanted) for arg in args) + ")"
        if op == "between":
            return self.truth(Call("and", (Call(">=", args[:2]), Call("<=", (args[0], args[2])))), wanted)
        if op == "in":
            return self.truth(Call("or", tuple(Call("=", (args[0], arg)) for arg in args[1:])), wanted)
        no = "" if wanted else "NOT "
        if op.startswith("s_"):
            return f"({no}{self._inside(args[1])})"
        left = self.value(args[0])
        if op == "isNull":
            return f"({'NOT ' if wanted else ''}{left.known})"
        if op == "like" and isinstance(args[1], Literal):
            return f"({left.known} AND {no}({left.value} LIKE {self.literal(args[1].value)}))"
        right = self.value(args[1])
        as_single = "single" in (args[0].type, args[1].type) and "real" not in (args[0].type, args[1].type)
        cast = "::FLOAT" if as_single else ""
        fits = f"(({left.value}){cast} {op} ({right.value}){cast})"
        return f"({left.known} AND {right.known} AND {no}{fits})"

    def value(self, node: Node) -> Sql:
        if isinstance(node, Property):
            return _COLUMN[node.name]
        if isinstance(node, Literal):
            return Sql(self.literal(node.value), "FALSE" if node.value == "" else "TRUE")
        if not isinstance(node, Call) or node.op not in ARITHMETIC:
            raise TypeError(node)
        left, right = (self.value(arg) for arg in node.args)
        by, divides = f"({right.value})::DOUBLE", "TRUE"
        if node.op == "/":
            by, divides = f"(CASE WHEN {by} = 0 THEN 1 ELSE {by} END)", f"({by} <> 0)"
        reckoned = f"(({left.value})::DOUBLE {node.op} {by})"
        return Sql(reckoned, f"({left.known} AND {right.known} AND {divides} AND isfinite({reckoned}))")

    def _inside(self, area: Node) -> str:
        """Ask shapely, a column at a time: the spatial extension would have to be fetched."""
        if not isinstance(area, Shape):
            raise TypeError(area)
        name, self._areas = f"inside_{self._areas}", self._areas + 1
        geometry = area.geometry
        shapely.prepare(geometry)

        def inside(lon: pa.ChunkedArray, lat: pa.ChunkedArray) -> pa.Array:
            return pa.array(shapely.intersects_xy(geometry, lon.to_numpy(), lat.to_numpy()))

        self._connection.create_function(name, inside, ["DOUBLE", "DOUBLE"], "BOOLEAN", type=PythonUDFType.ARROW)
        return f"{name}({_COLUMN['lon_deg'].value}, {_COLUMN['lat_deg'].value})"
