"""Questions to a chart that networkx answers: ways of the money, who stands in the middle, what hangs together."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from heapq import heappop, heappush

import networkx as nx
import numpy as np

from twin.fraud.chart.board import Board, Flow
from twin.fraud.chart.shape import Shape

MOST_PATHS, LONGEST = 20, 12
EXACT = 400
"""Up to so many accounts each is a source of shortest ways for centrality; beyond, so many drawn by lot."""


def graph_of(shape: Shape) -> nx.DiGraph[str]:
    """Return the chart as a graph."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(shape.keys)
    keys = shape.keys
    graph.add_edges_from(
        (keys[a], keys[b], {"traced_fen": fen, "count": count})
        for a, b, fen, count in zip(
            shape.source.tolist(), shape.target.tolist(), shape.traced_fen.tolist(), shape.count.tolist(), strict=True
        )
    )
    return graph


def paths(shape: Shape, begin: str, end: str) -> tuple[tuple[str, ...], ...]:
    """Return ways from one account to another, the shortest first, at most :data:`MOST_PATHS`."""
    graph = graph_of(shape)
    if begin not in graph or end not in graph or not nx.has_path(graph, begin, end):
        return ()
    found: Iterator[list[str]] = nx.shortest_simple_paths(graph, begin, end)
    return tuple(tuple(path) for path in itertools.islice(found, MOST_PATHS) if len(path) <= LONGEST + 1)


def earliest_path(board: Board, begin: str, end: str) -> tuple[Flow, ...]:
    """Return the flows by which money could first come from one account to another, none before the one it follows.

    Empty if it could not. The earliest arrival of a temporal graph, by Dijkstra over time [1]_.

    References
    ----------
    .. [1] H. Wu et al., Path problems in temporal graphs, PVLDB 7 (2014) 721-732.
    """
    out: dict[str, list[Flow]] = {}
    for flow in board.flows.values():
        out.setdefault(board.stands_in(flow.source), []).append(flow)
    begin, end = board.stands_in(begin), board.stands_in(end)
    came: dict[str, Flow] = {}
    heap: list[tuple[float, str]] = [(-np.inf, begin)]
    done: set[str] = set()
    while heap:
        at_s, here = heappop(heap)
        if here == end or here in done:
            if here == end:
                break
            continue
        done.add(here)
        for flow in out.get(here, ()):
            there = board.stands_in(flow.target)
            later = flow.at_s >= at_s and there != begin
            if later and (there not in came or flow.at_s < came[there].at_s):
                came[there] = flow
                heappush(heap, (flow.at_s, there))
    way: list[Flow] = []
    while end in came and end != begin:
        way.append(came[end])
        end = board.stands_in(came[end].source)
    return tuple(reversed(way))


def centrality(shape: Shape) -> dict[str, float]:
    """Return how many shortest ways lead through each account, from 0 to 1 (betweenness)."""
    graph = graph_of(shape)
    some = EXACT if len(graph) > EXACT else None
    found: dict[str, float] = nx.betweenness_centrality(graph, k=some, seed=7)
    return found


def components(shape: Shape) -> tuple[frozenset[str], ...]:
    """Return what hangs together, the largest first."""
    found = nx.weakly_connected_components(graph_of(shape))
    return tuple(sorted((frozenset(part) for part in found), key=lambda part: (-len(part), min(part))))
