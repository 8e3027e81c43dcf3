"""Parts of links as lines, and how far one comes as an area."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.travel import Reach

MARGIN = 4
"""Cells around the roads: three are filled to close the gaps between streets, two of them are taken off again."""


ENCLOSED_M2 = 1e6


def stretches(graph: RoadGraph, links: IntArray, begin: FloatArray, end: FloatArray) -> NDArray[np.object_]:
    """Return a part of each link, from one share of its length to another, in the direction of travel.

    Parameters
    ----------
    links : (K,) int array
    begin, end : (K,) arrays
        0 to 1; ``begin`` is not greater than ``end``.

    Returns
    -------
    (K,) object array of shapely.LineString
        In the projected system.
    """
    forward = graph.forward[links]
    lines = graph.lines[graph.road[links]].copy()
    lines[~forward] = shapely.reverse(lines[~forward])
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[np.flatnonzero(np.diff(owner, prepend=-1))] = 0.0
    run = np.cumsum(step)
    first = np.searchsorted(owner, np.arange(len(lines)))
    share = (run - run[first][owner]) / np.maximum(graph.length_m[links], 1e-9)[owner]
    inner = (share > begin[owner]) & (share < end[owner])
    ends = [shapely.get_coordinates(shapely.line_interpolate_point(lines, at, normalized=True)) for at in (begin, end)]
    which = np.arange(len(lines))
    all_xy = np.concatenate([ends[0], xy[inner], ends[1]])
    all_owner = np.concatenate([which, owner[inner], which])
    place = np.concatenate([np.full(len(lines), -1.0), share[inner], np.full(len(lines), 2.0)])
    order = np.lexsort((place, all_owner))
    return np.asarray(shapely.linestrings(all_xy[order], indices=all_owner[order]), dtype=object)


def reached_lines(graph: RoadGraph, reach: Reach, seconds: float) -> NDArray[np.object_]:
    """Return the stretches of road within a time, as lines in the projected system.

    Where both directions of a road are reached, both are returned.
    """
    with np.errstate(invalid="ignore"):
        link_s = reach.far_s - reach.near_s
        share = np.clip((seconds - reach.near_s) / link_s, 0.0, 1.0)
    links = np.flatnonzero(np.isfinite(share) & (share > 0))
    begin, end = (1.0 - share[links], np.ones(len(links))) if reach.inward else (np.zeros(len(links)), share[links])
    found = np.concatenate([stretches(graph, links, begin, end), _own(graph, reach, seconds)])
    return np.asarray(found[shapely.length(found) > 0.0], dtype=object)  # none where the place is a crossing itself


def _own(graph: RoadGraph, reach: Reach, seconds: float) -> NDArray[np.object_]:
    """Return what is reached of the links that the place itself is on."""
    links, share = reach.origin_links, reach.origin_share
    far = share * np.minimum(1.0, seconds / np.maximum(reach.origin_s, 1e-6))
    begin, end = (share - far, share) if reach.inward else (1.0 - share, 1.0 - share + far)
    return stretches(graph, links, begin, end)


def reached_area(graph: RoadGraph, reach: Reach, seconds: float, cell_m: float = 40.0) -> shapely.Geometry:
    """Return what lies beside the roads that are reached within a time, as one area in the projected system.

    Ground that such roads enclose belongs to it up to :data:`ENCLOSED_M2`, a block of fields; a lake does not.
    Worked out on cells: the buffers of ten thousand lines take twenty seconds to join.
    """
    lines = shapely.segmentize(reached_lines(graph, reach, seconds), cell_m / 2)
    if not len(lines):
        return shapely.Polygon()
    at = np.floor(shapely.get_coordinates(lines) / cell_m).astype(np.int64)
    low = at.min(axis=0) - MARGIN
    mask = np.zeros(at.max(axis=0) - low + MARGIN + 1, np.bool_)
    mask[tuple((at - low).T)] = True
    mask = ~_grown(~_grown(mask, MARGIN - 1), MARGIN - 2)
    mask |= _enclosed(mask, ENCLOSED_M2 / cell_m**2)
    return _smooth(_cells(mask, low, cell_m), cell_m)


def _enclosed(mask: BoolArray, most: float) -> BoolArray:
    """Return the holes of a mask that have so many cells at most."""
    holes, _ = ndimage.label(~mask)
    small = np.bincount(holes.ravel()) <= most
    small[[0, holes[0, 0]]] = False  # the mask itself, and all that lies around it
    return np.asarray(small[holes], np.bool_)


def _grown(mask: BoolArray, cells: int) -> BoolArray:
    """Return a mask that has grown by so many cells on all sides."""
    for _ in range(cells):
        wide = np.pad(mask, 1)
        mask = wide[1:-1, 1:-1] | wide[:-2, 1:-1] | wide[2:, 1:-1] | wide[1:-1, :-2] | wide[1:-1, 2:]
    return mask


def _cells(mask: BoolArray, low: IntArray, cell_m: float) -> shapely.Geometry:
    """Return the cells of a mask (east, north) as one area: a box for each run of cells, then their union."""
    edges = np.diff(np.pad(mask, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    column, begin = np.nonzero(edges == 1)
    _, end = np.nonzero(edges == -1)
    west, south, north = column + low[0], begin + low[1], end + low[1]
    whole: shapely.Geometry = shapely.union_all(
        shapely.box(west * cell_m, south * cell_m, (west + 1) * cell_m, north * cell_m)
    )
    return whole


def _smooth(area: shapely.Geometry, cell_m: float) -> shapely.Geometry:
    """Return an area of cells with its steps made slopes."""
    round_m = cell_m
    slopes = shapely.simplify(area, cell_m * 0.75)
    rounded = shapely.buffer(shapely.buffer(slopes, round_m, quad_segs=3), -round_m, quad_segs=3)
    whole: shapely.Geometry = shapely.simplify(rounded, cell_m / 8)
    return whole
