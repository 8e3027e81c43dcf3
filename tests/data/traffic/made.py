"""Made-up traffic on a road of the small county, for tests."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from twin.city.city import City
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.jams import following
from twin.traffic.slots import SLOT_S, Slots, together


def stretch_of(city: City, graph: RoadGraph, metres: float = 600.0) -> IntArray:
    """Return links that follow each other along one named road, so long at least."""
    one, two = following(graph, np.arange(len(graph)))
    name = city.table("roads")["name"].to_numpy(object)[graph.road]
    along = (name[one] == name[two]) & (name[one] != "")
    after = dict(zip(one[along].tolist(), two[along].tolist(), strict=True))
    for begin in after:
        links = [begin]
        while links[-1] in after and after[links[-1]] not in links:
            links.append(after[links[-1]])
        if graph.length_m[links].sum() >= metres:
            return np.array(links)
    raise AssertionError("no road is so long")


def traffic(graph: RoadGraph, links: IntArray, begin_s: float, jammed: range, slots: range) -> Slots:
    """Return ten vehicles a link and five minutes, at 5 km/h in some of the slots, else nearly at the free speed."""
    first = round(begin_s / SLOT_S)
    slot, link = np.repeat(first + np.array(slots), len(links)), np.tile(links, len(slots))
    metres = 10.0 * graph.length_m[link]
    kmh = np.where(np.isin(slot - first, np.array(jammed)), 5.0, 0.9 * graph.free_kmh[link])
    sums = {field.name: np.zeros(len(slot)) for field in fields(Slots)[2:]}
    sums |= {"metres": metres, "seconds": 3.6 * metres / kmh, "vehicles": np.full(len(slot), 10.0)}
    return together([Slots(slot, link, **sums)])
