"""Measured traffic as ribbons on the map: the measure that is looked at, and the extent of a jam."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.layer import Lines, Rows
from layers.measured import WIDE_M, lines_of, shown
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.slots import Slots
from twin.traffic.speeds import GRADES

JAM_M = 11.0


def measured(graph: RoadGraph, slots: Slots, grades: NDArray[np.int8], measure: str) -> Lines | None:
    """Return what was measured in one slot in the colours of the grades; None where nothing is to be drawn.

    Parameters
    ----------
    slots : Slots
        Of one slot.
    grades : (K,) int8 array
        Of its rows.
    """
    kept, colour = shown(graph, slots, grades, measure)
    part = slots.take(kept)
    return _ribbons(graph, part.link, lines_of(graph, part, measure), np.array(GRADES, object)[colour], WIDE_M)


def extent(graph: RoadGraph, links: IntArray) -> Lines | None:
    """Return the links of a jam as one wide ribbon."""
    lines = stretches(graph, links, np.zeros(len(links)), np.ones(len(links)))
    return _ribbons(graph, links, lines, np.full(len(links), "jammed", object), JAM_M)


def _ribbons(
    graph: RoadGraph, links: IntArray, lines: NDArray[np.object_], style: NDArray[np.object_], wide_m: float
) -> Lines | None:
    if not len(links):
        return None
    rows = Rows(len(links), {"id": np.array(graph.names(links), object)}, lines)
    return Lines(rows, np.full(len(links), wide_m, np.float32), style)
