"""Measured traffic as ribbons on the map: the measure that is looked at, and the extent of a jam."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.layer import Lines, Rows
from layers.measured import lines_of, shown, wide_m
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.measured import Measured
from twin.traffic.speeds import GRADES

JAM_M = 11.0


def measured(seen: Measured, measure: str) -> Lines | None:
    """Return what was measured in the colours of the grades, thin where a grade is not sure; None without anything."""
    kept, colour = shown(seen.graph, seen.slots, seen.grades, measure)
    part = seen.slots.take(kept)
    lines, style = lines_of(seen.graph, part, measure), np.array(GRADES, object)[colour]
    return _ribbons(seen.graph, part.link, lines, style, wide_m(seen.sure[kept]))


def extent(graph: RoadGraph, links: IntArray) -> Lines | None:
    """Return the links of a jam as one wide ribbon."""
    lines = stretches(graph, links, np.zeros(len(links)), np.ones(len(links)))
    return _ribbons(graph, links, lines, np.full(len(links), "jammed", object), np.full(len(links), JAM_M, np.float32))


def _ribbons(
    graph: RoadGraph, links: IntArray, lines: NDArray[np.object_], style: NDArray[np.object_], wide: NDArray[np.float32]
) -> Lines | None:
    if not len(links):
        return None
    rows = Rows(len(links), {"id": np.array(graph.names(links), object)}, lines)
    return Lines(rows, wide, style)
