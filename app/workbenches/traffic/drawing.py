"""Measured traffic as ribbons on the map: speed, travel-time index, delay, queues."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.layer import Lines, Rows
from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.slots import Slots
from twin.traffic.speeds import FEW, GRADES

MEASURES = ("speed", "index", "delay", "queue")
INDEX_FROM = (1.3, 1.6, 2.0, 3.0)
"""Travel-time index from which a link has the colour of the next grade: ours, for drawing only."""
DELAY_FROM_S = (10.0, 20.0, 35.0, 55.0)
"""Seconds a vehicle, as the levels of service of signals are parted in the Highway Capacity Manual."""
WIDE_M, JAM_M = 6.0, 11.0


def measured(graph: RoadGraph, slots: Slots, grades: NDArray[np.int8], measure: str) -> Lines | None:
    """Return what was measured in one slot in the colours of the grades; None where nothing is to be drawn.

    Parameters
    ----------
    slots : Slots
        Of one slot.
    grades : (K,) int8 array
        Of its rows.
    """
    enough = slots.vehicles >= FEW
    if measure == "queue":
        _, most = slots.queue_between_m(graph)
        rows = np.flatnonzero((slots.halted > 0) & (most > 0))
        share = np.minimum(most[rows] / graph.length_m[slots.link[rows]], 1.0)
        return _ribbons(graph, slots.link[rows], 1.0 - share, np.full(len(rows), "jammed", object))
    if measure == "delay":
        grades = _from(slots.delay_s(graph) / np.maximum(slots.vehicles, 1.0), DELAY_FROM_S)
    elif measure == "index":
        free = 3.6 * np.maximum(slots.metres, 1.0) / graph.free_kmh[slots.link]
        grades = _from(slots.seconds / free, INDEX_FROM)
    rows = np.flatnonzero(enough & (grades > 0))
    return _ribbons(graph, slots.link[rows], np.zeros(len(rows)), np.array(GRADES, object)[grades[rows]])


def extent(graph: RoadGraph, links: IntArray) -> Lines | None:
    """Return the links of a jam as one wide ribbon."""
    found = _ribbons(graph, links, np.zeros(len(links)), np.full(len(links), "jammed", object))
    return None if found is None else Lines(found.rows, np.full(len(links), JAM_M, np.float32), found.style)


def _from(values: FloatArray, limits: tuple[float, ...]) -> NDArray[np.int8]:
    return (1 + np.searchsorted(limits, values)).astype(np.int8)


def _ribbons(graph: RoadGraph, links: IntArray, begin: FloatArray, style: NDArray[np.object_]) -> Lines | None:
    """Return parts of links up to their ends."""
    if not len(links):
        return None
    lines = stretches(graph, links, begin, np.ones(len(links)))
    rows = Rows(len(links), {"id": np.array(graph.names(links), object)}, lines)
    return Lines(rows, np.full(len(links), WIDE_M, np.float32), style)
