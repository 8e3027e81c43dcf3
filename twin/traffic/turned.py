"""What streams through an area mean at the signals of an arterial: vehicles an hour of each movement."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from twin.signals.corridor import Corridor
from twin.signals.plan import THROUGH, Junction, Movement
from twin.traffic.graph import RoadGraph
from twin.traffic.streams import Streams, link_rows


def turning_flows(streams: Streams, graph: RoadGraph, corridor: Corridor) -> list[dict[str, float]]:
    """Return the flow of each movement at each signal; who turns right counts with who goes straight on.

    Where nobody was seen to go the flow is 0: the movement keeps its least green.
    """
    pairs: dict[tuple[int, int], float] = {}
    for way, vph in zip(streams.ways, streams.vph.tolist(), strict=True):
        for pair in pairwise(way.tolist()):
            pairs[pair] = pairs.get(pair, 0.0) + vph
    row = link_rows(graph)
    return [_at(junction, pairs, row) for junction in corridor.junctions]


def _at(junction: Junction, pairs: dict[tuple[int, int], float], row: dict[str, int]) -> dict[str, float]:
    driven = [movement for movement in junction.movements if movement.come]
    exact = {(row[movement.come], row[movement.go]): movement.name for movement in driven}
    beside = {row[m.come]: m.name for m in _straight_last(driven)}
    flows = {movement.name: 0.0 for movement in driven}
    for (come, go), vph in pairs.items():
        name = exact.get((come, go)) or beside.get(come)
        if name is not None:
            flows[name] += vph
    return flows


def _straight_last(movements: Sequence[Movement]) -> list[Movement]:
    return sorted(movements, key=lambda movement: movement.turn == THROUGH)
