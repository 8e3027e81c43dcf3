"""Where the accounts of a chart stand: in layers by hop or by time, or by forces."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from twin.fraud.chart.shape import IntArray, Shape
from twin.geo import FloatArray

COLUMN, ROW = 220.0, 44.0
"""Distances between layers and between the accounts of one, in units of the chart."""
LEAST_IN_COLUMN = 24
"""A layer with more accounts than this, or than twice the root of all, is folded into columns side by side."""
SWEEPS, ROUNDS = 8, 50
TIME_LAYERS = 8


def never() -> bool:
    """Say that nobody wants it to end."""
    return False


def layered(shape: Shape, by_time: bool = False) -> FloatArray:
    """Return places (N, 2): layers from left to right by hop or by time, each ordered by barycentres.

    The order within a layer is that of the mean place of neighbours, swept to and fro [1]_.

    References
    ----------
    .. [1] K. Sugiyama, S. Tagawa, M. Toda, Methods for visual understanding of hierarchical system structures,
       IEEE Transactions on Systems, Man, and Cybernetics 11 (1981) 109-125.
    """
    count = len(shape.keys)
    layer = _by_time(shape) if by_time else np.unique(shape.hop, return_inverse=True)[1].reshape(-1)
    rank = _ranked(layer, -shape.passed_fen.astype(np.float64))
    for sweep in range(SWEEPS):
        ahead = sweep % 2 == 0
        near, far = (shape.target, shape.source) if ahead else (shape.source, shape.target)
        weight = np.bincount(near, minlength=count)
        pull = np.bincount(near, rank[far], minlength=count)
        rank = _ranked(layer, np.where(weight > 0, pull / np.maximum(weight, 1), rank))
    return _placed(layer, rank)


def _by_time(shape: Shape) -> IntArray:
    """Return a layer for each account, by when money first came to it; those without are in the first."""
    known = np.isfinite(shape.first_s)
    layer = np.zeros(len(shape.keys), np.int64)
    if known.any():
        edges = np.quantile(shape.first_s[known], np.linspace(0, 1, TIME_LAYERS + 1)[1:-1])
        layer[known] = np.searchsorted(np.unique(edges), shape.first_s[known], side="right")
    return np.unique(layer, return_inverse=True)[1].reshape(-1)


def _ranked(layer: IntArray, wish: FloatArray) -> FloatArray:
    """Return the place of each account in its layer, from 0 for the middle, by what it wishes."""
    order = np.lexsort((wish, layer))
    size = np.bincount(layer)
    begin = np.cumsum(size) - size
    rank = np.empty(len(layer))
    rank[order] = np.arange(len(layer)) - begin[layer[order]]
    middle: FloatArray = rank - (size[layer] - 1) / 2
    return middle


def _placed(layer: IntArray, rank: FloatArray) -> FloatArray:
    size = np.bincount(layer)
    columns = -(-size // max(LEAST_IN_COLUMN, round(2.0 * len(layer) ** 0.5)))
    left = np.cumsum(columns + 0.35 * (columns - 1)) - columns
    high = -(-size // np.maximum(columns, 1))
    at = np.round(rank + (size[layer] - 1) / 2).astype(np.int64)
    column, row = at // np.maximum(high[layer], 1), at % np.maximum(high[layer], 1)
    in_column = np.minimum(high[layer], size[layer] - column * high[layer])
    return np.column_stack([(left[layer] + 0.5 * column) * COLUMN, (row - (in_column - 1) / 2) * ROW])


def forced(shape: Shape, begin: FloatArray, cancelled: Callable[[], bool] = never) -> FloatArray:
    """Return places (N, 2) by forces, from where they stand now: links pull, what is near pushes [1]_.

    Repulsion reaches three lengths, found by a k-d tree, so that 5,000 accounts are a matter of seconds.

    References
    ----------
    .. [1] T. M. J. Fruchterman, E. M. Reingold, Graph drawing by force-directed placement, Software: Practice and
       Experience 21 (1991) 1129-1164.
    """
    place = begin + np.random.default_rng(7).normal(0.0, 1.0, begin.shape)
    length = COLUMN / 2
    for turn in range(ROUNDS):
        if cancelled() or len(place) < 2:
            break
        move = _pushes(place, length) + _pulls(shape, place, length) - place * (0.02 * length / COLUMN)
        far = np.linalg.norm(move, axis=1, keepdims=True)
        heat = 2.0 * length * (1.0 - turn / ROUNDS)
        place = place + move / np.maximum(far, 1e-9) * np.minimum(far, heat)
    return place


def _pushes(place: FloatArray, length: float) -> FloatArray:
    pairs = cKDTree(place).query_pairs(3.0 * length, output_type="ndarray")
    move = np.zeros_like(place)
    if len(pairs):
        apart = place[pairs[:, 0]] - place[pairs[:, 1]]
        push = apart * (length**2 / np.maximum((apart**2).sum(1), 1.0))[:, None]
        for axis in range(2):
            move[:, axis] += np.bincount(pairs[:, 0], push[:, axis], len(place))
            move[:, axis] -= np.bincount(pairs[:, 1], push[:, axis], len(place))
    return move


def _pulls(shape: Shape, place: FloatArray, length: float) -> FloatArray:
    apart = place[shape.target] - place[shape.source]
    pull = apart * (np.linalg.norm(apart, axis=1) / length)[:, None]
    move = np.zeros_like(place)
    for axis in range(2):
        move[:, axis] += np.bincount(shape.source, pull[:, axis], len(place))
        move[:, axis] -= np.bincount(shape.target, pull[:, axis], len(place))
    return move
