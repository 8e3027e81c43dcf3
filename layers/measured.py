"""Measured traffic of five minutes: speed, travel-time index, delay and queues of links, as ribbons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layers.columns import LazyColumns
from layers.layer import FEATURE_FORMATS, LayerStatus, Lines, Rows
from twin.city.city import City
from twin.city.tables import Column
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.measured import Measured
from twin.traffic.slots import Slots
from twin.traffic.speeds import FEW, GRADES
from twin.world import World

MEASURES = ("speed", "index", "delay", "queue")
INDEX_FROM = (1.3, 1.6, 2.0, 3.0)
"""Travel-time index from which a link has the colour of the next grade: ours, for drawing only."""
DELAY_FROM_S = (10.0, 20.0, 35.0, 55.0)
"""Seconds a vehicle, as the levels of service of signals are parted in the Highway Capacity Manual."""
WIDE_M, THIN_M = 6.0, 2.5


class MeasuredLayer:
    """Show one measure of the five minutes that the list of jams looks at.

    Parameters
    ----------
    measure : str
        One of :data:`MEASURES`.
    """

    group = "live"
    formats = FEATURE_FORMATS
    columns = (
        Column("id", "str"),
        Column("name", "str"),
        Column("name_en", "str"),
        Column("mean_kmh", "float32", "km/h"),
        Column("unsure", "float32"),  # half the 90 % interval of the speed, as a share of it
        Column("vehicles", "int32"),
        Column("index", "float32"),
        Column("delay_s", "float32", "s"),  # a vehicle
        Column("queue_least_m", "float32", "m"),
        Column("queue_most_m", "float32", "m"),
        Column("grade", "str"),
        Column("sure", "bool"),  # the interval of the speed lies within that grade
        Column("style", "str"),
        Column("time", "datetime64[ms]", "UTC"),
    )

    def __init__(self, measure: str) -> None:
        self.name, self._measure = f"measured_{measure}", measure
        self._made: tuple[City | None, Measured | None, Rows] = (None, None, _no_rows())

    def rows(self, world: World) -> Rows:
        """Return the links of which the measure is known; the same object while nothing else is looked at."""
        if self._made[0] is not world.city or self._made[1] is not world.measured:
            made = _no_rows() if world.measured is None else _rows(world.measured, self._measure)
            self._made = (world.city, world.measured, made)
        return self._made[2]

    def draw(self, world: World, rows: Rows) -> Lines:
        """Return ribbons in the colours of the grades, thin where the grade is not sure."""
        return Lines(rows, wide_m(rows.columns["sure"]), rows.columns["style"])

    def status(self, world: World) -> LayerStatus:
        """Return of how many links the measure is known, and of when."""
        rows = self.rows(world)
        at_s = world.measured.at_s if world.measured is not None and len(rows) else 0.0
        return LayerStatus(len(rows), at_s, "" if len(rows) else "reason.no_measured")


LAYERS: tuple[Callable[[], MeasuredLayer], ...] = (
    lambda: MeasuredLayer("speed"),
    lambda: MeasuredLayer("index"),
    lambda: MeasuredLayer("delay"),
    lambda: MeasuredLayer("queue"),
)


def shown(graph: RoadGraph, slots: Slots, grades: NDArray[np.int8], measure: str) -> tuple[IntArray, NDArray[np.int8]]:
    """Return the rows of a slot that a measure is told of, and the grade in whose colour each is drawn.

    Parameters
    ----------
    slots : Slots
        Of one slot.
    grades : (K,) int8 array
        Of its rows.
    """
    if measure == "queue":
        _, most = slots.queue_between_m(graph)
        rows = np.flatnonzero((slots.halted > 0) & (most > 0))
        return rows, np.full(len(rows), GRADES.index("jammed"), np.int8)
    if measure == "delay":
        grades = _from(slots.delay_s(graph) / np.maximum(slots.vehicles, 1.0), DELAY_FROM_S)
    elif measure == "index":
        grades = _from(index_of(graph, slots), INDEX_FROM)
    rows = np.flatnonzero((slots.vehicles >= FEW) & (grades > 0))
    return rows, grades[rows]


def index_of(graph: RoadGraph, slots: Slots) -> FloatArray:
    """Return time spent to time at free speed."""
    free_s = 3.6 * np.maximum(slots.metres, 1.0) / graph.free_kmh[slots.link]
    return np.asarray(slots.seconds / free_s)


def lines_of(graph: RoadGraph, slots: Slots, measure: str) -> NDArray[np.object_]:
    """Return what is drawn of the links of rows: all of it, of a queue its part up to the end of the link."""
    begin = np.zeros(len(slots))
    if measure == "queue":
        begin = 1.0 - np.minimum(slots.queue_between_m(graph)[1] / graph.length_m[slots.link], 1.0)
    return np.asarray(stretches(graph, slots.link, begin, np.ones(len(slots))), object)


def _rows(measured: Measured, measure: str) -> Rows:
    graph = measured.graph
    kept, grades = shown(graph, measured.slots, measured.grades, measure)
    slots, link = measured.slots.take(kept), measured.slots.link[kept]
    least, most = slots.queue_between_m(graph)
    time = np.full(len(kept), np.round(measured.at_s * 1000.0)).astype("datetime64[ms]")
    names = np.array(GRADES, object)
    columns = LazyColumns({
        "id": lambda: np.array(graph.names(link), object),
        "name": lambda: measured.name[link],
        "name_en": lambda: measured.name_en[link],
        "mean_kmh": lambda: slots.kmh.astype(np.float32),
        "unsure": lambda: slots.unsure.astype(np.float32),
        "vehicles": lambda: slots.vehicles.astype(np.int32),
        "index": lambda: index_of(graph, slots).astype(np.float32),
        "delay_s": lambda: (slots.delay_s(graph) / np.maximum(slots.vehicles, 1.0)).astype(np.float32),
        "queue_least_m": lambda: least.astype(np.float32),
        "queue_most_m": lambda: most.astype(np.float32),
        "grade": lambda: names[measured.grades[kept]],
        "sure": lambda: measured.sure[kept],
        "style": lambda: names[grades],
        "time": lambda: time,
    })  # fmt: skip
    return Rows(len(kept), columns, lines_of(graph, slots, measure))


def wide_m(sure: BoolArray) -> NDArray[np.float32]:
    """Return how wide ribbons are: thin where the grade is not sure."""
    return np.where(sure, WIDE_M, THIN_M).astype(np.float32)


def _no_rows() -> Rows:
    kinds: dict[str, Any] = {"str": object, "float32": np.float32, "int32": np.int32, "bool": np.bool_}
    columns = {column.name: np.zeros(0, kinds.get(column.dtype, "datetime64[ms]")) for column in MeasuredLayer.columns}
    return Rows(0, columns, np.zeros(0, object))


def _from(values: FloatArray, limits: tuple[float, ...]) -> NDArray[np.int8]:
    return (1 + np.searchsorted(limits, values)).astype(np.int8)
