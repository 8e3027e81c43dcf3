"""Distances between the nodes of a road graph, as far as tracks need them, worked out where they are first asked for.

The network is cut into square cells. For each cell a table holds how far it is from every node in it to every node in
the cells around it, and which node comes before on the way: a distance is then one look into an array, for millions of
pairs at once, and the way itself is walked back in it.
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data.router.arcs import SHORTEST_S, Arcs
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import NO_LINK, IntArray, RoadGraph

AROUND = 2
"""Cells on each side of a cell that its table reaches."""
WIDE = 2 * AROUND + 1
FIRST_ENTRIES = 1 << 20


class Ways:
    """Shortest ways by length between links, up to a reach; may be asked from any thread.

    Parameters
    ----------
    reach_m : float
        Nodes farther apart than this count as not connected.
    """

    def __init__(self, graph: RoadGraph, arcs: Arcs, reach_m: float = 2000.0) -> None:
        self.reach_m, self._lock = reach_m, threading.Lock()
        self._leave = arcs.leave
        after = arcs.link[len(graph) :]  # links that may follow a forbidden turn are entered by a node of their own
        special = np.unique(after)
        self._entry = graph.tail.copy()
        self._entry[special] = arcs.nodes + np.arange(len(special))
        self._nodes = arcs.nodes + len(special)
        tail = np.concatenate([arcs.tail, graph.tail[special], arcs.tail[len(graph) :]])
        head = np.concatenate([arcs.head, self._entry[special], self._entry[after]])
        link = np.concatenate([arcs.link, np.full(len(special) + len(after), NO_LINK)])
        cost = np.where(link == NO_LINK, 0.0, graph.length_m[link])
        keys = tail * self._nodes + head
        order = np.lexsort((cost, keys))
        order = order[np.diff(keys[order], prepend=-1) != 0]  # of parallel links the shortest
        self._keys, self._links = keys[order], link[order]
        self._web = csr_array(
            (np.maximum(cost[order], SHORTEST_S), (tail[order], head[order])), shape=(self._nodes, self._nodes)
        )
        self._lay(np.concatenate([graph.node_m[arcs.base], graph.node_m[graph.tail[special]]]))

    def _lay(self, place_m: FloatArray) -> None:
        """Put the nodes into cells."""
        at = np.floor((place_m - place_m.min(axis=0)) / (self.reach_m / AROUND)).astype(np.int64) + AROUND
        self._x, self._y = at.T
        self._columns = int(self._x.max()) + AROUND + 1
        self._cells, self._cell = np.unique(self._y * self._columns + self._x, return_inverse=True)
        self._order = np.argsort(self._cell, kind="stable")
        self._begin = np.searchsorted(self._cell[self._order], np.arange(len(self._cells) + 1))
        self._rank = np.empty(self._nodes, np.int64)
        self._rank[self._order] = np.arange(self._nodes) - self._begin[self._cell[self._order]]
        self._start = np.full(len(self._cells), -1)
        self._width = np.zeros(len(self._cells), np.int64)
        self._offset = np.zeros((len(self._cells), WIDE * WIDE), np.int64)
        self._far: NDArray[np.float32] = np.empty(FIRST_ENTRIES, np.float32)
        self._before: NDArray[np.int32] = np.empty(FIRST_ENTRIES, np.int32)
        self._used = 0

    def between(self, one: IntArray, other: IntArray) -> NDArray[np.float32]:
        """Return how far it is from the end of each link to the beginning of another; infinite where there is no way.

        Parameters
        ----------
        one, other : (N,) int arrays
            Links.
        """
        return self._look(self._leave[one], self._entry[other])

    def _look(self, source: IntArray, target: IntArray) -> NDArray[np.float32]:
        east = self._x[target] - self._x[source] + AROUND
        north = self._y[target] - self._y[source] + AROUND
        near: BoolArray = (east >= 0) & (east < WIDE) & (north >= 0) & (north < WIDE)
        found = np.full(len(source), np.inf, np.float32)
        entry = self._entries(source[near], target[near], north[near] * WIDE + east[near])
        found[near] = self._far[entry]
        return found

    def _entries(self, source: IntArray, target: IntArray, neighbour: IntArray) -> IntArray:
        cell = self._cell[source]
        needed = np.zeros(len(self._cells), np.bool_)
        needed[cell] = True
        with self._lock:
            for one in np.flatnonzero(needed & (self._start < 0)):
                self._work_out(int(one))
        column = self._offset[cell, neighbour] + self._rank[target]
        entries: IntArray = self._start[cell] + self._rank[source] * self._width[cell] + column
        return entries

    def _work_out(self, cell: int) -> None:
        """Make the table of one cell."""
        steps = np.arange(-AROUND, AROUND + 1)
        names = (self._cells[cell] + steps[:, None] * self._columns + steps).ravel()
        row = np.minimum(np.searchsorted(self._cells, names), len(self._cells) - 1)
        there = self._cells[row] == names
        size = np.where(there, self._begin[row + 1] - self._begin[row], 0)
        inside = np.concatenate([self._order[self._begin[one] : self._begin[one + 1]] for one in row[there]])
        self._offset[cell] = np.cumsum(size) - size
        middle = WIDE * WIDE // 2
        first = int(self._offset[cell, middle])
        far, before = dijkstra(
            self._web[inside][:, inside], indices=np.arange(first, first + int(size[middle])), limit=self.reach_m,
            return_predecessors=True,
        )  # fmt: skip
        start, self._used = self._used, self._used + far.size
        while self._used > len(self._far):
            self._far, self._before = (
                np.concatenate([held, np.empty_like(held)]) for held in (self._far, self._before)
            )
        self._far[start : self._used] = far.ravel()
        self._before[start : self._used] = np.where(before < 0, -1, inside[np.maximum(before, 0)]).ravel()
        self._width[cell] = len(inside)
        self._start[cell] = start

    def links_between(self, one: IntArray, other: IntArray) -> tuple[IntArray, IntArray]:
        """Return the links on the ways from the end of each link to the beginning of another, both left out.

        Every way must exist.

        Returns
        -------
        (M,) int array
            Which pair each link belongs to, ascending.
        (M,) int array
            The links, in the order of travel.
        """
        source, node = self._leave[one], self._entry[other].copy()
        pair, pairs, links, depth = np.arange(len(one)), list[IntArray](), list[IntArray](), list[IntArray]()
        while len(pair):
            east = self._x[node] - self._x[source[pair]] + AROUND
            north = self._y[node] - self._y[source[pair]] + AROUND
            before = self._before[self._entries(source[pair], node, north * WIDE + east)].astype(np.int64)
            going = before >= 0
            pair, node, before = pair[going], node[going], before[going]
            pairs.append(pair)
            links.append(self._links[np.searchsorted(self._keys, before * self._nodes + node)])
            depth.append(np.full(len(pair), -len(depth)))
            node = before
        if not pairs:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        owner, way, deep = np.concatenate(pairs), np.concatenate(links), np.concatenate(depth)
        order = np.lexsort((deep, owner))
        order = order[way[order] != NO_LINK]
        return owner[order], way[order]
