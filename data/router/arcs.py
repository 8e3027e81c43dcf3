"""The road graph as SciPy walks it: arcs between nodes, and a node of its own where a turn is forbidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.travel import runs

SHORTEST_S = 1e-6
"""SciPy takes an arc without cost for no arc."""


@dataclass(frozen=True, slots=True)
class Arcs:
    """Ways from node to node; a link after a forbidden turn has more than one.

    Parameters
    ----------
    tail, head, link : (A,) int arrays
        The first L arcs are the links themselves, in their order.
    leave : (L,) int array
        The node at which one stands after a link.
    nodes : int
    base : (nodes,) int array
        The node of the graph that each stands for.
    """

    tail: IntArray
    head: IntArray
    link: IntArray
    leave: IntArray
    nodes: int
    base: IntArray


def arcs_of(graph: RoadGraph) -> Arcs:
    """Return the arcs of a graph: after a link that something is banned after, one stands at a node of its own."""
    links, nodes = np.arange(len(graph)), len(graph.node_m)
    special = np.unique(graph.bans[:, 0])
    leave = graph.head.copy()
    leave[special] = nodes + np.arange(len(special))
    order = np.argsort(graph.tail, kind="stable")
    first = np.searchsorted(graph.tail[order], np.arange(nodes + 1))
    begin, end = first[graph.head[special]], first[graph.head[special] + 1]
    before = np.repeat(special, end - begin)
    after = order[runs(begin, end)]
    free = ~np.isin(before * len(graph) + after, graph.bans[:, 0] * len(graph) + graph.bans[:, 1])
    before, after = before[free], after[free]
    return Arcs(
        np.concatenate([graph.tail, leave[before]]),
        np.concatenate([leave, leave[after]]),
        np.concatenate([links, after]),
        leave,
        nodes + len(special),
        np.concatenate([np.arange(nodes), graph.head[special]]),
    )


@dataclass(frozen=True, slots=True)
class Costs:
    """Arcs in rows, ready to be searched from a place that is no node.

    Parameters
    ----------
    data, indices, indptr
        As of :class:`scipy.sparse.csr_array`.
    """

    data: FloatArray
    indices: NDArray[np.int32]
    indptr: NDArray[np.int32]

    @classmethod
    def of(cls, begin: IntArray, end: IntArray, cost: FloatArray, nodes: int) -> Costs:
        """Sort arcs by where they begin; those of infinite cost are left out."""
        kept = np.flatnonzero(np.isfinite(cost))
        order = kept[np.argsort(begin[kept], kind="stable")]
        indptr = np.searchsorted(begin[order], np.arange(nodes + 1)).astype(np.int32)
        return cls(np.maximum(cost[order], SHORTEST_S), end[order].astype(np.int32), indptr)

    def with_place(self, nodes: IntArray, cost: FloatArray) -> csr_array:
        """Return the matrix with one more node, the last: a place from which some nodes are reached at a cost."""
        size = len(self.indptr)
        return csr_array(
            (
                np.concatenate([self.data, np.maximum(cost, SHORTEST_S)]),
                np.concatenate([self.indices, nodes.astype(np.int32)]),
                np.append(self.indptr, np.int32(self.indptr[-1] + len(nodes))),
            ),
            shape=(size, size),
        )


@dataclass(frozen=True, slots=True)
class Pairs:
    """The cheapest link between two neighbouring nodes: ``keys`` of node pairs, sorted, each with its ``links``."""

    keys: IntArray
    links: IntArray
    nodes: int

    @classmethod
    def of(cls, arcs: Arcs, cost: FloatArray) -> Pairs:
        """Sort arcs by their nodes and by the cost of their links, (L,)."""
        keys = arcs.tail * arcs.nodes + arcs.head
        order = np.lexsort((cost[arcs.link], keys))
        return cls(keys[order], arcs.link[order], arcs.nodes)

    def along(self, nodes: IntArray) -> IntArray:
        """Return the links from each node to the next."""
        return self.links[np.searchsorted(self.keys, nodes[:-1] * self.nodes + nodes[1:])]
