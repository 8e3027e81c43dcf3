"""Flows of an assignment as ribbons on the map: how full roads are, and what advice or a measure changes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from layers.layer import Lines, Rows
from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.model import RoadModel
from twin.traffic.speeds import GRADES

VIEWS = ("before", "after", "change")
FULL_FROM = (0.5, 0.7, 0.85, 1.0)
"""Volume to capacity from which a link has the colour of the next grade: ours, for drawing only."""
LEAST_H, LEAST_M, MOST_M = 20.0, 4.0, 22.0
LESS, MORE, CHOSEN = "free", "congested", "result"


def full(model: RoadModel, volume: FloatArray) -> Lines | None:
    """Return how full each link is, by colour, and how much goes along it, by width."""
    rows = np.flatnonzero((model.link >= 0) & (volume >= LEAST_H))
    grade = 1 + np.searchsorted(FULL_FROM, volume[rows] / model.network.delay.capacity[rows])
    return ribbons(model.graph, model.link[rows], _width(volume[rows]), np.array(GRADES, object)[grade])


def change(model: RoadModel, before: FloatArray, after: FloatArray) -> Lines | None:
    """Return where fewer and where more will go."""
    more = after - before
    rows = np.flatnonzero((model.link >= 0) & (np.abs(more) >= LEAST_H))
    style = np.where(more[rows] > 0, MORE, LESS).astype(object)
    return ribbons(model.graph, model.link[rows], _width(np.abs(more[rows])), style)


def through(graph: RoadGraph, count: IntArray) -> Lines | None:
    """Return the links that vehicles of a selected road went along, as wide as they are many."""
    links = np.flatnonzero(count > 0)
    return ribbons(graph, links, _width(count[links].astype(np.float64)), np.full(len(links), CHOSEN, object))


def chosen(graph: RoadGraph, links: IntArray) -> Lines | None:
    """Return the links of a road that is looked at."""
    return ribbons(graph, links, np.full(len(links), MOST_M), np.full(len(links), CHOSEN, object))


def ribbons(graph: RoadGraph, links: IntArray, width: FloatArray, style: NDArray[np.object_]) -> Lines | None:
    """Return links as ribbons; None without any."""
    if not len(links):
        return None
    lines = stretches(graph, links, np.zeros(len(links)), np.ones(len(links)))
    rows = Rows(len(links), {"id": np.array(graph.names(links), object)}, lines)
    return Lines(rows, width.astype(np.float32), style)


def _width(volume: FloatArray) -> FloatArray:
    width: FloatArray = LEAST_M + (MOST_M - LEAST_M) * np.sqrt(volume / max(float(volume.max(initial=1.0)), 1.0))
    return width
